/** A node in a network namespace of its own with a pinned datapath, the runtime that makes pods there, and those pods. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Datapath, type Endpoint, type Hook, NwRulesetFlag, type Pod } from '@namewall/datapath';
import { clearNamespaces } from '@namewall/datapath/testing/leftovers';
import { Root } from '@namewall/datapath/testing/world';
import { inNetns } from '@namewall/libbpf';
import { type ConfigList, type PluginConfig, Runtime, type Sandbox } from './runtime.ts';

const PREFIX = 'nwcni-';
/** Under it in ruleset_ids stands what pods that nobody has told of are held to. */
const UNKNOWN_PODS = { id: new Uint8Array(16) };

const ip = (...args: string[]): string => execFileSync('ip', args, { encoding: 'utf8' });

/** Removes the network namespaces that a test process that crashed left. */
export function clearLeftovers(): void {
  clearNamespaces(PREFIX);
}

export type Arrangement = 'ptp' | 'bridge' | 'macvlan';

/** Members of our entry in the list. */
export type Ours = Readonly<Record<string, unknown>> | 'absent';

export class Node implements Disposable {
  readonly id = `${PREFIX}${process.pid}-${randomBytes(4).toString('hex')}`;
  readonly host = `/run/netns/${this.id}-h`;
  readonly root = new Root();
  readonly #dir = mkdtempSync(join(tmpdir(), PREFIX));
  readonly #pods: string[] = [];

  constructor() {
    ip('netns', 'add', `${this.id}-h`);
    ip('-n', `${this.id}-h`, 'link', 'set', 'lo', 'up');
    ip('-n', `${this.id}-h`, 'addr', 'add', '203.0.113.1/32', 'dev', 'lo');
  }

  /** A network as people configure it, with ours chained last or absent. */
  list(arrangement: Arrangement, ours: Ours = {}): ConfigList {
    const ipam = {
      type: 'host-local',
      ranges: [[{ subnet: '198.51.100.0/24' }]],
      routes: [{ dst: '0.0.0.0/0' }],
      dataDir: join(this.#dir, 'ipam'),
    };
    const first: Record<Arrangement, PluginConfig> = {
      ptp: { type: 'ptp', ipam },
      bridge: { type: 'bridge', bridge: 'cni0', isGateway: true, ipam },
      macvlan: { type: 'macvlan', master: 'up0', ipam },
    };
    const chained: PluginConfig = { type: 'namewall-cni', pinRoot: this.root.path, ...(ours === 'absent' ? {} : ours) };
    return {
      cniVersion: '1.0.0',
      name: 'pods',
      plugins: [first[arrangement], ...(ours === 'absent' ? [] : [chained])],
    };
  }

  runtime(arrangement: Arrangement, ours?: Ours): Runtime {
    if (arrangement === 'macvlan') {
      ip('-n', `${this.id}-h`, 'link', 'add', 'up0', 'type', 'veth', 'peer', 'name', 'up1');
    }
    return new Runtime(this.host, this.list(arrangement, ours));
  }

  /** A pod's empty namespace, as a runtime makes it before it calls the plugins. */
  sandbox(uid: string, container = randomBytes(16).toString('hex')): Sandbox {
    const name = `${this.id}-${this.#pods.length}`;
    ip('netns', 'add', name);
    this.#pods.push(name);
    return { uid, container, netns: `/run/netns/${name}` };
  }

  /** Takes a sandbox's namespace away, with its cable. */
  destroy({ netns }: Sandbox): void {
    ip('netns', 'del', netns.replace('/run/netns/', ''));
  }

  hooks(dp: Datapath): Hook[] {
    return inNetns(this.host, () => dp.hooks());
  }

  /** Whether a connection from the pod to the node's own address gets an answer: a reset. */
  reaches({ netns }: Sandbox, address = '203.0.113.1'): boolean {
    const connect = [`--net=${netns}`, 'timeout', '2', 'bash', '-c', `exec 3<>/dev/tcp/${address}/9`];
    try {
      execFileSync('nsenter', connect, { stdio: 'pipe' });
      return true;
    } catch (error) {
      return String((error as { stderr?: Buffer }).stderr).includes('Connection refused');
    }
  }

  /** What `tc` says of a pod's cable at this end. */
  tc({ netns }: Sandbox, object: 'qdisc' | 'filter', verb: 'add' | 'show', what = ''): string {
    const [end] = JSON.parse(ip('-n', netns.replace('/run/netns/', ''), '-json', 'link', 'show', 'eth0')) as {
      link_index: number;
    }[];
    const args = ['-n', `${this.id}-h`, object, verb, 'dev', `if${end?.link_index}`, ...(what === '' ? [] : [what])];
    return execFileSync('tc', args, { encoding: 'utf8' });
  }

  /** Why a pod came up without its hooks, as the plugin noted it. */
  note(uid: string): string | undefined {
    const path = join(this.root.path, 'cni', `missed-${uid}`);
    return existsSync(join(this.root.path, 'cni')) ? readIf(path) : undefined;
  }

  [Symbol.dispose](): void {
    inNetns(this.host, () => this.root[Symbol.dispose]());
    for (const name of [...this.#pods, `${this.id}-h`]) {
      if (existsSync(`/run/netns/${name}`)) ip('netns', 'del', name);
    }
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

function readIf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/** Pins a ruleset that isolates and nothing more: what quarantine is. */
export function pinQuarantine(dp: Datapath): number {
  const number = dp.allocate('ruleset');
  pinRuleset(dp, number, NwRulesetFlag.ISOLATED);
  dp.maps.rulesetIds.set(UNKNOWN_PODS, number);
  return number;
}

export function pinRuleset(dp: Datapath, number: number, flags: number): void {
  const none = { ttlFloor: 0n, ttlCeiling: 0n, ttlGrace: 0n, idleWindow: 0n };
  dp.maps.rulesets.set(number & (dp.sizes.rulesets - 1), { number, flags, ...none });
}

/** What the agent does when the operator tells of a pod that is bound to this node. */
export function tellOf(dp: Datapath, uid: string, ruleset: number): number {
  const number = dp.allocate('endpoint');
  const endpoint: Endpoint = {
    number,
    ruleset,
    flags: 0,
    netnsCookie: 0n,
    selectedAt: 0n,
    addresses: [new Uint8Array(16), new Uint8Array(16)],
  };
  dp.maps.endpoints.set(number & (dp.sizes.endpoints - 1), endpoint);
  const pod: Pod = { endpoint: number, ruleset, ifindex: 0, flags: 0, namespace: 'shop', name: 'pod', netns: '' };
  dp.maps.pods.set({ uid }, pod);
  return number;
}

export function slotOf(dp: Datapath, number: number): Endpoint | undefined {
  return dp.maps.endpoints.get(number & (dp.sizes.endpoints - 1));
}
