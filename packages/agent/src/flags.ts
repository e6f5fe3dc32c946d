/** The agent's command line. */
import { hostname } from 'node:os';
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { AgentError, messageOf } from './errors.ts';
import type { CniFlags } from './node/cni-chain.ts';

export interface Flags {
  readonly operator: string;
  /** Files, read each time: authorities of operators' certificates, and the token that proves the node. */
  readonly operatorCa: string | undefined;
  readonly token: string | undefined;
  readonly stateDir: string;
  readonly pinRoot: string;
  /** Only into a bpf file system that is there: one that a container mounts goes with the container. */
  readonly needBpffs: boolean;
  readonly socket: string;
  readonly hook: 'auto' | 'tcx' | 'clsact';
  readonly object: string;
  readonly socketObject: string;
  /** A cgroup2 directory, or `auto`: the root of the hierarchy; `none`: sockets are left alone. */
  readonly cgroup: string;
  readonly node: string;
  /** The kubelet's resolv.conf: what it appends to the search lists of pods. */
  readonly resolvConf: string;
  /** undefined: somebody else chains the CNI plugin, or nobody does. */
  readonly cni: CniFlags | undefined;
  /** HOST:PORT of health and metrics; undefined: neither is told. */
  readonly metrics: string | undefined;
  readonly logFormat: 'json' | 'text';
  readonly logLevel: 'error' | 'warn' | 'info' | 'debug';
  /** Names of `Sizes` to entries; only new pins take them. */
  readonly sizes: Readonly<Record<string, number>>;
}

export const USAGE = `Usage: agent [flags]

  --operator unix:PATH   where the operator listens (unix:/run/namewall/operator.sock)
  --operator tls:HOST:PORT
                         over TLS; each connection looks the name up anew and tries all its addresses
  --operator-ca FILE     with tls: whom operators' certificates are signed by, PEM; read again for each connection
  --token FILE           with tls: a ServiceAccount token of audience namewall.dev/operator; read again for each use
  --state-dir DIR        snapshot, lock, compiled code (/var/lib/namewall)
  --pin-root DIR         in a bpf file system (/sys/fs/bpf/namewall)
  --need-bpffs           mount no bpf file system where there is none, but end: in a container, whose mounts end with it
  --socket PATH          for namewallctl, mode 0600 (/run/namewall/agent.sock)
  --hook auto|tcx|clsact how to attach (auto)
  --object FILE          the compiled datapath (build/datapath.bpf.o)
  --socket-object FILE   the compiled programs on sockets (build/socket.bpf.o)
  --cgroup auto|none|DIR where sockets of pods are seen, to answer what they may not ask over TCP (auto: all)
  --node NAME            this node's name for the operator (the host's name)
  --resolv-conf FILE     the file that the kubelet builds pods' search lists from (/etc/resolv.conf)
  --cni-bin-dir DIR      puts the CNI plugin there ...
  --cni-conf-dir DIR     ... and chains it into the first configuration there, again where somebody takes it out
  --cni-plugin FILE      the compiled plugin (build/namewall-cni)
  --metrics HOST:PORT    /healthz, /readyz and /metrics (none)
  --size NAME=N          entries of a table, may be repeated: endpoints, rules, learned, flows, ...
  --log-format json|text (json)
  --log-level LEVEL      error, warn, info or debug (info)
  --help
`;

const OPTIONS = {
  operator: { type: 'string', default: 'unix:/run/namewall/operator.sock' },
  'operator-ca': { type: 'string' },
  token: { type: 'string' },
  'state-dir': { type: 'string', default: '/var/lib/namewall' },
  'pin-root': { type: 'string', default: '/sys/fs/bpf/namewall' },
  'need-bpffs': { type: 'boolean', default: false },
  socket: { type: 'string', default: '/run/namewall/agent.sock' },
  hook: { type: 'string', default: 'auto' },
  object: { type: 'string', default: 'build/datapath.bpf.o' },
  'socket-object': { type: 'string', default: 'build/socket.bpf.o' },
  cgroup: { type: 'string', default: 'auto' },
  node: { type: 'string' },
  'resolv-conf': { type: 'string', default: '/etc/resolv.conf' },
  metrics: { type: 'string' },
  'cni-bin-dir': { type: 'string' },
  'cni-conf-dir': { type: 'string' },
  'cni-plugin': { type: 'string', default: 'build/namewall-cni' },
  size: { type: 'string', multiple: true, default: [] as string[] },
  'log-format': { type: 'string', default: 'json' },
  'log-level': { type: 'string', default: 'info' },
  help: { type: 'boolean', default: false },
} satisfies ParseArgsOptionsConfig;

function oneOf<T extends string>(flag: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value);
  if (found === undefined) {
    throw new AgentError('USAGE', `--${flag} is "${value}"`, `give one of ${allowed.join(', ')}`);
  }
  return found;
}

function cniFlags(binDir: string | undefined, confDir: string | undefined, program: string): CniFlags | undefined {
  if (binDir === undefined && confDir === undefined) return undefined;
  if (binDir !== undefined && confDir !== undefined) return { binDir, confDir, program };
  throw new AgentError('USAGE', '--cni-bin-dir and --cni-conf-dir go together', 'give both, or neither');
}

function parseSizes(pairs: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const match = /^([a-zA-Z]+)=([0-9]+)$/.exec(pair);
      if (match === null) throw new AgentError('USAGE', `--size is "${pair}"`, 'write NAME=N, such as endpoints=512');
      return [match[1] ?? '', Number(match[2])];
    }),
  );
}

/** @returns 'help' when that is asked for. @throws {AgentError} USAGE */
export function parseFlags(args: readonly string[]): Flags | 'help' {
  let values;
  try {
    ({ values } = parseArgs({ args: [...args], options: OPTIONS, strict: true }));
  } catch (cause) {
    throw new AgentError('USAGE', messageOf(cause), 'see --help', { cause });
  }
  if (values.help) return 'help';
  for (const name of ['operator-ca', 'token'] as const) {
    if (values.operator.startsWith('tls:') && values[name] === undefined) {
      throw new AgentError('USAGE', `--${name} is missing`, 'with --operator tls: give the file');
    }
  }
  return {
    operator: values.operator,
    operatorCa: values['operator-ca'],
    token: values.token,
    stateDir: values['state-dir'],
    pinRoot: values['pin-root'],
    needBpffs: values['need-bpffs'],
    socket: values.socket.replace(/^unix:/, ''),
    hook: oneOf('hook', values.hook, ['auto', 'tcx', 'clsact']),
    object: values.object,
    socketObject: values['socket-object'],
    cgroup: values.cgroup,
    node: values.node ?? hostname(),
    resolvConf: values['resolv-conf'],
    metrics: values.metrics,
    cni: cniFlags(values['cni-bin-dir'], values['cni-conf-dir'], values['cni-plugin']),
    logFormat: oneOf('log-format', values['log-format'], ['json', 'text']),
    logLevel: oneOf('log-level', values['log-level'], ['error', 'warn', 'info', 'debug']),
    sizes: parseSizes(values.size),
  };
}
