import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isNetAdmin } from './net-admin.ts';
import { PodProjection } from './pods.ts';

const adding = (...add: string[]) => ({ securityContext: { capabilities: { add } } });

test('a container that stays and has CAP_NET_ADMIN, by whatever name', () => {
  for (const one of [adding('NET_ADMIN'), adding('CAP_NET_ADMIN'), adding('SYS_PTRACE', 'ALL')]) {
    assert.equal(isNetAdmin({ containers: [{}, one] }), true);
  }
  assert.equal(isNetAdmin({ containers: [{ securityContext: { privileged: true } }] }), true);
  assert.equal(isNetAdmin({ ephemeralContainers: [adding('NET_ADMIN')] }), true);
  assert.equal(isNetAdmin({ initContainers: [{ restartPolicy: 'Always', ...adding('NET_ADMIN') }] }), true);
});

test('others are none, nor are containers that are over before the pod begins', () => {
  assert.equal(isNetAdmin({ containers: [{}, adding('NET_RAW'), { securityContext: {} }] }), false);
  assert.equal(isNetAdmin({ initContainers: [adding('NET_ADMIN')] }), false);
  assert.equal(isNetAdmin({}), false);
});

test('of a pod only that is kept', () => {
  const { spec } = new PodProjection().of({
    metadata: { name: 'a', uid: 'u', resourceVersion: '1' },
    spec: { nodeName: 'n1', containers: [adding('NET_ADMIN')] },
  });
  assert.deepEqual(spec, { nodeName: 'n1', netAdmin: true });
});
