import koffi from 'koffi';
import type { node } from 'koffi';
import { MapType } from './constants.ts';
import { invalid } from './error.ts';
import { disposed, OwnedFd } from './fd.ts';
import type { BpfMap } from './map.ts';
import { Mapping, pageSize, Protection } from './memory.ts';

export interface RingBufferOptions {
  /** Takes what the callback throws; the events after it are delivered all the same. Default: a process warning. */
  readonly onError?: (error: unknown) => void;
  /**
   * Milliseconds after which to look again once something was delivered, until nothing is: for programs that do not
   * wake the reader for each record (BPF_RB_NO_WAKEUP). Default: not at all.
   */
  readonly again?: number;
}

const BUSY = 0x8000_0000;
const DISCARD = 0x4000_0000;
const HEADER = 8;
/** Events in one turn of the event loop; the rest come in the next, so that other work has its turn too. */
const TURN = 4096;

/**
 * Delivers the records of a BPF_MAP_TYPE_RINGBUF in order, each a copy of its own. Reads the ring's shared memory
 * directly and sleeps on the map's descriptor in the event loop: nothing polls while there is nothing. One consumer
 * a map: two would take each other's records.
 */
export class RingBuffer {
  readonly #fd: OwnedFd;
  readonly #what: string;
  readonly #consumer: Mapping;
  readonly #producer: Mapping;
  readonly #consumed: BigUint64Array;
  readonly #produced: BigUint64Array;
  readonly #headers: Uint32Array;
  readonly #data: Uint8Array;
  readonly #mask: number;
  readonly #onEvent: (event: Uint8Array) => void;
  readonly #onError: (error: unknown) => void;
  readonly #again: number | undefined;
  #poll: node.PollHandle | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** The map's handle may be disposed afterwards. */
  constructor(map: BpfMap, onEvent: (event: Uint8Array) => void, { onError = warn, again }: RingBufferOptions = {}) {
    const { type, name, maxEntries } = map.info;
    if (type !== MapType.RINGBUF) throw invalid(`RingBuffer(${name})`, `a map of type ${type} is no ring buffer`);
    this.#what = `RingBuffer ${name}`;
    this.#onEvent = onEvent;
    this.#onError = onError;
    this.#again = again;
    this.#mask = maxEntries - 1;
    const page = pageSize();
    using undo = new DisposableStack();
    this.#fd = undo.use(OwnedFd.duplicate(map.fd, this.#what));
    // Page 0: the consumer's position. Page 1: the producer's. Then the data, twice, so that no record is cut.
    this.#consumer = undo.use(Mapping.shared(name, this.#fd.value, 0, page, Protection.READ | Protection.WRITE));
    this.#producer = undo.use(Mapping.shared(name, this.#fd.value, page, page + 2 * maxEntries, Protection.READ));
    undo.move();
    this.#consumed = new BigUint64Array(this.#consumer.bytes.buffer, 0, 1);
    this.#produced = new BigUint64Array(this.#producer.bytes.buffer, 0, 1);
    this.#data = this.#producer.bytes.subarray(page);
    this.#headers = new Uint32Array(this.#producer.bytes.buffer, page, (2 * maxEntries) / 4);
  }

  /** Starts to deliver; the event loop stays alive for it until stop(), dispose or unref(). */
  start(): this {
    const fd = this.#fd.value;
    this.#poll ??= koffi.node.poll(fd, { readable: true }, () => {
      this.#turn();
    });
    return this;
  }

  #turn(): void {
    const delivered = this.drain(TURN);
    if (this.#again === undefined || this.#poll === undefined) return;
    if (delivered === 0 && Atomics.load(this.#consumed, 0) === Atomics.load(this.#produced, 0)) return;
    // Counted from the last delivery, not from the first: each may be the last that wakes us.
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#turn();
    }, this.#again).unref(); // the poll keeps the process alive, unless it shall not
  }

  /** Does not keep the process alive for events. */
  unref(): this {
    this.#poll?.unref();
    return this;
  }

  /** Stops to deliver; what comes meanwhile waits in the ring. */
  stop(): void {
    this.#poll?.close();
    this.#poll = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Delivers what is there now, at most `limit` records; returns how many. Works without start() too. */
  drain(limit = Number.POSITIVE_INFINITY): number {
    if (!this.#fd.isOpen()) throw disposed(this.#what);
    let delivered = 0;
    let position = Atomics.load(this.#consumed, 0);
    while (delivered < limit && this.#fd.isOpen() && position < Atomics.load(this.#produced, 0)) {
      const start = Number(position & BigInt(this.#mask));
      const header = Atomics.load(this.#headers, start / 4);
      if ((header & BUSY) !== 0) break; // reserved, not yet committed; its commit wakes us, or we look again
      const length = header & ~(BUSY | DISCARD);
      const discarded = (header & DISCARD) !== 0;
      const event = discarded ? undefined : this.#data.slice(start + HEADER, start + HEADER + length);
      position += BigInt(Math.ceil((length + HEADER) / 8) * 8);
      Atomics.store(this.#consumed, 0, position); // before the callback: a record is delivered once
      if (event === undefined) continue;
      delivered++;
      this.#deliver(event);
    }
    return delivered;
  }

  [Symbol.dispose](): void {
    this.stop();
    this.#fd[Symbol.dispose]();
    this.#consumer[Symbol.dispose]();
    this.#producer[Symbol.dispose]();
  }

  #deliver(event: Uint8Array): void {
    try {
      this.#onEvent(event);
    } catch (error) {
      this.#onError(error);
    }
  }
}

function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error), { detail: 'thrown by a RingBuffer callback' });
}
