import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Log } from '@namewall/telemetry';
import { DirectorySource, type DirectorySourceOptions, type SourceState } from '@namewall/operator';

export interface LogEntry {
  readonly level: string;
  readonly message: string;
  readonly [field: string]: unknown;
}

/** A log that a test can read. */
export function memoryLog(): { log: Log; entries: LogEntry[] } {
  const entries: LogEntry[] = [];
  const write = (level: string) =>
    ((message: string, fields: object) => {
      entries.push({ level, message, ...fields });
    }) as Log['info'];
  return { log: { error: write('error'), warn: write('warn'), info: write('info'), debug: write('debug') }, entries };
}

export async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'namewall-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes a file as editors that care do: it is never seen half. */
export async function put(folder: string, name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(`${path}.part`, content);
  await rename(`${path}.part`, path);
  return path;
}

export interface Watched {
  readonly source: DirectorySource;
  readonly entries: LogEntry[];
  readonly states: SourceState[];
  /** Resolves with the newest state once it has these policies, by name. */
  policies(...names: string[]): Promise<SourceState>;
  /** Resolves once so many looks have been handed over. */
  looks(count: number): Promise<void>;
  stop(): void;
}

export async function watched(
  t: TestContext,
  folder: string,
  options: Partial<DirectorySourceOptions> = {},
): Promise<Watched> {
  const { log, entries } = memoryLog();
  const states: SourceState[] = [];
  const waiting = new Set<() => void>();
  const stop = new AbortController();
  t.after(() => stop.abort());
  const source = new DirectorySource({ folder, log, settle: 5, relist: 50, ...options });
  const until = async (holds: () => boolean) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const check = () => {
      if (holds()) resolve();
    };
    waiting.add(check);
    check();
    await promise;
    waiting.delete(check);
  };
  await source.start((state) => {
    states.push(state);
    for (const check of waiting) check();
  }, stop.signal);
  return {
    source,
    entries,
    states,
    stop: () => stop.abort(),
    looks: (count) => until(() => states.length >= count),
    async policies(...names) {
      const wanted = names.join();
      await until(() => namesOf(states.at(-1)) === wanted);
      return states.at(-1) as SourceState;
    },
  };
}

function namesOf(state: SourceState | undefined): string {
  return (state?.policies ?? []).map(({ metadata }) => metadata.name).join();
}

export function policy(name: string, fqdn = 'api.example.com'): string {
  return `apiVersion: namewall.dev/v1alpha1
kind: FQDNNetworkPolicy
metadata:
  name: ${name}
  namespace: shop
spec:
  podSelector: {}
  egress:
  - to:
    - fqdn:
        matchName: ${fqdn}
`;
}

export function pod(name: string, uid: string): string {
  return `apiVersion: v1
kind: Pod
metadata:
  name: ${name}
  namespace: shop
  uid: ${uid}
  annotations:
    namewall.dev/netns: /run/netns/${name}
status:
  podIPs: [{ip: 198.18.0.1}]
`;
}

export const CONFIG = `apiVersion: namewall.dev/v1alpha1
kind: NamewallConfig
metadata:
  name: default
spec:
  resolvers: [{address: 192.0.2.53}]
`;
