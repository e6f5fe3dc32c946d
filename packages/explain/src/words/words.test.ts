import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NwPrecedence, NwQueryFlag, NwReason, NwRowFlag, NwRulesetFlag, NwSwitch } from '@namewall/datapath';
import { foldWire, nameToWire } from '@namewall/policy/names';
import { decideConnection, isStreamRefusal } from '../decide/connection.ts';
import { decideQuery } from '../decide/query.ts';
import type { ConnectionFacts, ConnectionQuestion, QueryFacts, Rules } from '../facts.ts';
import {
  NOW,
  SECOND,
  ask,
  cidr,
  connectionFacts,
  learned,
  named,
  queryFacts,
  row,
  rules,
  tcp,
  to,
} from '../testing.ts';
import { connectionWords } from './connection.ts';
import { GENERAL, reasonMeaning } from './general.ts';
import { queryWords } from './query.ts';
import type { Words } from './words.ts';

const { DENY, AUDIT } = NwRowFlag;
const API = 'v1|n|api.example';

function connection(
  of: Rules | undefined,
  change: Partial<ConnectionFacts> = {},
  question: ConnectionQuestion = to(),
): Words {
  const facts = connectionFacts(of, change);
  const decision = decideConnection(question, facts);
  return connectionWords(decision.reason, { question, facts, decision });
}

function query(of: Rules | undefined, name: string, change: Partial<QueryFacts> = {}): Words {
  const facts = queryFacts(of, change);
  const question = ask(name);
  const decision = decideQuery(question, facts);
  return queryWords(decision.reason, { question, facts, decision });
}

const short = ({ why, policies }: Words): string => `${why} [${policies.map(({ name }) => name).join(' ')}]`;

test('a missing rule is named with the policies that could have it, and what to add', () => {
  const told = query(rules(), 'api.x');
  assert.equal(told.why, 'no rule selects api.x (policies shop/checkout, shop/base, cluster policy guard)');
  assert.equal(told.fix, 'add to policy shop/checkout, under egress:\n- to: [{fqdn: {matchName: api.x}}]');
  assert.equal(query(rules({ policies: undefined }), 'api.x').why, 'no rule selects api.x');
  assert.match(query(rules(), 'a\\.b.x').fix, /no policy can write this name/);
});

test('a pattern that nearly selects the name is pointed out', () => {
  const of = rules({ names: [named('v1|p|*.deep.example', NwQueryFlag.ALLOW, row(0))], policies: undefined });
  const why = (name: string): string => query(of, name).why;
  assert.equal(
    why('a.b.deep.example'),
    'no rule selects a.b.deep.example; *.deep.example stands for one label, **.deep.example for any',
  );
  assert.equal(why('deep.example'), 'no rule selects deep.example; *.deep.example does not select deep.example itself');
  assert.equal(query(of, 'a.deep.example').why, 'a rule selects it by *.deep.example');
});

test('what a resolver library made of a name tells that name', () => {
  const denying = row(2, { flags: DENY, precedence: NwPrecedence.NAME_DENY });
  const of = rules({
    names: [named(API, NwQueryFlag.ALLOW, row(0)), named('v1|p|**.evil', NwQueryFlag.DENY, denying)],
  });
  const less = (name: string): Partial<QueryFacts> => ({ shorter: [ask(name).wire] });
  assert.equal(
    short(query(of, 'api.example.corp', less('api.example'))),
    'less a search suffix of the pod it is api.example of policy shop/checkout [checkout]',
  );
  assert.equal(
    short(query(of, 'a.evil.corp', less('a.evil'))),
    'egressDeny of cluster policy guard denies **.evil [guard]',
  );
});

test('a denied name tells selector and policy, not those that would allow it', () => {
  const denying = row(2, { flags: DENY, precedence: NwPrecedence.NAME_DENY });
  const of = rules({ names: [named('v1|p|**.x', NwQueryFlag.DENY | NwQueryFlag.ALLOW, row(0), denying)] });
  assert.equal(short(query(of, 'a.b.x')), 'egressDeny of cluster policy guard denies **.x [guard]');
  assert.equal(query(of, 'a.b.x').rule, '**.x');
});

test("an allowed name tells selector and policies; the cluster's own have none", () => {
  const of = rules({
    names: [named(API, NwQueryFlag.ALLOW, tcp(0, 443), tcp(1, 80)), named('v1|p|**.cluster.local', 1)],
  });
  assert.equal(query(of, 'api.example').why, 'policies shop/checkout, shop/base selects it');
  assert.equal(query(of, 'a.cluster.local').why, "**.cluster.local is the cluster's own");
});

test('an address that was never learned', () => {
  const told = connection(rules());
  assert.equal(told.why, '203.0.113.9 was never learned by this pod, and no CIDR rule allows it');
  assert.match(told.fix, /- to: \[\{cidr: 203\.0\.113\.9\/32\}\]\n {2}ports: \[\{protocol: TCP, port: 443\}\]$/);
  assert.match(connection(rules(), {}, to(443, 6, '2001:db8::9')).fix, /\{cidr: '2001:db8::9\/128'\}/);
});

test('an address that expired: how long ago, and for which name', () => {
  const of = rules({ names: [named(API, 1, row(0))] });
  const told = connection(of, { learned: [learned(API, 'api.example', -42n * SECOND)] });
  assert.equal(told.why, 'address expired 42s ago, learned for api.example');
  assert.equal(told.selector, API);
  const lost = connection(of, { learned: [learned(API, '', -42n * SECOND)] });
  assert.equal(lost.why, 'address expired 42s ago, learned for api.example (name no longer kept)');
  const swept = { question: to(), facts: connectionFacts(of), decision: decideConnection(to(), connectionFacts(of)) };
  assert.match(connectionWords(NwReason.DENY_EXPIRED, swept).why, /has expired and was swept/);
});

test('an address that was swept: told by the answer that taught it, where a rule selects its name', () => {
  const answered = (name: string, left: bigint) => ({
    recent: () => [{ name: foldWire(nameToWire(name)), expires: NOW + left }],
  });
  const of = rules({ names: [named(API, NwQueryFlag.ALLOW, tcp(0, 443))] });
  const told = connection(of, answered('api.example', -42n * SECOND));
  assert.equal(told.why, 'address expired, learned for api.example, whose answer ran out 42s ago');
  for (const other of [answered('other.example', -42n * SECOND), answered('api.example', 42n * SECOND)]) {
    assert.match(connection(of, other).why, /was never learned by this pod/);
  }
});

test('another port: where it is allowed', () => {
  const of = rules({ names: [named(API, 1, tcp(0, 443), tcp(1, 8443))], cidrs: [cidr('203.0.113.0', 24, tcp(1, 22))] });
  const told = connection(of, { learned: [learned(API, 'api.example', SECOND)] }, to(80));
  assert.equal(short(told), 'api.example is allowed only on TCP/443, TCP/8443, TCP/22, not on TCP/80 [checkout base]');
  assert.equal(short(connection(of, {}, to(80))), '203.0.113.9 is allowed only on TCP/22, not on TCP/80 [base]');
  const audited = rules({ names: [named(API, 4, row(0, { flags: AUDIT }))] });
  const { why } = connection(audited, { learned: [learned(API, 'api.example', SECOND)] });
  assert.equal(why, 'learned for api.example, which no rule in force allows to connect');
});

test('learned, but for a name that no rule in force selects', () => {
  const told = connection(rules(), { learned: [learned(API, 'api.example', SECOND)] });
  assert.equal(told.why, 'learned for api.example, which no rule in force allows to connect');
  assert.match(told.fix, /matchName: api\.example/);
});

test('a CIDR row is told with the prefix that a policy wrote and its policy', () => {
  const deny = row(2, { flags: DENY, precedence: NwPrecedence.CLUSTER_CIDR_DENY });
  const of = rules({ cidrs: [cidr('203.0.0.0', 8, deny), cidr('203.0.113.0', 24, deny, row(0))] });
  assert.equal(short(connection(of)), 'cluster policy guard denies 203.0.0.0/8 on any port [guard]');
  assert.equal(connection(of).rule, '203.0.0.0/8 on any port');
  const allowed = connection(rules({ cidrs: [cidr('203.0.113.0', 24, tcp(0, 443))] }));
  assert.equal(short(allowed), 'policy shop/checkout allows 203.0.113.0/24 on TCP/443 [checkout]');
  assert.equal(allowed.fix, '');
});

test('without the names of policies it says a rule', () => {
  const bare = { ...row(0), policy: undefined };
  const { policy: _, ...withoutPolicy } = bare;
  const of = rules({ policies: undefined, cidrs: [cidr('203.0.113.0', 24, withoutPolicy)] });
  assert.equal(connection(of).why, 'a rule allows 203.0.113.0/24 on any port');
});

test('quotas and full tables: the numbers and what to change', () => {
  const of = rules({ cidrs: [cidr('203.0.113.0', 24, row(0))], names: [named(API, 1, row(0))] });
  const quota = { held: 1024, quota: 1024, taken: 2000, entries: 16_384 };
  const full = { held: 7, quota: 1024, taken: 131_072, entries: 131_072 };
  assert.equal(connection(of, { flows: quota }).why, 'the pod has 1,024 flows; its quota is 1,024');
  assert.match(connection(of, { flows: quota }).fix, /^raise quotas\.flowsOut in NamewallConfig/);
  assert.equal(connection(of, { flows: full }).why, 'the table of flows is full for all pods (131,072 of 131,072)');
  assert.match(connection(of, { flows: full }).fix, /--size flows=262144$/);
  assert.equal(
    query(of, 'api.example', { pending: quota }).why,
    'the pod has 1,024 open questions; its quota is 1,024',
  );
});

test('audited and switched to audit: what would have been', () => {
  const of = rules({
    flags: NwRulesetFlag.HAS_AUDIT,
    cidrs: [cidr('203.0.113.0', 24, row(1, { flags: DENY | AUDIT }))],
  });
  const facts = connectionFacts(of);
  const asked = { question: to(), facts, decision: decideConnection(to(), facts) };
  assert.equal(
    short(connectionWords(NwReason.PASS_AUDIT_DENY, asked)),
    'audited: policy shop/base would deny 203.0.113.0/24 on any port [base]',
  );
  const isolated = connectionFacts(rules({ flags: NwRulesetFlag.HAS_AUDIT | NwRulesetFlag.AUDIT_ISOLATED }));
  const decision = decideConnection(to(), isolated);
  assert.match(
    connectionWords(NwReason.PASS_AUDIT_DENY, { question: to(), facts: isolated, decision }).why,
    /^audited: 203\.0\.113\.9 was never learned/,
  );
  assert.match(
    connection(rules(), { nodeSwitch: NwSwitch.AUDIT }).why,
    /^the node is switched to audit; on, it would be denied: /,
  );
});

test('every refusal of a packet or a question has words and says what to do', () => {
  const refusals = Object.entries(NwReason).filter(
    ([name, number]) =>
      (number >= 3 && number <= 8) || number === 12 || isStreamRefusal(number) || name.startsWith('DENY_'),
  );
  assert.ok(refusals.length > 18);
  const of = rules({
    names: [named(API, NwQueryFlag.DENY, row(0, { flags: DENY }))],
    cidrs: [cidr('203.0.113.0', 24, row(0, { flags: DENY }))],
  });
  const facts = connectionFacts(of, { learned: [learned(API, 'api.example', SECOND)] });
  const nameDeny = { ...facts, pod: { selectedAt: NOW, rules: { ...of, cidrs: [] } } };
  for (const [name, number] of refusals) {
    const question = ask('api.example');
    const asked = { question, facts: queryFacts(of), decision: decideQuery(question, queryFacts(of)) };
    const situation = number === NwReason.DENY_NAME ? nameDeny : facts;
    const told = name.startsWith('QUERY_')
      ? queryWords(number, asked)
      : connectionWords(number, { question: to(), facts: situation, decision: decideConnection(to(), situation) });
    assert.notEqual(told.why, '', name);
    assert.notEqual(told.fix, '', name);
    assert.notEqual(reasonMeaning(number), '', name);
  }
  for (const reason of Object.keys(GENERAL)) assert.ok(Object.values<number>(NwReason).includes(Number(reason)));
});
