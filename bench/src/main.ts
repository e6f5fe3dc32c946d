/**
 * Measures and prints each figure beside its goal; ends with 0 only if every ratio and count held.
 * `--names N` and `--rounds N` make the long parts shorter.
 */
import { writeSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Race, type World, enforce, makeWorld, startWithoutPolicy } from '@namewall/e2e';
import { type Figure, line } from './figure.ts';
import { KernelCosts } from './kernel-costs.ts';
import { bulkPolicy, freshAgent, lookUpLatency, lostRaces } from './live.ts';
import { memory } from './memory.ts';
import { PolicedPod } from './policed-pod.ts';
import { Runs } from './runs.ts';
import { overTcp } from './tcp.ts';

const { values } = parseArgs({
  options: { names: { type: 'string', default: '1000000' }, rounds: { type: 'string', default: '1000000' } },
});

const OBJECT = path.join(import.meta.dirname, '../../build/datapath.bpf.o');
const SELECTORS = 10_000;
let failed = 0;

const section = async (title: string, figures: Iterable<Figure> | AsyncIterable<Figure>): Promise<void> => {
  writeSync(1, `\n${title}\n`);
  for await (const figure of figures) {
    writeSync(1, line(figure));
    if (figure.held === false) failed += 1;
  }
};

async function* kernelCosts({ lab }: World, listeners: 0 | 1): AsyncGenerator<Figure> {
  // The agent that comes later makes its pins in the same place; a run that was killed is swept there.
  using pod = new PolicedPod(lab.run.pinRoot, OBJECT);
  pod.observe(listeners);
  yield* new KernelCosts(pod, new Runs(lab.run.path, pod.programs.empty)).all();
}

async function* manySelectors(world: World): AsyncGenerator<Figure> {
  await world.namewall.agent?.end();
  const detached = await world.namewall.runCtl('detach', '--all');
  if (detached.code !== 0) throw new Error(`namewallctl detach: ${detached.stderr}`);
  world.namewall.forgetState();
  world.namewall.write('bulk.yaml', bulkPolicy(SELECTORS));
  yield* await freshAgent(world, SELECTORS);
}

// Short lives, so that addresses expire and return, and closed connections give their flows back to the quota.
const durations = ['ttlFloor: 1s', 'ttlCeiling: 1s', 'ttlGrace: 200ms', 'idleWindow: 100ms', 'tcpClosing: 500ms'];
const quotas = ['pending: 16384', 'learned: 262144', 'flowsOut: 100000'];
const choices = { pods: ['shop', 'other'], durations, quotas, sizes: ['learned=262144'] };
const world = await makeWorld(choices, { bare: { app: 'bare' } });
try {
  const columns = `nanoseconds a packet, net of the empty program, through the trampoline: median (least)
     of one name, address or flow · of another each time · with caches and translations lost before each`;
  await section(`In the kernel, every packet an event that is written\n     ${columns}`, kernelCosts(world, 1));
  await section('The same while nobody observes: refusals alone are events', kernelCosts(world, 0));
  const race = new Race(world.lab);
  await startWithoutPolicy(world);
  await enforce(world);
  await section('Live', lookUpLatency(world, race));
  await section('DNS over TCP', overTcp(world, race, Number(values.rounds) / 4));
  await section(
    'Look-up, then connect: takes minutes, shorter with --rounds',
    lostRaces(world, race, Number(values.rounds)),
  );
  await section('Memory of the agent: takes minutes, shorter with --names', memory(world, race, Number(values.names)));
  await section('Many selectors', manySelectors(world));
} finally {
  world.lab.dispose();
}
writeSync(1, failed ? `\n${failed} figures did not hold\n` : '\nevery ratio and count held\n');
process.exitCode = failed ? 1 : 0;
