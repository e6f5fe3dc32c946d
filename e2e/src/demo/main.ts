/**
 * Namewall at work, in network namespaces of its own: nothing outside them changes. Tells what it does,
 * checks what it claims, and ends with 0 only if every check held. `--shell` opens a shell in the pod.
 */
import { writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Board } from './board.ts';
import { openShell } from './shell.ts';
import { tell } from './tell.ts';
import { makeWorld } from '../lab/world.ts';

const { values } = parseArgs({ options: { shell: { type: 'boolean', default: false } } });
const board = new Board((text) => void writeSync(1, text), process.stdout.isTTY);
const started = performance.now();

board.section('A node, two pods and an internet, in network namespaces without a way out');
const world = await makeWorld();
board.note(`ready in ${((performance.now() - started) / 1000).toFixed(1)} s: ${world.lab.node.name} and others`);
try {
  if (values.shell) await openShell(world, board);
  else await tell(world, board);
} finally {
  world.lab.dispose();
}
if (!values.shell) {
  board.section(`${((performance.now() - started) / 1000).toFixed(1)} s; everything is removed again`);
  writeSync(1, `${board.summary}\n`);
}
process.exitCode = board.allHeld ? 0 : 1;
