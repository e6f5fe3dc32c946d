import assert from 'node:assert/strict';
import { test } from 'node:test';
import { live } from '../src/live/live.ts';
import { OBJECT } from '../src/options.ts';
import { reference } from '../src/reference/reference.ts';

const options = { corpus: [], messages: 1_000, seed: Math.floor(Math.random() * 2 ** 32), objectPath: OBJECT };

test('over real connections the datapath and the reference agree', async (t) => {
  const { messages, taught, refused, seconds, problems } = await live({ ...options, reference });
  t.diagnostic(`seed ${options.seed}; ${messages} messages, ${taught} taught, ${refused} refused, ${seconds} s`);
  assert.deepEqual(problems, []);
  assert(taught > 0 && refused > 0);
});

test('with a reference that is wrong they do not (the control)', async () => {
  const wrong = {
    ...reference,
    answer: (...message: Parameters<typeof reference.answer>) => ({
      ...reference.answer(...message),
      addresses: new Map(),
    }),
  };
  const { problems } = await live({ ...options, messages: 200, reference: wrong });
  assert.match(problems.join('\n'), /other addresses are learned/);
});
