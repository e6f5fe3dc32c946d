import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type EncodedResource, encodeResource } from '../resource.ts';
import { difference } from './difference.ts';
import { Wanted } from './wanted.ts';

const RULESET = 2;
const ENDPOINT = 3;

const ruleset = (name: string): EncodedResource => encodeResource(RULESET, name, Buffer.from(name));
const endpoint = (name: string, needs: string): EncodedResource =>
  encodeResource(ENDPOINT, name, Buffer.from(needs), { type: RULESET, name: needs });
const versions = (...resources: EncodedResource[]) => new Map(resources.map(({ key, text }) => [key, text]));
const named = ({ upserts, removals }: ReturnType<typeof difference>) => [
  upserts.map(({ name }) => name),
  removals.map(({ name }) => name),
];

const held = versions(ruleset('old'), endpoint('pod', 'old'), endpoint('gone', 'old'));
const wanted = new Wanted();
wanted.change(
  { upserts: [ruleset('new'), ruleset('other'), endpoint('pod', 'new'), endpoint('young', 'other')], removals: [] },
  '',
);
const between = (had: Map<string, string>, rejected: Map<string, string>) =>
  difference(new Set([...wanted.resources.keys(), ...had.keys()]), had, wanted.resources, rejected);

test('what is not held is sent, what is not wanted is removed', () => {
  assert.deepEqual(named(between(held, new Map())), [
    ['new', 'other', 'pod', 'young'],
    ['old', 'gone'],
  ]);
});

test('with a refused ruleset its endpoints are held back, and the rulesets they may still have stay', () => {
  assert.deepEqual(named(between(held, versions(ruleset('new')))), [['other', 'young'], ['gone']]);
});

test('an endpoint that is held already keeps nothing back', () => {
  const now = versions(ruleset('old'), endpoint('pod', 'new'));
  assert.deepEqual(named(between(now, versions(ruleset('new')))), [['other', 'young'], ['old']]);
});
