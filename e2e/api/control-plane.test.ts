import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { ControlPlane } from '../src/kube/control-plane.ts';
import { accepted } from '../src/kube/crds.ts';
import { command } from '../src/lab/command.ts';
import { inside } from '../src/lab/namespaces.ts';
import { startTime } from '../src/lab/process-table.ts';
import { RunDirectory } from '../src/lab/run-directory.ts';
import { until } from '../src/lab/until.ts';

test('the API server is the version that the module names, and has no way out', async () => {
  const cluster = await ControlPlane.start();
  try {
    const { gitVersion } = accepted(await cluster.client.get('/version'));
    const module = readFileSync(new URL('../kube/go.mod', import.meta.url), 'utf8');
    assert.ok(module.includes(`k8s.io/kubernetes ${String(gitVersion)}\n`));
    const links = await command(inside(cluster.namespace, ['ip', '-brief', 'link']));
    assert.match(links.stdout, /^lo .*\n$/u);
  } finally {
    await cluster.stop();
  }
  assert.ok(!existsSync(cluster.run.path) && !existsSync(cluster.namespace.path));
});

test('what a killed test leaves, the next one removes', async () => {
  const program = new URL('../src/programs/control-plane.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    child.once('exit', (code) => reject(new Error(`ended with ${code}`)));
  });
  const { directory, namespace } = JSON.parse(line) as { directory: string; namespace: string };
  const records = readFileSync(`${directory}/processes`, 'utf8').trim().split('\n');
  const processes = records.map((record) => record.split(' ') as [string, string]);
  const living = (): string[] => processes.flatMap(([pid, at]) => (startTime(Number(pid)) === at ? [pid] : []));
  child.kill('SIGKILL');
  await until('the child to end', () => child.signalCode !== null);
  assert.equal(living().length, 4);
  RunDirectory.create().remove();
  await until('its processes to end', () => living().length === 0);
  assert.ok(!existsSync(directory) && !existsSync(namespace));
});
