import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ControlPlane } from '../src/kube/control-plane.ts';
import { accepted } from '../src/kube/crds.ts';
import { FaultProxy } from '../src/kube/fault-proxy.ts';
import { grant, serviceAccount, tokenOf } from '../src/kube/tokens.ts';
import { command } from '../src/lab/command.ts';
import { inside } from '../src/lab/namespaces.ts';
import { until } from '../src/lab/until.ts';

let cluster: ControlPlane;
before(async () => {
  cluster = await ControlPlane.start();
});
after(() => cluster.stop());

const NAMES = '/api/v1/namespaces';

const names = async (): Promise<string[]> => {
  const { items = [] } = accepted(await cluster.client.get(NAMES));
  return items.map(({ metadata }) => metadata?.name ?? '');
};

test('killed and started again, API server and etcd know what they knew', async () => {
  accepted(await cluster.client.create(NAMES, { metadata: { name: 'kept' } }));
  for (const program of ['kube-apiserver', 'etcd'] as const) {
    await cluster.kill(program);
    cluster.restart(program);
    await until(`${program} to be back`, async () => (await names()).includes('kept'), { deadline: 60_000 });
  }
  await cluster.ready();
});

test('after a compaction and a restart an early resourceVersion is gone', async () => {
  const { metadata } = accepted(await cluster.client.get(NAMES));
  accepted(await cluster.client.create(NAMES, { metadata: { name: 'later' } }));
  await cluster.compact();
  await cluster.kill('kube-apiserver');
  cluster.restart('kube-apiserver');
  await cluster.ready();
  const exact = `resourceVersion=${metadata?.resourceVersion}&resourceVersionMatch=Exact`;
  assert.equal((await cluster.client.get(`${NAMES}?${exact}`)).status, 410);
});

test('through the proxy: passes, refuses with a status, resets, cuts, as often as told', async () => {
  await serviceAccount(cluster.client, 'lab', 'reader');
  await grant(cluster.client, 'lab', 'reader', 'cluster-admin');
  const token = await tokenOf(cluster.client, 'lab', 'reader');
  const proxy = await FaultProxy.start(cluster);
  const url = `https://127.0.0.1:7443${NAMES}`;
  const curl = [
    'curl',
    '-sS',
    '--noproxy',
    '*',
    '--cacert',
    cluster.certificates.ca,
    '-H',
    `authorization: Bearer ${token}`,
  ];
  const get = async () => {
    const { code, stdout } = await command(inside(cluster.namespace, [...curl, '-w', '%{http_code}', url]));
    return code === 0 ? Number(stdout.slice(-3)) : `curl ${code}`;
  };
  assert.equal(await get(), 200);
  const path = `^${NAMES}$`;
  await proxy.set([
    { path, fault: 'status', status: 503, times: 2 },
    { path, fault: 'reset', times: 1 },
    { path, fault: 'cut', cutAfter: 0, times: 1 },
  ]);
  assert.deepEqual([await get(), await get()], [503, 503]);
  for (const broken of [await get(), await get()]) assert.match(String(broken), /^curl (?:52|55|56)$/u);
  assert.equal(await get(), 200);
  assert.deepEqual(await proxy.set([]), [2, 1, 1]);
  await proxy.stop();
});
