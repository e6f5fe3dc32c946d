/** What the pins alone tell of endpoints and names, in the shapes of the observer's messages. */
import { type PinnedDatapath, type Pod, learnedFacts, reasonName, standBothWays } from '@namewall/datapath';
import { NameError, identityOf, parseCanonical, wireToText } from '@namewall/policy';
import type { EndpointStatusInput, LearnedNameInput } from '@namewall/protocol';

const NS_PER_MS = 1_000_000n;

function rulesetIds({ maps }: PinnedDatapath): Map<number, string> {
  return new Map([...maps.rulesetIds.entries()].map(([{ id }, number]) => [number, Buffer.from(id).toString('hex')]));
}

export function pinnedEndpoints(pins: PinnedDatapath): EndpointStatusInput[] {
  const ids = rulesetIds(pins);
  const hooks = Map.groupBy(pins.hooks(), ({ endpoint }) => endpoint);
  return [...pins.maps.pods.entries()].map(([{ uid }, pod]) => {
    const held = (hooks.get(pod.endpoint) ?? []).filter(({ attached }) => attached);
    const whole = standBothWays(held);
    return {
      uid,
      namespace: pod.namespace,
      name: pod.name,
      number: pod.endpoint,
      ruleset: ids.get(pod.ruleset) ?? '',
      phase: whole ? (2 as const) : (3 as const),
      reason: whole ? 'Attached' : 'HookMissing',
      message: whole ? '' : 'a hook is not there; start the agent',
      hooks: held.map(({ direction, kind, place }) => ({
        interface: `if${place.ifindex}`,
        direction: `pod-${direction}`,
        attachment: kind,
      })),
      usage: pins.maps.usage.get(pod.endpoint & (pins.sizes.endpoints - 1)) ?? null,
      counts: pins.endpointCounts(pod.endpoint),
    };
  });
}

export function pinnedNames(pins: PinnedDatapath): LearnedNameInput[] {
  const pods = new Map<number, { uid: string; pod: Pod }>();
  for (const [{ uid }, pod] of pins.maps.pods.entries()) pods.set(pod.endpoint, { uid, pod });
  const now = pins.now();
  return [...learnedFacts(pins.maps, pins.sizes)].flatMap(({ endpoint, address, handle, expires, name }) => {
    const owner = pods.get(endpoint);
    if (owner === undefined) return [];
    const selector = pins.maps.identities.get(handle)?.selector ?? '';
    return [
      {
        uid: owner.uid,
        namespace: owner.pod.namespace,
        pod: owner.pod.name,
        endpoint,
        selector,
        identity: selector === '' ? '' : Buffer.from(identityOf(parseCanonical(selector))).toString('hex'),
        name: textOf(name),
        address,
        expiresInMs: (expires - now) / NS_PER_MS,
      },
    ];
  });
}

function textOf(wire: Uint8Array | undefined): string {
  if (wire === undefined) return '';
  try {
    return wireToText(wire);
  } catch (error) {
    if (error instanceof NameError) return '';
    throw error;
  }
}

/** Reasons with a count other than 0. */
export function pinnedCounts({ maps }: PinnedDatapath): { number: number; reason: string; count: bigint }[] {
  return [...maps.counters.entries()]
    .map(([number, perCpu]) => ({ number, reason: reasonName(number), count: perCpu.reduce((a, b) => a + b, 0n) }))
    .filter(({ count }) => count > 0n);
}
