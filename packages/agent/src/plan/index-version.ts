import { createHash } from 'node:crypto';

/** 16 octets that name what an index is built from: each ruleset's number and handles, in any order. */
export function indexVersion(
  lists: readonly { readonly number: number; readonly handles: readonly number[] }[],
): Uint8Array {
  const hash = createHash('sha256');
  for (const { number, handles } of lists.toSorted((a, b) => a.number - b.number)) {
    hash.update(Uint32Array.of(number, handles.length, ...handles.toSorted((a, b) => a - b)));
  }
  return new Uint8Array(hash.digest().subarray(0, 16));
}
