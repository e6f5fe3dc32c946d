import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';

/** A program in a network namespace, from when it says that it is ready to the end of its use. */
export async function background(
  netns: string,
  file: string,
  ...args: readonly string[]
): Promise<ChildProcess & Disposable> {
  const child = spawn('ip', ['netns', 'exec', netns, file, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`${args.join(' ')} ended with ${code}`)));
  await Promise.race([once(child.stdout, 'data'), ended]);
  ended.catch(() => undefined);
  return Object.assign(child, { [Symbol.dispose]: () => void child.kill('SIGKILL') });
}

/** What a program that ends by itself printed, as JSON. */
export async function told(netns: string, file: string, ...args: readonly string[]): Promise<unknown> {
  const { stdout } = await promisify(execFile)('ip', ['netns', 'exec', netns, file, ...args]);
  return JSON.parse(stdout);
}
