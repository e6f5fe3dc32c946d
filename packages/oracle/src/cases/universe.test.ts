import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchesText, parseSelector } from '@namewall/policy';
import { NwLearnedSize, NwPendingSize } from '@namewall/datapath';
import { happeningOf } from './happening.ts';
import { SELECTORS, ZONES } from './universe.ts';

/** With the cluster's own domain, which is a selector too. */
const selectors = [...SELECTORS, { matchPattern: '**.cluster.local' }, { matchPattern: '**.corp.test' }].map(
  parseSelector,
);
const selecting = (name: string) => selectors.filter((selector) => matchesText(selector, name));

test('no question and no address has more identities than the datapath keeps', () => {
  for (const { name } of ZONES) assert.ok(selecting(name).length <= NwPendingSize.IDENTITIES_PER_NAME, name);
  const byAddress = Map.groupBy(
    ZONES.flatMap(({ name, addresses }) => addresses.map((address) => ({ name, address }))),
    ({ address }) => address,
  );
  for (const [address, names] of byAddress) {
    const identities = new Set(names.flatMap(({ name }) => selecting(name)));
    assert.ok(identities.size <= NwLearnedSize.IDENTITIES_PER_ADDRESS, `${address}: ${identities.size}`);
  }
});

test('0 is the simplest that can happen: a SYN of the first pod', () => {
  assert.deepEqual(happeningOf(0, 3), {
    kind: 'out',
    pod: 0,
    packet: {
      kind: 'ip',
      source: '198.18.4.1',
      destination: '203.0.113.1',
      sourcePort: 40_000,
      destinationPort: 443,
      protocol: 6,
      tcp: 'SYN',
    },
  });
});
