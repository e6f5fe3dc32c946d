import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NwQueryFlag, NwRulesetFlag, NwSwitch, reasonName } from '@namewall/datapath';
import type { QueryFacts, Rules } from '../facts.ts';
import { ask, named, queryFacts, row, rules } from '../testing.ts';
import { decideQuery } from './query.ts';

const { ALLOW, DENY, AUDIT_ALLOW, AUDIT_DENY } = NwQueryFlag;

function decide(of: Rules | undefined, name: string, change: Partial<QueryFacts> = {}, qtype = 1): [string, boolean?] {
  const { reason, audit } = decideQuery(ask(name, qtype), queryFacts(of, change));
  return audit === undefined ? [reasonName(reason)] : [reasonName(reason), audit];
}

const some = rules({
  names: [
    named('v1|n|api.example', ALLOW, row(0)),
    named('v1|p|*.deep.example', ALLOW, row(0)),
    named('v1|p|**.evil.example', DENY, row(1, { flags: 1 })),
    named('v1|n|good.evil.example', ALLOW, row(0)),
  ],
});

test('a deny beats an allow, an allow lets through, the rest is refused', () => {
  assert.deepEqual(decide(some, 'API.example'), ['QUERY_ALLOWED']);
  assert.deepEqual(decide(some, 'a.deep.example'), ['QUERY_ALLOWED']);
  assert.deepEqual(decide(some, 'a.b.deep.example'), ['QUERY_NO_RULE']);
  assert.deepEqual(decide(some, 'good.evil.example'), ['QUERY_DENIED']);
  assert.deepEqual(decide(some, 'example'), ['QUERY_NO_RULE']);
});

test('where names are not filtered only denies are refused', () => {
  const open = { ...some, flags: NwRulesetFlag.ISOLATED };
  assert.deepEqual(decide(open, 'other.example'), ['QUERY_UNFILTERED']);
  assert.deepEqual(decide(open, 'x.evil.example'), ['QUERY_DENIED']);
  assert.deepEqual(decide(undefined, 'x.evil.example'), ['QUERY_UNFILTERED']);
});

test('the reverse of a learned address may be asked, as PTR', () => {
  const name = '9.113.0.203.in-addr.arpa';
  assert.deepEqual(decide(some, name, { reverse: true }, 12), ['QUERY_REVERSE']);
  assert.deepEqual(decide(some, name, { reverse: true }, 1), ['QUERY_NO_RULE']);
  assert.deepEqual(decide(some, name, {}, 12), ['QUERY_NO_RULE']);
});

test('less a search suffix: a name that a rule spells out passes, a denied one does not, patterns are not extended', () => {
  const less = (name: string): Partial<QueryFacts> => ({ shorter: [ask(name).wire] });
  assert.deepEqual(decide(some, 'api.example.corp', less('api.example')), ['QUERY_EXPANSION']);
  assert.deepEqual(decide(some, 'a.deep.example.corp', less('a.deep.example')), ['QUERY_NO_RULE']);
  assert.deepEqual(decide(some, 'good.evil.example.corp', less('good.evil.example')), ['QUERY_DENIED']);
  assert.deepEqual(decide(some, 'other.corp', less('other')), ['QUERY_NO_RULE']);
});

test('audited policies give a second verdict on what passes', () => {
  const { HAS_AUDIT, AUDIT_FILTER_NAMES } = NwRulesetFlag;
  const of = rules({
    flags: HAS_AUDIT | AUDIT_FILTER_NAMES,
    names: [named('v1|n|ok.example', AUDIT_ALLOW, row(0)), named('v1|n|no.example', AUDIT_DENY, row(0))],
  });
  assert.deepEqual(decide(of, 'ok.example'), ['QUERY_UNFILTERED', false]);
  assert.deepEqual(decide(of, 'no.example'), ['QUERY_UNFILTERED', true]);
  assert.deepEqual(decide(of, 'other.example'), ['QUERY_UNFILTERED', true]);
  assert.deepEqual(decide({ ...of, flags: HAS_AUDIT }, 'other.example'), ['QUERY_UNFILTERED', false]);
});

test('the second verdict is about the name before a suffix only where the whole name is not allowed', () => {
  const { HAS_AUDIT, AUDIT_FILTER_NAMES, FILTER_NAMES } = NwRulesetFlag;
  const flags = FILTER_NAMES | HAS_AUDIT | AUDIT_FILTER_NAMES;
  const denied = [named('v1|n|www.example', ALLOW, row(0)), named('v1|p|**.example', AUDIT_DENY, row(0))];
  const less = { shorter: [ask('www.example').wire] };
  assert.deepEqual(decide(rules({ flags, names: denied }), 'www.example.corp', less), ['QUERY_EXPANSION', true]);
  const allowed = [...denied, named('v1|p|*', AUDIT_ALLOW, row(0))];
  assert.deepEqual(decide(rules({ flags, names: allowed }), 'www.example.corp', less), ['QUERY_EXPANSION', false]);
});

test('without room for the question it is refused where names are filtered', () => {
  const quota = { pending: { held: 8, quota: 8, taken: 8, entries: 99 } };
  const full = { pending: { held: 1, quota: 8, taken: 99, entries: 99 } };
  assert.deepEqual(decide(some, 'api.example', quota), ['QUERY_QUOTA']);
  assert.deepEqual(decide(some, 'api.example', full), ['QUERY_FULL']);
  assert.deepEqual(decide(some, 'other.example', full), ['QUERY_NO_RULE']);
  assert.deepEqual(decide(undefined, 'other.example', quota), ['QUERY_NOT_REMEMBERED']);
});

test('the node switch: off lets everything through; in audit the reason is the same', () => {
  assert.deepEqual(decide(some, 'x.evil.example', { nodeSwitch: NwSwitch.OFF }), ['PASS_SWITCHED_OFF']);
  assert.deepEqual(decide(some, 'x.evil.example', { nodeSwitch: NwSwitch.AUDIT }), ['QUERY_DENIED']);
});
