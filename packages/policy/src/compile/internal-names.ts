import { MAPPED_BITS } from '../value/address.ts';
import { type Prefix, isIpv4 } from '../value/cidr.ts';
import { type Selector, parseSelector } from '../selector.ts';

/**
 * What a pod may ask for wherever its names are filtered, with no right to connect to it: the cluster's
 * own domain, and the names behind the cluster's addresses.
 */
export function internalNames(clusterDomain: string, clusterRanges: readonly Prefix[]): Selector[] {
  return [parseSelector({ matchPattern: `**.${clusterDomain}` }), ...clusterRanges.flatMap(reverseZones)];
}

/** The reverse zones of a prefix: one where it ends at a label, else as many as make it up. */
function reverseZones(range: Prefix): Selector[] {
  const form = isIpv4(range) ? IPV4 : IPV6;
  const length = range.prefixLength - form.skip;
  const count = Math.ceil(length / form.labelBits);
  const zones = 2 ** (count * form.labelBits - length);
  return Array.from({ length: zones }, (_, at) => {
    const labels = form.labels(range.prefix).slice(0, count);
    const last = labels.pop();
    if (last !== undefined) labels.push(last + at);
    const zone = [...labels.toReversed().map((label) => label.toString(form.radix)), form.root].join('.');
    const whole = count * form.labelBits === 128 - form.skip;
    return parseSelector(whole ? { matchName: zone } : { matchPattern: `**.${zone}` });
  });
}

const IPV4 = {
  skip: MAPPED_BITS,
  labelBits: 8,
  radix: 10,
  root: 'in-addr.arpa',
  labels: (address: Uint8Array): number[] => [...address.subarray(12)],
};

const IPV6 = {
  skip: 0,
  labelBits: 4,
  radix: 16,
  root: 'ip6.arpa',
  labels: (address: Uint8Array): number[] => [...address].flatMap((octet) => [octet >> 4, octet & 15]),
};
