/** From a bare process to an open datapath, with an error that names what is missing and the fix. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Datapath, DatapathError, type HookMethod, type Sizes } from '@namewall/datapath';
import { type FileLock, LibbpfError, lockFile } from '@namewall/libbpf';
import { privileged } from '@namewall/privileged';
import { PROGRAM } from '@namewall/privileged/program';
import { AgentError, messageOf } from '../errors.ts';
import { checkProcess, effectiveCapabilities, fileSystemOf } from './environment.ts';

const BPFFS = '/sys/fs/bpf';

export interface PrepareOptions {
  readonly stateDir: string;
  readonly pinRoot: string;
  readonly needBpffs: boolean;
  readonly object: string;
  readonly hook: HookMethod;
  readonly sizes: Partial<Sizes>;
}

/** @throws {AgentError} OBJECT_MISSING, NOT_ROOT, CAPABILITY */
export function checkSelf(): void {
  if (!existsSync(PROGRAM)) throw new AgentError('OBJECT_MISSING', `${PROGRAM} is not there`, 'run make build');
  const own = effectiveCapabilities(readFileSync('/proc/self/status', 'utf8'));
  checkProcess({ euid: process.geteuid?.() ?? -1, capabilities: own | privileged().held() });
}

/** Mounts bpffs where nobody did, unless it must be there. @returns whether it did. @throws {AgentError} BPFFS */
export function ensureBpffs({ pinRoot, needBpffs }: Pick<PrepareOptions, 'pinRoot' | 'needBpffs'>): boolean {
  const type = (): string | undefined => fileSystemOf(readFileSync('/proc/self/mounts', 'utf8'), pinRoot);
  if (type() === 'bpf') return false;
  const fix = `mount -t bpf bpf ${BPFFS}, or give a --pin-root in a bpf file system`;
  if (needBpffs) {
    throw new AgentError(
      'BPFFS',
      `no bpf file system is mounted on ${BPFFS}: what is pinned would end with this container`,
      `on the node, and again after each boot: mount -t bpf bpf ${BPFFS}`,
    );
  }
  if (!pinRoot.startsWith(`${BPFFS}/`)) throw new AgentError('BPFFS', `${pinRoot} is not in a bpf file system`, fix);
  try {
    privileged().mountBpffs();
  } catch (cause) {
    throw new AgentError(
      'BPFFS',
      `no bpf file system is mounted on ${BPFFS}, and it cannot be: ${messageOf(cause)}`,
      fix,
      { cause },
    );
  }
  return true;
}

/** @throws {AgentError} STATE_DIR, SECOND_AGENT */
export function lockState(stateDir: string): FileLock {
  try {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 });
    return lockFile(join(stateDir, 'lock'));
  } catch (cause) {
    if (cause instanceof LibbpfError && cause.code === 'EAGAIN') {
      throw new AgentError(
        'SECOND_AGENT',
        `another agent uses ${stateDir}`,
        'stop it first, or give another --state-dir and --pin-root',
        { cause },
      );
    }
    throw new AgentError(
      'STATE_DIR',
      `${stateDir} cannot be used: ${messageOf(cause)}`,
      'give a writable --state-dir',
      { cause },
    );
  }
}

/** @throws {AgentError} OBJECT_MISSING, SECOND_AGENT, OTHER_LAYOUT, KERNEL */
export function openDatapath({ pinRoot, object, hook, sizes }: PrepareOptions): Datapath {
  if (!existsSync(object)) {
    throw new AgentError('OBJECT_MISSING', `${object} is not there`, 'run make build, or give --object');
  }
  try {
    return Datapath.open({ root: pinRoot, objectPath: object, sizes, hook });
  } catch (cause) {
    throw explainOpen(cause, pinRoot);
  }
}

function explainOpen(cause: unknown, pinRoot: string): unknown {
  if (cause instanceof DatapathError) {
    if (cause.code === 'LOCKED') {
      return new AgentError(
        'SECOND_AGENT',
        `another agent uses ${pinRoot}`,
        'stop it first, or give another --pin-root',
        { cause },
      );
    }
    if (cause.code === 'LAYOUT') {
      const fix = 'run the version that wrote the pins, or namewallctl detach --all; what was enforced stays enforced';
      return new AgentError('OTHER_LAYOUT', cause.message, fix, { cause });
    }
    if (cause.code === 'SIZE') return new AgentError('USAGE', cause.message, 'see --size', { cause });
  }
  if (cause instanceof LibbpfError) {
    const fix = 'a kernel of 6.1 or later with BTF is needed; the log on level debug has what the verifier said';
    return new AgentError('KERNEL', `the kernel refused the datapath: ${cause.message}`, fix, { cause });
  }
  return cause;
}
