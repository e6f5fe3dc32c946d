import { randomInt } from 'node:crypto';
import { NwRulesetFlag } from '../../src/gen/enums.gen.ts';
import type { Stream } from '../../src/gen/structs.gen.ts';
import { type IpOptions, mapped, POD, TCP, tcp } from './frames.ts';
import { ACTION, ENDPOINT, type Outcome, RESOLVER, World } from './world.ts';

const { FILTER_NAMES, ISOLATED } = NwRulesetFlag;

/** Any sequence number, wrapped to 32 bits. */
const seq = (n: number): number => n >>> 0;

/** Messages as they stand in a stream, each behind its length. */
export function framed(...messages: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    messages.flatMap((message) => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(message.length);
      return [length, message];
    }),
  );
}

/** Cuts octets at these places. */
export function cut(octets: Uint8Array, places: readonly number[]): Buffer[] {
  const ends = [...places, octets.length];
  return ends.map((end, i) => Buffer.from(octets.subarray(i === 0 ? 0 : ends[i - 1], end)));
}

export interface Sending {
  /** Where the payload stands in the stream, when it is not what comes next. */
  readonly offset?: number;
  readonly flags?: number;
  readonly gsoSize?: number;
  readonly ip?: IpOptions;
}

/** A pod's connection to a resolver, segment by segment through the programs. What passes moves it forward. */
export class Conversation {
  readonly world: World;
  readonly port: number;
  readonly firstOut: number;
  readonly firstIn: number;
  /** Octets that have passed, behind the SYN. */
  out = 0;
  in = 0;
  /** Octets of the pod's that the resolver says it has; undefined: all. */
  acknowledged: number | undefined;

  constructor(
    world: World,
    { port = 40000, firstOut = randomInt(2 ** 32), firstIn = randomInt(2 ** 32), resolver = RESOLVER } = {},
  ) {
    this.world = world;
    this.port = port;
    this.firstOut = firstOut;
    this.firstIn = firstIn;
    this.#resolver = resolver;
  }

  readonly #resolver: string;

  /** A connection whose handshake the cable has seen. */
  static opened(world: World, options: { port?: number; firstOut?: number; firstIn?: number } = {}): Conversation {
    const conversation = new Conversation(world, options);
    conversation.open();
    return conversation;
  }

  open(): void {
    this.syn();
    this.synAck();
    this.pod('');
  }

  syn(): Outcome {
    return this.world.run('pod_out', this.#frameOut({ flags: TCP.SYN, sequence: this.firstOut }));
  }

  synAck(): Outcome {
    const flags = TCP.SYN | TCP.ACK;
    return this.world.run(
      'pod_in',
      this.#frameIn({ flags, sequence: this.firstIn, acknowledgement: seq(this.firstOut + 1) }),
    );
  }

  /** A segment of the pod's. */
  pod(payload: Uint8Array | string, { offset = this.out, flags = 0, gsoSize = 0, ip = {} }: Sending = {}): Outcome {
    const octets = Buffer.from(payload);
    const fields = {
      flags: flags | TCP.ACK,
      sequence: seq(this.firstOut + 1 + offset),
      acknowledgement: seq(this.firstIn + 1 + this.in),
      payload: octets,
    };
    const outcome = this.world.run('pod_out', this.#frameOut(fields, ip), ENDPOINT, { gsoSize });
    if (outcome.action === ACTION.PASS) this.out = Math.max(this.out, offset + octets.length);
    return outcome;
  }

  /** A segment of the resolver's. */
  resolver(payload: Uint8Array | string, { offset = this.in, flags = 0, gsoSize = 0 }: Sending = {}): Outcome {
    const octets = Buffer.from(payload);
    const fields = {
      flags: flags | TCP.ACK,
      sequence: seq(this.firstIn + 1 + offset),
      acknowledgement: seq(this.firstOut + 1 + (this.acknowledged ?? this.out)),
      payload: octets,
    };
    const outcome = this.world.run('pod_in', this.#frameIn(fields), ENDPOINT, { gsoSize });
    if (outcome.action === ACTION.PASS) this.in = Math.max(this.in, offset + octets.length);
    return outcome;
  }

  /** The resolver says what it has: from its first octet on the pod's segments may begin anywhere. */
  acknowledge(): void {
    this.resolver('');
  }

  /** What the kernel holds of it. */
  held(): Stream | undefined {
    return this.world.maps.streams.get({
      endpoint: ENDPOINT,
      remote: mapped(this.#resolver),
      local: mapped(POD),
      remotePort: 53,
      localPort: this.port,
      protocol: 6,
    });
  }

  #frameOut(fields: Parameters<typeof tcp>[1], ip: IpOptions = {}): Buffer {
    return tcp({ source: POD, destination: this.#resolver, sourcePort: this.port, destinationPort: 53 }, fields, ip);
  }

  #frameIn(fields: Parameters<typeof tcp>[1]): Buffer {
    return tcp({ source: this.#resolver, destination: POD, sourcePort: 53, destinationPort: this.port }, fields);
  }
}

/** The name that the pod may ask for. */
export const NAME = 'api.example.com';

interface Scene extends Disposable {
  readonly world: World;
  readonly talk: Conversation;
}

/** A world whose pod may ask for NAME (handle 1) and nothing else, and its connection to a resolver. */
export function talking(options: { port?: number; firstOut?: number; firstIn?: number } = {}): Scene {
  const world = new World();
  world.select(FILTER_NAMES | ISOLATED, [{ select: NAME }]);
  return { world, talk: Conversation.opened(world, options), [Symbol.dispose]: (): void => world[Symbol.dispose]() };
}
