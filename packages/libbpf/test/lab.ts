import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { BpfObject, mountBpffs } from '../src/index.ts';
import type { OpenOptions } from '../src/index.ts';

/** Everything that a test leaves in the system is named after its process; see sweep(). */
const PREFIX = 'libbpf-test-';
const own = (): string => `${PREFIX}${process.pid}-${randomBytes(4).toString('hex')}`;

sweep();
const scratch = join(tmpdir(), own());
mkdirSync(scratch);
after(() => rmSync(scratch, { recursive: true, force: true }));

/** A path for a temporary file of this test file. */
export function scratchFile(name: string): string {
  return join(scratch, name);
}

/** Compiles a C file of fixtures/ and returns the object's path. */
export function compile(name: string): string {
  const output = scratchFile(`${name}.o`);
  const source = join(import.meta.dirname, 'fixtures', name);
  const flags = ['-target', 'bpf', '-mcpu=v3', '-O2', '-g', '-Wall', '-Werror'];
  execFileSync('clang-16', [...flags, '-c', source, '-o', output]);
  return output;
}

/** The probe object, opened; its maps are not pinned unless a root is given. */
export function openProbe(options: OpenOptions = {}): BpfObject {
  const object = BpfObject.open(compile('probe.bpf.c'), options);
  if (options.pinRoot === undefined) object.setPinPath('numbers', null);
  return object;
}

export function loadProbe(): BpfObject {
  const object = openProbe();
  object.load();
  return object;
}

/** A directory of the bpf file system, removed with its pins on dispose. */
export function pinDirectory(): { path: string } & Disposable {
  mountBpffs('/sys/fs/bpf');
  const path = `/sys/fs/bpf/${own()}`;
  mkdirSync(path);
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** A network namespace with a veth pair named va and vb, both up, and nothing else. */
export function privateNetns(): { path: string } & Disposable {
  const name = own();
  const ip = (...args: string[]): void => void execFileSync('ip', args);
  ip('netns', 'add', name);
  const dispose = (): void => ip('netns', 'del', name);
  try {
    ip('-n', name, 'link', 'add', 'va', 'type', 'veth', 'peer', 'name', 'vb');
    ip('-n', name, 'link', 'set', 'va', 'up');
    ip('-n', name, 'link', 'set', 'vb', 'up');
  } catch (error) {
    dispose();
    throw error;
  }
  return { path: `/run/netns/${name}`, [Symbol.dispose]: dispose };
}

/** A number as a C u32. */
export function u32(value: number): Buffer {
  return Buffer.from(Uint32Array.of(value).buffer);
}

/** A number as a C u64. */
export function u64(value: number): Buffer {
  return Buffer.from(BigUint64Array.of(BigInt(value)).buffer);
}

/** Reads a C u32. */
export function readU32(bytes: Uint8Array | undefined, offset = 0): number | undefined {
  if (bytes === undefined) return undefined;
  return new Uint32Array(Uint8Array.from(bytes).buffer, offset, 1)[0];
}

/** An Ethernet frame of zeroes. */
export const PACKET = Buffer.alloc(64);

/** Offsets of struct __sk_buff. */
export const SKB = { mark: 8, cb: 48 } as const;

/** assert.throws() for a LibbpfError of this code whose message matches. */
export function libbpfError(code: string, message: RegExp): (error: unknown) => boolean {
  return (error) =>
    error instanceof Error &&
    error.name === 'LibbpfError' &&
    Reflect.get(error, 'code') === code &&
    message.test(error.message);
}

/** Removes what test processes that were killed left behind. */
function sweep(): void {
  const abandoned = (directory: string): string[] => {
    const names = existsSync(directory) ? readdirSync(directory) : [];
    return names.filter((name) => name.startsWith(PREFIX) && !existsSync(`/proc/${name.split('-')[2] ?? ''}`));
  };
  for (const directory of [tmpdir(), '/sys/fs/bpf']) {
    for (const name of abandoned(directory)) rmSync(join(directory, name), { recursive: true, force: true });
  }
  for (const name of abandoned('/run/netns')) execFileSync('ip', ['netns', 'del', name]);
}
