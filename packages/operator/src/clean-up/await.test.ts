import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type KubeApi, KubeError } from '../kubernetes/api.ts';
import { type DaemonSet, awaitClean, progressOf } from './await.ts';

const at = (generation: number, status: DaemonSet['status'] & object): DaemonSet => ({
  metadata: { generation },
  status,
});

const STATES: readonly (readonly [what: string, state: DaemonSet, done: boolean, text: string])[] = [
  ['before its controller has seen it', { metadata: { generation: 1 } }, false, 'no node is known yet'],
  [
    'while the controller has seen an older one',
    at(2, { observedGeneration: 1, desiredNumberScheduled: 3, numberReady: 3 }),
    false,
    'no node is known yet',
  ],
  [
    'while a node is behind',
    at(1, { observedGeneration: 1, desiredNumberScheduled: 3, numberReady: 2 }),
    false,
    '2 of 3 nodes are clean',
  ],
  [
    'when all are',
    at(1, { observedGeneration: 1, desiredNumberScheduled: 3, numberReady: 3 }),
    true,
    '3 of 3 nodes are clean',
  ],
  ['where there is no node', at(1, { observedGeneration: 1 }), true, '0 of 0 nodes are clean'],
];
for (const [what, state, done, text] of STATES) {
  test(`clean or not ${what}`, () => {
    assert.deepEqual(progressOf(state), { done, text });
  });
}

test('it ends when the last node is clean, and says each step once', async () => {
  const ready = [0, 0, undefined, 1, 2];
  const paths: string[] = [];
  const api: KubeApi = {
    request: <T>(_method: string, path: string) => {
      paths.push(path);
      const numberReady = ready.shift();
      if (numberReady === undefined) return Promise.reject(new KubeError(503, 'ServiceUnavailable', 'not now'));
      return Promise.resolve(at(1, { observedGeneration: 1, desiredNumberScheduled: 2, numberReady }) as T);
    },
  };
  const said: string[] = [];
  await awaitClean({ api, namespace: 'n', name: 'd', again: () => Promise.resolve(), say: (text) => said.push(text) });
  assert.deepEqual(said, [
    '0 of 2 nodes are clean',
    'the API server does not tell: not now',
    '1 of 2 nodes are clean',
    '2 of 2 nodes are clean',
  ]);
  assert.equal(paths[0], '/apis/apps/v1/namespaces/n/daemonsets/d');
});
