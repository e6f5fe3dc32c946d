import { execFileSync } from 'node:child_process';
import { GATEWAY, INTERNET_RANGES, NAME_SERVERS, UPLINK, podAddresses } from './addresses.ts';
import type { RunDirectory } from './run-directory.ts';

/** A network namespace: its name under /run/netns and the path of its file. */
export interface Namespace {
  readonly name: string;
  readonly path: string;
}

/** Makes a namespace with its loopback up. */
export function makeNamespace(run: RunDirectory, name: string): Namespace {
  const full = run.namespace(name);
  execFileSync('ip', ['netns', 'add', full]);
  ip(full, ['link set lo up']);
  return { name: full, path: `/run/netns/${full}` };
}

/** The argv that runs another argv inside a namespace; the process keeps its PID. */
export const inside = (namespace: Namespace, argv: readonly string[]): string[] => [
  'nsenter',
  `--net=${namespace.path}`,
  ...argv,
];

/** Forwarding on, reverse-path filter off: a node as most network plugins leave it. */
export function makeRouter(node: Namespace): void {
  sysctl(node, ['net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1', 'net.ipv4.conf.all.rp_filter=0']);
  sysctl(node, ['net.ipv4.conf.default.rp_filter=0', 'net.ipv6.conf.default.accept_dad=0']);
  // Refusing by ICMP is not what is tested here, and its limits would blur counts.
  sysctl(node, ['net.ipv4.icmp_ratelimit=0', 'net.ipv6.icmp.ratelimit=0']);
}

/** The cable between node and internet, and the ranges the internet answers for. */
export function connectInternet(node: Namespace, internet: Namespace): void {
  sysctl(internet, ['net.ipv6.conf.all.accept_dad=0', 'net.ipv6.conf.default.accept_dad=0']);
  ip(node.name, [
    `link add uplink type veth peer name eth0 netns ${internet.name}`,
    `addr add ${UPLINK.node.v4}/30 dev uplink`,
    `addr add ${UPLINK.node.v6}/64 dev uplink nodad`,
    'link set uplink up',
  ]);
  ip(internet.name, [
    `addr add ${UPLINK.internet.v4}/30 dev eth0`,
    `addr add ${UPLINK.internet.v6}/64 dev eth0 nodad`,
    'link set eth0 up',
    `route add default via ${UPLINK.node.v4}`,
    `-6 route add default via ${UPLINK.node.v6}`,
    ...INTERNET_RANGES.map((range) => `${family(range)}route add local ${range} dev lo`),
    ...Object.values(NAME_SERVERS).map(({ v6 }) => `addr add ${v6}/128 dev lo nodad`),
  ]);
  const gateway = (range: string): string => (range.includes(':') ? UPLINK.internet.v6 : UPLINK.internet.v4);
  const ranges = [...INTERNET_RANGES, '2001:db8:53::/64'];
  ip(
    node.name,
    ranges.map((range) => `${family(range)}route add ${range} via ${gateway(range)}`),
  );
}

/** A pod's cable, as point-to-point network plugins make it: single addresses, the host end is the router. */
export function connectPod(node: Namespace, pod: Namespace, index: number, hostEnd: string): void {
  const { v4, v6 } = podAddresses(index);
  sysctl(pod, ['net.ipv6.conf.all.accept_dad=0', 'net.ipv6.conf.default.accept_dad=0']);
  ip(node.name, [
    `link add ${hostEnd} type veth peer name eth0 netns ${pod.name}`,
    `addr add ${GATEWAY.v4}/32 dev ${hostEnd}`,
    `addr add ${GATEWAY.v6}/128 dev ${hostEnd} nodad`,
    `link set ${hostEnd} up`,
    `route add ${v4}/32 dev ${hostEnd}`,
    `-6 route add ${v6}/128 dev ${hostEnd}`,
  ]);
  ip(pod.name, [
    `addr add ${v4}/32 dev eth0`,
    `addr add ${v6}/128 dev eth0 nodad`,
    'link set eth0 up',
    `route add ${GATEWAY.v4} dev eth0 scope link`,
    `route add default via ${GATEWAY.v4} src ${v4}`,
    `-6 route add ${GATEWAY.v6} dev eth0`,
    `-6 route add default via ${GATEWAY.v6} src ${v6}`,
  ]);
}

const family = (range: string): string => (range.includes(':') ? '-6 ' : '');

/** `ip -batch` in a namespace; a line may begin with -6. */
function ip(namespace: string, lines: readonly string[]): void {
  const split = Map.groupBy(lines, (line) => (line.startsWith('-6 ') ? '-6' : '-4'));
  for (const version of ['-4', '-6'] as const) {
    const batch = split.get(version)?.map((line) => line.replace(/^-6 /, ''));
    if (!batch) continue;
    const flags = version === '-6' ? ['-6'] : [];
    execFileSync('ip', ['-n', namespace, ...flags, '-batch', '-'], { input: `${batch.join('\n')}\n`, stdio: 'pipe' });
  }
}

function sysctl(namespace: Namespace, settings: readonly string[]): void {
  const [file, ...args] = inside(namespace, ['sysctl', '-qw', ...settings]);
  execFileSync(String(file), args, { stdio: 'pipe' });
}
