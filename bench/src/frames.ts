/** Ethernet frames as a pod's cable carries them, for BPF_PROG_TEST_RUN. IPv4, no checksums but the header's. */
export interface Ends {
  readonly source: string;
  readonly sourcePort: number;
  readonly destination: string;
  readonly destinationPort: number;
}

export const TCP_SYN = 0x02;
export const TCP_ACK = 0x10;

const UDP = 17;
const TCP = 6;

export function udpFrame(ends: Ends, payload: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt16BE(ends.sourcePort, 0);
  header.writeUInt16BE(ends.destinationPort, 2);
  header.writeUInt16BE(8 + payload.length, 4);
  return ipv4(ends, UDP, Buffer.concat([header, payload]));
}

/** A segment without data. */
export function tcpFrame(ends: Ends, flags: number): Buffer {
  const header = Buffer.alloc(20);
  header.writeUInt16BE(ends.sourcePort, 0);
  header.writeUInt16BE(ends.destinationPort, 2);
  header[12] = 5 << 4;
  header[13] = flags;
  header.writeUInt16BE(64_000, 14);
  return ipv4(ends, TCP, header);
}

function ipv4({ source, destination }: Ends, protocol: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(34);
  header.writeUInt16BE(0x0800, 12);
  header[14] = 0x45;
  header.writeUInt16BE(20 + payload.length, 16);
  header[22] = 64;
  header[23] = protocol;
  header.set(octets(source), 26);
  header.set(octets(destination), 30);
  header.writeUInt16BE(checksum(header.subarray(14)), 24);
  return Buffer.concat([header, payload]);
}

const octets = (address: string): number[] => address.split('.').map(Number);

function checksum(header: Buffer): number {
  let sum = 0;
  for (let at = 0; at < header.length; at += 2) sum += header.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return ~sum & 0xffff;
}
