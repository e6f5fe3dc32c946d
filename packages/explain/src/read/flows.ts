/** The flows that a pod has to one destination. */
import { Flow, FlowKey } from '@namewall/datapath';
import type { KnownFlow } from '../facts.ts';
import type { Sources, Target } from './facts.ts';

/** Endpoint and remote stand first in the key: most of a full table is passed over undecoded. */
const PREFIX = FlowKey.offsets.local;

export function knownFlows(
  { maps }: Sources['datapath'],
  selectorOf: Sources['selectorOf'],
  endpoint: number,
  { address, protocol, port }: Target,
  time: bigint,
): KnownFlow[] {
  const { flows } = maps;
  const sought = { endpoint, remote: address, local: address, remotePort: port, localPort: 0, protocol };
  const prefix = flows.key.encode(sought).subarray(0, PREFIX);
  const found: KnownFlow[] = [];
  for (const [keyBytes, valueBytes] of flows.raw.entries()) {
    if (Buffer.compare(keyBytes.subarray(0, PREFIX), prefix) !== 0) continue;
    const key = FlowKey.read(keyBytes);
    if (key.protocol !== protocol || key.remotePort !== port) continue;
    const { expires, created, ruleset, handle, flags } = Flow.read(valueBytes);
    if (expires <= time) continue;
    const selector = handle === 0 ? '' : (selectorOf(handle) ?? '');
    found.push({ localPort: key.localPort, remotePort: port, protocol, expires, created, ruleset, selector, flags });
  }
  return found;
}
