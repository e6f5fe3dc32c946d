import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { extname, join } from 'node:path';
import { type Chained, PLUGIN, type PluginEntry, chain, firstOf, unchain } from './chain.ts';

const PROGRAM_MODE = 0o755;

/** What came of bringing a node's configuration up to date. `problem` says what to do. */
export type Outcome = 'unchanged' | 'changed' | { readonly problem: string };

/** Puts the program where runtimes look for plugins; whole, or not at all. @throws of the file system */
export function installProgram(program: string, binDir: string): Outcome {
  const bytes = readFileSync(program);
  const target = join(binDir, PLUGIN);
  if (isSame(target, bytes)) return 'unchanged';
  replace(target, bytes, PROGRAM_MODE);
  return 'changed';
}

/** Chains us into the configuration that runtimes take. @throws of the file system */
export function chainIn(confDir: string, entry: PluginEntry): Outcome {
  const name = firstOf(readdirSync(confDir));
  if (name === undefined) return { problem: `${confDir} has no network configuration yet: install a network plugin` };
  const file = join(confDir, name);
  if (extname(name) !== '.conflist') {
    return { problem: `${file} is a single plugin: make it a .conflist, as the CNI specification has had since 0.3` };
  }
  return rewrite(file, (text) => chain(text, entry));
}

/** Takes us out of every configuration, and the program away. @throws of the file system */
export function uninstall(binDir: string, confDir: string): Outcome[] {
  const lists = readdirSync(confDir).filter((name) => extname(name) === '.conflist');
  const files = lists.map((name) => join(confDir, name)).filter((file) => readFileSync(file, 'utf8').includes(PLUGIN));
  const outcomes = files.map((file) => rewrite(file, unchain));
  // Not before nobody calls it.
  rmSync(join(binDir, PLUGIN), { force: true });
  return outcomes;
}

function rewrite(file: string, change: (text: string) => Chained): Outcome {
  const result = change(readFileSync(file, 'utf8'));
  if ('problem' in result) return { problem: `${file}: ${result.problem}; it is left as it is` };
  if (result.text === undefined) return 'unchanged';
  replace(file, Buffer.from(result.text), statSync(file).mode & 0o777);
  return 'changed';
}

function isSame(file: string, bytes: Buffer): boolean {
  try {
    return (statSync(file).mode & 0o777) === PROGRAM_MODE && readFileSync(file).equals(bytes);
  } catch {
    return false;
  }
}

/** Beside it under a name that no runtime reads, then in its place: readers find the old or the new. */
function replace(file: string, bytes: Buffer, mode: number): void {
  const beside = `${file}.${randomBytes(4).toString('hex')}.namewall-new`;
  const fd = openSync(beside, 'wx', mode);
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
    fsyncSync(fd);
    chmodSync(beside, mode);
    renameSync(beside, file);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
}
