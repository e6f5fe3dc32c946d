import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EndpointPhase } from '@namewall/protocol';
import type { NodeFacts, PodFacts, PolicyFacts } from './facts.ts';
import { type ConditionType, statusOf } from './status-of.ts';

const object = { kind: 'FQDNNetworkPolicy', namespace: 'shop', name: 'checkout', uid: 'u', generation: 1 } as const;
const well: NodeFacts = { name: 'n1', seen: true, connected: true, refused: undefined };

function pod(name: string, node: string, applied: boolean, state?: PodFacts['state']): PodFacts {
  return { name, namespace: 'shop', node, applied, state };
}

function facts(pods: readonly PodFacts[], nodes: readonly NodeFacts[], more: Partial<PolicyFacts> = {}): PolicyFacts {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const nothing = {
    rejection: undefined,
    warnings: [],
    audit: false,
    hostNetwork: 0,
    netAdmin: undefined,
    nodeSwitch: 'On',
    shadow: undefined,
  } as const;
  return { object, inForce: true, identities: 2, pods, nodes: byName, ...nothing, ...more };
}

function said(what: PolicyFacts, type: ConditionType): string {
  const { status = '', reason = '', message = '' } = statusOf(what).conditions.find((one) => one.type === type) ?? {};
  return `${status} ${reason}: ${message}`;
}

test('all is well', () => {
  const what = facts([pod('a', 'n1', true), pod('b', 'n1', true)], [well]);
  assert.match(said(what, 'Accepted'), /^True Accepted/u);
  assert.match(said(what, 'Programmed'), /^True Programmed: 1 of 1 nodes/u);
  assert.match(said(what, 'Effective'), /^True Effective/u);
  const { pods, nodes, identities } = statusOf(what);
  assert.deepEqual([pods, nodes, identities], [{ selected: 2, enforced: 2 }, { desired: 1, programmed: 1 }, 2]);
});

const behind: [NodeFacts, RegExp][] = [
  [{ ...well, seen: false, connected: false }, /^False NoAgent: 0 of 1 nodes; n1: no agent has connected/u],
  [{ ...well, connected: false }, /^False AgentDisconnected: .*n1: its agent is not connected/u],
  [
    { ...well, refused: { type: 2, name: 'r', reason: 'TooLarge', message: 'select fewer names' } },
    /^False Refused: .*n1: its agent refused TooLarge: select fewer names/u,
  ],
  [well, /^False Pending: .*n1: its agent has not acknowledged it yet/u],
];
for (const [node, expected] of behind) {
  test(`a node that is behind: ${expected.source}`, () => {
    assert.match(said(facts([pod('a', 'n1', false)], [node]), 'Programmed'), expected);
  });
}

test('an agent that is gone but had it counts', () => {
  assert.match(said(facts([pod('a', 'n1', true)], [{ ...well, connected: false }]), 'Programmed'), /^True Programmed/u);
});

test('of many nodes some are named', () => {
  const nodes = Array.from({ length: 9 }, (_, index) => ({ ...well, name: `n${index}` }));
  const pods = nodes.map(({ name }) => pod('a', name, false));
  assert.match(said(facts(pods, nodes), 'Programmed'), /0 of 9 nodes; n0: .*, n1: .*, n2: .* and 6 more$/u);
});

test('a rejected one says the field, and whether something is in force', () => {
  const rejection = { reason: 'Invalid', message: 'spec.egress[0]: is wrong; mend it' };
  const kept = facts([], [], { rejection });
  assert.match(said(kept, 'Accepted'), /^False Invalid: spec\.egress\[0\].*; the last good version stays in force$/u);
  const none = facts([], [], { rejection, inForce: false });
  assert.match(said(none, 'Accepted'), /nothing of it is in force$/u);
  assert.match(said(none, 'Programmed'), /^False NotAccepted/u);
  assert.match(said(none, 'Effective'), /^False NotAccepted/u);
});

test('what is allowed and probably not meant is said', () => {
  const what = facts([], [], { warnings: ['spec.egress[0]: anybody can get such a name; write yours'] });
  assert.match(said(what, 'Accepted'), /^True Warning: it can be used; spec\.egress\[0\]: anybody/u);
});

test('what stands in its way', () => {
  const state = {
    uid: 'u',
    phase: EndpointPhase.ENDPOINT_PHASE_DEGRADED,
    reason: 'UnsupportedInterface',
    message: 'ipvlan',
  };
  const degraded = pod('a', 'n1', true, state as PodFacts['state']);
  assert.match(said(facts([degraded], [well]), 'Effective'), /^False UnsupportedInterface: pod shop\/a: ipvlan$/u);
  const unseen = facts([pod('a', 'n1', false)], [{ ...well, seen: false, connected: false }]);
  assert.match(said(unseen, 'Effective'), /^False NoAgent: no agent has connected from n1/u);
  const one = [pod('a', 'n1', true)];
  assert.match(said(facts(one, [well], { shadow: 'it' }), 'Effective'), /^False ShadowedByNetworkPolicy: it$/u);
  assert.match(said(facts(one, [well], { hostNetwork: 1 }), 'Effective'), /^False HostNetwork: 1 pods/u);
  const cluster = { object: { ...object, kind: 'ClusterFQDNNetworkPolicy', namespace: '' }, hostNetwork: 1 } as const;
  assert.match(said(facts(one, [well], cluster), 'Effective'), /^True Effective: .*node’s network/u);
});

test('a pod that may change its network is said, and takes nothing from what holds', () => {
  const one = [pod('a', 'n1', true)];
  const effective = said(facts(one, [well], { netAdmin: 'shop/a' }), 'Effective');
  assert.match(effective, /^True NetAdmin: pod shop\/a has CAP_NET_ADMIN, by which it can get past it; drop that/u);
});

test('nodes that are switched off', () => {
  const one = [pod('a', 'n1', true)];
  assert.match(
    said(facts(one, [well], { nodeSwitch: 'Off' }), 'Effective'),
    /^False SwitchedOff: .*set nodeSwitch: On/u,
  );
  assert.match(said(facts(one, [well], { nodeSwitch: 'Audit' }), 'Effective'), /^False SwitchedToAudit/u);
});

test('what does nothing says so', () => {
  assert.match(said(facts([], []), 'Effective'), /^Unknown NoPods/u);
  assert.match(said(facts([], []), 'Programmed'), /^True NoNodes/u);
  assert.match(said(facts([pod('a', 'n1', true)], [well], { audit: true }), 'Effective'), /^True Audit/u);
});

test('a message is cut, not left out', () => {
  const rejection = { reason: 'Invalid', message: 'x'.repeat(5000) };
  const [accepted] = statusOf(facts([], [], { rejection })).conditions;
  assert.equal(accepted?.message.length, 1024);
});
