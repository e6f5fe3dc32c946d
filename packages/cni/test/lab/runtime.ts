/**
 * What a container runtime does with a network's configuration list: each plugin in its order with what the ones
 * before it gave, and backwards to take it away. As libcni does it (github.com/containernetworking/cni, libcni/api.go).
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Where Debian's containernetworking-plugins are, then ours. */
const PLUGINS = ['/usr/lib/cni', resolve(import.meta.dirname, '../../../../build')];

export type PluginConfig = Readonly<Record<string, unknown>> & { readonly type: string };

export interface ConfigList {
  readonly cniVersion: string;
  readonly name: string;
  readonly plugins: readonly PluginConfig[];
}

export interface Sandbox {
  readonly container: string;
  /** Path. */
  readonly netns: string;
  readonly uid: string;
  readonly ifname?: string;
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export type Command = 'ADD' | 'DEL' | 'CHECK' | 'GC' | 'STATUS' | 'VERSION';

/** An answer with a code other than 0. */
export class PluginError extends Error {
  readonly type: string;
  readonly code: number;
  constructor(type: string, ran: Ran) {
    super(`${type}: ${ran.stdout}${ran.stderr}`);
    this.type = type;
    this.code = (JSON.parse(ran.stdout || '{}') as { code?: number }).code ?? 0;
  }
}

/** What a plugin gets on standard input; `unfinished`: and no end of it. */
export type Input = string | Uint8Array | { readonly unfinished: string };

/** Runs a plugin with an environment and standard input, in a network namespace. */
export function runPlugin(
  host: string,
  type: string,
  env: Readonly<Record<string, string>>,
  input: Input,
): Promise<Ran> {
  const file = PLUGINS.map((directory) => join(directory, type)).find(existsSync);
  if (file === undefined) {
    throw new Error(`no CNI plugin ${type}: run make build, or install containernetworking-plugins`);
  }
  const child = spawn('nsenter', [`--net=${host}`, file], {
    env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', CNI_PATH: PLUGINS.join(':'), ...env },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  // One that has failed reads no more.
  child.stdin.on('error', () => undefined);
  if (typeof input === 'object' && 'unfinished' in input) child.stdin.write(input.unfinished);
  else child.stdin.end(input);
  return new Promise((done, failed) => {
    child.once('error', failed);
    child.once('close', (code) => done({ code: code ?? -1, stdout, stderr }));
  });
}

export class Runtime {
  readonly #host: string;
  readonly #list: ConfigList;
  /** The result of each attachment, as a runtime keeps it. */
  readonly #results = new Map<string, unknown>();

  /** @param host the path of the namespace that stands for the node's */
  constructor(host: string, list: ConfigList) {
    this.#host = host;
    this.#list = list;
  }

  async add(sandbox: Sandbox): Promise<unknown> {
    let result: unknown;
    for (const plugin of this.#list.plugins) result = await this.#run('ADD', plugin, sandbox, result);
    this.#results.set(keyOf(sandbox), result);
    return result;
  }

  async check(sandbox: Sandbox): Promise<void> {
    const result = this.#results.get(keyOf(sandbox));
    for (const plugin of this.#list.plugins) await this.#run('CHECK', plugin, sandbox, result);
  }

  async del(sandbox: Sandbox): Promise<void> {
    const result = this.#results.get(keyOf(sandbox));
    for (const plugin of this.#list.plugins.toReversed()) await this.#run('DEL', plugin, sandbox, result);
    this.#results.delete(keyOf(sandbox));
  }

  /** Of our plugin alone: Debian's are older than these commands. */
  async only(command: 'GC' | 'STATUS', more: Readonly<Record<string, unknown>> = {}): Promise<Ran> {
    const plugin = this.#list.plugins.find(({ type }) => type === 'namewall-cni');
    const config = { ...plugin, ...more, cniVersion: '1.1.0', name: this.#list.name };
    return runPlugin(this.#host, 'namewall-cni', { CNI_COMMAND: command }, JSON.stringify(config));
  }

  async #run(command: Command, plugin: PluginConfig, sandbox: Sandbox, prevResult: unknown): Promise<unknown> {
    const { cniVersion, name } = this.#list;
    const config = { ...plugin, cniVersion, name, ...(prevResult === undefined ? {} : { prevResult }) };
    const ran = await runPlugin(this.#host, plugin.type, environment(command, sandbox), JSON.stringify(config));
    if (ran.code !== 0) throw new PluginError(plugin.type, ran);
    return ran.stdout === '' ? undefined : JSON.parse(ran.stdout);
  }
}

export function environment(
  command: Command,
  { container, netns, uid, ifname = 'eth0' }: Sandbox,
): Record<string, string> {
  return {
    CNI_COMMAND: command,
    CNI_CONTAINERID: container,
    CNI_NETNS: netns,
    CNI_IFNAME: ifname,
    CNI_ARGS: `IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=pod;K8S_POD_INFRA_CONTAINER_ID=x;K8S_POD_UID=${uid}`,
  };
}

const keyOf = ({ container, ifname = 'eth0' }: Sandbox): string => `${container}/${ifname}`;
