/** What kubelets and Prometheus ask of operator and agent. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { command } from '../src/lab/command.ts';
import { inside } from '../src/lab/namespaces.ts';
import { fetchFrom } from '../src/lab/probes.ts';
import { attached, enforce } from '../src/lab/scenario.ts';
import { until } from '../src/lab/until.ts';
import { type World, makeWorld } from '../src/lab/world.ts';

const OPERATOR = '127.0.0.1:9091';
const AGENT = '127.0.0.1:9092';

let world: World;

before(async () => {
  world = await makeWorld();
});
after(() => world.lab.dispose());

/** From the node, as a kubelet. @returns the status, and the text */
async function get(address: string, path: string): Promise<{ status: string; text: string }> {
  const argv = ['curl', '-s', '-w', '\n%{http_code}', '--max-time', '5', `http://${address}${path}`];
  const { stdout } = await command(inside(world.lab.node, argv));
  const end = stdout.lastIndexOf('\n');
  return { status: stdout.slice(end + 1), text: stdout.slice(0, end) };
}

const ready = (address: string) => async () => (await get(address, '/readyz')).status === '200';

/** A figure by its name and labels. */
async function figure(address: string, name: string): Promise<number> {
  const { text } = await get(address, '/metrics');
  const line = text.split('\n').find((one) => one.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1) ?? Number.NaN);
}

test('an operator and an agent become ready, and count', async () => {
  const { namewall } = world;
  namewall.startOperatorWith(
    ['--source', namewall.file('source'), '--node', 'lab', '--metrics', OPERATOR],
    world.lab.node,
  );
  namewall.startAgent('--metrics', AGENT);
  await attached(world);
  for (const address of [OPERATOR, AGENT]) {
    await until(`${address} to be ready`, ready(address));
    assert.equal((await get(address, '/healthz')).status, '200');
  }
  await enforce(world);
  const pods = namewall.pods.length;
  assert.equal(await figure(AGENT, 'namewall_agent_endpoints{phase="Attached"}'), pods);
  assert.equal(await figure(AGENT, 'namewall_agent_synced'), 1);
  assert.equal(await figure(OPERATOR, 'namewall_operator_policies{accepted="true"}'), 1);
  await until('the operator to have its acknowledgement', async () => {
    return (await figure(OPERATOR, 'namewall_operator_streams{in_sync="true"}')) === 1;
  });
  assert.ok((await figure(OPERATOR, 'namewall_operator_reconcile_seconds_count')) >= 1);
});

test('a refusal is counted by its reason', async () => {
  const name = 'namewall_agent_verdicts{reason="QUERY_NO_RULE"}';
  const earlier = await figure(AGENT, name);
  assert.equal((await fetchFrom(world.lab.pod('shop'), 'forbidden.example', ['-4'])).result, 'name refused');
  assert.ok((await figure(AGENT, name)) > (Number.isNaN(earlier) ? 0 : earlier));
});

test('an agent whose operator is gone stays ready: it enforces', async () => {
  await world.namewall.operator?.end('SIGKILL');
  await until('the agent to have noticed', async () => (await figure(AGENT, 'namewall_agent_synced')) === 0);
  assert.equal((await get(AGENT, '/readyz')).status, '200');
});
