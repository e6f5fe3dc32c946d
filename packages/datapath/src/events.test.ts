import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeEvent } from './events.ts';
import { NwEventKind, NwReason } from './gen/enums.gen.ts';
import { Event } from './gen/structs.gen.ts';

const NAME = Uint8Array.from([1, 0x61, 4, 0x74, 0x65, 0x73, 0x74, 0]);

function cut(nameLength: number): Uint8Array {
  const event = Event.read(new Uint8Array(Event.size));
  const bytes = Event.encode({
    ...event,
    kind: NwEventKind.QUERY,
    reason: NwReason.QUERY_NO_RULE,
    remotePort: 53,
    nameLength,
    name: NAME.subarray(0, nameLength),
  });
  return bytes.subarray(0, Event.offsets.name + nameLength);
}

test('an event is cut behind its name', () => {
  const event = decodeEvent(cut(NAME.length));
  assert.deepEqual(event.name, NAME);
  assert.equal(event.remotePort, 53);
  assert.equal(event.reason, NwReason.QUERY_NO_RULE);
  assert.equal(decodeEvent(cut(0)).name.length, 0);
});

test('an event shorter than it says is refused', () => {
  assert.throws(() => decodeEvent(cut(NAME.length).subarray(0, Event.offsets.name + 3)), /says that its name has 8/);
  assert.throws(() => decodeEvent(new Uint8Array(10)), /an event of 10 octets/);
});
