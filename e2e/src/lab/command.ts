import { spawn } from 'node:child_process';

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Milliseconds from start to end, the start of the program included. */
  readonly duration: number;
}

/** Runs a program to its end; a failure is an outcome, not an exception. */
export async function command(argv: readonly string[], { deadline = 30_000 } = {}): Promise<Outcome> {
  const [file, ...args] = argv;
  if (file === undefined) throw new Error('nothing to run; give a program');
  const started = performance.now();
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: deadline, killSignal: 'SIGKILL' });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const text = (chunks: Buffer[]): string => Buffer.concat(chunks).toString('utf8');
  return { code, stdout: text(stdout), stderr: text(stderr), duration: performance.now() - started };
}

/** Runs a program that must succeed and returns its stdout. */
export async function mustRun(argv: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await command(argv);
  if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}: ${stderr.trim()}`);
  return stdout;
}
