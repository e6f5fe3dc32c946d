import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FileTable } from './file-table.ts';
import { FORGETFUL } from './last-good.ts';
import type { ReadFile } from './read-files.ts';

const NOW = 1_700_000_000_000;

const file = (name: string, change: Partial<ReadFile> = {}): ReadFile => ({
  path: 'a.yaml',
  octets: Buffer.from(`apiVersion: v1\nkind: Namespace\nmetadata: {name: ${name}}\n`),
  inode: 1,
  modified: NOW - 1000,
  ...change,
});

async function tableOf(...files: ReadFile[]): Promise<{ table: FileTable; names: () => (string | undefined)[] }> {
  const table = new FileTable(FORGETFUL);
  for (const one of files) await table.update([one], NOW);
  const names = () => table.entries.flatMap(({ documents }) => documents.map(({ document }) => document.metadata.name));
  return { table, names };
}

test('a file that is written in place counts when it is at rest', async () => {
  const { table, names } = await tableOf(file('a'), file('b', { modified: NOW - 10 }));
  assert.deepEqual([names(), table.writing], [['a'], true]);
  await table.update([file('b', { modified: NOW - 10 })], NOW + 100);
  assert.deepEqual([names(), table.writing], [['b'], false]);
});

test('a file that was replaced counts at once', async () => {
  const { table, names } = await tableOf(file('a'), file('b', { inode: 2, modified: NOW }));
  assert.deepEqual([names(), table.writing], [['b'], false]);
});

test('a new file counts at once', async () => {
  const { table, names } = await tableOf(file('a', { modified: NOW }));
  assert.deepEqual([names(), table.writing], [['a'], false]);
});

test('a time of writing that lies ahead holds nothing up', async () => {
  const { table, names } = await tableOf(file('a'), file('b', { modified: NOW + 3_600_000 }));
  assert.deepEqual([names(), table.writing], [['b'], false]);
});
