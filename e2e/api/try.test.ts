/** What `make api` invites to: the chart's operator, by its own account, an agent, and kubectl. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { NAMESPACE } from '../src/kube/chart.ts';
import { tokenOf } from '../src/kube/tokens.ts';
import { KubeWorld } from '../src/kube/world.ts';
import { mustRun } from '../src/lab/command.ts';
import { fetchFrom, lookUp } from '../src/lab/probes.ts';
import { until } from '../src/lab/until.ts';

const EXAMPLES = resolve(import.meta.dirname, '../../examples');
const FILES = ['-f', EXAMPLES, '-f', `${EXAMPLES}/demo`];

let world: KubeWorld;
before(async () => {
  world = await KubeWorld.start({ shop: { app: 'shop' }, vault: { app: 'vault' } });
});
after(() => world.stop());

/** kubectl as the invitation has it: by its name, from a folder of the run. */
const kubectl = (...args: string[]): Promise<string> => mustRun([`${world.bin}/kubectl`, ...args]);

test('without a policy everything works', async () => {
  assert.equal((await fetchFrom(world.lab.pod('shop'), 'forbidden.example')).result, 'open');
  assert.equal((await fetchFrom(world.lab.pod('vault'), 'api.shop.example')).result, 'open');
});

test('kubectl apply -f examples/ takes effect in the pods', async () => {
  const said = await kubectl('apply', ...FILES);
  assert.equal(
    said.trim().split('\n').length,
    readdirSync(EXAMPLES).filter((name) => name.endsWith('.yaml')).length + 1,
  );
  assert.match(said, /fqdnnetworkpolicy\.namewall\.dev\/shop created/u);
  const [shop, vault] = [world.lab.pod('shop'), world.lab.pod('vault')];
  await until('the policies to be in force', async () => {
    const asked = await Promise.all([lookUp(shop, 'forbidden.example'), lookUp(vault, 'api.shop.example')]);
    return asked.every(({ rcode }) => rcode === 'REFUSED');
  });
  assert.equal((await fetchFrom(shop, 'api.shop.example')).result, 'open');
  assert.equal((await fetchFrom(shop, 'forbidden.example')).result, 'name refused');
  assert.equal((await fetchFrom(vault, 'api.shop.example')).result, 'name refused');
});

test('kubectl get shows them by their short names', async () => {
  const listed = await kubectl('get', 'fnp,cfnp', '-A');
  for (const name of ['shop', 'sealed', 'no-trackers']) assert.match(listed, new RegExp(`\\b${name}\\b`, 'u'));
  assert.match(listed, /NAMESPACE +NAME +MODE +PODS +PROGRAMMED +EFFECTIVE +AGE/u);
});

test('one of each kind is refused with the field, the reason and the fix', async () => {
  const bad = ['--type=merge', '-p', '{"spec":{"egress":[{"to":[{"fqdn":{"matchName":"https://a.example"}}]}]}}'];
  const { code, stderr } = await world.kubectl('patch', 'fnp', 'shop', ...bad);
  assert.equal(code, 1);
  assert.match(stderr, /spec\.egress\[0\]\.to\[0\]\.fqdn\.matchName.*write/su);
});

test('the programs beside kubectl work', async () => {
  assert.match(await mustRun([`${world.bin}/in-shop`, 'cat', '/etc/resolv.conf']), /^nameserver /u);
  assert.match(await mustRun([`${world.bin}/namewallctl`, 'endpoints']), /default\/shop/u);
});

/** Requests that the API server refused for want of a right, since it started. */
async function forbidden(): Promise<number> {
  const { body } = await world.cluster.client.get('/metrics');
  const counts = String(body.message).matchAll(/^authorization_attempts_total\{result="(.*)"\} (\d+)$/gmu);
  return counts.reduce((sum, [, result, count]) => sum + (result === 'allowed' ? 0 : Number(count)), 0);
}

test('the operator asked for nothing that the chart does not grant it', async () => {
  assert.equal(await forbidden(), 0);
  // The control: what it is refused is counted.
  const operator = world.cluster.clientWith(await tokenOf(world.cluster.client, NAMESPACE, 'namewall-operator'));
  assert.equal((await operator.get('/api/v1/secrets')).status, 403);
  operator.close();
  assert.equal(await forbidden(), 1);
});

test('kubectl delete lets everything through again', async () => {
  await kubectl('delete', ...FILES);
  await until('the pods to be free', async () => {
    const { result } = await fetchFrom(world.lab.pod('vault'), 'forbidden.example');
    return result === 'open';
  });
});
