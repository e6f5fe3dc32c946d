/** What of the operator library is replaced, used as the library is meant to be used. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ControlPlane } from '../src/kube/control-plane.ts';
import { accepted } from '../src/kube/crds.ts';
import { FaultProxy } from '../src/kube/fault-proxy.ts';
import { grant, serviceAccount, tokenOf } from '../src/kube/tokens.ts';
import { LabProcess } from '../src/lab/lab-process.ts';
import { inside } from '../src/lab/namespaces.ts';
import { until } from '../src/lab/until.ts';

const program = join(import.meta.dirname, '../../packages/operator/test/programs/watch-resource.ts');
const MAPS = '/api/v1/namespaces/default/configmaps';
const SLOW = { deadline: 60_000 };

let cluster: ControlPlane;
let proxy: FaultProxy;
let watcher: LabProcess;

before(async () => {
  cluster = await ControlPlane.start();
  await serviceAccount(cluster.client, 'lab', 'watcher');
  await grant(cluster.client, 'lab', 'watcher', 'cluster-admin');
  proxy = await FaultProxy.start(cluster);
  const kubeconfig = proxy.kubeconfig('watcher', await tokenOf(cluster.client, 'lab', 'watcher'));
  await make('first');
  // Given one kubeconfig it has no use for another, however broken.
  const argv = ['env', 'KUBECONFIG=/nowhere', process.execPath, program, kubeconfig];
  watcher = LabProcess.start(cluster.run, 'watcher', inside(cluster.namespace, argv));
});
after(() => cluster.stop());

async function make(name: string, of = ''): Promise<void> {
  accepted(await cluster.client.create(MAPS, { metadata: { name, labels: { of } } }));
}

async function remove(name: string): Promise<void> {
  accepted(await cluster.client.delete(`${MAPS}/${name}`));
}

const lines = (): string[] => readFileSync(watcher.log, 'utf8').trim().split('\n');
/** Events that have begun or ended, of one object. */
const events = (name: string): string[] => lines().filter((line) => line.includes(` default/${name}`));
const says = (text: string): Promise<unknown> => until(text, () => lines().some((line) => line.startsWith(text)), SLOW);

test('what is there is told, then each change, one event at a time', async () => {
  await says('all listed');
  await says('end ADDED default/first');
  await Promise.all(['a', 'b', 'c', 'd'].map((name) => make(name)));
  await Promise.all(['a', 'b', 'c', 'd'].map((name) => says(`end ADDED default/${name}`)));
  accepted(await cluster.client.patch('merge', `${MAPS}/a`, { metadata: { labels: { of: 'now' } } }));
  await says('end MODIFIED default/a');
  assert.deepEqual(events('a')[2], 'begin MODIFIED default/a v1 now');
  await remove('a');
  await says('end DELETED default/a');
  const open = lines().filter((line) => /^(?:begin|end) /u.test(line));
  assert.ok(
    open.every((line, at) => line.startsWith(at % 2 === 0 ? 'begin' : 'end')),
    open.join('\n'),
  );
});

test('a handler that throws is logged with its object, and the next event comes', async () => {
  await make('poison');
  await make('after');
  await says('end ADDED default/after');
  const logged = lines().filter((line) => line.includes('object not taken in'));
  assert.deepEqual(
    logged.map((line) => (JSON.parse(line) as { name: string; error: string }).error),
    ['it cannot be taken in'],
  );
});

test('an object that is another one of its name after a gap: deleted, then added', async () => {
  await make('twin', 'before');
  await says('end ADDED default/twin');
  await proxy.stop();
  await remove('twin');
  await make('twin', 'after');
  await cluster.compact();
  await cluster.kill('kube-apiserver');
  cluster.restart('kube-apiserver');
  await cluster.ready();
  assert.equal(watcher.exit, undefined, 'a refused connection did not end it');
  proxy = await FaultProxy.start(cluster);
  await says('end DELETED default/twin');
  await until('the other', () => events('twin').length === 6, SLOW);
  assert.deepEqual(events('twin').slice(2), [
    'begin DELETED default/twin v1 ',
    'end DELETED default/twin',
    'begin ADDED default/twin v1 after',
    'end ADDED default/twin',
  ]);
});

test('an API server that a well-known authority vouches for needs no authority in the kubeconfig', async () => {
  const path = cluster.run.file('no-authority.kubeconfig');
  const known = JSON.parse(readFileSync(cluster.kubeconfig, 'utf8')) as { clusters: { cluster: { server: string } }[] };
  const token = await tokenOf(cluster.client, 'lab', 'watcher');
  const clusters = [{ name: 'lab', cluster: { server: known.clusters[0]?.cluster.server } }];
  writeFileSync(path, JSON.stringify({ ...known, clusters, users: [{ name: 'lab', user: { token } }] }));
  const start = (name: string, trusted: string) => {
    const argv = ['env', `NODE_EXTRA_CA_CERTS=${trusted}`, process.execPath, program, path];
    return LabProcess.start(cluster.run, name, inside(cluster.namespace, argv));
  };
  const trusting = start('trusting', cluster.certificates.ca);
  await until('all to be listed', () => readFileSync(trusting.log, 'utf8').includes('all listed'), SLOW);
  const wary = start('wary', '');
  await until('it to refuse', () => /self-signed|verify/u.test(readFileSync(wary.log, 'utf8')), SLOW);
  assert.doesNotMatch(readFileSync(wary.log, 'utf8'), /all listed/u);
  await Promise.all([trusting.end(), wary.end()]);
});

test('it stops without ending the process', async () => {
  assert.deepEqual(await watcher.end('SIGTERM'), { code: 0, signal: null });
  assert.equal(lines().at(-1), 'stopped');
});
