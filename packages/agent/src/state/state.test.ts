import { test } from 'node:test';
import assert from 'node:assert/strict';
import { type Resource, ResourceType, encodeEndpoint, encodeResource, encodeRuleset } from '@namewall/protocol';
import { EMPTY_STATE, advance } from './state.ts';

const ID = 'ab'.repeat(16);
const row = { precedence: 3000, protocol: 0, portFirst: 0, portLast: 65535, flags: 0, policy: 0 };
const durations = { ttlFloor: 0n, ttlCeiling: 0n, ttlGrace: 0n, idleWindow: 0n };
const ruleset = (selector = 'v1|n|a.example', rows = 1, id = ID): Resource =>
  encodeRuleset(id, {
    flags: 1,
    names: [{ selector, query: 1, rows: Array.from({ length: rows }, () => row) }],
    cidrs: [],
    durations,
    policies: [],
  });
const pod = (id = ''): Resource => {
  const { type, name, version, body } = encodeEndpoint({
    uid: 'u',
    namespace: 'n',
    name: 'p',
    ruleset: id,
    search: [],
    addresses: [],
    netns: '',
    dnsPolicy: '',
  });
  return { type, name, version, body };
};
const reasons = (...upserts: Resource[]): string[] => {
  const result = advance(EMPTY_STATE, { upserts, removals: [] });
  return result.ok ? [] : result.errors.map(({ reason }) => reason);
};

test('a change makes the next state and leaves the old one', () => {
  const first = advance(EMPTY_STATE, { upserts: [ruleset(), pod(ID)], removals: [] });
  assert.ok(first.ok);
  assert.deepEqual([first.state.rulesets.size, first.state.endpoints.size, first.state.resources.size], [1, 1, 2]);
  const second = advance(first.state, {
    upserts: [pod()],
    removals: [{ type: ResourceType.RESOURCE_TYPE_RULESET, name: ID }],
  });
  assert.ok(second.ok);
  assert.deepEqual([second.state.rulesets.size, first.state.rulesets.size], [0, 1]);
});

test('what cannot be enforced is refused with its reason', () => {
  assert.deepEqual(reasons(pod(ID)), ['UnknownRuleset']);
  assert.deepEqual(reasons(ruleset('v1|n|A.example')), ['BadSelector']);
  assert.deepEqual(reasons(ruleset('v1|n|a.example', 17)), ['TooManyRows']);
  assert.deepEqual(reasons(ruleset('v1|n|a.example', 1, 'short')), ['BadName']);
  assert.deepEqual(reasons(encodeResource(ResourceType.RESOURCE_TYPE_RULESET, ID, Uint8Array.of(255))), ['BadBody']);
  assert.deepEqual(reasons({ ...pod(), name: 'other' }), ['BadUid']);
});

test('a type that is not known is left out', () => {
  const result = advance(EMPTY_STATE, { upserts: [{ ...pod(), type: 99 }], removals: [{ type: 98, name: 'x' }] });
  assert.ok(result.ok);
  assert.equal(result.state.resources.size, 0);
});
