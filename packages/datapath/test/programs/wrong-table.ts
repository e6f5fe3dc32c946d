/** A packet table that is wrong: run under another kernel, to show that a failure there is told. */
import { test } from 'node:test';
import { asking } from '../packets/asking.ts';
import { POD, udp } from '../packets/frames.ts';
import { query } from '../packets/messages.ts';
import { ACTION, RESOLVER } from '../packets/world.ts';

test('a forbidden name is let through', () => {
  using world = asking();
  const ends = { source: POD, destination: RESOLVER, sourcePort: 40000, destinationPort: 53 };
  world.expect('pod_out', udp(ends, query('other.example.org')), ACTION.PASS, ['QUERY_ALLOWED']);
});
