/** kubectl apply, and a pod's packets are judged by it: API server, operator, agent and cable are all real. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { parse } from 'yaml';
import { ControlPlane } from '../src/kube/control-plane.ts';
import { accepted, installDefinitions, pathOf } from '../src/kube/crds.ts';
import { makePod, removePod } from '../src/kube/objects.ts';
import { LabProcess } from '../src/lab/lab-process.ts';
import { configManifest } from '../src/lab/manifests.ts';
import { inside } from '../src/lab/namespaces.ts';
import { fetchFrom, lookUp } from '../src/lab/probes.ts';
import { editedPolicy, readPolicy } from '../src/lab/scenario.ts';
import { attachedIn } from '../src/lab/traces.ts';
import { until } from '../src/lab/until.ts';
import { type World, freshName, makeWorld } from '../src/lab/world.ts';

const operatorProgram = join(import.meta.dirname, '../../packages/operator/src/main.ts');
const PATH = `${pathOf('FQDNNetworkPolicy')}/shop`;
const SLOW = { deadline: 60_000 };

let cluster: ControlPlane;
let world: World;
let operators = 0;

const refused = async (name: string): Promise<boolean> => {
  return (await lookUp(world.lab.pod('shop'), name)).rcode === 'REFUSED';
};
const opens = async (name: string): Promise<boolean> => {
  return (await fetchFrom(world.lab.pod('shop'), name)).result === 'open';
};

/** As kubectl apply --server-side does. */
async function apply(text: string): Promise<void> {
  accepted(await cluster.client.apply(PATH, 'kubectl', parse(text), { force: true }));
}

/** Reaches the API server over the network of its namespace, and agents by a socket. */
function startOperator(): void {
  const file = (name: string) => world.namewall.file(name);
  const from = ['--source', 'kubernetes', '--kubeconfig', cluster.kubeconfig, '--config', file('source/config.yaml')];
  const argv = [
    process.execPath,
    operatorProgram,
    ...from,
    '--listen',
    `unix:${file('operator.sock')}`,
    '--log-level',
    'debug',
  ];
  const name = `operator-${++operators}`;
  world.namewall.operator = LabProcess.start(cluster.run, name, inside(cluster.namespace, argv));
}

before(async () => {
  cluster = await ControlPlane.start();
  await installDefinitions(cluster.client);
  world = await makeWorld({ pods: [] });
  world.namewall.write('config.yaml', configManifest());
  for (const { name, labels, addresses } of world.lab.pods.values()) {
    await makePod(cluster.client, name, [addresses.v4, addresses.v6], { labels });
  }
  startOperator();
  world.namewall.startAgent();
  const cables = ['shop', 'other'].map((name) => world.lab.pod(name).hostEnd);
  await until(
    'programs on every cable',
    async () => {
      const programs = await attachedIn(world.lab.node);
      return cables.every((cable) => programs.some(({ device }) => device === cable));
    },
    SLOW,
  );
});
after(async () => {
  world.lab.dispose();
  await cluster.stop();
});

test('applied, edited, deleted: the pod lives by it', async () => {
  assert.ok(await opens('forbidden.example'));
  await apply(readPolicy());
  await until('it to be enforced', () => refused('forbidden.example'), SLOW);
  assert.ok(await opens(freshName()));
  await apply(editedPolicy());
  await until('the edit', async () => (await opens('added.shop.example')) && refused('removed.shop.example'), SLOW);
  accepted(await cluster.client.delete(PATH));
  await until('nothing to be refused any more', () => opens('forbidden.example'), SLOW);
});

test('a label decides, at once', async () => {
  await apply(readPolicy());
  await until('it to be enforced', () => refused('forbidden.example'), SLOW);
  const pod = '/api/v1/namespaces/default/pods/shop';
  accepted(await cluster.client.patch('merge', pod, { metadata: { labels: { app: 'elsewhere' } } }));
  await until('it to be let go', () => opens('forbidden.example'), SLOW);
  accepted(await cluster.client.patch('merge', pod, { metadata: { labels: { app: 'shop' } } }));
  await until('it to be enforced again', () => refused('forbidden.example'), SLOW);
});

test('API server and operator gone, all stays as it is; back, nothing was lost and nothing is sent again', async () => {
  const stopped = await world.namewall.operator?.end('SIGTERM');
  assert.deepEqual(stopped, { code: 0, signal: null });
  await cluster.kill('kube-apiserver');
  assert.ok((await refused('forbidden.example')) && (await opens(freshName())));
  startOperator();
  await until('the operator to ask in vain', () => world.namewall.operatorSays('watch interrupted'), SLOW);
  assert.ok((await refused('forbidden.example')) && (await opens(freshName())));
  cluster.restart('kube-apiserver');
  await cluster.ready();
  await until('the agent to hold everything', () => world.namewall.operatorSays('agent holds everything'), SLOW);
  assert.ok(!readFileSync(world.namewall.operator?.log ?? '', 'utf8').includes('agent enforces the change'));
  assert.ok((await refused('forbidden.example')) && (await opens(freshName())));
});

test('a pod that is another one under the same name and address is an endpoint of its own', async () => {
  const { name, labels, addresses } = world.lab.pod('shop');
  await removePod(cluster.client, name);
  await until('it to be let go', () => opens('forbidden.example'), SLOW);
  await makePod(cluster.client, name, [addresses.v4, addresses.v6], { labels });
  await until('the new one to be under the policy', () => refused('forbidden.example'), SLOW);
});
