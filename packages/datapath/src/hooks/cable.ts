import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type PodLink, privileged } from '@namewall/privileged';
import { DatapathError } from '../errors.ts';

const run = promisify(execFile);

/** The two ends of a pod's cable. */
export interface Cable {
  readonly kind: 'veth';
  readonly podIfindex: number;
  readonly podIfname: string;
  readonly podMac: string;
  readonly hostIfindex: number;
  readonly hostIfname: string;
  readonly hostMac: string;
  /** What else leads out of the pod: traffic through it is not policed. */
  readonly others: readonly { readonly ifname: string; readonly kind: string }[];
}

/** A link as `ip -json -details link` prints it; only what is used here. */
export interface IpLink {
  readonly ifindex: number;
  readonly ifname: string;
  readonly address?: string;
  readonly link_type?: string;
  readonly link_index?: number;
  readonly link_netnsid?: number;
  readonly linkinfo?: { readonly info_kind?: string };
}

/** A device of the machine that was moved into the pod. */
const PHYSICAL = 'physical';

const kindOf = (link: IpLink): string => link.linkinfo?.info_kind ?? PHYSICAL;

/**
 * Whether traffic leaves the pod by it. Kinds without an end elsewhere (bridge, tun, vlan, tunnels of the pod's own) lead
 * to other links of the pod; a veth whose far end is not the host's leads to what the pod holds in turn.
 */
function leadsOut(link: IpLink, host: readonly IpLink[]): boolean {
  const kind = kindOf(link);
  if (kind === PHYSICAL) return true;
  if (link.link_netnsid === undefined) return false;
  return kind !== 'veth' || host.some((far) => isFarEnd(far, link));
}

const isFarEnd = (far: IpLink, link: IpLink): boolean =>
  far.ifindex === link.link_index && kindOf(far) === 'veth' && far.link_index === link.ifindex;

/**
 * The cable between a pod's links and the host's.
 * @throws DatapathError UNSUPPORTED_INTERFACE naming the interface and what it is
 */
export function cableOf(netns: string, pod: readonly IpLink[], host: readonly IpLink[]): Cable {
  const links = pod.filter((link) => link.link_type !== 'loopback');
  const cables = links.filter((link) => kindOf(link) === 'veth' && link.link_netnsid !== undefined);
  const end = cables.find((link) => link.ifname === 'eth0') ?? cables[0];
  if (end === undefined) {
    const found = links.map((link) => `${link.ifname} is ${kindOf(link)}`).join(', ') || 'there is no interface';
    throw new DatapathError(
      'UNSUPPORTED_INTERFACE',
      `no veth leads out of ${netns}: ${found}. Only pods on a veth cable can be policed`,
    );
  }
  const far = host.find((link) => link.ifindex === end.link_index);
  if (far === undefined || !isFarEnd(far, end)) {
    throw new DatapathError(
      'UNSUPPORTED_INTERFACE',
      `the other end of ${end.ifname} in ${netns} (interface ${end.link_index}) is not in this network namespace:` +
        ' run the agent in the namespace that holds the host ends of the cables',
    );
  }
  return {
    kind: 'veth',
    podIfindex: end.ifindex,
    podIfname: end.ifname,
    podMac: end.address ?? '',
    hostIfindex: far.ifindex,
    hostIfname: far.ifname,
    hostMac: far.address ?? '',
    others: links
      .filter((link) => link !== end && leadsOut(link, host))
      .map((link) => ({ ifname: link.ifname, kind: kindOf(link) })),
  };
}

/** As `ip` would show it. */
function shown({ ifindex, ifname, kind, mac, peer, elsewhere }: PodLink): IpLink {
  return {
    ifindex,
    ifname,
    address: mac,
    link_type: 'ether',
    link_index: peer,
    ...(elsewhere && { link_netnsid: 0 }),
    ...(kind !== '' && { linkinfo: { info_kind: kind } }),
  };
}

/**
 * Finds the cable of the pod whose network namespace stands at a path.
 * @throws DatapathError UNSUPPORTED_INTERFACE, or the error of `ip`
 */
export async function findCable(netns: string, signal?: AbortSignal): Promise<Cable> {
  const { links, complete } = privileged().links(netns);
  if (!complete) {
    throw new DatapathError('UNSUPPORTED_INTERFACE', `over ${links.length} links lead out of ${netns}: take some away`);
  }
  const ip = ['-json', '-details', 'link', 'show', 'type', 'veth'];
  const { stdout } = await run('ip', ip, { maxBuffer: 64 << 20, ...(signal && { signal }) });
  // What is not shown is an empty object.
  const host = (JSON.parse(stdout || '[]') as Partial<IpLink>[]).filter(
    (link): link is IpLink => link.ifindex !== undefined,
  );
  return cableOf(netns, links.map(shown), host);
}
