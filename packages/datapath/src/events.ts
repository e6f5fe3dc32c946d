import { RingBuffer } from '@namewall/libbpf';
import { Event } from './gen/structs.gen.ts';
import type { PinnedMaps } from './maps/open.ts';

/** Octets of an event before its name. */
const HEADER = Event.offsets.name;

/**
 * Milliseconds. A CPU wakes the reader once in 10 ms at most (bpf/lib/event.h): whatever it sends without, within
 * 10 ms of an event that did, is there when the reader looks again this long after that one.
 */
const AGAIN = 20;

/**
 * An event as the ring carries it: cut behind its name. `name` is the wire form, empty when there is none.
 * @throws RangeError when it is shorter than it says
 */
export function decodeEvent(bytes: Uint8Array): Event {
  const whole = new Uint8Array(Event.size);
  whole.set(bytes.subarray(0, Event.size));
  const event = Event.read(whole);
  if (bytes.length < HEADER + event.nameLength) {
    throw new RangeError(`an event of ${bytes.length} octets says that its name has ${event.nameLength}`);
  }
  return { ...event, name: event.name.slice(0, event.nameLength) };
}

/**
 * Calls back for each event until disposed. What passed is only sent with `config.listeners` above 0; what did
 * not fit the ring is counted as EVENT_LOST. An event that cannot be decoded goes to `onError`.
 */
export function watchEvents(
  maps: PinnedMaps,
  onEvent: (event: Event) => void,
  onError: (error: unknown) => void,
): Disposable {
  const take = (bytes: Uint8Array): void => {
    try {
      onEvent(decodeEvent(bytes));
    } catch (error) {
      onError(error);
    }
  };
  const ring = new RingBuffer(maps.events, take, { again: AGAIN });
  ring.start();
  return ring;
}
