import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import {
  type Apply,
  type Change,
  type EncodedResource,
  PolicyClient,
  type PolicyClientOptions,
  PolicyServer,
  type PolicyServerOptions,
  type StreamEvent,
  encodeResource,
} from '@namewall/protocol';

export const NODE = 'node-a';

/** Waits until what `notify` reports makes `holds` true: no polling, no time. */
export class Condition {
  readonly #waiting = new Set<() => void>();

  notify(): void {
    for (const check of this.#waiting) check();
  }

  async until(holds: () => boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const check = () => {
      if (holds()) resolve();
    };
    this.#waiting.add(check);
    check();
    await promise;
    this.#waiting.delete(check);
  }
}

async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'namewall-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export async function socketAddress(t: TestContext): Promise<string> {
  return `unix:${join(await temporaryFolder(t), 's.sock')}`;
}

export interface Operator {
  readonly server: PolicyServer;
  readonly events: StreamEvent[];
  readonly changed: Condition;
}

export async function operator(
  t: TestContext,
  address: string,
  options: Partial<PolicyServerOptions> = {},
  onPort: (port: number) => void = () => undefined,
): Promise<Operator> {
  const events: StreamEvent[] = [];
  const changed = new Condition();
  const server = new PolicyServer({
    operatorVersion: '0.0.1',
    onEvent: (event) => {
      events.push(event);
      changed.notify();
    },
    ...options,
  });
  t.after(() => server.close());
  onPort(await server.listen(address));
  return { server, events, changed };
}

export interface Agent {
  readonly client: PolicyClient;
  readonly changes: Change[];
  readonly changed: Condition;
  stop(): Promise<void>;
}

export function agent(t: TestContext, address: string, options: Partial<PolicyClientOptions> = {}): Agent {
  const changes: Change[] = [];
  const changed = new Condition();
  const apply: Apply = options.apply ?? (() => Promise.resolve({ ok: true }));
  const stopping = new AbortController();
  const client = new PolicyClient({
    address,
    node: NODE,
    agentVersion: '0.0.1',
    held: [],
    backoff: { initial: 1, max: 10 },
    onState: () => changed.notify(),
    ...options,
    apply(change, signal) {
      changes.push(change);
      changed.notify();
      return apply(change, signal);
    },
  });
  const running = client.run(stopping.signal);
  const stop = async () => {
    stopping.abort();
    await running;
  };
  t.after(stop);
  return { client, changes, changed, stop };
}

/** A ruleset-like resource whose body is `size` octets of its seed. */
export function resource(name: string, seed: string, size = 16): EncodedResource {
  return encodeResource(2, name, Buffer.alloc(size, seed));
}

export function names(change: Change | undefined): { upserts: string[]; removals: string[] } {
  return {
    upserts: (change?.upserts ?? []).map(({ name }) => name),
    removals: (change?.removals ?? []).map(({ name }) => name),
  };
}
