import { MAPPED_BITS, parseAddress } from '../value/address.ts';
import { type Prefix, comparePrefixes, covers, isIpv4, maskAddress, prefixKey } from '../value/cidr.ts';

/**
 * The datapath looks up the longest prefix alone, so each prefix gets what every prefix that covers it
 * says, its own last. Equal prefixes are joined; the result is sorted.
 *
 * IPv4 lies inside IPv6's ::/80 and shorter ones, which mean IPv6 only. Where there is one, an entry for
 * all of IPv4 stops it, with nothing said but what 0.0.0.0/0 says.
 */
export function inherit<T>(
  entries: readonly (Prefix & { readonly value: T })[],
  join: (values: readonly T[]) => T,
): (Prefix & { readonly value: T })[] {
  const own = new Map<string, Prefix & { values: T[] }>();
  const add = (prefix: Prefix, values: readonly T[]) => {
    const known = own.get(prefixKey(prefix));
    if (known === undefined) own.set(prefixKey(prefix), { ...prefix, values: [...values] });
    else known.values.push(...values);
  };
  for (const { prefix, prefixLength, value } of entries) add({ prefix, prefixLength }, [value]);
  if (entries.some(containsIpv4)) add(ALL_IPV4, []);
  const sorted = [...own.values()].toSorted(comparePrefixes);
  const both = [sorted.filter((entry) => !isIpv4(entry)), sorted.filter(isIpv4)];
  return both.flatMap((family) => inheritSorted(family, join)).toSorted(comparePrefixes);
}

function inheritSorted<T>(
  sorted: readonly (Prefix & { readonly values: readonly T[] })[],
  join: (values: readonly T[]) => T,
): (Prefix & { readonly value: T })[] {
  const above: (Prefix & { readonly all: readonly T[] })[] = [];
  return sorted.map(({ prefix, prefixLength, values }) => {
    const here = { prefix, prefixLength };
    while (above.length > 0 && !above.slice(-1).every((outer) => covers(outer, here))) above.pop();
    const all = [...(above.at(-1)?.all ?? []), ...values];
    above.push({ ...here, all });
    return { ...here, value: join(all) };
  });
}

const ALL_IPV4: Prefix = { prefix: parseAddress('0.0.0.0'), prefixLength: MAPPED_BITS };

/** Whether an IPv6 prefix has the mapped IPv4 addresses among its bits. */
function containsIpv4(prefix: Prefix): boolean {
  if (isIpv4(prefix) || prefix.prefixLength > MAPPED_BITS) return false;
  return Buffer.compare(maskAddress(ALL_IPV4.prefix, prefix.prefixLength), prefix.prefix) === 0;
}
