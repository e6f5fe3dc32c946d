/** An endpoint in the pinned maps: its slot, its counters, who it is, and everything it leaves behind. */
import { existsSync } from 'node:fs';
import {
  Endpoint as EndpointValue,
  EndpointCounts,
  NwEndpointFlag,
  NwEndpointSize,
  NwRulesetFlag,
  type Pod,
  Usage,
  WildcardNames,
} from '@namewall/datapath';
import type { Endpoint } from '@namewall/protocol';
import { type Kernel, slotIn } from '../apply/context.ts';
import { deleteAll } from '../apply/tables.ts';
import { searchListOf } from '../plan/search.ts';

export interface Slot {
  readonly uid: string;
  readonly pod: Pod;
}

type MapsOf = Pick<Kernel, 'maps' | 'sizes' | 'now'>;
type KernelOf = MapsOf & Pick<Kernel, 'hashKey' | 'cookieOf'>;

/** Every pod that a number was given to, attached or not. */
export function readSlots({ maps }: Pick<Kernel, 'maps'>): Slot[] {
  return [...maps.pods.entries()].map(([{ uid }, pod]) => ({ uid, pod }));
}

const NOBODY: EndpointValue = EndpointValue.read(new Uint8Array(EndpointValue.size));
const UNUSED = Usage.read(new Uint8Array(Usage.size));
const UNCOUNTED = EndpointCounts.read(new Uint8Array(EndpointCounts.size));
const UNASKED = WildcardNames.read(new Uint8Array(WildcardNames.size));

/** What the pod may send from. A pod that says it has more than a pod can have is not checked. */
function ownAddresses(addresses: readonly Uint8Array[]): Uint8Array[] {
  const room = NwEndpointSize.ADDRESSES;
  const known = addresses.length > room ? [] : addresses;
  return [...known, ...Array.from({ length: room - known.length }, () => new Uint8Array(16))];
}

/** A pod's addresses may be known only after it is attached. */
export function readdress(kernel: Pick<Kernel, 'maps' | 'sizes'>, number: number, desired: Endpoint): void {
  // Not known yet: those that the CNI plugin saw stand.
  if (desired.addresses.length === 0) return;
  const slot = slotIn(kernel.sizes.endpoints)(number);
  const held = kernel.maps.endpoints.get(slot);
  const addresses = ownAddresses(desired.addresses);
  if (
    held?.number !== number ||
    held.addresses.every((octets, i) => Buffer.compare(octets, addresses[i] ?? octets) === 0)
  ) {
    return;
  }
  kernel.maps.endpoints.set(slot, { ...held, addresses });
}

/** What the CNI plugin pinned for a pod becomes what the operator says of it. Undefined: it pinned nothing. */
export function adoptSlot(kernel: KernelOf, desired: Endpoint, ruleset: number): Pod | undefined {
  const { uid } = desired;
  const pinned = kernel.maps.pods.get({ uid });
  const slot = slotIn(kernel.sizes.endpoints)(pinned?.endpoint ?? 0);
  if (pinned === undefined || kernel.maps.endpoints.get(slot)?.number !== pinned.endpoint) return undefined;
  kernel.maps.searches.set(slot, searchListOf(pinned.endpoint, desired.search, kernel.hashKey));
  readdress(kernel, pinned.endpoint, desired);
  return switchSlot(kernel, uid, pinned, ruleset);
}

/** Whether the CNI plugin made it for a pod that nobody has told of, and whose namespace is still there. */
export function isUnknown(pod: Pod): boolean {
  return (pod.flags & NwEndpointFlag.UNKNOWN) !== 0 && existsSync(netnsOf(pod));
}

/** Runtimes say /var/run, a link to /run that the agent's container does not have; '' where it has no sandbox. */
export function netnsOf({ netns }: Pick<Pod, 'netns'>): string {
  return netns.replace(/^\/var\/run\//u, '/run/');
}

/** Writes usage and counts, slot, then the pod: a number is only found by UID when its slot is whole. */
export function writeSlot(
  kernel: KernelOf,
  number: number,
  desired: Endpoint,
  ruleset: number,
  netns: string,
  ifindex: number,
): Pod {
  const slot = slotIn(kernel.sizes.endpoints)(number);
  const { maps } = kernel;
  const held = maps.endpoints.get(slot);
  if (held?.number !== number) {
    maps.usage.set(slot, UNUSED);
    maps.endpointCount.set(slot, UNCOUNTED);
    maps.wildcardNames.set(slot, UNASKED);
  }
  maps.searches.set(slot, searchListOf(number, desired.search, kernel.hashKey));
  const value: EndpointValue = held?.number === number ? held : { ...NOBODY, number };
  const addresses = desired.addresses.length === 0 ? value.addresses : ownAddresses(desired.addresses);
  const netnsCookie = netns === '' ? 0n : kernel.cookieOf(netns);
  // Of its sandbox before this one.
  if (value.netnsCookie !== netnsCookie && maps.netns.get(value.netnsCookie) === number) {
    maps.netns.delete(value.netnsCookie);
  }
  maps.endpoints.set(slot, withRuleset(kernel, { ...value, addresses, netnsCookie }, ruleset));
  if (netns !== '') maps.netns.set(netnsCookie, number);
  const pod: Pod = {
    endpoint: number,
    ruleset,
    ifindex,
    flags: 0,
    namespace: desired.namespace.slice(0, 63),
    name: desired.name.slice(0, 255),
    netns: netns.slice(0, 127),
  };
  maps.pods.set({ uid: desired.uid }, pod);
  return pod;
}

/** `selectedAt` marks when a pod's policies began to enforce something, not each edit. */
function withRuleset(kernel: MapsOf, value: EndpointValue, ruleset: number): EndpointValue {
  const began = !isEnforcing(kernel, value.ruleset) && isEnforcing(kernel, ruleset);
  const selectedAt = isEnforcing(kernel, ruleset) ? (began ? kernel.now() : value.selectedAt) : 0n;
  return { ...value, ruleset, flags: 0, selectedAt };
}

/** Whether a ruleset holds a pod to anything: not where no policy selects it, nor where all that do only report. */
export function isEnforcing({ maps, sizes }: Pick<Kernel, 'maps' | 'sizes'>, ruleset: number): boolean {
  if (ruleset === 0) return false;
  const held = maps.rulesets.get(slotIn(sizes.rulesets)(ruleset));
  return held?.number !== ruleset || (held.flags & NwRulesetFlag.AUDIT_ONLY) === 0;
}

/** One write moves the endpoint; the pods map follows for whoever reads it with no agent. */
export function switchSlot(kernel: MapsOf, uid: string, pod: Pod, ruleset: number): Pod {
  const slot = slotIn(kernel.sizes.endpoints)(pod.endpoint);
  const held = kernel.maps.endpoints.get(slot);
  if (held?.number === pod.endpoint) kernel.maps.endpoints.set(slot, withRuleset(kernel, held, ruleset));
  // The CNI plugin writes where the pod's sandbox is.
  const moved = { ...(kernel.maps.pods.get({ uid }) ?? pod), ruleset, flags: 0 };
  kernel.maps.pods.set({ uid }, moved);
  return moved;
}

/** Gives a number back: its slot, then its pod. What it held in the shared tables goes by {@link forgetEntries}. */
export function clearSlot(kernel: Pick<Kernel, 'maps' | 'sizes'>, uid: string, number: number): void {
  const slot = slotIn(kernel.sizes.endpoints)(number);
  const held = kernel.maps.endpoints.get(slot);
  if (held?.number === number) {
    kernel.maps.endpoints.set(slot, NOBODY);
    if (kernel.maps.netns.get(held.netnsCookie) === number) kernel.maps.netns.delete(held.netnsCookie);
  }
  kernel.maps.pods.delete({ uid });
}

/** Deletes what endpoints that are gone hold in the shared tables: one pass over each. @returns how many entries. */
export function forgetEntries({ maps }: Pick<Kernel, 'maps'>, numbers: ReadonlySet<number>): number {
  if (numbers.size === 0) return 0;
  let gone = 0;
  const sweep = <K extends { endpoint: number }>(table: { keys(): Iterable<K>; delete(key: K): boolean }) => {
    const keys: K[] = [];
    for (const key of table.keys()) if (numbers.has(key.endpoint)) keys.push(key);
    deleteAll(table, keys);
    gone += keys.length;
  };
  sweep(maps.learned);
  sweep(maps.pending);
  sweep(maps.flows);
  sweep(maps.streams);
  sweep(maps.streamParts);
  return gone;
}
