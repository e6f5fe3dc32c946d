/** What `explain` says beyond the verdict: addresses of a name, known flows, a port when none was given. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NwRulesetFlag } from '@namewall/datapath';
import { Verdict } from '@namewall/protocol';
import { POD, TCP, mapped, tcp } from '../../datapath/test/packets/frames.ts';
import { ENDPOINT, RULESET, World } from '../../datapath/test/packets/world.ts';
import { agree, cidr, learn } from './support/agree.ts';
import { asked, frameOf, select } from './support/asking.ts';

const { ISOLATED, FILTER_NAMES, CUT_ON_CLOSE } = NwRulesetFlag;
const SERVER = '203.0.113.80';
const OTHER = '203.0.113.81';
const names = [{ select: 'api.example.com', rows: [{ protocol: 6, portFirst: 443, portLast: 444 }] }];

test('a name with a port: its addresses are judged, or what one would meet', () => {
  using world = new World();
  select(world, ISOLATED | FILTER_NAMES, names);
  const before = asked(world, { name: 'api.example.com', port: 443 });
  assert.equal(before.verdict, Verdict.VERDICT_PASSED);
  assert.match(before.connections?.[0]?.question ?? '', /^TCP\/443 to an address of api\.example\.com, once learned/);
  assert.equal(asked(world, { name: 'api.example.com', port: 80 }).reason, 'DENY_PORT');
  learn(world, SERVER, [1, 10n]);
  learn(world, OTHER, [1, -1n]);
  const after = asked(world, { name: 'api.example.com', port: 443 });
  assert.deepEqual(after.connections?.map(({ reason }) => reason).toSorted(), ['DENY_EXPIRED', 'PASS_NAME']);
  assert.match(after.why, /^it may be asked, but not connected to: 1 of its 2 addresses: address expired 1m/);
  assert.equal(agree(world, { address: SERVER, port: 443 }), 'PASS_NAME');
  assert.equal(agree(world, { address: OTHER, port: 443 }), 'DENY_EXPIRED');
});

/** What the pod's next packet of the flow counts, and what was said of it before. */
function flowAgrees(world: World, state: RegExp, counted: string): void {
  const [flow, ...more] = asked(world, { address: SERVER, port: 443 }).flows ?? [];
  assert.deepEqual([flow?.localPort, more.length], [FLOW_PORT, 0]);
  assert.match(flow?.state ?? '', state);
  const ends = { source: POD, destination: SERVER, sourcePort: FLOW_PORT, destinationPort: 443 };
  const outcome = world.run('pod_out', tcp(ends, { flags: TCP.ACK, sequence: 2, acknowledgement: 1 }));
  assert.ok(outcome.counted.includes(counted as (typeof outcome.counted)[number]), outcome.counted.join(' '));
}

const FLOW_PORT = 40_000;

test('ICMP has no ports, and is another protocol over IPv6', () => {
  using world = new World();
  select(world, ISOLATED | FILTER_NAMES, [{ select: 'ping.example', rows: [{ protocol: 1 }, { protocol: 58 }] }]);
  learn(world, SERVER, [1, 10n]);
  learn(world, '2001:db8:80::1', [1, 10n]);
  const told = asked(world, { name: 'ping.example', protocol: 1 });
  assert.deepEqual(told.connections?.map(({ question, reason }) => `${question} ${reason}`).toSorted(), [
    `ICMP ${SERVER} PASS_NAME`,
    'ICMPv6 2001:db8:80::1 PASS_NAME',
  ]);
  assert.equal(asked(world, { address: SERVER, protocol: 1, port: 7 }).question, `ICMP ${SERVER}`);
});

test('known flows are shown with what becomes of their packets', () => {
  using world = new World();
  world.run('pod_out', frameOf({ address: SERVER }, FLOW_PORT));
  flowAgrees(world, /^passes \(PASS_FLOW\)$/, 'PASS_FLOW');
  select(world, ISOLATED);
  world.selectedNow();
  assert.equal(asked(world, { address: SERVER, port: 443 }).reason, 'DENY_UNKNOWN');
  flowAgrees(world, /^passes, grandfathered for 59m59s more$/, 'PASS_GRANDFATHERED');
  select(world, ISOLATED, [], RULESET + 1);
  cidr(world, SERVER, 32, [{}], RULESET + 1);
  flowAgrees(world, /^passes \(PASS_CIDR\)$/, 'PASS_CIDR');
  select(world, ISOLATED | CUT_ON_CLOSE, [], RULESET + 2);
  flowAgrees(world, /^passes \(PASS_UNTIL_CLOSE\)$/, 'PASS_UNTIL_CLOSE');
  flowAgrees(world, /^passes \(PASS_FLOW\)$/, 'PASS_FLOW');
  select(world, ISOLATED, [], RULESET + 3);
  flowAgrees(world, /^is cut with its next packet \(DENY_UNKNOWN\)$/, 'DENY_UNKNOWN');
  select(world, ISOLATED | CUT_ON_CLOSE, [], RULESET + 4);
  flowAgrees(world, /^is cut with its next packet \(DENY_UNKNOWN\)$/, 'DENY_UNKNOWN');
});

test('a flow whose address has expired passes as long as its name is allowed', () => {
  using world = new World();
  select(world, ISOLATED, names);
  learn(world, SERVER, [1, 10n]);
  world.run('pod_out', frameOf({ address: SERVER }, FLOW_PORT));
  select(world, ISOLATED, names, RULESET + 1);
  world.maps.learned.delete({ endpoint: ENDPOINT, address: mapped(SERVER) });
  assert.equal(asked(world, { address: SERVER, port: 443 }).reason, 'DENY_UNKNOWN');
  flowAgrees(world, /^passes \(PASS_NAME\)$/, 'PASS_NAME');
  select(world, ISOLATED, [], RULESET + 2);
  flowAgrees(world, /^is cut with its next packet \(DENY_UNKNOWN\)$/, 'DENY_UNKNOWN');
});

test('without a port one is asked about that a rule allows', () => {
  using world = new World();
  select(world, ISOLATED, [{ select: 'db.example', rows: [{ protocol: 6, portFirst: 5432, portLast: 5432 }] }]);
  learn(world, SERVER, [1, 10n]);
  assert.equal(asked(world, { address: SERVER }).question, `TCP ${SERVER}:5432 (no port given)`);
  assert.equal(asked(world, { address: OTHER }).question, `TCP ${OTHER}:443 (no port given)`);
  assert.equal(asked(world, { address: OTHER, protocol: 17 }).question, `UDP ${OTHER}:443 (no port given)`);
});
