/** A host and a pod in network namespaces of their own, a pin root, a state directory, an operator, and agents as processes. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Datapath, PinnedDatapath } from '@namewall/datapath';
import { clearNamespaces, freshRoot } from '@namewall/datapath/testing/leftovers';
import { inNetns } from '@namewall/libbpf';
import { type EncodedResource, type EndpointState, ObserverClient, PolicyServer } from '@namewall/protocol';

const MAIN = resolve(import.meta.dirname, '../../src/main.ts');
const OBJECT = resolve(import.meta.dirname, '../../../../build/datapath.bpf.o');
const PREFIX = 'nwagent-';
const PATIENCE = 20_000;

/** Small tables; what is not named keeps its default. */
const SMALL = {
  endpoints: 8,
  rulesets: 8,
  rules: 64,
  identities: 64,
  indexBlocks: 256,
  learned: 64,
  flows: 64,
  pending: 64,
};

/** Waits for a condition. @throws when it does not come true in time, with what it said last */
export async function until<T>(
  what: string,
  condition: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  const end = performance.now() + PATIENCE;
  let last: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value !== undefined && value !== false) return value;
    } catch (error) {
      last = error;
    }
    if (performance.now() > end) throw new Error(`${what} did not come about`, { cause: last });
    await delay(20);
  }
}

const ip = (...args: string[]): string => execFileSync('ip', args, { encoding: 'utf8' });

/** Removes the network namespaces that a test process that crashed left; its pins go with the next {@link World}. */
export function clearLeftovers(): void {
  clearNamespaces(PREFIX);
}

/** An agent's process with all it printed. */
export class Agent {
  readonly child: ChildProcess;
  readonly exited: Promise<number | null>;
  output = '';

  constructor(command: readonly string[]) {
    const [file = '', ...args] = command;
    this.child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (data: Buffer) => (this.output += String(data)));
    }
    this.exited = once(this.child, 'close').then(([code]: unknown[]) => code as number | null);
  }

  async said(message: string): Promise<void> {
    await until(`the agent's line "${message}" in:\n${this.output}`, () => {
      if (this.child.exitCode !== null && !this.output.includes(message)) throw new Error(this.output);
      return this.output.includes(message);
    }).catch((cause: unknown) => {
      throw new Error(`the agent never said "${message}":\n${this.output}`, { cause });
    });
  }

  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<number | null> {
    if (this.child.exitCode === null) this.child.kill(signal);
    return this.exited;
  }
}

export class World implements AsyncDisposable {
  readonly id = `${PREFIX}${process.pid}-${randomBytes(4).toString('hex')}`;
  readonly dir = mkdtempSync(join(tmpdir(), PREFIX));
  readonly root = freshRoot('agent');
  readonly stateDir = join(this.dir, 'state');
  readonly socket = join(this.dir, 'agent.sock');
  readonly operatorAddress = `unix:${join(this.dir, 'operator.sock')}`;
  readonly host = `/run/netns/${this.id}-h`;
  readonly pods: string[] = [];
  readonly refused: string[] = [];
  /** As the agent reported them last, by UID. */
  readonly reported = new Map<string, EndpointState>();
  acked = 0;
  readonly #agents: Agent[] = [];
  #server: PolicyServer | undefined;

  constructor() {
    ip('netns', 'add', `${this.id}-h`);
  }

  /** A namespace on a veth cable. @returns its path */
  addPod(name: string): string {
    const pod = `${this.id}-${name}`;
    ip('netns', 'add', pod);
    ip('-n', `${this.id}-h`, 'link', 'add', `c-${name}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', pod);
    this.pods.push(pod);
    return `/run/netns/${pod}`;
  }

  removePod(name: string): void {
    ip('netns', 'del', `${this.id}-${name}`);
  }

  flags(): string[] {
    const flags = [
      '--operator',
      this.operatorAddress,
      '--state-dir',
      this.stateDir,
      '--pin-root',
      this.root,
      '--socket',
      this.socket,
    ];
    const sizes = Object.entries(SMALL).flatMap(([name, entries]) => ['--size', `${name}=${entries}`]);
    return [...flags, '--object', OBJECT, '--cgroup', 'none', '--node', 'n1', '--log-format', 'text', ...sizes];
  }

  /** @param before a command that runs the rest of its line, such as setpriv */
  start(more: readonly string[] = [], before: readonly string[] = []): Agent {
    const agent = new Agent([
      'nsenter',
      `--net=${this.host}`,
      ...before,
      process.execPath,
      MAIN,
      ...this.flags(),
      ...more,
    ]);
    this.#agents.push(agent);
    return agent;
  }

  async operator(): Promise<PolicyServer> {
    this.#server = new PolicyServer({
      operatorVersion: 'test',
      onEndpointStates: (_node, states) => {
        for (const state of states) this.reported.set(state.uid, state);
      },
      onEvent: (event) => {
        if (event.kind === 'acked') this.acked++;
        if (event.kind === 'refused') this.refused.push(...event.errors.map(({ reason }) => reason));
      },
    });
    await this.#server.listen(this.operatorAddress);
    return this.#server;
  }

  async stopOperator(): Promise<void> {
    await this.#server?.close();
    this.#server = undefined;
  }

  /** Sets what the node is to hold and waits until the agent enforces it. */
  async apply(server: PolicyServer, resources: readonly EncodedResource[]): Promise<void> {
    const before = this.acked;
    server.setNode('n1', resources);
    await until('the ack', () => this.acked > before);
  }

  pins(): PinnedDatapath {
    return PinnedDatapath.openPinned(this.root);
  }

  /** Hooks as they stand, seen where the agent runs. */
  hooks(): ReturnType<PinnedDatapath['hooks']> {
    using pins = this.pins();
    return inNetns(this.host, () => pins.hooks().filter(({ attached }) => attached));
  }

  client(): ObserverClient {
    return new ObserverClient(`unix:${this.socket}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const agent of this.#agents) await agent.stop('SIGKILL');
    await this.stopOperator();
    inNetns(this.host, () => Datapath.detachAll(this.root));
    for (const name of readdirSync('/run/netns')) if (name.startsWith(this.id)) ip('netns', 'del', name);
    rmSync(this.dir, { recursive: true, force: true });
  }
}
