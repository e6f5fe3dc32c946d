import { type PodLink, privileged } from '@namewall/privileged';
import { DatapathError } from '../errors.ts';

/** The two ends of a pod's cable. */
export interface Cable {
  readonly kind: 'veth';
  readonly podIfindex: number;
  readonly podIfname: string;
  readonly hostIfindex: number;
  readonly hostIfname: string;
  /** What else leads out of the pod: traffic through it is not policed. */
  readonly others: readonly { readonly ifname: string; readonly kind: string }[];
}

/** A link of a pod. `far`: its other end, where it is a veth and that is in our network namespace. */
export interface CableLink extends PodLink {
  readonly far: PodLink | undefined;
}

const kindOf = ({ kind }: PodLink): string => (kind === '' ? 'physical' : kind);

/**
 * Whether traffic leaves the pod by it. Kinds without an end elsewhere (bridge, tun, vlan, tunnels of the pod's own) lead
 * to other links of the pod; a veth whose far end is not ours leads to what the pod holds in turn. What goes through an
 * `ifb` leaves by the cable, past our hook (packages/privileged/src/lists.c).
 */
function leadsOut({ kind, elsewhere, far }: CableLink): boolean {
  if (kind === '' || kind === 'ifb') return true;
  return kind === 'veth' ? far !== undefined : elsewhere;
}

/**
 * The cable among a pod's links: whatever the pod calls them, the one that is known; where none is, one that ends in our
 * network namespace, eth0 before others.
 * @param known the host's end of the cable where its hooks stand, by index; 0: none do
 * @throws DatapathError UNSUPPORTED_INTERFACE naming the interface and what it is
 */
export function cableOf(netns: string, links: readonly CableLink[], known = 0): Cable {
  const reaching = links.filter(({ far }) => far !== undefined);
  const end =
    known === 0
      ? (reaching.find(({ ifname }) => ifname === 'eth0') ?? reaching[0])
      : reaching.find(({ far }) => far?.ifindex === known);
  if (end?.far === undefined) {
    const why = known === 0 ? whyNone(netns, links) : whyAway(netns, known, reaching);
    throw new DatapathError('UNSUPPORTED_INTERFACE', why);
  }
  return {
    kind: 'veth',
    podIfindex: end.ifindex,
    podIfname: end.ifname,
    hostIfindex: end.far.ifindex,
    hostIfname: end.far.ifname,
    others: links
      .filter((link) => link !== end && leadsOut(link))
      .map((link) => ({ ifname: link.ifname, kind: kindOf(link) })),
  };
}

function whyAway(netns: string, known: number, others: readonly CableLink[]): string {
  const names = others.map(({ ifname }) => ifname).join(', ') || 'no other cable';
  return `its hooks stand at interface ${known}, whose other end is no longer in ${netns}; ${names} is there, and not policed`;
}

function whyNone(netns: string, links: readonly CableLink[]): string {
  const veth = links.find(({ kind, elsewhere }) => kind === 'veth' && elsewhere);
  if (veth !== undefined) {
    return (
      `the other end of ${veth.ifname} in ${netns} (interface ${veth.peer}) is not in this network namespace:` +
      ' run the agent in the namespace that holds the host ends of the cables'
    );
  }
  const found = links.map((link) => `${link.ifname} is ${kindOf(link)}`).join(', ') || 'there is no interface';
  return `no veth leads out of ${netns}: ${found}. Only pods on a veth cable can be policed`;
}

/** A pod has a few networks, and can make any number of links: of one with a known cable so many are followed to their end. */
const FOLLOWED_MAX = 64;

/**
 * Finds the cable of the pod whose network namespace stands at a path.
 * @param known the host's end of the cable where its hooks stand, by index: it may give any name to any link
 * @throws DatapathError UNSUPPORTED_INTERFACE. LibbpfError where the namespace is gone
 */
export function findCable(netns: string, known = 0): Cable {
  const { links, complete } = privileged().links(netns);
  const cables = links.filter(({ kind, elsewhere }) => kind === 'veth' && elsewhere);
  const first = cables.filter(({ peer }) => peer === known);
  const followed = new Set(known === 0 ? cables : [...first, ...cables].slice(0, FOLLOWED_MAX));
  const withFar = links.map((link) => ({
    ...link,
    far: followed.has(link) ? privileged().farEnd(netns, link) : undefined,
  }));
  const cable = cableOf(netns, withFar, known);
  if (complete && cables.length <= FOLLOWED_MAX) return cable;
  return { ...cable, others: [...cable.others, { ifname: 'more', kind: `than ${FOLLOWED_MAX} links` }] };
}
