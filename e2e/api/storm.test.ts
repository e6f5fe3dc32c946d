/**
 * Many writers at once, two at one object, and an operator that is ended again and again: whatever came between, every
 * agent holds in the end what the objects say. Held to by an operator that starts anew: it compiles all of it from the
 * beginning, and has nothing to send.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accepted, pathOf } from '../src/kube/crds.ts';
import { inParallel } from '../src/kube/in-parallel.ts';
import { until } from '../src/lab/until.ts';
import { EVERYWHERE_PATH } from '../src/sim/population.ts';
import { Simulation } from '../src/sim/simulation.ts';

const NODES = 10;
const RESTARTS = 50;
const STORM = 150;
const SLOW = { deadline: 60_000 };

let simulation: Simulation;

before(async () => {
  simulation = await Simulation.start({ nodes: NODES, podsPerNode: 10 }, () => undefined);
});
after(() => simulation.stop());

/** How many resources an operator that starts anew has to send. */
async function sentByNew(signal: NodeJS.Signals): Promise<number> {
  const { agents } = simulation;
  await simulation.endOperator(signal);
  await agents.lost();
  await agents.mark();
  simulation.startOperator();
  const { upserts, removals, refused } = await agents.synced(NODES);
  assert.equal(refused, 0);
  return upserts + removals;
}

const policy = (name: string, host: string): object => ({
  apiVersion: 'namewall.dev/v1alpha1',
  kind: 'FQDNNetworkPolicy',
  metadata: { name },
  spec: { podSelector: {}, egress: [{ to: [{ fqdn: { matchName: host } }] }] },
});

interface Told {
  readonly observedGeneration?: number;
  readonly pods?: { readonly selected?: number };
  readonly conditions?: readonly { readonly type: string; readonly status: string }[];
}

/** Until every node has acknowledged a policy as it is now. @param selected pods that it then selects */
async function programmed(path: string, selected: number): Promise<void> {
  await until(
    `${path} to be programmed`,
    async () => {
      const { metadata, status } = (await simulation.cluster.client.get(path)).body;
      const { observedGeneration, pods, conditions = [] } = (status ?? {}) as Told;
      const there = conditions.some((one) => one.type === 'Programmed' && one.status === 'True');
      return there && observedGeneration === metadata?.generation && pods?.selected === selected;
    },
    SLOW,
  );
}

/**
 * Every agent holds what all of it makes: what came last in each watch, whose events are in order, is told of in the
 * status of what it changes.
 */
async function settled(version: number): Promise<void> {
  const { population } = simulation;
  const pods = population.pods / population.policies;
  await population.relabel(0, 'elsewhere');
  await population.editOne(0, 1000 + version);
  await programmed(population.pathOf(0), pods - 1);
  await population.relabel(0, 'app-0');
  await population.edit(version);
  await programmed(population.pathOf(0), pods);
  await programmed(EVERYWHERE_PATH, population.nodes.length);
}

test('a storm of policies that are applied, edited and deleted', async () => {
  const { client } = simulation.cluster;
  const path = pathOf('FQDNNetworkPolicy', 'ns-0');
  const numbers = Array.from({ length: STORM }, (_, index) => index);
  await inParallel(numbers, async (index) => {
    const name = `storm-${index}`;
    accepted(await client.apply(`${path}/${name}`, 'storm', policy(name, `a${index}.storm.example`)));
    accepted(await client.apply(`${path}/${name}`, 'storm', policy(name, `b${index}.storm.example`)));
    if (index % 3 > 0) accepted(await client.delete(`${path}/${name}`));
  });
  await inParallel(
    numbers.filter((index) => index % 3 === 0),
    async (index) => accepted(await client.delete(`${path}/storm-${index}`)),
  );
  await settled(1);
  assert.equal(await sentByNew('SIGTERM'), 0);
});

test('pods that change their labels while policies change', async () => {
  const { population } = simulation;
  const rounds = Array.from({ length: 60 }, (_, index) => index);
  await inParallel(rounds, async (round) => {
    // Not those of the first policy, by which it is seen that all of it has come.
    await population.relabel(10 + (round % 80), round % 2 === 0 ? 'elsewhere' : `app-${1 + (round % 7)}`);
    await population.editOne(1 + (round % (population.policies - 2)), round);
  });
  await settled(2);
  assert.equal(await sentByNew('SIGKILL'), 0);
});

test('two writers that take one policy from each other: the last word is in force, and the status is about it', async () => {
  const { client } = simulation.cluster;
  const path = `${pathOf('FQDNNetworkPolicy', 'ns-0')}/contested`;
  const write = async (who: string): Promise<void> => {
    for (let round = 0; round < 25; round += 1) {
      accepted(await client.apply(path, who, policy('contested', `${who}${round}.example`), { force: true }));
    }
  };
  await Promise.all([write('one'), write('two')]);
  // What a writer of today's kubectl edit does with what it read a while ago is refused, not merged.
  const { body } = await client.get(path);
  const stale = { ...body, metadata: { ...body.metadata, resourceVersion: '1' } };
  assert.equal((await client.call('PUT', path, stale)).status, 409);
  await settled(3);
  await until(
    'the status to be about the last version',
    async () => {
      const { metadata, status } = (await client.get(path)).body;
      const { observedGeneration, nodes } = status as { observedGeneration?: number; nodes?: object };
      return observedGeneration === metadata?.generation && nodes !== undefined;
    },
    SLOW,
  );
  assert.equal(await sentByNew('SIGTERM'), 0);
});

test(`an operator that is ended ${RESTARTS} times sends nothing that agents hold`, async () => {
  for (let round = 0; round < RESTARTS; round += 1) {
    assert.equal(await sentByNew(round % 2 === 0 ? 'SIGKILL' : 'SIGTERM'), 0, `restart ${round}`);
  }
});
