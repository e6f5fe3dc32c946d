/** What happens in a case: each a number, so that fast-check makes and shrinks many of them at speed. 0 is the simplest. */
import { type IpPacket, PROTOCOL, type Packet, type Question } from '../spec/packet.ts';
import { DESTINATIONS, OTHER_QUESTIONS, PODS, PORTS, RESOLVERS, SOURCE_PORTS, ZONES } from './universe.ts';

export const HAPPENINGS = 2 ** 31 - 1;

/** A question is sent in one of these ways; only the first is one plain question. */
export type Wording = 'plain' | 'two questions' | 'response' | 'class CH' | 'cut';

export type Happening =
  | { readonly kind: 'out'; readonly pod: number; readonly packet: Packet }
  | { readonly kind: 'in'; readonly pod: number; readonly packet: IpPacket }
  | {
      readonly kind: 'ask';
      readonly pod: number;
      readonly question: Question;
      readonly wording: Wording;
      readonly resolver: string;
      readonly answered: boolean;
    }
  /** One more packet of one of the pod's flows. */
  | { readonly kind: 'again'; readonly pod: number; readonly which: number; readonly tcp: 'ACK' | 'FIN' | 'SYN' }
  /** The answer to one of the questions that are open or were answered before. */
  | { readonly kind: 'answer'; readonly which: number }
  /** An ICMP error that quotes one of the pod's flows. */
  | { readonly kind: 'icmp error'; readonly pod: number; readonly which: number; readonly elsewhere: boolean }
  /** A packet from a cable whose pod is gone. */
  | { readonly kind: 'gone'; readonly packet: Packet }
  | { readonly kind: 'wait'; readonly minutes: number };

const KINDS = [
  ...repeat('out', 20),
  ...repeat('ask', 6),
  ...repeat('in', 2),
  ...repeat('again', 4),
  'answer',
  'icmp error',
  'wait',
  'gone',
] as const;

type Form = keyof typeof FORMS;
const FORMS = {
  syn: (packet: IpPacket): Packet => ({ ...packet, protocol: PROTOCOL.TCP, tcp: 'SYN' }),
  ack: (packet: IpPacket): Packet => ({ ...packet, protocol: PROTOCOL.TCP, tcp: 'ACK' }),
  udp: (packet: IpPacket): Packet => ({ ...packet, protocol: PROTOCOL.UDP }),
  fin: (packet: IpPacket): Packet => ({ ...packet, protocol: PROTOCOL.TCP, tcp: 'FIN' }),
  rst: (packet: IpPacket): Packet => ({ ...packet, protocol: PROTOCOL.TCP, tcp: 'RST' }),
  sctp: (packet: IpPacket): Packet => ({ ...packet, protocol: PROTOCOL.SCTP }),
  echo: (packet: IpPacket): Packet => icmp(packet, isV6(packet) ? 128 : 8),
  timestamp: (packet: IpPacket): Packet => ({ ...icmp(packet, isV6(packet) ? 139 : 13), sourcePort: 0 }),
  gre: (packet: IpPacket): Packet => ({ ...packet, protocol: 47, sourcePort: 0, destinationPort: 0 }),
  ipip: (packet: IpPacket): Packet => ({ ...packet, protocol: 4, sourcePort: 0, destinationPort: 0 }),
  'first fragment': (packet: IpPacket): Packet => {
    return { ...packet, protocol: PROTOCOL.UDP, fragment: 'first', fragmentId: packet.sourcePort };
  },
  'later fragment': (packet: IpPacket): Packet => {
    const { sourcePort: fragmentId } = packet;
    return { ...packet, protocol: PROTOCOL.UDP, fragment: 'later', fragmentId, sourcePort: 0, destinationPort: 0 };
  },
  foreign: (packet: IpPacket): Packet => ({ ...packet, protocol: PROTOCOL.TCP, tcp: 'SYN', source: foreign(packet) }),
  posing: (packet: IpPacket): Packet => {
    return {
      ...packet,
      protocol: PROTOCOL.UDP,
      source: isV6(packet) ? '2001:db8:5::53' : '198.18.0.53',
      sourcePort: 53,
    };
  },
  malformed: (): Packet => ({ kind: 'malformed' }),
  arp: (): Packet => ({ kind: 'arp', octets: 42 }),
  'long arp': (): Packet => ({ kind: 'arp', octets: 400 }),
  'not IP': (): Packet => ({ kind: 'not IP' }),
  dhcp: (packet: IpPacket): Packet => {
    const { source } = packet;
    const there = isV6(packet)
      ? { destination: 'ff02::1:2', destinationPort: 547 }
      : { destination: '255.255.255.255', destinationPort: 67 };
    return { kind: 'ip', source, protocol: PROTOCOL.UDP, sourcePort: isV6(packet) ? 546 : 68, ...there };
  },
  neighbour: (packet: IpPacket): Packet => {
    return {
      ...icmp({ ...packet, source: V6_SOURCE, destination: 'ff02::1:ff00:1' }, 135),
      sourcePort: 0,
      hopLimit: 255,
    };
  },
  'far neighbour': (packet: IpPacket): Packet => {
    return {
      ...icmp({ ...packet, source: V6_SOURCE, destination: '2001:db8:77::1' }, 136),
      sourcePort: 0,
      hopLimit: 255,
    };
  },
  listener: (packet: IpPacket): Packet => {
    return { ...icmp({ ...packet, source: 'fe80::1', destination: 'ff02::16' }, 143), sourcePort: 0, hopLimit: 1 };
  },
} as const;

const FORM_WEIGHTS: readonly Form[] = [
  ...repeat('syn', 10),
  ...repeat('udp', 8),
  ...repeat('ack', 6),
  ...repeat('echo', 3),
  ...repeat('first fragment', 3),
  ...repeat('later fragment', 3),
  ...(Object.keys(FORMS) as Form[]),
];
const IN_FORMS: readonly Form[] = ['syn', 'udp', 'echo', 'sctp', 'ack', 'rst'];
const DESTINATION_WEIGHTS = [...DESTINATIONS.slice(0, 6), ...DESTINATIONS, ...DESTINATIONS.slice(0, 12)];
const PORT_WEIGHTS = [...repeat(443, 5), ...PORTS, ...repeat(80, 3)];
const SOURCE_PORT_WEIGHTS = [...repeat(40_000, 6), ...SOURCE_PORTS];
const POD_WEIGHTS = [0, 0, 0, 0, 1, 0, 2, 1, 0, 3];
const WORDINGS: readonly Wording[] = [...repeat('plain' as const, 24), 'two questions', 'response', 'class CH', 'cut'];
const QUESTIONS: readonly Question[] = [
  ...ZONES.flatMap(({ name }) => [{ name, type: 'A' } as const, { name, type: 'AAAA' } as const]),
  ...OTHER_QUESTIONS,
];
const V6_SOURCE = '2001:db8:1::ff';

/** Reads a number in a mixed radix, its lowest place first. */
class Digits {
  #left: number;
  constructor(number: number) {
    this.#left = number;
  }
  of<T>(list: readonly T[]): T {
    const at = this.#left % list.length;
    this.#left = Math.floor(this.#left / list.length);
    return list[at] as T;
  }
  below(limit: number): number {
    const digit = this.#left % limit;
    this.#left = Math.floor(this.#left / limit);
    return digit;
  }
}

/** What a number means among so many pods. */
export function happeningOf(number: number, pods: number): Happening {
  const digits = new Digits(number);
  const kind = digits.of(KINDS);
  if (kind === 'wait') return { kind, minutes: 1 + digits.below(4) };
  if (kind === 'answer') return { kind, which: digits.below(1000) };
  const pod = digits.of(POD_WEIGHTS) % pods;
  if (kind === 'again') {
    const tcp = digits.of([...repeat('ACK', 12), 'SYN', 'FIN'] as const);
    return { kind, pod, tcp, which: digits.below(1000) };
  }
  if (kind === 'icmp error') return { kind, pod, which: digits.below(1000), elsewhere: digits.below(4) === 3 };
  if (kind === 'ask') {
    const question = digits.of(QUESTIONS);
    const wording = digits.of(WORDINGS);
    return { kind, pod, question, wording, resolver: digits.of(RESOLVERS), answered: digits.below(8) < 7 };
  }
  // Those that names stand for, which come first, twice as often.
  const destination = digits.of(DESTINATION_WEIGHTS);
  if (kind === 'gone') {
    const packet = {
      source: ownAddress(pod, destination.includes(':')),
      destination,
      sourcePort: 40_000,
      destinationPort: 443,
    };
    return { kind, packet: { kind: 'ip', protocol: PROTOCOL.TCP, tcp: 'SYN', ...packet } };
  }
  const form = digits.of(kind === 'out' ? FORM_WEIGHTS : IN_FORMS);
  const destinationPort = digits.of(PORT_WEIGHTS);
  const sourcePort = digits.of(SOURCE_PORT_WEIGHTS);
  const source = ownAddress(pod, destination.includes(':'));
  const packet = FORMS[form]({ kind: 'ip', source, destination, sourcePort, destinationPort, protocol: PROTOCOL.TCP });
  return kind === 'in' ? { kind, pod, packet: packet as IpPacket } : { kind, pod, packet };
}

/** An address of a pod; one of no pod in a family where it has none. */
function ownAddress(pod: number, v6: boolean): string {
  const own = (PODS[pod]?.status?.podIPs ?? []).map(({ ip }) => ip);
  return own.find((ip) => ip.includes(':') === v6) ?? V6_SOURCE;
}

function isV6({ destination }: IpPacket): boolean {
  return destination.includes(':');
}

function foreign(packet: IpPacket): string {
  return isV6(packet) ? '2001:db8:99::1' : '198.18.99.1';
}

function icmp(packet: IpPacket, icmpType: number): IpPacket {
  const protocol = isV6(packet) ? PROTOCOL.ICMPV6 : PROTOCOL.ICMP;
  return { ...packet, protocol, icmpType, destinationPort: 0 };
}

function repeat<const T>(value: T, times: number): T[] {
  return Array.from({ length: times }, () => value);
}
