/** The node's configuration as the datapath's `config` value. Durations in nanoseconds. */
import { type Config, unreservedOctets } from '@namewall/datapath';
import type { NodeConfig } from '@namewall/protocol';
import { planResolvers } from './resolvers.ts';

/** What of `config` is not the operator's to say. */
export type LocalConfig = Pick<Config, 'listeners' | 'namesVersion' | 'clockOffset'>;

/** Four words, the bit (port & 255) set for each port. */
export function portBits(ports: Iterable<number>): bigint[] {
  const words = [0n, 0n, 0n, 0n];
  for (const port of ports) {
    const bit = port & 255;
    words[bit >> 6] = (words[bit >> 6] ?? 0n) | (1n << BigInt(bit & 63));
  }
  return words;
}

/** Where the operator's configuration has 0, and before there is one, `defaults` stands. */
export function planConfig(node: NodeConfig | undefined, defaults: Config, local: LocalConfig): Config {
  const { durations, quotas } = node ?? {};
  return {
    ...defaults,
    ...local,
    nodeSwitch: node?.nodeSwitch ?? defaults.nodeSwitch,
    ttlFloor: durations?.ttlFloor || defaults.ttlFloor,
    ttlCeiling: durations?.ttlCeiling || defaults.ttlCeiling,
    ttlGrace: durations?.ttlGrace || defaults.ttlGrace,
    idleWindow: durations?.idleWindow || defaults.idleWindow,
    pendingAge: durations?.pendingAge || defaults.pendingAge,
    tcpIdle: durations?.tcpIdle || defaults.tcpIdle,
    tcpOpening: durations?.tcpOpening || defaults.tcpOpening,
    tcpClosing: durations?.tcpClosing || defaults.tcpClosing,
    udpIdle: durations?.udpIdle || defaults.udpIdle,
    icmpIdle: durations?.icmpIdle || defaults.icmpIdle,
    grandfather: durations?.grandfather || defaults.grandfather,
    quotaPending: quotas?.pending || defaults.quotaPending,
    quotaLearned: quotas?.learned || defaults.quotaLearned,
    quotaFlowsOut: quotas?.flowsOut || defaults.quotaFlowsOut,
    quotaFlowsIn: quotas?.flowsIn || defaults.quotaFlowsIn,
    resolverPorts: portBits(planResolvers(node?.resolvers ?? []).map(([{ port }]) => port)),
    ...(node && unreservedOctets(node.ranges)),
  };
}
