/** What a real API server cannot be made to do on demand; e2e/api/source-outage.test.ts has the rest. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KubeError } from './api.ts';
import { type ApiObject, listWatch } from './list-watch.ts';

interface Script {
  /** Pages of each list; an error ends it. */
  readonly lists: readonly (readonly (readonly ApiObject[] | KubeError)[])[];
  /** Lines of each watch. */
  readonly watches: readonly (readonly object[])[];
}

function object(name: string, uid: string, resourceVersion = '1'): ApiObject {
  return { metadata: { name, namespace: 'n', uid, resourceVersion } };
}

const gone = { type: 'ERROR', object: { code: 410, reason: 'Expired', message: 'too old' } };
const added = (one: ApiObject) => ({ type: 'ADDED', object: one });

/** Plays a script until one of its parts is at its end. @returns what the handler and the log were told, in order */
async function play({ lists, watches }: Script): Promise<string[]> {
  const told: string[] = [];
  const stop = new AbortController();
  let list = 0;
  let watch = 0;
  const request = (
    _method: string,
    _path: string,
    { query = {} }: { query?: Readonly<Record<string, string>> } = {},
  ) => {
    const at = Number(query['continue'] ?? 0);
    const page = lists[list]?.[at];
    if (page === undefined || page instanceof KubeError) {
      if (lists[list++] === undefined) stop.abort();
      return Promise.reject(page ?? new KubeError(500, 'End', 'the script ends'));
    }
    const more = lists[list]?.[at + 1] === undefined ? {} : { continue: String(at + 1) };
    if (more.continue === undefined) list++;
    return Promise.resolve({ metadata: { resourceVersion: String(list), ...more }, items: page });
  };
  async function* lines(): AsyncGenerator<string> {
    const script = watches[watch++];
    if (script === undefined) stop.abort();
    for (const line of script ?? []) yield await Promise.resolve(JSON.stringify(line));
  }
  const handler = {
    set: ({ metadata: { name, uid } }: ApiObject) => void told.push(`set ${name} ${uid}`),
    delete: (key: string) => void told.push(`delete ${key}`),
    listed: () => void told.push('listed'),
  };
  const onProblem = (_problem: string, wait: number, failures: number) => void told.push(`${failures}: ${wait} ms`);
  const http = { request, lines } as unknown as Parameters<typeof listWatch>[0]['http'];
  await listWatch({ path: '/api/v1/pods', handler, http, onProblem, random: () => 0 }, stop.signal);
  return told;
}

test('a later list: what is gone goes first, whatever page has what is new', async () => {
  const told = await play({
    lists: [
      [[object('a', '1')], [object('b', '2')]],
      [[object('c', '3')], [object('b', '2')]],
    ],
    watches: [[gone]],
  });
  assert.deepEqual(told, ['set a 1', 'set b 2', 'listed', '1: 0 ms', 'delete n/a', 'set c 3', 'listed']);
});

test('another object of a known name: the one before it goes first, listed or watched', async () => {
  const told = await play({
    lists: [[[object('a', '1')]], [[object('a', '2')]]],
    watches: [[gone], [added(object('a', '3', '9'))]],
  });
  const changes = told.filter((one) => !one.endsWith('ms'));
  const expected = ['set a 1', 'listed', 'delete n/a', 'set a 2', 'listed', 'delete n/a', 'set a 3'];
  assert.deepEqual(changes, expected);
});

test('the deletion of an object does not touch another one of the name', async () => {
  const told = await play({
    lists: [[[object('a', '2')]]],
    watches: [[{ type: 'DELETED', object: object('a', '1', '9') }]],
  });
  assert.deepEqual(told.slice(0, 2), ['set a 2', 'listed']);
  assert.ok(!told.includes('delete n/a'));
});

test('a list whose later part has expired is made anew, and nothing is told twice', async () => {
  const expired = new KubeError(410, 'Expired', 'the continue parameter is too old');
  const told = await play({
    lists: [
      [[object('a', '1')], expired],
      [[object('a', '1')], [object('b', '2')]],
    ],
    watches: [],
  });
  assert.deepEqual(told, ['set a 1', '1: 0 ms', 'set b 2', 'listed']);
});

test('versions that are gone as soon as they are told are not asked for without end', async () => {
  const told = await play({ lists: [[[]], [[]], [[]]], watches: [[gone], [gone], [gone]] });
  assert.deepEqual(told.slice(0, 5), ['listed', '1: 0 ms', 'listed', '2: 250 ms', 'listed']);
});

test('watches that end at once are waited for, longer and longer', async () => {
  const told = await play({ lists: [[[]]], watches: [[], [], []] });
  assert.deepEqual(told, ['listed', '1: 125 ms', '2: 250 ms', '3: 500 ms']);
});
