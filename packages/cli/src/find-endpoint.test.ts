import { test } from 'node:test';
import assert from 'node:assert/strict';
import { CliError } from './errors.ts';
import { findEndpoint } from './find-endpoint.ts';

const ENDPOINTS = [
  { uid: 'u-1', namespace: 'shop', name: 'checkout-7d9f', number: 3 },
  { uid: 'u-2', namespace: 'shop', name: 'cart', number: 4 },
  { uid: 'u-3', namespace: 'shop', name: 'late', number: 0, reason: 'NoNetns', message: 'not there yet' },
];

const refusal = (message: RegExp) => (error: unknown) =>
  error instanceof CliError && error.exitCode === 2 && message.test(`${error.message}; ${error.fix}`);

test('a pod is found by namespace and name, by number, by UID', () => {
  for (const text of ['shop/checkout-7d9f', '3', 'u-1']) assert.equal(findEndpoint(text, ENDPOINTS).uid, 'u-1');
});

test('an unknown one is answered with those that are near', () => {
  assert.throws(() => findEndpoint('shop/checkout', ENDPOINTS), refusal(/did you mean shop\/checkout-7d9f;/));
  assert.throws(() => findEndpoint('shop/carr', ENDPOINTS), refusal(/did you mean shop\/cart;/));
  assert.throws(
    () => findEndpoint('12345', ENDPOINTS),
    refusal(/there are shop\/cart, shop\/checkout-7d9f, shop\/late;/),
  );
  assert.throws(() => findEndpoint('a/b', []), refusal(/no pod is known here/));
});

test('one that is not attached says why', () => {
  assert.throws(() => findEndpoint('shop/late', ENDPOINTS), refusal(/not attached \(NoNetns: not there yet\)/));
});
