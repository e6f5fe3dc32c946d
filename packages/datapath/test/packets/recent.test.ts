/** Which answers are kept for later policies where several names have the same places. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NwAnswerSize } from '../../src/gen/enums.gen.ts';
import { a, answer, ask, asking } from './asking.ts';
import { query, response, TYPE } from './messages.ts';
import { mapped } from './frames.ts';
import { ENDPOINT, MINUTE, type World } from './world.ts';

const WAYS = NwAnswerSize.ANSWER_WAYS;

/** Names whose answers may be kept in the same records, and no others. */
function rivals(world: World, count: number): string[] {
  const bySet = new Map<number, string[]>();
  for (let i = 0; ; i++) {
    const name = `n${i}.other.example`;
    const { first } = world.recordOf(name);
    const set = [...(bySet.get(first) ?? []), name];
    if (set.length === count) return set;
    bySet.set(first, set);
  }
}

/** The pod asks for the name a minute after what it did before, and learns an address. */
function resolve(world: World, name: string): void {
  world.advance(MINUTE);
  ask(world, query(name));
  world.give('pod_in', answer(response(name, TYPE.A, [a('203.0.113.1')])));
}

const kept = (world: World, names: readonly string[]): boolean[] =>
  names.map((name) => world.recent(name) !== undefined);

describe('names with the same places', () => {
  test(`are kept, ${WAYS} of them`, () => {
    using world = asking();
    const names = rivals(world, WAYS);
    for (const name of names) resolve(world, name);
    assert.deepEqual(kept(world, names), [true, true, true, true]);
  });

  test('give way to the next, the one that was answered longest ago', () => {
    using world = asking();
    const names = rivals(world, WAYS + 1);
    const [first = '', second = '', ...others] = names;
    for (const name of [first, second, ...others.slice(0, -1)]) resolve(world, name);
    resolve(world, first);
    resolve(world, others.at(-1) ?? '');
    assert.deepEqual(kept(world, names), [true, false, true, true, true]);
  });

  test('a record of a pod that is gone gives way first', () => {
    using world = asking();
    const names = rivals(world, WAYS + 1);
    for (const name of names.slice(0, WAYS)) resolve(world, name);
    const { first } = world.recordOf(names[0] ?? '');
    const strange = first + 2;
    const record = world.maps.answers.get(strange);
    assert.ok(record);
    world.maps.answers.set(strange, { ...record, endpoint: record.endpoint + 256 });
    resolve(world, names[WAYS] ?? '');
    assert.equal(world.maps.answers.get(strange)?.nameHash, world.recordOf(names[WAYS] ?? '').hash);
  });
});

test('an address that two names of one selector have is known by the one that lets it live longer', () => {
  using world = asking();
  const [long, short] = ['long.other.example', 'short.other.example'] as const;
  for (const [name, ttl] of [
    [long, 600],
    [short, 60],
  ] as const) {
    ask(world, query(name));
    const records = [a('203.0.113.1', undefined, { ttl })];
    world.give('pod_in', answer(response(name, TYPE.A, records)));
  }
  const learned = world.maps.learned.get({ endpoint: ENDPOINT, address: mapped('203.0.113.1') });
  assert.equal(learned?.names[0], world.recordOf(long).hash);
});
