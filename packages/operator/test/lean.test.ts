import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { CONFIG, policy, put, temporaryFolder } from './support/folder.ts';

const main = join(import.meta.dirname, '../src/main.ts');
const forbid = join(import.meta.dirname, 'programs/forbid-client.ts');

/** The operator in a process that may not load a client of the API server. */
function operator(t: TestContext, ...flags: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, ['--import', forbid, main, ...flags], { stdio: ['ignore', 'ignore', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  return child;
}

async function says({ stderr }: ChildProcess, text: string): Promise<string> {
  assert.ok(stderr);
  const seen: string[] = [];
  for await (const line of createInterface({ input: stderr })) {
    seen.push(line);
    if (line.includes(text)) return line;
  }
  throw new Error(`ended without "${text}":\n${seen.join('\n')}`);
}

test('a folder is served without what speaks to an API server', async (t) => {
  const folder = await temporaryFolder(t);
  await put(folder, 'config.yaml', CONFIG);
  await put(folder, 'policy.yaml', policy('shop'));
  const listen = `unix:${join(folder, 'operator.sock')}`;
  await says(operator(t, '--source', folder, '--listen', listen, '--node', 'n'), 'policy accepted');
});

test('control: an API server is not', async (t) => {
  const listen = `unix:${join(await temporaryFolder(t), 'operator.sock')}`;
  const child = operator(t, '--source', 'kubernetes', '--kubeconfig', '/nowhere', '--listen', listen);
  await says(child, 'loads @kubernetes/client-node');
});
