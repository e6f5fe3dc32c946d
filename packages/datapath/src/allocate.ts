import { DatapathError } from './errors.ts';

const LARGEST = 2 ** 32;

/**
 * Takes the next number from a counter that other processes take from too, by atomic add. Never 0, never one
 * that `taken` says is in use.
 * @param counter u32 words of the mapped `allocator`
 * @param attempts how many taken numbers in a row mean that none is left
 * @throws DatapathError EXHAUSTED
 */
export function takeNumber(
  counter: Uint32Array,
  word: number,
  kind: string,
  attempts: number,
  taken: (number: number) => boolean,
): number {
  for (let attempt = 0; attempt <= attempts; attempt++) {
    // The value is the next number to give; it starts at 0, which is never given.
    const number = Atomics.add(counter, word, 1) % LARGEST;
    if (number !== 0 && !taken(number)) return number;
  }
  throw new DatapathError('EXHAUSTED', `no ${kind} number is free: all ${attempts} are in use; make the size larger`);
}
