import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { makeCgroup, removeCgroup, removeNodeCgroups } from './cgroup.ts';
import { killGroup, startTime } from './process-table.ts';

const ROOT = '/run/namewall-lab';

/**
 * Everything one lab leaves in the system: a directory of its own, namespaces and pins that carry its id,
 * and the PIDs of what it started. Recorded before it is used, so that a later run can remove what a
 * crashed one left.
 */
export class RunDirectory {
  readonly id: string;
  readonly path: string;

  private constructor(id: string) {
    this.id = id;
    this.path = path.join(ROOT, id);
  }

  /** Removes what dead runs left, then makes a directory with a random name. */
  static create(): RunDirectory {
    reapDeadRuns();
    const run = new RunDirectory(randomBytes(3).toString('hex'));
    mkdirSync(path.join(run.path, 'logs'), { recursive: true });
    writeFileSync(path.join(run.path, 'owner'), `${process.pid} ${startTime(process.pid) ?? ''}\n`);
    return run;
  }

  /** Where a file of this run lies. */
  file(...parts: string[]): string {
    return path.join(this.path, ...parts);
  }

  /** The name of a namespace of this run. */
  namespace(name: string): string {
    return `${prefix(this.id)}${name}`;
  }

  /** Where the datapath of this run pins. */
  get pinRoot(): string {
    return pinRoot(this.id);
  }

  /** The cgroup of this run's pods. */
  get cgroup(): string {
    return makeCgroup(this.id);
  }

  /** The name of a whole node's cgroup, in every hierarchy. */
  nodeCgroup(node: string): string {
    return `${nodeCgroups(this.id)}${node}`;
  }

  recordProcess(pid: number): void {
    appendFileSync(this.file('processes'), `${pid} ${startTime(pid) ?? ''}\n`);
  }

  /** Ends the processes, removes the namespaces, the pins and the directory. Harmless when repeated. */
  remove(): void {
    removeRun(this.id);
  }
}

const nodeCgroups = (id: string): string => `namewall-node-${id}-`;
const prefix = (id: string): string => `nwlab-${id}-`;
const pinRoot = (id: string): string => `/sys/fs/bpf/namewall-lab-${id}`;

function reapDeadRuns(): void {
  if (!existsSync(ROOT)) return;
  for (const id of readdirSync(ROOT)) {
    const owner = readRecords(path.join(ROOT, id, 'owner'))[0];
    if (owner && startTime(owner.pid) === owner.startedAt) continue;
    removeRun(id);
  }
}

function removeRun(id: string): void {
  const directory = path.join(ROOT, id);
  for (const { pid, startedAt } of readRecords(path.join(directory, 'processes'))) killGroup(pid, startedAt);
  rmSync(pinRoot(id), { recursive: true, force: true });
  removeCgroup(id);
  removeNodeCgroups(nodeCgroups(id));
  for (const name of existsSync('/run/netns') ? readdirSync('/run/netns') : []) {
    if (name.startsWith(prefix(id))) execFileSync('ip', ['netns', 'delete', name]);
  }
  rmSync(directory, { recursive: true, force: true });
}

function readRecords(file: string): { pid: number; startedAt: string }[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([pid, startedAt]) => pid && startedAt)
    .map(([pid, startedAt]) => ({ pid: Number(pid), startedAt: String(startedAt) }));
}
