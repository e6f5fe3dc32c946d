import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type EncodedResource, encodeResource, resourceKey } from '../resource.ts';
import { difference, versionHex, wantedOf } from './difference.ts';

const RULESET = 2;
const ENDPOINT = 3;

const ruleset = (name: string): EncodedResource => encodeResource(RULESET, name, Buffer.from(name));
const endpoint = (name: string, needs: string): EncodedResource => ({
  ...encodeResource(ENDPOINT, name, Buffer.from(needs)),
  needs: { type: RULESET, name: needs },
});
const versions = (...resources: EncodedResource[]) =>
  new Map(resources.map((one) => [resourceKey(one), versionHex(one)]));
const named = ({ upserts, removals }: ReturnType<typeof difference>) => [
  upserts.map(({ name }) => name),
  removals.map(({ name }) => name),
];

const held = versions(ruleset('old'), endpoint('pod', 'old'), endpoint('gone', 'old'));
const wanted = wantedOf([ruleset('new'), ruleset('other'), endpoint('pod', 'new'), endpoint('young', 'other')]);

test('what is not held is sent, what is not wanted is removed', () => {
  assert.deepEqual(named(difference(held, wanted, new Map())), [
    ['new', 'other', 'pod', 'young'],
    ['old', 'gone'],
  ]);
});

test('with a refused ruleset its endpoints are held back, and the rulesets they may still have stay', () => {
  assert.deepEqual(named(difference(held, wanted, versions(ruleset('new')))), [['other', 'young'], ['gone']]);
});

test('an endpoint that is held already keeps nothing back', () => {
  const now = versions(ruleset('old'), endpoint('pod', 'new'));
  assert.deepEqual(named(difference(now, wanted, versions(ruleset('new')))), [['other', 'young'], ['old']]);
});
