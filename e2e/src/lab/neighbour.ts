import { resolve } from 'node:path';
import { BpfLink, BpfObject, type Direction, ifIndex, inNetns, tcAttach } from '@namewall/libbpf';
import type { Namespace } from './namespaces.ts';

const OBJECTS = resolve(import.meta.dirname, '../../../build/test');

/** Where a program of somebody else stands. */
export interface NeighbourPlace {
  readonly namespace: Namespace;
  readonly device: string;
  readonly direction: Direction;
}

/** A program of somebody else at an interface, loaded by the test; what is not taken away goes with its namespace. */
export class Neighbour implements Disposable {
  readonly #object: BpfObject;
  #link: BpfLink | undefined;

  private constructor(object: BpfObject) {
    this.#object = object;
  }

  /** Counts what it sees, and ends the chain with "pass"; at the head of a TCX chain. */
  static atHead(place: NeighbourPlace): Neighbour {
    return Neighbour.#inTcx(place, true);
  }

  /** The same at the end of a TCX chain. */
  static atEnd(place: NeighbourPlace): Neighbour {
    return Neighbour.#inTcx(place, false);
  }

  static #inTcx({ namespace, device, direction }: NeighbourPlace, head: boolean): Neighbour {
    const one = Neighbour.#load('neighbour');
    const program = one.#object.program('neighbour');
    one.#link = inNetns(namespace.path, () => BpfLink.attachTcx(program, ifIndex(device), direction, { head }));
    return one;
  }

  /** Sends what comes in at a device for an address straight to the pod's end of a cable. @param peer struct peer */
  static redirecting({ namespace, device, direction }: NeighbourPlace, peer: Uint8Array): Neighbour {
    const one = Neighbour.#load('redirect_peer');
    one.#object.map('redirect_to').update(new Uint8Array(4), peer);
    const place = { handle: 1, priority: 1 };
    inNetns(namespace.path, () => tcAttach(one.#object.program('redirect'), ifIndex(device), direction, place));
    return one;
  }

  static #load(name: string): Neighbour {
    const object = BpfObject.open(`${OBJECTS}/${name}.bpf.o`);
    object.load();
    return new Neighbour(object);
  }

  /** Packets that it has seen. */
  get seen(): bigint {
    const value = this.#object.map('neighbour_seen').lookup(new Uint8Array(4));
    return value === undefined ? 0n : Buffer.from(value).readBigUInt64LE();
  }

  [Symbol.dispose](): void {
    this.#link?.[Symbol.dispose]();
    this.#object[Symbol.dispose]();
  }
}
