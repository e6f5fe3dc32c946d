/** What `make sim` measures, on a few nodes: who is told of what, and what a restart costs. Times are its own matter. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Simulation } from '../src/sim/simulation.ts';

const NODES = 8;

let simulation: Simulation;

before(async () => {
  simulation = await Simulation.start({ nodes: NODES }, () => undefined);
});
after(() => simulation.stop());

test('a policy that is on every node reaches every agent, once', async () => {
  const { agents, population } = simulation;
  await agents.mark();
  await population.edit(1);
  const { upserts, most, busiest } = await agents.applied(NODES);
  assert.deepEqual({ most, busiest }, { most: 1, busiest: NODES });
  assert.equal(upserts, 2 * NODES, 'its ruleset, and the one pod that has it');
});

test('a pod’s label reaches its own agent and no other', async () => {
  const { agents, population } = simulation;
  await agents.mark();
  await population.relabel(0, 'elsewhere');
  await agents.applied(1);
  await population.edit(2);
  const { most, busiest } = await agents.changes(1 + NODES);
  assert.deepEqual({ most, busiest }, { most: 2, busiest: 1 });
});

test('an operator that starts again, however it ended, sends nothing again', async () => {
  const { agents } = simulation;
  for (const signal of ['SIGTERM', 'SIGKILL', 'SIGTERM'] as const) {
    await simulation.endOperator(signal);
    await agents.lost();
    await agents.mark();
    simulation.startOperator();
    const { upserts, removals, refused } = await agents.synced(NODES);
    assert.deepEqual({ upserts, removals, refused }, { upserts: 0, removals: 0, refused: 0 }, signal);
  }
});

test('what changed while no operator ran is all that is sent', async () => {
  const { agents, population } = simulation;
  await simulation.endOperator('SIGKILL');
  await agents.lost();
  await agents.mark();
  await population.editOne(0, 1);
  simulation.startOperator();
  const { agents: told } = await agents.synced(NODES);
  assert.equal(told, NODES, 'forty pods are on all of so few nodes');
  assert.ok((await agents.view()).upserts > 0);
});
