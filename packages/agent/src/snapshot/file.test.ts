import { test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSnapshot, saveSnapshot, snapshotPath } from './file.ts';

const one = { type: 2, name: 'x', version: new Uint8Array(16), body: Uint8Array.of(9) };

test('a snapshot survives its writer and leaves no temporary file', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'nw-snapshot-'));
  t.after(() => rmSync(dir, { recursive: true }));
  assert.deepEqual(loadSnapshot(dir), { kind: 'none' });
  saveSnapshot(dir, [one]);
  saveSnapshot(dir, [one, { ...one, name: 'y' }]);
  const loaded = loadSnapshot(dir);
  assert.ok(loaded.kind === 'held');
  assert.deepEqual(
    loaded.resources.map((r) => r.name),
    ['x', 'y'],
  );
  assert.deepEqual(readdirSync(dir), ['snapshot.nw']);
});

test('a corrupt snapshot is named with its path and reason', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'nw-snapshot-'));
  t.after(() => rmSync(dir, { recursive: true }));
  writeFileSync(snapshotPath(dir), 'not this');
  const loaded = loadSnapshot(dir);
  assert.ok(loaded.kind === 'corrupt');
  assert.match(`${loaded.path}: ${loaded.reason}`, /snapshot\.nw: it does not begin/);
});
