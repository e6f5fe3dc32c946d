import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ADDRESS_ANNOTATION,
  type Lease,
  type LeaseSpec,
  claimed,
  isFree,
  microTime,
  released,
  sight,
} from './lease.ts';

const wall = new Date('2026-01-02T03:04:05.678Z');

function lease(spec: LeaseSpec | undefined, annotations: Readonly<Record<string, string>> = {}): Lease {
  const metadata = { name: 'l', namespace: 'n', resourceVersion: '7', annotations };
  return { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, ...(spec && { spec }) };
}

const held: LeaseSpec = { holderIdentity: 'a', leaseDurationSeconds: 15, renewTime: '1970-01-01T00:00:00.000000Z' };

test('a Lease is free when nobody holds it or its holder kept still as long as it promised', () => {
  const rows: [string, LeaseSpec | undefined, number, boolean][] = [
    ['never held', undefined, 0, true],
    ['released', { ...held, holderIdentity: '' }, 0, true],
    ['seen a moment ago, renewed half a century ago by its own clock', held, 1, false],
    ['just before the end', held, 14_999, false],
    ['at the end', held, 15_000, true],
    ['a holder that promises less', { ...held, leaseDurationSeconds: 3 }, 3_000, true],
  ];
  for (const [name, spec, later, free] of rows) {
    const seen = sight(undefined, lease(spec), 1_000);
    assert.equal(isFree(lease(spec), seen, 1_000 + later), free, name);
  }
});

test('a sighting begins anew with each renewal, and not with what others write into metadata', () => {
  const first = sight(undefined, lease(held), 1);
  assert.equal(sight(first, lease(held, { 'example.com/note': 'x' }), 9), first);
  assert.deepEqual(sight(first, lease({ ...held, renewTime: 'later' }), 9).since, 9);
});

test('taking it over counts, renewing it does not; foreign annotations stay', () => {
  const claim = { identity: 'b', address: '192.0.2.1:9444', seconds: 15, wall };
  const first = claimed(lease(undefined), claim);
  assert.deepEqual(first.spec, {
    holderIdentity: 'b',
    leaseDurationSeconds: 15,
    acquireTime: '2026-01-02T03:04:05.678000Z',
    renewTime: '2026-01-02T03:04:05.678000Z',
    leaseTransitions: 0,
  });
  const later = claimed(first, { ...claim, wall: new Date('2026-01-02T03:04:07.000Z') });
  const { acquireTime, renewTime } = later.spec ?? {};
  assert.deepEqual([acquireTime, renewTime], ['2026-01-02T03:04:05.678000Z', '2026-01-02T03:04:07.000000Z']);
  const over = claimed(lease(held, { note: 'x' }), claim);
  assert.equal(over.spec?.leaseTransitions, 1);
  assert.deepEqual(over.metadata.annotations, { note: 'x', [ADDRESS_ANNOTATION]: '192.0.2.1:9444' });
  assert.equal(over.metadata.resourceVersion, '7', 'conditional');
  const end = released(over, wall);
  assert.deepEqual([end.spec?.holderIdentity, end.metadata.annotations], ['', { note: 'x' }]);
});

test('MicroTime has six digits', () => {
  assert.equal(microTime(wall), '2026-01-02T03:04:05.678000Z');
});
