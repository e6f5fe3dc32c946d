/** What tests and tools leave in the system carries their process in its name, so that the next one can remove it. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Datapath } from '../../src/datapath.ts';
import { namesIn } from '../../src/pins/paths.ts';

const BPFFS = '/sys/fs/bpf';
const NETNS = '/run/netns';
const ROOT = /^namewall-[a-z]+-(\d+)-[0-9a-f]{12}$/;

/** A pin root that nobody has; those of processes that are gone are removed first. */
export function freshRoot(purpose: string): string {
  for (const name of namesIn(BPFFS)) {
    const [, pid] = ROOT.exec(name) ?? [];
    if (pid !== undefined && isGone(pid)) removeRootOf(name);
  }
  return join(BPFFS, `namewall-${purpose}-${process.pid}-${randomBytes(6).toString('hex')}`);
}

/** Removes the network namespaces `<prefix><process>…` of processes that are gone. */
export function clearNamespaces(prefix: string): void {
  for (const name of namesIn(NETNS)) {
    const pid = name.startsWith(prefix) ? String(Number.parseInt(name.slice(prefix.length), 10)) : '';
    if (isGone(pid)) execFileSync('ip', ['netns', 'del', name]);
  }
}

function isGone(pid: string): boolean {
  return Number(pid) > 0 && !existsSync(`/proc/${pid}`);
}

function removeRootOf(name: string): void {
  try {
    Datapath.detachAll(join(BPFFS, name));
  } catch (error) {
    // Another test is at it.
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'LOCKED' && code !== 'ENOENT') throw error;
  }
}
