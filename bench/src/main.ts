/**
 * Measures and prints each figure beside its goal; ends with 0 only if every ratio and count held.
 * `--names N` and `--rounds N` make the long parts shorter.
 */
import { writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Race, enforce, makeWorld, startWithoutPolicy } from '@namewall/e2e';
import { Cable } from './cable.ts';
import { type Figure, line } from './figure.ts';
import { answerCosts, establishedCosts, queryCost } from './kernel-costs.ts';
import { bulkPolicy, freshAgent, lookUpLatency, lostRaces } from './live.ts';
import { memory } from './memory.ts';

const { values } = parseArgs({
  options: { names: { type: 'string', default: '1000000' }, rounds: { type: 'string', default: '100000' } },
});

const SELECTORS = 10_000;
let failed = 0;

const section = async (title: string, measure: () => Figure[] | Promise<Figure[]>): Promise<void> => {
  writeSync(1, `\n${title}\n`);
  for (const figure of await measure()) {
    writeSync(1, line(figure));
    if (figure.held === false) failed += 1;
  }
};

// Short lives, so that addresses expire and return, and closed connections give their flows back to the quota.
const durations = ['ttlFloor: 1s', 'ttlCeiling: 1s', 'ttlGrace: 1s', 'idleWindow: 1s', 'tcpClosing: 1s'];
const quotas = ['pending: 16384', 'learned: 60000', 'flowsOut: 100000'];
const world = await makeWorld({ pods: ['shop', 'other'], durations, quotas }, { bare: { app: 'bare' } });
try {
  const race = new Race(world.lab);
  await startWithoutPolicy(world);
  await enforce(world);
  // First: the live rounds leave the flow table full of connections that closed a moment ago.
  await section('In the kernel: nanoseconds a packet, net of the empty program, through the trampoline', async () => {
    using cable = await Cable.open(world);
    return [...queryCost(cable, 'a few'), ...answerCosts(cable), ...establishedCosts(cable)];
  });
  await section('Live', async () => [
    ...(await lookUpLatency(world, race)),
    ...(await lostRaces(world, race, Number(values.rounds))),
  ]);
  await section('Memory of the agent', () => memory(world, race, Number(values.names)));
  await section('Many selectors', async () => {
    await world.namewall.agent?.end();
    const detached = await world.namewall.runCtl('detach', '--all');
    if (detached.code !== 0) throw new Error(`namewallctl detach: ${detached.stderr}`);
    world.namewall.forgetState();
    world.namewall.write('bulk.yaml', bulkPolicy(SELECTORS));
    const applied = await freshAgent(world, SELECTORS);
    using cable = await Cable.open(world);
    return [...applied, ...queryCost(cable, String(SELECTORS))];
  });
} finally {
  world.lab.dispose();
}
writeSync(1, failed ? `\n${failed} figures did not hold\n` : '\nevery ratio and count held\n');
process.exitCode = failed ? 1 : 0;
