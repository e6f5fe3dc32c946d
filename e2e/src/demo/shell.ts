import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { SERVERS } from '../lab/addresses.ts';
import type { Board } from './board.ts';
import { enforce, startWithoutPolicy } from '../lab/scenario.ts';
import type { World } from '../lab/world.ts';

/** The demo's world with its policy in force, and a shell inside its pod; ends when the shell does. */
export async function openShell(world: World, board: Board): Promise<void> {
  const { lab, namewall } = world;
  await startWithoutPolicy(world);
  await enforce(world);
  board.section('You are in the pod "shop". Try:');
  for (const line of [
    'curl http://api.shop.example/            an allowed name',
    'curl http://anything.wild.example/       a wildcard',
    'dig forbidden.example                    refused by the kernel',
    `curl http://${SERVERS.nameless.v4}/                a bare address: refused`,
  ]) {
    board.note(line);
  }
  board.section('In another terminal:');
  board.note(`edit ${namewall.file('source', 'shop.yaml')}`);
  board.note(namewall.ctl('observe').join(' '));
  board.note(`kill -9 ${namewall.operator?.pid ?? ''} ${namewall.agent?.pid ?? ''}   operator and agent`);
  board.section('exit, and everything is removed');
  const [file = '', ...args] = lab.pod('shop').argv(['env', 'PS1=shop# ', 'bash', '--norc', '-i']);
  const ignore = (): void => undefined;
  process.on('SIGINT', ignore);
  await once(spawn(file, args, { stdio: 'inherit' }), 'exit');
  process.off('SIGINT', ignore);
}
