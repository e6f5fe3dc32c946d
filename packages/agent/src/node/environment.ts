/** What the agent needs of its process and node, as pure checks. Kernel features are found by loading, never here. */
import { AgentError } from '../errors.ts';

/** Bits of the kernel's capability sets (linux/capability.h) and what each is for: the agent's, and the last its neighbour's. */
const NEEDED = [
  { name: 'CAP_BPF', bit: 39n, use: 'to load programs and use maps' },
  { name: 'CAP_NET_ADMIN', bit: 12n, use: 'to attach programs to interfaces' },
  { name: 'CAP_PERFMON', bit: 38n, use: 'to load programs that compare pointers and read the name index' },
  { name: 'CAP_SYS_ADMIN', bit: 21n, use: "to enter the pods' network namespaces and mount bpffs" },
] as const;

export interface ProcessFacts {
  readonly euid: number;
  /** The effective sets of the agent and of the process that keeps CAP_SYS_ADMIN for it, together. */
  readonly capabilities: bigint;
}

/** Reads the CapEff line of /proc/self/status; 0 where there is none. */
export function effectiveCapabilities(procStatus: string): bigint {
  const hex = /^CapEff:\s*([0-9a-f]+)$/m.exec(procStatus)?.[1];
  return hex === undefined ? 0n : BigInt(`0x${hex}`);
}

/** @throws {AgentError} NOT_ROOT or CAPABILITY, naming every capability that is not there. */
export function checkProcess({ euid, capabilities }: ProcessFacts): void {
  if (euid !== 0) {
    throw new AgentError('NOT_ROOT', `the agent runs as uid ${euid}, it needs root`, 'start it as root (sudo)');
  }
  const missing = NEEDED.filter(({ bit }) => (capabilities & (1n << bit)) === 0n);
  if (missing.length === 0) return;
  const list = missing.map(({ name, use }) => `${name} (${use})`).join(', ');
  const names = missing.map(({ name }) => name).join(', ');
  throw new AgentError(
    'CAPABILITY',
    `missing capabilities: ${list}`,
    `give the process ${names}; in a container: securityContext.capabilities.add`,
  );
}

interface Mount {
  readonly type: string;
  readonly path: string;
}

function parseMounts(procMounts: string): Mount[] {
  return procMounts.split('\n').flatMap((line) => {
    const [, path, type] = line.split(' ');
    if (path === undefined || type === undefined) return [];
    return [
      { type, path: path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8))) },
    ];
  });
}

/** The type of the file system that holds `path`, by /proc/self/mounts: the longest mount point, the last of equals. */
export function fileSystemOf(procMounts: string, path: string): string | undefined {
  let best: Mount | undefined;
  for (const mount of parseMounts(procMounts)) {
    const inside = mount.path === '/' || path === mount.path || path.startsWith(`${mount.path}/`);
    if (inside && mount.path.length >= (best?.path.length ?? 0)) best = mount;
  }
  return best?.type;
}
