import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { inNetns, linkIds } from '@namewall/libbpf';
import { Datapath } from '../../src/datapath.ts';
import type { CableEnds, HookMethod } from '../../src/hooks/attach.ts';
import type { Sizes } from '../../src/sizes.ts';
import { clearNamespaces, freshRoot } from './leftovers.ts';

export const OBJECT = resolve(import.meta.dirname, '../../../../build/datapath.bpf.o');

/** Small maps: the tests make many. */
export const SIZES: Partial<Sizes> = {
  endpoints: 8,
  answersPerEndpoint: 4,
  rulesets: 8,
  rules: 64,
  cidrs: 64,
  identities: 64,
  indexBlocks: 64,
  pending: 64,
  learned: 64,
  flows: 64,
  events: 4096,
};

const NETNS = 'nwdp-';

/** Removes the network namespaces that a test process that crashed left; its pins go with the next {@link Root}. */
export function clearLeftovers(): void {
  clearNamespaces(NETNS);
}

/** A root of its own, opened as often as a test wants and removed with all hooks at its end. */
export class Root implements Disposable {
  readonly path = freshRoot('test');
  readonly #opened: Datapath[] = [];

  open(options: { hook?: HookMethod; sizes?: Partial<Sizes>; objectPath?: string } = {}): Datapath {
    const datapath = Datapath.open({ root: this.path, objectPath: OBJECT, sizes: SIZES, ...options });
    this.#opened.push(datapath);
    return datapath;
  }

  [Symbol.dispose](): void {
    for (const datapath of this.#opened) datapath[Symbol.dispose]();
    Datapath.detachAll(this.path);
  }
}

/** Two network namespaces, "host" and "pod", with a veth cable between them and nothing else. */
export class Cabled implements Disposable {
  readonly host: string;
  readonly pod: string;
  readonly ends: CableEnds;

  constructor() {
    const id = `${process.pid}-${randomBytes(4).toString('hex')}`;
    this.host = `${NETNS}${id}-h`;
    this.pod = `${NETNS}${id}-p`;
    try {
      for (const netns of [this.host, this.pod]) ip('netns', 'add', netns);
      ip('-n', this.host, 'link', 'add', 'cable0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', this.pod);
      this.ends = {
        netns: join('/run/netns', this.pod),
        hostIfindex: this.ifindex(this.host, 'cable0'),
        podIfindex: this.ifindex(this.pod, 'eth0'),
      };
      this.configure(this.host, 'cable0', '198.51.100.1/24');
      this.configure(this.pod, 'eth0', '198.51.100.2/24');
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /** Runs where the agent would. */
  onHost<T>(run: () => T): T {
    return inNetns(join('/run/netns', this.host), run);
  }

  /** What tc shows on a side of the host end, or of the pod's. */
  filters(side: 'ingress' | 'egress', netns: string = this.host, device = 'cable0'): string {
    return execFileSync('ip', ['netns', 'exec', netns, 'tc', 'filter', 'show', 'dev', device, side], {
      encoding: 'utf8',
    });
  }

  qdiscs(netns: string = this.host, device = 'cable0'): string {
    return execFileSync('ip', ['netns', 'exec', netns, 'tc', 'qdisc', 'show', 'dev', device], { encoding: 'utf8' });
  }

  /** Whether packets get from the pod to the host and back: its closed port answers a connection with a reset. */
  replies(): boolean {
    const connect = ['netns', 'exec', this.pod, 'timeout', '5', 'bash', '-c', 'exec 3<>/dev/tcp/198.51.100.1/9'];
    const { stderr } = spawnSync('ip', connect, { encoding: 'utf8' });
    return stderr.includes('Connection refused');
  }

  deleteCable(): void {
    ip('-n', this.host, 'link', 'del', 'cable0');
  }

  [Symbol.dispose](): void {
    for (const netns of [this.host, this.pod]) {
      if (statSync(join('/run/netns', netns), { throwIfNoEntry: false })) ip('netns', 'del', netns);
    }
  }

  private ifindex(netns: string, device: string): number {
    const links = JSON.parse(ip('-n', netns, '-json', 'link', 'show', 'dev', device)) as { ifindex: number }[];
    return links[0]?.ifindex ?? 0;
  }

  private configure(netns: string, device: string, address: string): void {
    ip('-n', netns, 'addr', 'add', address, 'dev', device);
    ip('-n', netns, 'link', 'set', device, 'up');
  }
}

export function linkExists(id: number): boolean {
  return [...linkIds()].includes(id);
}

function ip(...args: readonly string[]): string {
  return execFileSync('ip', args, { encoding: 'utf8' });
}
