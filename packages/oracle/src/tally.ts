import type { ReasonName } from '@namewall/datapath';
import type { Host } from './kernel/host.ts';
import type { Verdict } from './spec/verdict.ts';

/** Reasons that verdicts have; answers and learning have tests of their own. */
const OURS = /^(QUERY|PASS|DENY|REPLY)_(?!EDNS_CLAMPED|IDENTITIES)/;

/** What ought to have been counted, and the verdicts that were compared. */
export class Tally {
  judged = 0;
  readonly reasons = new Map<ReasonName, number>();
  readonly #host: Host;
  readonly #totals: Map<ReasonName, number>;

  constructor(host: Host) {
    this.#host = host;
    this.#totals = host.totals();
  }

  /** Whether a reason's count is what it ought to be, with so many more. */
  expect(reason: ReasonName, more = 1): boolean {
    const total = (this.#totals.get(reason) ?? 0) + more;
    this.#totals.set(reason, total);
    return this.#host.counted(reason) === total;
  }

  /** What was counted otherwise than it ought to be, of all that the oracle speaks of; '' when nothing was. */
  audit(): string {
    const found: string[] = [];
    for (const [reason, count] of this.#host.totals()) {
      const more = count - (this.#totals.get(reason) ?? 0);
      if (OURS.test(reason) && more !== 0) found.push(`${reason} ${more > 0 ? '+' : ''}${more}`);
      this.#totals.set(reason, count);
    }
    return found.join(', ');
  }

  /** Begins to count anew. */
  settle(): void {
    this.audit();
  }

  add({ reason, also }: Verdict): void {
    this.judged += 1;
    for (const each of [reason, ...also]) this.reasons.set(each, (this.reasons.get(each) ?? 0) + 1);
  }
}
