/** The address whose reverse a name is: RFC 1035, section 3.5; RFC 3596, section 2.5. */
import { parseAddress, wireToText } from '@namewall/policy/names';

const V4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.in-addr\.arpa$/;
const V6 = /^((?:[0-9a-f]\.){32})ip6\.arpa$/;

/** @param wire folded; undefined when it is the reverse of nothing */
export function reverseAddress(wire: Uint8Array): Uint8Array | undefined {
  const text = wireToText(wire);
  const v4 = V4.exec(text);
  if (v4 !== null) {
    const octets = v4.slice(1).toReversed().map(Number);
    return octets.every((octet) => octet <= 255) ? parseAddress(octets.join('.')) : undefined;
  }
  const v6 = V6.exec(text)?.[1];
  if (v6 === undefined) return undefined;
  return Uint8Array.from(Buffer.from(v6.replaceAll('.', '').split('').toReversed().join(''), 'hex'));
}

export const isReverseZone = (text: string): boolean => text.endsWith('.in-addr.arpa') || text.endsWith('.ip6.arpa');
