import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { NwRulesetFlag } from '@namewall/datapath';
import { flagged, nodeConfig, pod, ruleset } from './lab/policy.ts';
import { World, clearLeftovers } from './lab/world.ts';

before(clearLeftovers);

test('a pod is selected from when something is enforced, not by an audited policy, nor anew by an edit', async () => {
  const { HAS_AUDIT, AUDIT_ONLY } = NwRulesetFlag;
  const audited = flagged(HAS_AUDIT | AUDIT_ONLY, 'v1|n|a.example');
  const [first, edited] = [ruleset('v1|n|a.example'), ruleset('v1|n|a.example', 'v1|n|b.example')];
  await using world = new World();
  const netns = world.addPod('p1');
  const server = await world.operator();
  await world.start().said('agent ready');
  await world.apply(server, [nodeConfig(), pod('u1', netns)]);
  using pins = world.pins();
  const selectedAt = async ({ id, resource }: ReturnType<typeof ruleset>): Promise<bigint> => {
    await world.apply(server, [nodeConfig(), resource, pod('u1', netns, id)]);
    const { endpoint } = pins.maps.pods.get({ uid: 'u1' }) ?? assert.fail();
    return pins.maps.endpoints.get(endpoint & (pins.sizes.endpoints - 1))?.selectedAt ?? assert.fail();
  };
  assert.equal(await selectedAt(audited), 0n);
  const began = pins.now();
  const selected = await selectedAt(first);
  assert.ok(selected >= began);
  assert.equal(await selectedAt(edited), selected);
  assert.equal(await selectedAt(audited), 0n);
  assert.ok((await selectedAt(first)) > selected);
});
