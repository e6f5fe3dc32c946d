import { appendFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmdirSync } from 'node:fs';
import path from 'node:path';

/** Where cgroup2 is mounted; hosts that have version 1 too mount it somewhere of their own. */
function cgroupRoot(): string {
  const line = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .find((mount) => mount.split(' ')[2] === 'cgroup2');
  if (line === undefined) throw new Error('no cgroup2 file system is mounted: mount one anywhere');
  return String(line.split(' ')[1]);
}

const cgroupOf = (id: string): string => path.join(cgroupRoot(), `namewall-lab-${id}`);

/** Makes the cgroup that a run's pods are in, so that programs on sockets see them and nobody else. */
export function makeCgroup(id: string): string {
  const cgroup = cgroupOf(id);
  mkdirSync(cgroup, { recursive: true });
  return cgroup;
}

/** Removes it; what still ends in it is moved out. */
export function removeCgroup(id: string): void {
  const cgroup = cgroupOf(id);
  if (!existsSync(cgroup)) return;
  for (const pid of readFileSync(path.join(cgroup, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean)) move(pid);
  removeEmpty(cgroup);
}

const HIERARCHIES = '/sys/fs/cgroup';

/** Removes every cgroup whose name begins so, in all hierarchies, with those inside them: what is in them is ending. */
export function removeNodeCgroups(prefix: string): void {
  for (const hierarchy of readdirSync(HIERARCHIES, { withFileTypes: true })) {
    if (!hierarchy.isDirectory()) continue;
    const root = path.join(HIERARCHIES, hierarchy.name);
    for (const name of readdirSync(root)) if (name.startsWith(prefix)) removeTree(path.join(root, name));
  }
}

function removeTree(cgroup: string): void {
  for (const entry of readdirSync(cgroup, { withFileTypes: true })) {
    if (entry.isDirectory()) removeTree(path.join(cgroup, entry.name));
  }
  removeEmpty(cgroup);
}

function removeEmpty(cgroup: string): void {
  for (let left = TRIES; ; left -= 1) {
    try {
      rmdirSync(cgroup);
      return;
    } catch (error) {
      // A process that is just ending cannot be moved and still counts.
      if (left === 0 || !(error instanceof Error && 'code' in error && error.code === 'EBUSY')) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE);
    }
  }
}

/** Together two seconds. */
const [TRIES, PAUSE] = [200, 10];

function move(pid: string): void {
  try {
    appendFileSync(path.join(cgroupRoot(), 'cgroup.procs'), pid);
  } catch (error) {
    // It has ended meanwhile.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
