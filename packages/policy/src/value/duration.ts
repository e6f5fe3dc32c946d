import { ValueError } from '../errors.ts';
import { DURATION_MAX_HOURS } from '../limits.ts';

const NANOSECONDS = { ms: 1_000_000n, s: 1_000_000_000n, m: 60_000_000_000n, h: 3_600_000_000_000n } as const;
const PART = /(\d{1,12})(ms|s|m|h)/g;

/** What {@link parseDuration} accepts, for schemas. */
export const DURATION_PATTERN = /^(?:\d{1,12}(?:ms|s|m|h))+$/;

/**
 * Nanoseconds of "30s", "5m", "1h30m", "250ms".
 *
 * @throws ValueError
 */
export function parseDuration(text: string): bigint {
  if (!DURATION_PATTERN.test(text)) {
    const fix = /^\d+$/.test(text) ? `write "${text}s" if seconds are meant` : 'write it like 30s, 5m, 1h30m or 250ms';
    throw new ValueError('DURATION', `"${text}" is not a duration`, fix);
  }
  let total = 0n;
  for (const [, amount = '', unit = ''] of text.matchAll(PART)) {
    total += BigInt(amount) * NANOSECONDS[unit as keyof typeof NANOSECONDS];
  }
  if (total <= BigInt(DURATION_MAX_HOURS) * NANOSECONDS.h) return total;
  throw new ValueError('DURATION', `"${text}" is longer than a year`, `write at most ${DURATION_MAX_HOURS}h`);
}
