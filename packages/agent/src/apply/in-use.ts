/**
 * Addresses to which pods have flows while no policy is enforced for them. Nothing extends the life of their answers then, so
 * that a client that keeps an address for ever would be cut off by its first policy: back-fill takes them as live.
 */
import { Flow, FlowKey, u32, u64 } from '@namewall/datapath';
import type { Tables } from './tables.ts';

const addressKey = (address: Uint8Array): string => Buffer.from(address).toString('hex');

export class AddressesInUse {
  readonly #byEndpoint: ReadonlyMap<number, Set<string>>;

  /** One pass over the table of flows; none for no endpoint. */
  constructor({ flows }: Pick<Tables, 'flows'>, endpoints: Iterable<number>, now: bigint) {
    this.#byEndpoint = new Map(Array.from(endpoints, (endpoint) => [endpoint, new Set<string>()]));
    if (this.#byEndpoint.size === 0) return;
    const { endpoint, remote } = FlowKey.offsets;
    for (const [key, value] of flows.raw.entries()) {
      const addresses = this.#byEndpoint.get(u32.read(key, endpoint));
      if (addresses === undefined || u64.read(value, Flow.offsets.expires) <= now) continue;
      addresses.add(addressKey(key.subarray(remote, remote + 16)));
    }
  }

  has(endpoint: number, address: Uint8Array): boolean {
    return this.#byEndpoint.get(endpoint)?.has(addressKey(address)) ?? false;
  }
}
