import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NwResolver } from '@namewall/datapath';
import { planResolvers } from './resolvers.ts';

const address = Buffer.alloc(16, 1);

test('each resolver brings its encrypted ports, and stays plain where it is configured on one', () => {
  const kinds = (port: number, protocol: number, wanted: { port: number; protocol: number }) =>
    planResolvers([{ address, port, protocol }]).findLast(
      ([key]) => key.port === wanted.port && key.protocol === wanted.protocol,
    )?.[1];
  assert.equal(kinds(53, 17, { port: 53, protocol: 17 }), NwResolver.PLAIN);
  assert.equal(kinds(53, 17, { port: 853, protocol: 6 }), NwResolver.ENCRYPTED);
  assert.equal(kinds(53, 17, { port: 853, protocol: 17 }), NwResolver.ENCRYPTED);
  assert.equal(kinds(853, 17, { port: 853, protocol: 17 }), NwResolver.PLAIN);
});
