/** `namewallctl host`: operator and agent of a single host, as child processes that end together. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { CliError } from '../errors.ts';
import type { GlobalOptions, Io } from '../io.ts';

export interface HostOptions extends GlobalOptions {
  readonly source: string;
  readonly node: string;
  readonly operatorSocket: string;
  readonly stateDir: string;
  readonly object: string;
  readonly hook: string;
}

const PACKAGES = join(import.meta.dirname, '../../..');

/** The two command lines; pure. */
export function hostCommands(options: HostOptions): { readonly name: string; readonly args: readonly string[] }[] {
  const operator = `unix:${options.operatorSocket}`;
  return [
    {
      name: 'operator',
      args: [
        join(PACKAGES, 'operator/src/main.ts'),
        '--source',
        options.source,
        '--listen',
        operator,
        '--node',
        options.node,
      ],
    },
    {
      name: 'agent',
      args: [
        join(PACKAGES, 'agent/src/main.ts'),
        '--operator',
        operator,
        '--node',
        options.node,
        '--state-dir',
        options.stateDir,
        '--pin-root',
        options.pinRoot,
        '--socket',
        options.socket,
        '--hook',
        options.hook,
        '--object',
        options.object,
        '--socket-object',
        join(dirname(options.object), 'socket.bpf.o'),
      ],
    },
  ];
}

function describeExit(code: number | null, signal: string | null): string {
  return signal === null ? `with code ${code}` : `by ${signal}`;
}

/** Runs until the signal aborts or one of the two ends; then ends the other. Everything stays pinned. */
export async function host(options: HostOptions, io: Io): Promise<void> {
  const children = hostCommands(options).map(({ name, args }) => ({
    name,
    child: spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] }),
  }));
  const exits = children.map(async ({ name, child }) => ({ name, how: await exitOf(child) }));
  const stop = (): void => {
    for (const { child } of children) child.kill('SIGTERM');
  };
  io.signal.addEventListener('abort', stop, { once: true });
  const first = await Promise.race(exits);
  const asked = io.signal.aborted;
  stop();
  await Promise.all(exits);
  if (!asked) {
    throw new CliError(`the ${first.name} ended ${first.how}`, 'see its lines above; what was enforced still is');
  }
}

async function exitOf(child: ChildProcess): Promise<string> {
  const failed = once(child, 'error').then(([error]: unknown[]) => String(error));
  const ended = once(child, 'exit').then(([code, signal]: unknown[]) =>
    describeExit(code as number | null, signal as string | null),
  );
  return Promise.race([failed, ended]);
}
