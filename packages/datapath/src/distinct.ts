/** Bits of a hash that a rank is taken from; a rank is one more than the zeros they end in. */
const RANK_BITS = 56;

/**
 * How many different values the registers of a HyperLogLog have seen, each a rank of 0..57 (bpf/lib/wildcard.h).
 * The estimator is Ertl's (New cardinality estimation algorithms for HyperLogLog sketches, 2017): from one value to
 * any number without a table of corrections. Standard error with m registers: 1.04 / sqrt(m), 6.5 % with 256.
 */
export function estimateDistinct(ranks: Uint8Array): number {
  const m = ranks.length;
  const counts = new Uint32Array(RANK_BITS + 2);
  for (const rank of ranks) {
    const at = Math.min(rank, RANK_BITS + 1);
    counts[at] = (counts[at] ?? 0) + 1;
  }
  const of = (rank: number): number => counts[rank] ?? 0;
  let z = m * tau(1 - of(RANK_BITS + 1) / m);
  for (let rank = RANK_BITS; rank >= 1; rank--) z = 0.5 * (z + of(rank));
  z += m * sigma(of(0) / m);
  return (m * m) / (2 * Math.LN2 * z);
}

/** The part of registers that nothing has come to. */
function sigma(empty: number): number {
  if (empty === 1) return Infinity;
  let sum = empty;
  let power = empty;
  for (let y = 1, before = NaN; sum !== before; y *= 2) {
    power *= power;
    before = sum;
    sum += power * y;
  }
  return sum;
}

/** The part of registers that can rise no further. */
function tau(open: number): number {
  if (open === 0 || open === 1) return 0;
  let root = open;
  let sum = 1 - open;
  for (let y = 1, before = NaN; sum !== before;) {
    root = Math.sqrt(root);
    before = sum;
    y *= 0.5;
    sum -= (1 - root) ** 2 * y;
  }
  return sum / 3;
}
