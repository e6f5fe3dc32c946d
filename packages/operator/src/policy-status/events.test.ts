import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventsOf } from './events.ts';
import type { Condition } from './status-of.ts';

const object = { kind: 'FQDNNetworkPolicy', namespace: 'shop', name: 'checkout', uid: 'u', generation: 1 } as const;
const by = { time: '2026-01-01T00:00:00.000000Z', instance: 'a' };
const is = (type: Condition['type'], status: Condition['status'], reason: string): Condition => ({
  type,
  status,
  reason,
  message: `because ${reason}`,
});
const reasons = (before: Condition[], now: Condition[]): string[] =>
  eventsOf(object, before, now, by).map(({ reason, note }) => `${reason}: ${note}`);

test('what is new and wrong is said once', () => {
  const shadowed = is('Effective', 'False', 'ShadowedByNetworkPolicy');
  const said = ['ShadowedByNetworkPolicy: because ShadowedByNetworkPolicy'];
  assert.deepEqual(reasons([], [shadowed]), said);
  assert.deepEqual(reasons([is('Effective', 'True', 'Effective')], [shadowed]), said);
  assert.deepEqual(reasons([shadowed], [shadowed]), []);
  assert.deepEqual(reasons([is('Effective', 'False', 'HostNetwork')], [shadowed]), said);
});

test('a policy that cannot be used', () => {
  const invalid = [is('Accepted', 'False', 'Invalid'), is('Effective', 'False', 'NotAccepted')];
  assert.deepEqual(reasons([], invalid), ['NotAccepted: because Invalid']);
});

test('what is well, unknown or passing is no news', () => {
  const now = [
    is('Accepted', 'True', 'Accepted'),
    is('Effective', 'Unknown', 'NoPods'),
    is('Programmed', 'False', 'Pending'),
  ];
  assert.deepEqual(reasons([], now), []);
  assert.deepEqual(reasons([], [is('Effective', 'False', 'NoAgent')]), []);
});

test('events of a cluster policy are in default', () => {
  const cluster = { ...object, kind: 'ClusterFQDNNetworkPolicy', namespace: '' } as const;
  const [event] = eventsOf(cluster, [], [is('Accepted', 'False', 'Invalid')], by);
  assert.equal(event?.metadata.namespace, 'default');
  assert.equal(event.regarding['namespace'], undefined);
});
