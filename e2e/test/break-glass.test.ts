/** `namewallctl node` on a node in need: with the agent, with a hung one, with none, and over a restart. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { SERVERS } from '../src/lab/addresses.ts';
import { fetchFrom, lookUp } from '../src/lab/probes.ts';
import { enforce, startWithoutPolicy } from '../src/lab/scenario.ts';
import { until } from '../src/lab/until.ts';
import { type World, makeWorld, randomLabel } from '../src/lab/world.ts';

describe('a node switched by hand', () => {
  let world: World;

  before(async () => {
    world = await makeWorld();
    await startWithoutPolicy(world);
    await enforce(world);
  });
  after(() => world.lab.dispose());

  /** What a forbidden name and a bare address come to. */
  const forbidden = async (): Promise<string> => {
    const shop = world.lab.pod('shop');
    const { rcode } = await lookUp(shop, `${randomLabel()}.forbidden.example`);
    return `${rcode} ${(await fetchFrom(shop, SERVERS.nameless.v4)).result}`;
  };
  const REFUSED = 'REFUSED refused';
  const PASSED = 'NOERROR open';

  const switched = async (position: string): Promise<string> => {
    const { code, stdout, stderr } = await world.namewall.runCtl(
      'node',
      position,
      '--state-dir',
      world.namewall.file('state'),
    );
    assert.equal(code, 0, stderr);
    return stdout;
  };
  const refusals = async (): Promise<number> => {
    const { stdout } = await world.namewall.runCtl('status', '-o', 'json');
    const { counts } = JSON.parse(stdout) as { counts: { reason: string; count: number }[] };
    return counts.filter(({ reason }) => reason === 'PASS_SWITCHED_AUDIT').reduce((sum, { count }) => sum + count, 0);
  };

  it('is followed by the agent at once', async () => {
    assert.equal(await forbidden(), REFUSED, 'the control: a forbidden name is refused');
    assert.match(await switched('off'), /^node switch: off; nothing is enforced .*\n$/u);
    assert.equal(await forbidden(), PASSED);
    await switched('on');
    await until('the policy to be back', async () => (await forbidden()) === REFUSED);
  });

  it('audit lets through and counts', async () => {
    const passed = await refusals();
    await switched('audit');
    assert.equal(await forbidden(), PASSED);
    assert.ok((await refusals()) > passed);
    await switched('on');
    await until('the policy to be back', async () => (await forbidden()) === REFUSED);
  });

  it('holds over what the operator says, and over a restart of the agent', async () => {
    await switched('off');
    world.namewall.write('more.yaml', policyOf('more'));
    await until('the operator to see the change', () => world.namewall.operatorSays('default/more'));
    await world.namewall.kill();
    world.namewall.startOperator();
    world.namewall.startAgent();
    await until('the agent to be in sync', async () => {
      return /^operator: +synced/mu.test((await world.namewall.runCtl('status')).stdout);
    });
    assert.equal(await forbidden(), PASSED);
    assert.match((await world.namewall.runCtl('status')).stdout, /^node switch: +off, by hand: /mu);
    await switched('on');
    await until('the policy to be back', async () => (await forbidden()) === REFUSED);
  });

  it('works beside an agent that hangs', async () => {
    process.kill(world.namewall.agent?.pid ?? 0, 'SIGSTOP');
    assert.match(await switched('off'), /the agent does not follow: written to the pins beside it/u);
    assert.equal(await forbidden(), PASSED);
    process.kill(world.namewall.agent?.pid ?? 0, 'SIGCONT');
    await switched('on');
    await until('the policy to be back', async () => (await forbidden()) === REFUSED);
  });

  it('works with operator and agent dead, and the next agent keeps to it', async () => {
    await world.namewall.kill();
    assert.match(await switched('off'), /no agent runs: written to the pins/u);
    assert.equal(await forbidden(), PASSED);
    await switched('on');
    assert.equal(await forbidden(), REFUSED);
    await switched('off');
    world.namewall.startAgent();
    await until('the agent to answer', async () => {
      return /^agent: +\d/mu.test((await world.namewall.runCtl('status')).stdout);
    });
    assert.equal(await forbidden(), PASSED);
  });
});

function policyOf(name: string): string {
  return [
    'apiVersion: namewall.dev/v1alpha1',
    'kind: FQDNNetworkPolicy',
    `metadata: {name: ${name}}`,
    'spec: {podSelector: {matchLabels: {app: none}}, egress: []}',
    '',
  ].join('\n');
}
