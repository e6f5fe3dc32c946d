import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clusterPolicy, pod, policy, to } from '../testing.ts';
import { compile } from './compile.ts';

const pods = [pod('a', '192.0.2.1')];
const range = (count: number) => Array.from({ length: count }, (_, at) => at);
/** Every second port: nothing to join. */
const ports = (first: number, count: number) => range(count).map((at) => ({ port: first + 2 * at }));
const crowd = (first: number, count: number) => ({ ...to('a.example'), ports: ports(first, count) });

test('17 rows for one name: the policy is rejected, with or without pods', () => {
  const policies = [policy('p', { egress: [crowd(1, 16), crowd(101, 1)] })];
  for (const some of [pods, []]) {
    const { rejected, endpoints, rulesets, selections } = compile({ policies, pods: some });
    assert.deepEqual([rejected.length, rulesets.size, selections.length], [1, 0, 0]);
    assert.equal(rejected[0]?.reason, 'TooManyRows');
    assert.match(rejected[0].message, /a\.example more than 16 port ranges: join ranges with endPort/);
    assert.ok(endpoints.every(({ ruleset }) => ruleset === ''));
  }
});

test('16 rows fit, and touching ranges are one', () => {
  const egress = [crowd(1, 16), { ...to('a.example'), ports: range(15).map((at) => ({ port: 2 + 2 * at })) }];
  const result = compile({ policies: [policy('p', { egress })], pods });
  const [ruleset] = result.rulesets.values();
  const rule = ruleset?.names.find(({ rows }) => rows.length > 0);
  assert.deepEqual(
    rule?.rows.map(({ portFirst, portLast }) => [portFirst, portLast]),
    [[1, 31]],
  );
});

test('policies that do not fit together: the first that is too much goes, everywhere', () => {
  const policies = [
    policy('z', { egress: [crowd(201, 10)] }),
    policy('b', { podSelector: { matchLabels: { app: 'b' } }, egress: [crowd(1, 10)] }),
    clusterPolicy('wide', { egress: [to('b.example')] }),
  ];
  const result = compile({ policies, pods: [...pods, pod('b', '192.0.2.2')] });
  assert.deepEqual(
    result.rejected.map(({ policy: ref }) => ref.name),
    ['z'],
  );
  assert.deepEqual(
    [...result.rulesets.values()].map((ruleset) => ruleset.policies.map(({ name }) => name).join()).toSorted(),
    ['wide', 'wide,b'],
  );
});

test('a namespaced policy never gets a cluster policy rejected', () => {
  const result = compile({
    policies: [policy('a', { egress: [crowd(1, 10)] }), clusterPolicy('z', { egress: [crowd(201, 10)] })],
    pods,
  });
  assert.deepEqual(
    result.rejected.map(({ policy: ref }) => ref.kind),
    ['FQDNNetworkPolicy'],
  );
});

test('rows of several policies that touch are joined before one is rejected', () => {
  const odd = policy('a', { egress: [crowd(1, 10)] });
  const even = policy('b', { egress: [crowd(2, 10)] });
  const result = compile({ policies: [odd, even], pods });
  const [ruleset] = result.rulesets.values();
  assert.deepEqual(ruleset?.names.find(({ rows }) => rows.length > 0)?.rows, [
    { precedence: 3000, protocol: 6, portFirst: 1, portLast: 20, flags: 0, policy: 0 },
  ]);
});

test('a row that another policy covers needs no place', () => {
  const result = compile({
    policies: [policy('a', { egress: [crowd(1, 16)] }), policy('b', { egress: [to('a.example')] })],
    pods,
  });
  const [ruleset] = result.rulesets.values();
  assert.deepEqual(ruleset?.names.find(({ rows }) => rows.length > 0)?.rows, [
    { precedence: 3000, protocol: 0, portFirst: 0, portLast: 65535, flags: 0, policy: 1 },
  ]);
});

test('17 rows for one CIDR, inherited ones counted', () => {
  const egress = [
    { ...to('10.0.0.0/8'), ports: ports(1, 10) },
    { ...to('10.1.0.0/16'), ports: ports(101, 10) },
  ];
  const [rejection] = compile({ policies: [policy('p', { egress })], pods }).rejected;
  assert.match(rejection?.message ?? '', /10\.1\.0\.0\/16 more than 16/);
});

test('64 patterns under one suffix fit, the next is rejected and names the suffix', () => {
  const under = (count: number) => to(...range(count).map((at) => `x${at}-*.shop.example`));
  const fits = compile({ policies: [policy('p', { egress: [under(64)] })], pods });
  assert.deepEqual(fits.rejected, []);
  const [rejection] = compile({ policies: [policy('p', { egress: [under(65)] })], pods }).rejected;
  assert.equal(rejection?.reason, 'TooManyPatterns');
  assert.match(rejection.message, /more than 64 patterns of one pod end in "shop\.example"/);
});

test('patterns of several policies of a pod count together', () => {
  const under = (name: string) =>
    policy(name, { egress: [to(...range(40).map((at) => `${name}${at}-*.shop.example`))] });
  const result = compile({ policies: [under('b'), under('a')], pods });
  assert.deepEqual(
    result.rejected.map(({ policy: ref, reason }) => [ref.name, reason]),
    [['b', 'TooManyPatterns']],
  );
});

test('what was never validated is rejected, not thrown', () => {
  const [rejection] = compile({ policies: [policy('p', { egress: [to('a..b')] })], pods }).rejected;
  assert.equal(rejection?.reason, 'Invalid');
  assert.match(rejection.message, /empty label; write "a\.b"/);
});

test('many selectors compile', () => {
  const policies = range(10).map((at) =>
    policy(`p${at}`, { egress: [to(...range(1000).map((name) => `n${name}.r${at}.example`))] }),
  );
  const { rulesets, rejected } = compile({ policies, pods });
  const [ruleset] = rulesets.values();
  assert.deepEqual([rejected.length, ruleset?.names.length], [0, 10_002]);
});
