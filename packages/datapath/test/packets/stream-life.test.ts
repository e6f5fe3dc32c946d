import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { a } from './asking.ts';
import { TCP } from './frames.ts';
import { query, response, TYPE, wire } from './messages.ts';
import { framed, NAME, talking } from './streaming.ts';
import { ACTION, MINUTE } from './world.ts';

const FORBIDDEN = query(wire('other.example'));

describe('a connection to a resolver', () => {
  test('that the pod has closed for itself still gets its answers, and they teach', () => {
    using scene = talking();
    const { talk, world } = scene;
    assert.equal(talk.pod(framed(query(NAME)), { flags: TCP.FIN }).action, ACTION.PASS);
    const outcome = talk.resolver(framed(response(NAME, TYPE.A, [a('203.0.113.1')])));
    assert.deepEqual([outcome.action, outcome.counted], [ACTION.PASS, ['ANSWER_LEARNED', 'LEARN_NEW']]);
    assert.deepEqual(world.learned('203.0.113.1'), [1]);
  });

  test('that the resolver has closed for itself is judged as before', () => {
    using scene = talking();
    const { talk } = scene;
    talk.resolver('', { flags: TCP.FIN });
    assert.equal(talk.pod(framed(query(NAME))).action, ACTION.PASS);
    assert.equal(talk.pod(framed(FORBIDDEN)).action, ACTION.REDIRECT);
  });

  test('is followed for a day, a question every two hours', () => {
    using scene = talking();
    const { talk, world } = scene;
    for (let turn = 1; turn <= 12; turn++) {
      const id = 0x1000 + turn;
      const address = `203.0.113.${turn}`;
      assert.equal(talk.pod(framed(query(NAME, TYPE.A, { id }))).action, ACTION.PASS, `question ${turn}`);
      const { counted } = talk.resolver(framed(response(NAME, TYPE.A, [a(address)], { id })));
      assert.deepEqual(counted, ['ANSWER_LEARNED', 'LEARN_NEW'], `answer ${turn}`);
      assert.deepEqual(world.learned(address), [1]);
      world.advance(120n * MINUTE);
    }
    assert.equal(talk.pod(framed(FORBIDDEN)).action, ACTION.REDIRECT);
  });
});
