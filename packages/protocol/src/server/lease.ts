import type { Timers } from '../timers.ts';

/** setTimeout takes no more. */
const LONGEST = 2 ** 31 - 1;

/** How long a stream may last: as long as the certificate that it was opened with, or one that came since. */
export class Lease {
  readonly #clock: { readonly timers: Timers; readonly wallClock: () => number };
  readonly #expired: () => void;
  #notAfter: number;
  #cancel: () => void = () => undefined;

  /** @param notAfter milliseconds since 1970 */
  constructor(
    notAfter: number,
    clock: { readonly timers: Timers; readonly wallClock: () => number },
    expired: () => void,
  ) {
    this.#clock = clock;
    this.#expired = expired;
    this.#notAfter = notAfter;
    this.#arm();
  }

  /** Never for a shorter time. */
  extend(notAfter: number): void {
    this.#notAfter = Math.max(this.#notAfter, notAfter);
    this.#arm();
  }

  end(): void {
    this.#cancel();
  }

  #arm(): void {
    this.#cancel();
    const left = Math.max(0, this.#notAfter - this.#clock.wallClock());
    this.#cancel = this.#clock.timers.after(Math.min(left, LONGEST), () => this.#check());
  }

  #check(): void {
    if (this.#clock.wallClock() >= this.#notAfter) this.#expired();
    else this.#arm();
  }
}
