import { PinnedDatapath } from '@namewall/datapath';
import type { Lab } from './lab.ts';
import { until } from './until.ts';

const NS_PER_SECOND = 1_000_000_000n;
/** The sweeper has a table at each tick: after so many it has been at all of them. */
const TICKS = 5n;

/** Moves the datapath's clock: what takes an hour for TTLs, timeouts and windows takes a second. */
export class Clock implements Disposable {
  readonly #pins: PinnedDatapath;

  constructor(lab: Lab) {
    this.#pins = PinnedDatapath.openPinned(lab.run.pinRoot);
  }

  /** The programs' time, in seconds. */
  get now(): number {
    return Number(this.#pins.now() / NS_PER_SECOND);
  }

  /**
   * Moves time on. The sweeper is at every table before, as it is within a second of every packet: it notes which
   * addresses are in use. And after, to remove what has expired.
   */
  async advance(seconds: number): Promise<void> {
    await this.swept();
    const clockOffset = this.#pins.config.clockOffset + BigInt(seconds) * NS_PER_SECOND;
    this.#pins.updateConfig({ clockOffset });
    // The agent writes the same element, should it be changing something just now.
    await until('the clock to have moved', () => this.#pins.config.clockOffset === clockOffset);
    await this.swept();
  }

  /** Waits until the sweeper has been at every table once more. */
  async swept(): Promise<void> {
    const runs = (): bigint => this.#pins.maps.sweeper.get(0)?.runs ?? 0n;
    const from = runs();
    await until('the sweeper', () => runs() >= from + TICKS);
  }

  [Symbol.dispose](): void {
    this.#pins[Symbol.dispose]();
  }
}
