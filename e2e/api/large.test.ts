/** 2,000 policies and 10,000 pods: what an operator makes of them when it starts. How long it takes is only said. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Simulation } from '../src/sim/simulation.ts';

const SHAPE = { nodes: 20, podsPerNode: 500, policies: 2000 };

let simulation: Simulation;

before(async () => {
  simulation = await Simulation.start(SHAPE, () => undefined);
});
after(() => simulation.stop());

test('every node holds its pods, and a change of one policy goes to its nodes alone', async (t) => {
  const { agents, population } = simulation;
  const { upserts } = await agents.view();
  const rulesets = upserts - population.pods - population.nodes.length;
  assert.ok(rulesets >= population.policies, `${upserts} resources`);
  await agents.mark();
  await population.editOne(7, 1);
  await agents.applied(population.spread);
  await population.edit(1);
  const { most, busiest } = await agents.changes(population.spread + population.nodes.length);
  assert.deepEqual({ most, busiest }, { most: 2, busiest: population.spread });
  t.diagnostic(`memory of the operator: ${Math.round(simulation.memory().now / 1e6)} MB`);
});

test('started again it compiles the same', async (t) => {
  const { agents, population } = simulation;
  await simulation.endOperator('SIGKILL');
  await agents.lost();
  await agents.mark();
  const began = simulation.startOperator();
  const { upserts, removals, last } = await agents.synced(population.nodes.length);
  assert.equal(upserts + removals, 0);
  t.diagnostic(`all agents in sync after ${Math.round(Number(BigInt(last) - began) / 1e6)} ms`);
  t.diagnostic(`memory of the operator: ${Math.round(simulation.memory().now / 1e6)} MB`);
});
