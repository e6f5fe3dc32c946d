import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type KubeApi, KubeError } from '../kubernetes/api.ts';
import { Term } from './term.ts';

const HOUR = 3_600_000;

/** A term of an hour on a clock that stands until it is set. */
function world() {
  let now = 5;
  const calls: string[] = [];
  const api: KubeApi = {
    request: (method, path, { signal } = {}) => {
      calls.push(`${method} ${path}`);
      const { promise, reject } = Promise.withResolvers<never>();
      signal?.addEventListener('abort', () => reject(new KubeError(0, 'AbortError', 'given up')));
      return promise;
    },
  };
  const clock = { monotonic: () => now, wall: () => new Date(0), sleep: () => Promise.resolve() };
  const stop = new AbortController();
  const term = new Term(api, clock, HOUR, 0, stop.signal);
  return { term, calls, stop, at: (time: number) => (now = time) };
}

const notLeading = { name: 'KubeError', reason: 'NotLeading' };

test('a process that was stopped past the deadline writes nothing, though no timer has told it yet', async () => {
  const { term, calls, at } = world();
  at(HOUR);
  await assert.rejects(term.request('PUT', '/a'), notLeading);
  assert.deepEqual([calls, term.lost, term.signal.aborted], [[], true, true]);
});

test('a renewal counts from when its call began', async () => {
  const { term, calls, at } = world();
  at(HOUR - 1);
  term.renewed(1_000);
  at(HOUR + 999);
  const under = term.request('PUT', '/a');
  assert.deepEqual(calls, ['PUT /a']);
  at(HOUR + 1_000);
  assert.equal(term.holds(), false);
  await assert.rejects(under, { reason: 'AbortError' }, 'what is under way is given up');
});

test('a planned end is no loss, and stays none', async () => {
  const { term, stop, at } = world();
  stop.abort();
  at(2 * HOUR);
  assert.equal(term.holds(), false);
  term.lose('late');
  assert.deepEqual([term.lost, term.reason], [false, 'asked to stop']);
  await assert.rejects(term.request('GET', '/a'), notLeading);
});

test('begins over where the signal has aborted or the deadline has passed', () => {
  const aborted = AbortSignal.abort();
  const clock = { monotonic: () => 9, wall: () => new Date(0), sleep: () => Promise.resolve() };
  const api: KubeApi = { request: () => Promise.reject(new Error('not called')) };
  assert.equal(new Term(api, clock, HOUR, 0, aborted).holds(), false);
  assert.equal(new Term(api, clock, 9, 0, new AbortController().signal).holds(), false);
});
