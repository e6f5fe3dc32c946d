import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  NwFlowFlag,
  NwFlowRuleset,
  NwPrecedence,
  NwRangeFlag,
  NwReason,
  NwResolver,
  NwRowFlag,
  NwRulesetFlag,
  NwSwitch,
  reasonName,
} from '@namewall/datapath';
import type { ConnectionFacts, ConnectionQuestion, KnownFlow, Rules } from '../facts.ts';
import { NOW, SECOND, cidr, connectionFacts, learned, named, row, rules, tcp, to } from '../testing.ts';
import { decideConnection } from './connection.ts';

const { DENY, AUDIT } = NwRowFlag;
const NAME = 'v1|n|api.example';
const live = learned(NAME, 'api.example', SECOND);

function reason(
  of: Rules | undefined,
  change: Partial<ConnectionFacts> = {},
  question: ConnectionQuestion = to(),
): string {
  return reasonName(decideConnection(question, connectionFacts(of, change)).reason);
}

const flow = (change: Partial<KnownFlow> = {}): KnownFlow => ({
  localPort: 5,
  remotePort: 443,
  protocol: 6,
  expires: NOW + SECOND,
  created: NOW - 9n * SECOND,
  ruleset: 3,
  selector: '',
  flags: 0,
  ...change,
});

test('what stands before the rules decides first, in its order', () => {
  const of = rules({ cidrs: [cidr('0.0.0.0', 0, row(0, { flags: DENY }))] });
  assert.equal(reason(of, { nodeSwitch: NwSwitch.OFF, pod: undefined }), 'PASS_SWITCHED_OFF');
  assert.equal(reason(of, { pod: undefined }), 'DENY_NO_ENDPOINT');
  assert.equal(reason(of, {}, to(67, 17, '255.255.255.255')), 'PASS_CONTROL');
  assert.equal(reason(of, { resolver: NwResolver.PLAIN }), 'REASON_NONE');
  const streams = { held: 9, quota: 9, taken: 9, entries: 99 };
  assert.equal(reason(of, { resolver: NwResolver.PLAIN, streams }), 'STREAM_QUOTA');
  assert.equal(
    reason(of, { resolver: NwResolver.PLAIN, streams: { ...streams, quota: 10, entries: 9 } }),
    'STREAM_FULL',
  );
  assert.equal(reason({ ...of, flags: 0 }, { resolver: NwResolver.PLAIN, streams }), 'REASON_NONE');
  assert.equal(reason(undefined, { resolver: NwResolver.PLAIN, streams }), 'QUERY_UNFILTERED');
  assert.equal(reason(of, { resolver: NwResolver.ENCRYPTED }), 'QUERY_ENCRYPTED');
  assert.equal(reason(of, { resolver: NwResolver.PLAIN }, to(53, 17)), 'REASON_NONE');
  assert.equal(reason(of, { resolver: NwResolver.ENCRYPTED, nodeSwitch: NwSwitch.AUDIT }), 'PASS_SWITCHED_AUDIT');
  assert.equal(reason(undefined, {}), 'PASS_UNSELECTED');
});

test('of rows the smallest precedence decides, a deny before an allow, a CIDR before a name', () => {
  const names = [named(NAME, 1, row(0))];
  assert.equal(reason(rules({ names }), { learned: [live] }), 'PASS_NAME');
  assert.equal(reason(rules({ names, cidrs: [cidr('203.0.113.0', 24, row(1))] }), { learned: [live] }), 'PASS_CIDR');
  const denied = rules({ names, cidrs: [cidr('203.0.113.0', 24, row(1, { flags: DENY }))] });
  assert.equal(reason(denied, { learned: [live] }), 'DENY_CIDR');
  const nameDeny = row(0, { flags: DENY, precedence: NwPrecedence.NAME_DENY });
  assert.equal(reason(rules({ names: [named(NAME, 2, nameDeny)] }), { learned: [live] }), 'DENY_NAME');
  assert.equal(reason(rules({ names: [named(NAME, 2, nameDeny, row(0))] }), { learned: [live] }), 'PASS_NAME');
  const even = rules({
    cidrs: [cidr('203.0.113.0', 24, row(0, { precedence: 7 }), row(1, { precedence: 7, flags: DENY }))],
  });
  assert.equal(reason(even), 'DENY_CIDR');
});

test('only the longest prefix counts', () => {
  const wide = cidr('203.0.113.0', 24, row(0));
  assert.equal(reason(rules({ cidrs: [cidr('203.0.113.8', 29, row(1, { flags: DENY })), wide] })), 'DENY_CIDR');
  assert.equal(reason(rules({ cidrs: [cidr('203.0.113.64', 26, row(1, { flags: DENY })), wide] })), 'PASS_CIDR');
});

test('what no row decides: unknown, expired, another port', () => {
  const of = rules({ names: [named(NAME, 1, tcp(0, 443))] });
  assert.equal(reason(of), 'DENY_UNKNOWN');
  assert.equal(reason(of, { learned: [learned(NAME, 'api.example', -SECOND)] }), 'DENY_EXPIRED');
  assert.equal(reason(of, { learned: [live] }, to(80)), 'DENY_PORT');
  assert.equal(reason(of, { learned: [live] }, to(443, 17)), 'DENY_PORT');
  assert.equal(reason(rules({ cidrs: [cidr('203.0.113.0', 24, tcp(0, 443))] }), {}, to(80)), 'DENY_PORT');
  assert.equal(reason(rules(), { learned: [live] }), 'DENY_UNKNOWN');
  assert.equal(reason(rules({ names: [named(NAME, 1)] }), { learned: [live] }), 'DENY_UNKNOWN');
});

test('cluster ranges pass where no row decides, metadata and tunnels never', () => {
  const range = NwRangeFlag.CLUSTER;
  assert.equal(reason(rules(), { range }), 'PASS_RANGE');
  assert.equal(reason(rules(), { range: range | NwRangeFlag.METADATA }), 'DENY_UNKNOWN');
  assert.equal(reason(rules(), { range }, to(4789, 17)), 'DENY_UNKNOWN');
  assert.equal(reason(rules(), { range }, to(0, 47)), 'DENY_UNKNOWN');
  const denied = rules({ cidrs: [cidr('203.0.113.0', 24, row(0, { flags: DENY }))] });
  assert.equal(reason(denied, { range }), 'DENY_CIDR');
});

test('the audited verdict is apart', () => {
  const { HAS_AUDIT, AUDIT_ISOLATED } = NwRulesetFlag;
  const audit = (of: Rules, change: Partial<ConnectionFacts> = {}): string | undefined => {
    const told = decideConnection(to(), connectionFacts(of, change)).audit;
    return told === undefined ? undefined : reasonName(told);
  };
  const isolated = HAS_AUDIT | AUDIT_ISOLATED;
  assert.equal(reason(rules({ flags: isolated })), 'PASS_NOT_ISOLATED');
  assert.equal(audit(rules({ flags: isolated })), 'DENY_UNKNOWN');
  assert.equal(audit(rules({ flags: isolated }), { range: NwRangeFlag.CLUSTER }), 'PASS_RANGE');
  assert.equal(
    audit(rules({ flags: isolated, cidrs: [cidr('203.0.113.0', 24, row(0, { flags: AUDIT }))] })),
    'PASS_CIDR',
  );
  const denies = cidr('203.0.113.0', 24, row(0, { flags: AUDIT | DENY }));
  assert.equal(audit(rules({ flags: HAS_AUDIT, cidrs: [denies] })), 'DENY_CIDR');
  assert.equal(reason(rules({ flags: HAS_AUDIT, cidrs: [denies] })), 'PASS_NOT_ISOLATED');
  assert.equal(audit(rules({ flags: NwRulesetFlag.ISOLATED | isolated })), undefined);
  assert.equal(audit(rules({ flags: 0 })), undefined);
});

test('a known flow: its own rules, others, from outside, grandfathered', () => {
  const question = (change: Partial<KnownFlow>): ConnectionQuestion => ({ ...to(), flow: flow(change) });
  assert.equal(reason(rules(), {}, question({})), 'PASS_FLOW');
  assert.equal(reason(rules(), {}, question({ ruleset: 2 })), 'DENY_UNKNOWN');
  assert.equal(reason(rules(), {}, question({ ruleset: 2, flags: NwFlowFlag.INBOUND })), 'PASS_FLOW');
  assert.equal(reason(rules(), {}, question({ ruleset: 0 })), 'PASS_GRANDFATHERED');
  assert.equal(reason(rules(), {}, question({ ruleset: 0, created: NOW })), 'DENY_UNKNOWN');
  assert.equal(reason(rules(), { grandfather: 0n }, question({ ruleset: 0 })), 'DENY_UNKNOWN');
  assert.equal(reason(rules(), {}, question({ expires: NOW })), 'DENY_UNKNOWN');
});

test('a flow lives whatever expires: an edit that still allows its name does not cut it', () => {
  const question: ConnectionQuestion = { ...to(), flow: flow({ ruleset: 2, selector: NAME }) };
  assert.equal(reason(rules({ names: [named(NAME, 1, tcp(0, 443))] }), {}, question), 'PASS_NAME');
  assert.equal(reason(rules({ names: [named(NAME, 1, tcp(0, 80))] }), {}, question), 'DENY_PORT');
  assert.equal(reason(rules({ names: [named(NAME, 1, tcp(0, 443))] }), {}, to()), 'DENY_UNKNOWN');
});

test('an edit leaves flows to close where its policies say so, but not those that were cut', () => {
  const of = rules({ flags: NwRulesetFlag.ISOLATED | NwRulesetFlag.CUT_ON_CLOSE });
  const question = (ruleset: number): ConnectionQuestion => ({ ...to(), flow: flow({ ruleset }) });
  assert.equal(reason(of, {}, question(2)), 'PASS_UNTIL_CLOSE');
  assert.equal(reason(of, {}, question(NwFlowRuleset.FLOW_CUT)), 'DENY_UNKNOWN');
  assert.equal(reason(of, { grandfather: 0n }, question(0)), 'DENY_UNKNOWN');
});

test('without room an isolated pod is denied, another passes untracked', () => {
  const quota = { flows: { held: 8, quota: 8, taken: 8, entries: 99 } };
  const full = { flows: { held: 1, quota: 8, taken: 99, entries: 99 } };
  const allowing = (flags: number): Rules => rules({ flags, cidrs: [cidr('203.0.113.0', 24, row(0))] });
  assert.equal(reason(allowing(NwRulesetFlag.ISOLATED), quota), 'DENY_FLOW_QUOTA');
  assert.equal(reason(allowing(NwRulesetFlag.ISOLATED), full), 'DENY_FLOW_FULL');
  assert.equal(reason(allowing(0), quota), 'PASS_NOT_TRACKED');
  assert.equal(reason(undefined, full), 'PASS_NOT_TRACKED');
});

test('exactly the last step decides, and the steps are in the order of the kernel', () => {
  const { steps, base } = decideConnection(to(), connectionFacts(rules()));
  assert.equal(base, NwReason.DENY_UNKNOWN);
  assert.deepEqual(
    steps.map(({ name, decides }) => `${name}${decides ? ' !' : ''}`),
    [
      'node switch',
      'endpoint',
      'control traffic',
      'trusted resolver',
      'known flow',
      'selected',
      'CIDR rules',
      'learned names',
      'ranges',
      'isolated !',
    ],
  );
});
