import assert from 'node:assert/strict';
import type { ReasonName } from '../../src/counters.ts';
import { NwRulesetFlag } from '../../src/gen/enums.gen.ts';
import { addressOctets, POD, udp } from './frames.ts';
import { pointer, QNAME, query, record, TYPE } from './messages.ts';
import { ACTION, RESOLVER, World } from './world.ts';

/** The name that the pod may ask for and does. */
export const NAME = 'api.example.com';
const { FILTER_NAMES, ISOLATED } = NwRulesetFlag;
export const a = (address: string, owner: string | Buffer = pointer(QNAME), options = {}): Buffer =>
  record(owner, TYPE.A, addressOctets(address), options);
export const cname = (owner: string | Buffer, target: Buffer, options = {}): Buffer =>
  record(owner, TYPE.CNAME, target, options);

/** A world whose pod may ask for NAME (handle 1) and *.other.example (handle 2). */
export function asking(): World {
  const world = new World();
  world.select(FILTER_NAMES | ISOLATED, [{ select: NAME }, { select: '*.other.example' }]);
  return world;
}

export function ask(world: World, message: Uint8Array = query(NAME), port = 40000): void {
  const frame = udp({ source: POD, destination: RESOLVER, sourcePort: port, destinationPort: 53 }, message);
  assert.equal(world.run('pod_out', frame).action, ACTION.PASS);
}

export const answer = (message: Uint8Array, options = {}, port = 40000): Buffer =>
  udp({ source: RESOLVER, destination: POD, sourcePort: 53, destinationPort: port }, message, options);

/** Asks for NAME, gives the answer and asserts that it passed unchanged and what was counted. */
export function given(world: World, message: Uint8Array, counted: readonly ReasonName[], type: number = TYPE.A): void {
  ask(world, query(NAME, type));
  const frame = answer(message);
  assert.deepEqual(Buffer.from(world.expect('pod_in', frame, ACTION.PASS, counted)), frame);
}
