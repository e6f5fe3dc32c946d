import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { mergeRows } from './rows.ts';
import type { CompiledRow } from './types.ts';

const row: fc.Arbitrary<CompiledRow> = fc
  .record({
    precedence: fc.constantFrom(2000, 3000),
    protocol: fc.constantFrom(0, 6),
    first: fc.nat(12),
    width: fc.nat(3),
    flags: fc.constantFrom(0, 1, 2),
    policy: fc.nat(2),
  })
  .map(({ first, width, protocol, ...rest }) => ({
    ...rest,
    protocol,
    portFirst: protocol === 0 ? 0 : first,
    portLast: protocol === 0 ? 65535 : first + width,
  }));

/** Which (precedence, flags) a packet meets: what decides its verdict. */
function met(rows: readonly CompiledRow[], protocol: number, port: number): string[] {
  const fitting = rows.filter(
    (one) => (one.protocol === 0 || one.protocol === protocol) && one.portFirst <= port && port <= one.portLast,
  );
  return [...new Set(fitting.map((one) => `${one.precedence}/${one.flags}`))].toSorted();
}

test('merging changes no verdict, does not grow, and merged rows stay as they are', () => {
  fc.assert(
    fc.property(fc.array(row, { maxLength: 30 }), (rows) => {
      const merged = mergeRows(rows);
      assert.ok(merged.length <= rows.length);
      for (const protocol of [6, 17]) {
        for (let port = 0; port < 18; port += 1) {
          assert.deepEqual(met(merged, protocol, port), met(rows, protocol, port));
        }
      }
      assert.deepEqual(mergeRows(merged), merged);
      assert.deepEqual(mergeRows(rows.toReversed()), merged);
    }),
  );
});
