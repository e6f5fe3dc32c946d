/** Events as the ring carries them, in words: the rule that decided, or the one that is missing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { type Event, NwQueryFlag, NwRowFlag, NwRulesetFlag, reasonName, watchEvents } from '@namewall/datapath';
import { mapped } from '../../datapath/test/packets/frames.ts';
import { ENDPOINT, MINUTE, RESOLVER, RULESET, World, rule } from '../../datapath/test/packets/world.ts';
import { type Rules, type Sources, explainEvent } from '../src/index.ts';
import { frameOf, select, sourcesOf } from './support/asking.ts';
import type { Sent } from './support/sent.ts';

const { ISOLATED, FILTER_NAMES, HAS_AUDIT } = NwRulesetFlag;
const { DENY, AUDIT } = NwRowFlag;
const SERVER = '203.0.113.80';
const PATIENCE = 20_000;
const POLICIES = [
  { kind: 'FQDNNetworkPolicy', namespace: 'shop', name: 'checkout' },
  { kind: 'ClusterFQDNNetworkPolicy', namespace: '', name: 'guard' },
];

/** What the agent adds to the pins: policies. Denies are the second one's. */
function withPolicies(rules: Rules | undefined): Rules | undefined {
  if (rules === undefined) return undefined;
  const owned = <T extends { readonly rows: Rules['cidrs'][number]['rows'] }>(one: T): T => ({
    ...one,
    rows: one.rows.map((row) => ({ ...row, policy: row.flags & DENY ? 1 : 0 })),
  });
  return { ...rules, names: rules.names.map(owned), cidrs: rules.cidrs.map(owned), policies: POLICIES };
}

function sources(world: World): Sources {
  const pinned = sourcesOf(world);
  return { ...pinned, rules: (number) => withPolicies(pinned.rules(number)) };
}

function learn(world: World, handle: number, expires: bigint, address = SERVER): void {
  const pad = <T>(first: T, zero: T): T[] => [first, ...Array<T>(7).fill(zero)];
  const entry = { state: 0, used: 0n, handles: pad(handle, 0), expires: pad(expires, 0n), names: pad(0n, 0n) };
  world.maps.learned.set({ endpoint: ENDPOINT, address: mapped(address) }, entry);
}

let sourcePort = 30_000;

/** The events of these packets, in their order. */
async function eventsOf(world: World, sent: readonly Sent[], count = sent.length): Promise<Event[]> {
  const events: Event[] = [];
  using _ = watchEvents(
    world.maps,
    (event) => events.push(event),
    (error) => assert.ifError(error),
  );
  for (const one of sent) world.run('pod_out', frameOf(one, ++sourcePort));
  const end = performance.now() + PATIENCE;
  while (events.length < count && performance.now() < end) await setImmediate();
  assert.equal(events.length, count);
  return events;
}

async function told(world: World, sent: readonly Sent[], count?: number): Promise<string[]> {
  const events = await eventsOf(world, sent, count);
  return events.map((event) => {
    const { why, policies } = explainEvent(event, sources(world));
    return `${reasonName(event.reason)}: ${why} [${policies.map(({ name }) => name).join(' ')}]`;
  });
}

test('refusals carry the rule, or the missing one', async () => {
  using world = new World();
  select(world, ISOLATED | FILTER_NAMES, [
    { select: 'api.example.com', rows: [{ protocol: 6, portFirst: 443, portLast: 443 }] },
    { select: '**.evil.example', query: NwQueryFlag.DENY, rows: [{ precedence: 4000, flags: DENY }] },
  ]);
  world.maps.cidrs.set(
    { prefixLength: 32 + 96 + 24, ruleset: RULESET, address: mapped('192.0.2.0') },
    rule([{ flags: DENY }]),
  );
  const now = process.hrtime.bigint();
  learn(world, 1, now + 10n * MINUTE);
  // Half a second more: the datapath's clock is up to 4 ms behind.
  learn(world, 1, now - MINUTE - MINUTE / 2n - MINUTE / 120n, '203.0.113.81');
  learn(world, 2, now + 10n * MINUTE, '203.0.113.82');
  assert.deepEqual(
    await told(world, [
      { name: 'api.x' },
      { name: 'a.evil.example' },
      { address: '203.0.113.9' },
      { address: SERVER, port: 80 },
      { address: '203.0.113.81' },
      { address: '203.0.113.82' },
      { address: '192.0.2.7' },
      { address: RESOLVER, port: 853 },
    ]),
    [
      'QUERY_NO_RULE: no rule selects api.x (policies shop/checkout, cluster policy guard) [checkout guard]',
      'QUERY_DENIED: egressDeny of cluster policy guard denies **.evil.example [guard]',
      'DENY_UNKNOWN: 203.0.113.9 was never learned by this pod, and no CIDR rule allows it [checkout guard]',
      'DENY_PORT: api.example.com (name no longer kept) is allowed only on TCP/443, not on TCP/80 [checkout]',
      'DENY_EXPIRED: address expired 1m30s ago, learned for api.example.com (name no longer kept) [checkout guard]',
      'DENY_NAME: cluster policy guard denies **.evil.example on any port (name no longer kept) [guard]',
      'DENY_CIDR: cluster policy guard denies 192.0.2.0/24 on any port [guard]',
      'QUERY_ENCRYPTED: DNS over TLS or QUIC hides the name, and names are filtered [checkout guard]',
    ],
  );
});

test('audited refusals carry the audited rule', async () => {
  using world = new World();
  select(world, HAS_AUDIT, [
    { select: '**.evil.example', query: NwQueryFlag.AUDIT_DENY, rows: [{ flags: DENY | AUDIT }] },
  ]);
  learn(world, 1, process.hrtime.bigint() + 10n * MINUTE);
  assert.deepEqual(await told(world, [{ name: 'a.evil.example' }, { address: SERVER }]), [
    'QUERY_AUDIT_REFUSE: audited: egressDeny of cluster policy guard denies **.evil.example [guard]',
    'PASS_AUDIT_DENY: audited: cluster policy guard would deny **.evil.example on any port ' +
      '(name no longer kept) [guard]',
  ]);
});

test('what passes, when somebody listens, carries its rule too', async () => {
  using world = new World();
  world.configure({ listeners: 1 });
  select(world, ISOLATED | FILTER_NAMES, [{ select: 'api.example.com' }]);
  learn(world, 1, process.hrtime.bigint() + 10n * MINUTE);
  assert.deepEqual(await told(world, [{ name: 'api.example.com' }, { address: SERVER }]), [
    'QUERY_ALLOWED: policy shop/checkout selects it [checkout]',
    'PASS_NAME: policy shop/checkout allows api.example.com on any port (name no longer kept) [checkout]',
  ]);
});

test('what was swept or learned since the verdict does not change its words', async () => {
  using world = new World();
  select(world, ISOLATED, [{ select: 'evil.example', rows: [{ flags: DENY }] }, { select: 'api.example.com' }]);
  const { maps } = world;
  const now = process.hrtime.bigint();
  learn(world, 1, now + MINUTE);
  learn(world, 2, now - MINUTE, '203.0.113.81');
  const events = await eventsOf(world, [{ address: SERVER }, { address: '203.0.113.81' }, { address: '203.0.113.82' }]);
  for (const address of [SERVER, '203.0.113.81']) maps.learned.delete({ endpoint: ENDPOINT, address: mapped(address) });
  learn(world, 2, now + MINUTE, '203.0.113.82');
  const [name, expired, unknown] = events.map((event) => explainEvent(event, sources(world)).why);
  assert.match(name ?? '', /^cluster policy guard denies evil\.example on any port/);
  assert.equal(expired, 'what the pod had learned for 203.0.113.81 has expired and was swept');
  assert.equal(unknown, '203.0.113.82 was never learned by this pod, and no CIDR rule allows it');
});

test('an event of a ruleset that is gone still says what it can', async () => {
  using world = new World();
  select(world, ISOLATED | FILTER_NAMES, [{ select: 'api.example.com' }]);
  const [query, connection] = await eventsOf(world, [{ name: 'api.x' }, { address: SERVER }]);
  assert.ok(query !== undefined && connection !== undefined);
  const none: Sources = { ...sourcesOf(world), rules: () => undefined };
  assert.equal(explainEvent(query, none).why, 'no rule selects api.x');
  assert.match(explainEvent(connection, none).why, /^203\.0\.113\.80 was never learned/);
});
