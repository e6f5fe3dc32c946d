/** Asks `explain` about a packet world, and gives the kernel the same question as a packet. */
import { recentRecords } from '@namewall/datapath';
import { foldWire, identityOf, nameToWire, parseSelector } from '@namewall/policy';
import { ICMP_ECHO, type Sent } from './sent.ts';
import { explain, pinnedRules } from '../../src/index.ts';
import type { Sources } from '../../src/index.ts';
import { POD, POD6, TCP, icmp, mapped, tcp, udp } from '../../../datapath/test/packets/frames.ts';
import { query } from '../../../datapath/test/packets/messages.ts';
import { type Allow, ENDPOINT, RESOLVER, RULESET, type World } from '../../../datapath/test/packets/world.ts';

export function sourcesOf({ maps, sizes }: World): Sources {
  const config = () => {
    const held = maps.config.get(0);
    if (held === undefined) throw new Error('no config');
    return held;
  };
  return {
    datapath: {
      maps,
      sizes,
      get config() {
        return config();
      },
      now: () => process.hrtime.bigint() + config().clockOffset,
    },
    rules: (number) => pinnedRules(maps, sizes, number),
    recentRecords: (endpoint) => recentRecords(maps, endpoint, sizes),
    selectorOf: (handle) => maps.identities.get(handle)?.selector,
  };
}

/** As World.select, and the identities behind its handles. */
export function select(world: World, flags: number, names: readonly Allow[] = [], number = RULESET): void {
  for (const [at, { select: text }] of names.entries()) {
    const selector = parseSelector(text.includes('*') ? { matchPattern: text } : { matchName: text });
    const { canonical } = selector;
    world.maps.identities.set(at + 1, { id: identityOf(selector), length: canonical.length, selector: canonical });
  }
  world.select(flags, names, number);
}

export function asked(world: World, sent: Sent): ReturnType<typeof explain> {
  const { name = '', address, port = 0, protocol = 0 } = sent;
  const octets = address === undefined ? new Uint8Array() : mapped(address);
  return explain({ endpoint: ENDPOINT, name, address: octets, port, protocol }, sourcesOf(world));
}

/** The packet of the question; each from another port of the pod. */
export function frameOf({ name, address = '', port = 443, protocol = 6, type }: Sent, sourcePort: number): Buffer {
  if (name !== undefined) {
    const ends = { source: POD, destination: RESOLVER, sourcePort, destinationPort: 53 };
    return udp(ends, query(Buffer.from(foldWire(nameToWire(name))), type ?? 1));
  }
  const six = address.includes(':');
  const ends = { source: six ? POD6 : POD, destination: address, sourcePort, destinationPort: port };
  const echo = Buffer.from([sourcePort >> 8, sourcePort & 255, 0, 1]);
  if (protocol === ICMP_ECHO) return icmp(ends, six ? 128 : 8, 0, echo);
  return protocol === 6 ? tcp(ends, { flags: TCP.SYN, sequence: 1 }) : udp(ends, Buffer.from('not a question'));
}
