/** How an endpoint stands, in the operator's words. */
import type { Hook, SwitchOverride } from '@namewall/datapath';
import { type Endpoint, EndpointPhase, type EndpointStateInput } from '@namewall/protocol';
import type { Finding } from './cable-watch.ts';

export type State = EndpointStateInput & { uid: string };

export function waiting(uid: string, reason: string, message: string): State {
  return { uid, phase: EndpointPhase.ENDPOINT_PHASE_WAITING, reason, message, hooks: [] };
}

export function waitingFor({ netns, addresses }: Endpoint): string {
  if (netns !== '') return `its network namespace ${netns} is not there yet`;
  return addresses.length === 0
    ? 'it has no address yet; annotate it with its network namespace to attach earlier'
    : 'no network namespace in /run/netns has its addresses yet, or several have, none of them another pod’s so far';
}

/** Not hooked as it should be, and likely to stay so. */
export function degraded(uid: string, reason: string, message: string): State {
  return { uid, phase: EndpointPhase.ENDPOINT_PHASE_DEGRADED, reason, message };
}

/** What is said of every pod of a node that a person has switched. */
export function switchedByHand(override: SwitchOverride | undefined): Finding | undefined {
  if (override === undefined) return undefined;
  const what = override === 'off' ? 'off: nothing is enforced' : 'to audit: refusals are only reported';
  const message = `its node is switched ${what}; namewallctl node on, there, when it is over`;
  return { reason: override === 'off' ? 'SwitchedOff' : 'SwitchedToAudit', message };
}

/** @param finding what keeps the hooks from their purpose */
export function attachedState(
  uid: string,
  hooks: readonly Hook[],
  ifname: (ifindex: number) => string,
  grandfatheredFlows: bigint,
  finding: Finding | undefined,
): State {
  const { ENDPOINT_PHASE_ATTACHED, ENDPOINT_PHASE_DEGRADED } = EndpointPhase;
  return {
    uid,
    phase: finding === undefined ? ENDPOINT_PHASE_ATTACHED : ENDPOINT_PHASE_DEGRADED,
    reason: finding?.reason ?? 'Attached',
    message: finding?.message ?? '',
    hooks: hooks.map(({ direction, kind, place }) => ({
      interface: place.netns === undefined ? ifname(place.ifindex) : `${place.netns}:${place.ifindex}`,
      direction: `pod-${direction}`,
      attachment: kind,
    })),
    grandfatheredFlows,
  };
}
