import { type Family, segmentFrame } from './frame.ts';

const [SYN, RST, ACK] = [2, 4, 16];
/** Octets of a connection that the pod sends in one piece: until they are acknowledged no segment may begin in them. */
const WHOLE = 8;

/** A pod's connection to its resolver: what the next segments are, either way. */
export class Stream {
  readonly #family: Family;
  readonly #podPort: number;
  #out = 0;
  #opened = 0;
  #in = 0;

  constructor(family: Family, podPort: number) {
    this.#family = family;
    this.#podPort = podPort;
  }

  /** A handshake from these numbers on. */
  open(out: number, inward: number): readonly (readonly ['in' | 'out', Buffer])[] {
    const syn = this.#segment('out', Buffer.alloc(0), out, 0, SYN);
    const answer = this.#segment('in', Buffer.alloc(0), inward, out + 1, SYN | ACK);
    this.#out = out + 1;
    this.#opened = this.#out;
    this.#in = inward + 1;
    return [
      ['out', syn],
      ['in', answer],
    ];
  }

  /** The pod breaks it off. */
  reset(): Buffer {
    return this.#segment('out', Buffer.alloc(0), this.#out, this.#in, RST);
  }

  /** A message behind its length, in segments that end at these places. */
  segments(direction: 'in' | 'out', message: Uint8Array, cuts: readonly number[]): Buffer[] {
    const octets = Buffer.concat([Buffer.of(message.length >> 8, message.length & 255), message]);
    const whole = direction === 'out' && this.#out === this.#opened ? WHOLE : 1;
    const inside = cuts.filter((place) => place >= whole && place < octets.length);
    const places = [...new Set(inside)].toSorted((a, b) => a - b);
    const ends = [...places, octets.length];
    const [next, other] = direction === 'out' ? [this.#out, this.#in] : [this.#in, this.#out];
    return ends.map((end, i) => {
      const begin = ends[i - 1] ?? 0;
      return this.#segment(direction, octets.subarray(begin, end), next + begin, other, ACK);
    });
  }

  /** The message has passed. */
  passed(direction: 'in' | 'out', message: Uint8Array): void {
    if (direction === 'out') this.#out += message.length + 2;
    else this.#in += message.length + 2;
  }

  #segment(
    direction: 'in' | 'out',
    payload: Uint8Array,
    sequence: number,
    acknowledgement: number,
    flags: number,
  ): Buffer {
    const [family, podPort] = [this.#family, this.#podPort];
    return segmentFrame(direction, payload, { family, podPort, sequence, acknowledgement, flags });
  }
}
