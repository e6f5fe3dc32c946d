import assert from 'node:assert/strict';
import { test } from 'node:test';
import { a, answer, ask, asking, NAME } from './asking.ts';
import { POD, TCP, tcp } from './frames.ts';
import { Loaded } from './loaded.ts';
import { response, TYPE } from './messages.ts';
import { ACTION, MINUTE } from './world.ts';

const ADDRESS = '203.0.113.1';

/** Every entry of every map but the ring of events, which has none. */
function contents(): string[] {
  const loaded = Loaded.borrow();
  try {
    const { events: _, ...maps } = loaded.maps;
    const entries = Object.entries(maps).flatMap(([name, map]) =>
      [...('raw' in map ? map.raw : map).entries()].map((entry) => `${name} ${Buffer.concat(entry).toString('hex')}`),
    );
    return [...entries, `index ${Buffer.from(loaded.index.bytes).toString('hex')}`];
  } finally {
    loaded.giveBack();
  }
}

test('a world that was used leaves nothing to the next', () => {
  const before = contents();
  {
    using world = asking();
    ask(world);
    world.expect('pod_in', answer(response(NAME, TYPE.A, [a(ADDRESS)])), ACTION.PASS, ['ANSWER_LEARNED', 'LEARN_NEW']);
    const syn = tcp({ source: POD, destination: ADDRESS, sourcePort: 5, destinationPort: 443 }, { flags: TCP.SYN });
    world.expect('pod_out', syn, ACTION.PASS, ['PASS_NAME']);
    world.search(['cluster.example']);
    world.advance(MINUTE);
  }
  assert.deepEqual(contents(), before);
});
