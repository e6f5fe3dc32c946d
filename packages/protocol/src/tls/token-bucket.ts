/** So many at once, and so many a second after that. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

/** Lets through what a rate allows. */
export class TokenBucket {
  readonly #rate: Rate;
  #level: number;
  #at: number;

  /** @param now milliseconds, as in {@link take}. */
  constructor(rate: Rate, now: number) {
    this.#rate = rate;
    this.#level = rate.burst;
    this.#at = now;
  }

  /** @returns whether there was enough; what there was not enough of is not taken. */
  take(now: number, amount = 1): boolean {
    this.#fill(now);
    if (this.#level < amount) return false;
    this.#level -= amount;
    return true;
  }

  /** It is as if nothing had ever been taken. */
  full(now: number): boolean {
    this.#fill(now);
    return this.#level >= this.#rate.burst;
  }

  #fill(now: number): void {
    const { burst, perSecond } = this.#rate;
    this.#level = Math.min(burst, this.#level + ((now - this.#at) / 1000) * perSecond);
    this.#at = now;
  }
}

/** Buckets that are remembered; with more, those that are full again are forgotten, and then the oldest. */
const KEPT = 4096;

/** A bucket for each key, of which a bounded number is kept however many keys there are. */
export class TokenBuckets {
  readonly #rate: Rate;
  readonly #kept: number;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(rate: Rate, kept: number = KEPT) {
    this.#rate = rate;
    this.#kept = kept;
  }

  take(key: string, now: number): boolean {
    const bucket = this.#buckets.get(key) ?? this.#make(key, now);
    return bucket.take(now);
  }

  #make(key: string, now: number): TokenBucket {
    if (this.#buckets.size >= this.#kept) {
      for (const [other, bucket] of this.#buckets) if (bucket.full(now)) this.#buckets.delete(other);
    }
    const oldest = this.#buckets.keys().next();
    if (this.#buckets.size >= this.#kept && oldest.done !== true) this.#buckets.delete(oldest.value);
    const bucket = new TokenBucket(this.#rate, now);
    this.#buckets.set(key, bucket);
    return bucket;
  }
}
