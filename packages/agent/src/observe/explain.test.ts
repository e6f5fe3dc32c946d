import { test } from 'node:test';
import assert from 'node:assert/strict';
import { NwReason } from '@namewall/datapath';
import { parseAddress } from '@namewall/policy/names';
import type { Ruleset } from '@namewall/protocol';
import { explain } from './explain.ts';

const row = (precedence: number, policy: number, port: number, flags = 0) => ({
  precedence,
  protocol: port === 0 ? 0 : 6,
  portFirst: port,
  portLast: port === 0 ? 65535 : port,
  flags,
  policy,
});
const ruleset: Ruleset = {
  flags: 1,
  durations: null,
  policies: ['a', 'b', 'c'].map((name) => ({ kind: 'FQDNNetworkPolicy', namespace: 'n', name })),
  names: [
    { selector: 'v1|n|x.example', query: 1, rows: [row(3000, 0, 443), row(3000, 1, 80)] },
    { selector: 'v1|p|*.y.example', query: 2, rows: [row(4000, 2, 0, 1)] },
  ],
  cidrs: [
    { prefix: Buffer.from(parseAddress('192.0.2.0')), prefixLength: 120, rows: [row(3000, 0, 0)] },
    {
      prefix: Buffer.from(parseAddress('192.0.2.128')),
      prefixLength: 121,
      rows: [row(2000, 1, 0, 1), row(3000, 0, 0)],
    },
  ],
};
const selectors = new Map([
  [7, 'v1|n|x.example'],
  [8, 'v1|p|*.y.example'],
]);
const names = (packet: Partial<Parameters<typeof explain>[0]>): string[] =>
  explain(
    {
      reason: 0,
      handle: 0,
      precedence: 0,
      protocol: 6,
      remote: parseAddress('192.0.2.200'),
      remotePort: 443,
      ...packet,
    },
    ruleset,
    (handle) => selectors.get(handle),
  ).map(({ name }) => name);

test('a name’s row is found by precedence, protocol and port', () => {
  assert.deepEqual(names({ reason: NwReason.PASS_NAME, handle: 7, precedence: 3000 }), ['a']);
  assert.deepEqual(names({ reason: NwReason.PASS_NAME, handle: 7, precedence: 3000, remotePort: 80 }), ['b']);
  assert.deepEqual(names({ reason: NwReason.DENY_NAME, handle: 8, precedence: 4000, remotePort: 1 }), ['c']);
});

test('a CIDR’s row is the longest prefix’s', () => {
  assert.deepEqual(names({ reason: NwReason.DENY_CIDR, precedence: 2000 }), ['b']);
  assert.deepEqual(names({ reason: NwReason.PASS_CIDR, precedence: 3000, remote: parseAddress('192.0.2.1') }), ['a']);
});

test('a query is explained by the selector’s allowing or denying policies', () => {
  assert.deepEqual(names({ reason: NwReason.QUERY_ALLOWED, handle: 7 }), ['a', 'b']);
  assert.deepEqual(names({ reason: NwReason.QUERY_DENIED, handle: 8 }), ['c']);
});

test('what no row decided is all policies’', () => {
  assert.deepEqual(names({ reason: NwReason.DENY_UNKNOWN }), ['a', 'b', 'c']);
  assert.deepEqual(names({ reason: NwReason.QUERY_NO_RULE }), ['a', 'b', 'c']);
  assert.deepEqual(
    explain(
      { reason: 91, handle: 0, precedence: 0, protocol: 6, remote: new Uint8Array(16), remotePort: 1 },
      undefined,
      () => undefined,
    ),
    [],
  );
});
