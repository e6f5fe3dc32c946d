/** The flows that a pod has to one destination. */
import { Flow, FlowKey, type PinnedMaps } from '@namewall/datapath';
import type { KnownFlow } from '../facts.ts';
import type { Target } from './facts.ts';

/** Endpoint and remote stand first in the key: most of a full table is passed over undecoded. */
const PREFIX = FlowKey.offsets.local;

export function knownFlows(
  flows: PinnedMaps['flows'],
  endpoint: number,
  { address, protocol, port }: Target,
  time: bigint,
): KnownFlow[] {
  const sought = { endpoint, remote: address, local: address, remotePort: port, localPort: 0, protocol };
  const prefix = flows.key.encode(sought).subarray(0, PREFIX);
  const found: KnownFlow[] = [];
  for (const [keyBytes, valueBytes] of flows.raw.entries()) {
    if (Buffer.compare(keyBytes.subarray(0, PREFIX), prefix) !== 0) continue;
    const key = FlowKey.read(keyBytes);
    if (key.protocol !== protocol || key.remotePort !== port) continue;
    const { expires, created, ruleset, flags } = Flow.read(valueBytes);
    if (expires <= time) continue;
    found.push({ localPort: key.localPort, remotePort: port, protocol, expires, created, ruleset, flags });
  }
  return found;
}
