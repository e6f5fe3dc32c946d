import { type Selector, parseSelector } from '@namewall/policy';

/** Two thirds names, a third patterns, over a thousand domains; number i is the same whatever their count. */
export const selectors = (count: number): Selector[] =>
  Array.from({ length: count }, (_, i) => parseSelector({ matchPattern: isPattern(i) ? `*.${zone(i)}` : zone(i) }));

/** A name that selector number i selects, and no other does. */
export const selectedName = (i: number): string => (isPattern(i) ? `www.${zone(i)}` : zone(i));

const isPattern = (i: number): boolean => i % 3 === 0;

const zone = (i: number): string =>
  isPattern(i) ? `team${i}.example${i % 1009}.net` : `host${i}.svc${i % 97}.example${i % 1009}.com`;
