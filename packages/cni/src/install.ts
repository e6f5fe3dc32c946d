import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { extname, join } from 'node:path';
import { PLUGIN, type PluginEntry, type Unchained, chain, firstOf, unchain } from './chain.ts';

const PROGRAM_MODE = 0o755;

/** What came of bringing a node's configuration up to date. `problem` says what to do. */
export type Outcome = 'unchanged' | 'changed' | 'removed' | { readonly problem: string };

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

/** Takes us out of every configuration. */
export function unchainAll(confDir: string): Outcome[] {
  const names = existsSync(confDir) ? readdirSync(confDir) : [];
  const lists = names.filter((name) => extname(name) === '.conflist').map((name) => join(confDir, name));
  return lists.map((file) => takeOut(file)).filter((outcome) => outcome !== 'unchanged');
}

/** Takes us out of every configuration, then the program away: not while a configuration may still call it. */
export function uninstall(binDir: string, confDir: string): Outcome[] {
  const program = join(binDir, PLUGIN);
  const outcomes = unchainAll(confDir);
  if (outcomes.every((outcome) => typeof outcome === 'string')) rmSync(program, { force: true });
  else outcomes.push({ problem: `${program} stays: no pod could be made while a configuration names it` });
  return outcomes;
}

function takeOut(file: string): Outcome {
  try {
    return readFileSync(file, 'utf8').includes(PLUGIN) ? rewrite(file, unchain) : 'unchanged';
  } catch (error) {
    return { problem: `${file}: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** Removes what we were about to put in place when we were killed. @throws of the file system */
export function removeLeftovers(...folders: string[]): void {
  for (const folder of folders.filter((one) => existsSync(one))) {
    for (const name of readdirSync(folder)) if (BESIDE.test(name)) rmSync(join(folder, name), { force: true });
  }
}

/** Times that a file which somebody else writes meanwhile is read again. */
const TRIES = 5;

/** Changes a file, that to which a link leads; never what somebody else wrote while it was changed. */
function rewrite(link: string, change: (text: string) => Unchained): Outcome {
  const file = realpathSync(link);
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const text = readFileSync(file, 'utf8');
    const result = change(text);
    if ('problem' in result) return { problem: `${link}: ${result.problem}; it is left as it is` };
    if ('empty' in result) {
      rmSync(link);
      return 'removed';
    }
    if (result.text === undefined) return 'unchanged';
    const isSameStill = (): boolean => readFileSync(file, 'utf8') === text;
    if (replace(file, Buffer.from(result.text), statSync(file).mode & 0o777, isSameStill)) return 'changed';
  }
  return { problem: `${link}: somebody else writes it again and again; it is tried again` };
}

function isSame(file: string, bytes: Buffer): boolean {
  try {
    return (statSync(file).mode & 0o777) === PROGRAM_MODE && readFileSync(file).equals(bytes);
  } catch {
    return false;
  }
}

/** What {@link replace} writes first. */
const BESIDE = /\.[0-9a-f]{8}\.namewall-new$/u;

/**
 * Beside it under a name that no runtime reads, then in its place: readers find the old or the new.
 * @param holds asked just before it is put in place. @returns whether it is
 */
function replace(file: string, bytes: Buffer, mode: number, holds = (): boolean => true): boolean {
  const beside = `${file}.${randomBytes(4).toString('hex')}.namewall-new`;
  const fd = openSync(beside, 'wx', mode);
  let placed = false;
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
    fsyncSync(fd);
    chmodSync(beside, mode);
    if (holds()) {
      renameSync(beside, file);
      placed = true;
    }
    return placed;
  } finally {
    if (!placed) rmSync(beside, { force: true });
    closeSync(fd);
  }
}
