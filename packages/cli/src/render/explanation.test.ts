import { test } from 'node:test';
import assert from 'node:assert/strict';
import { parseAddress } from '@namewall/policy';
import { renderExplanation } from './explanation.ts';

const CHECKOUT = { kind: 'FQDNNetworkPolicy', namespace: 'shop', name: 'checkout' };
const GUARD = { kind: 'ClusterFQDNNetworkPolicy', namespace: '', name: 'guard' };

const DENIED = {
  question: 'api.x',
  verdict: 2 as const,
  reason: 'QUERY_NO_RULE',
  why: 'no rule selects api.x',
  fix: 'add to policy shop/checkout, under egress:\n- to: [{fqdn: {matchName: api.x}}]',
  rcode: 'REFUSED',
  selectedBy: [CHECKOUT, GUARD],
  steps: [
    { name: 'selected', found: 'by 2 policies' },
    { name: 'name rules', found: 'none', decides: true },
  ],
};

test('the answer comes first, then why, then what to do, under each other; the deciding step is marked', () => {
  assert.equal(
    renderExplanation(DENIED, 'shop/p'),
    [
      'denied:  api.x from shop/p (QUERY_NO_RULE, answered REFUSED)',
      'why:     no rule selects api.x',
      'do:      add to policy shop/checkout, under egress:',
      '         - to: [{fqdn: {matchName: api.x}}]',
      'pod:     shop/checkout, cluster policy guard',
      '',
      '  STEP        FOUND',
      '  selected    by 2 policies',
      '> name rules  none',
      '',
    ].join('\n'),
  );
});

test('what was learned, what connections would meet, what flows there are', () => {
  const text = renderExplanation(
    {
      question: 'api.x',
      verdict: 1,
      reason: 'QUERY_ALLOWED',
      audit: { refused: true, why: 'audited: no rule selects api.x' },
      selectors: [{ selector: 'v1|p|*.x', identity: 'ab'.repeat(16), effect: 'allows TCP/443', policies: [CHECKOUT] }],
      addresses: [{ selector: 'v1|p|*.x', address: parseAddress('192.0.2.7'), expiresInMs: -42_000n }],
      connections: [{ question: 'TCP 192.0.2.7:443', verdict: 2, why: 'address expired 42s ago' }],
      flows: [{ protocol: 6, localPort: 5000, state: 'passes (PASS_FLOW)', expiresInMs: 60_000n }],
    },
    'shop/p',
  );
  assert.match(text, /^audit: +would be denied: audited: no rule selects api\.x$/m);
  assert.match(text, /^\*\.x +abababab +allows TCP\/443 +shop\/checkout$/m);
  assert.match(text, /^192\.0\.2\.7 +name no longer kept +\*\.x +- +expired 42s ago$/m);
  assert.match(text, /^TCP 192\.0\.2\.7:443 +denied +address expired 42s ago$/m);
  assert.match(text, /^TCP from port 5000 +passes \(PASS_FLOW\) +1m$/m);
  assert.match(text, /^pod: +none selects the pod$/m);
});

test('read from the pins it says what they do not have; in audit and undecided it says so', () => {
  const pinned = { ...DENIED, selectedBy: [], policiesUnknown: true, ruleset: 'abcdef0123456789' };
  assert.match(renderExplanation(pinned, 'shop/p'), /^pod: +ruleset abcdef01; the pins do not name policies: start/m);
  assert.match(
    renderExplanation({ ...DENIED, verdict: 3, rcode: '' }, 'a/b'),
    /^allowed: api\.x from a\/b \(QUERY_NO_RULE, node in audit\)/,
  );
  assert.match(
    renderExplanation({ ...DENIED, verdict: 0, reason: '', rcode: '' }, 'a/b'),
    /^depends: api\.x from a\/b\n/,
  );
});

test('control characters never reach the terminal', () => {
  assert.ok(!renderExplanation({ ...DENIED, why: 'a\u001b[31m' }, 'a/b').includes('\u001b'));
});
