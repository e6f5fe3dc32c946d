/** Which packets that open something are control traffic: bpf/lib/control.h without what only follows a flow. */
import { isMapped } from '@namewall/policy/names';
import type { ConnectionQuestion } from '../facts.ts';

const UDP = 17;
const IGMP = 2;

function isLinkMulticast(address: Uint8Array): boolean {
  if (isMapped(address)) return address[12] === 224 && address[13] === 0 && address[14] === 0;
  return address[0] === 0xff && address[1] === 0x02;
}

/** DHCP from its own port, and IGMP. */
export function opensControl({ address, protocol, port }: ConnectionQuestion): boolean {
  if (protocol === IGMP) return isMapped(address) && isLinkMulticast(address);
  if (protocol !== UDP) return false;
  if (isMapped(address)) return port === 67 && address.subarray(12).every((octet) => octet === 0xff);
  return port === 547 && isLinkMulticast(address);
}
