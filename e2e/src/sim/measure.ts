import type { Answer } from './agents.ts';
import type { Simulation, Traffic } from './simulation.ts';

export interface Figure {
  readonly name: string;
  readonly measured: string;
  readonly goal?: string;
  readonly held?: boolean;
}

const MB = 1e6;
/** Goals are of a thousand nodes; fewer must not be slower. */
const GOAL = { median: 150, worst: 500, resync: 10_000, memory: 350 * MB };

/** One figure after another. */
export async function* measure(simulation: Simulation, rounds: number): AsyncGenerator<Figure> {
  yield memory('memory of the operator, every stream up', simulation);
  yield* everyAgent(simulation, rounds);
  yield* somePods(simulation, Math.ceil(rounds / 4));
  yield* onePod(simulation);
  yield* restart(simulation, 'SIGTERM');
  yield* restart(simulation, 'SIGKILL');
  yield memory('memory of the operator, started again', simulation);
}

/** A policy that has a pod on every node. */
async function* everyAgent(simulation: Simulation, rounds: number): AsyncGenerator<Figure> {
  const { agents, population } = simulation;
  const times: number[] = [];
  const before = await simulation.traffic();
  for (let round = 1; round <= rounds; round += 1) {
    await agents.mark();
    const start = process.hrtime.bigint();
    await population.edit(round);
    times.push(since(start, await agents.applied(population.nodes.length)));
  }
  const { median, p99 } = quantiles(times);
  const held = median <= GOAL.median && p99 <= GOAL.worst;
  const goal = `P50 <= ${GOAL.median}, P99 <= ${GOAL.worst}`;
  yield { name: 'apply → every agent has acked', measured: spread(times), goal, held };
  const { sent, received } = difference(before, await simulation.traffic());
  const each = rounds * population.nodes.length;
  const measured = `${Math.round(sent / each)} out, ${Math.round(received / each)} in`;
  yield { name: 'octets on the wire for it, an agent', measured };
}

/** A policy that has forty pods. */
async function* somePods({ agents, population }: Simulation, rounds: number): AsyncGenerator<Figure> {
  const nodes = population.spread;
  const times: number[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    await agents.mark();
    const start = process.hrtime.bigint();
    await population.editOne(round % (population.policies - 1), round);
    times.push(since(start, await agents.applied(nodes)));
  }
  yield { name: `the same, of a policy on ${nodes} nodes`, measured: spread(times) };
}

/** The change after it reaches every agent: who then had two was told of the pod. */
async function* onePod(simulation: Simulation): AsyncGenerator<Figure> {
  const { agents, population } = simulation;
  const before = await simulation.traffic();
  await agents.mark();
  const start = process.hrtime.bigint();
  await population.relabel(0, 'elsewhere');
  const milliseconds = since(start, await agents.applied(1));
  const { sent } = difference(before, await simulation.traffic());
  await population.edit(0);
  const { most, busiest } = await agents.changes(1 + population.nodes.length);
  const told = most === 2 ? busiest : 0;
  yield { name: 'agents told of one pod’s label', measured: String(told), goal: '1', held: told === 1 };
  yield { name: 'label changed → its agent has acked', measured: `${milliseconds.toFixed(0)} ms, ${sent} octets out` };
}

async function* restart(simulation: Simulation, signal: 'SIGTERM' | 'SIGKILL'): AsyncGenerator<Figure> {
  const { agents, population } = simulation;
  const count = population.nodes.length;
  await simulation.endOperator(signal);
  await agents.lost();
  await agents.mark();
  const start = simulation.startOperator();
  const answer = await agents.synced(count);
  const took = since(start, answer);
  const { sent, received } = await simulation.traffic();
  const name = `operator restarted (${signal}) → ${count} agents hold everything`;
  const goal = `<= ${GOAL.resync / 1000} s`;
  yield { name, measured: `${(took / 1000).toFixed(1)} s`, goal, held: took <= GOAL.resync };
  const again = answer.upserts + answer.removals;
  yield { name: 'resources sent again for it', measured: String(again), goal: '0', held: again === 0 };
  const each = `${Math.round(sent / count)} out, ${Math.round(received / count)} in`;
  yield { name: 'octets on the wire for it, an agent, TLS included', measured: each };
}

function memory(name: string, simulation: Simulation): Figure {
  const { now, peak } = simulation.memory();
  const measured = `${Math.round(now / MB)} MB, at most ${Math.round(peak / MB)} MB`;
  return { name, measured, goal: `<= ${GOAL.memory / MB} MB`, held: now <= GOAL.memory };
}

const since = (start: bigint, { last }: Answer): number => Number(BigInt(last) - start) / 1e6;

const difference = (before: Traffic, after: Traffic): Traffic => ({
  sent: after.sent - before.sent,
  received: after.received - before.received,
});

function quantiles(values: readonly number[]): { median: number; p99: number; most: number } {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
  return { median: at(0.5), p99: at(0.99), most: at(1) };
}

function spread(values: readonly number[]): string {
  const { median, p99, most } = quantiles(values);
  return `P50 ${median.toFixed(0)}, P99 ${p99.toFixed(0)}, most ${most.toFixed(0)} ms (${values.length})`;
}
