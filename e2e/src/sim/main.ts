/**
 * `make sim NODES=1000`: prints figures beside their goals; ends with 0 only if every goal held.
 * The API server, etcd and the operator are what a cluster has; agents are the real protocol package, without maps.
 */
import { parseArgs } from 'node:util';
import { measure } from './measure.ts';
import { Simulation } from './simulation.ts';

const { values } = parseArgs({
  options: { nodes: { type: 'string', default: '1000' }, rounds: { type: 'string', default: '200' } },
});
const [nodes, rounds] = [Number(values.nodes), Number(values.rounds)];
if (!(nodes >= 2 && nodes <= 1000 && rounds >= 1)) {
  console.error('sim: --nodes takes 2 to 1000, --rounds 1 or more');
  process.exit(2);
}

const began = performance.now();
const say = (line: string): void => {
  process.stderr.write(`sim: ${((performance.now() - began) / 1000).toFixed(1)} s  ${line}\n`);
};

const simulation = await Simulation.start({ nodes }, say);
const { pods, policies, selectors } = simulation.population;
say(`${nodes} agents hold everything`);
console.log(`\n${nodes} nodes, ${pods} pods, ${policies} policies, ${selectors} selectors`);
let missed = 0;
try {
  for await (const { name, measured, goal, held } of measure(simulation, rounds)) {
    const mark = held === undefined ? ' ' : held ? '✔' : '✘';
    console.log(`  ${mark}  ${name.padEnd(58)} ${measured.padEnd(40)} ${goal === undefined ? '' : `goal ${goal}`}`);
    if (held === false) missed += 1;
  }
} finally {
  await simulation.stop();
}
process.exitCode = missed === 0 ? 0 : 1;
