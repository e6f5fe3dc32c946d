/** A look-up and a connection over a cable. It also runs on the oldest kernel: e2e/src/guest/stages.sh. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { background, told } from './lab/program.ts';
import { selectedEndpoint } from './lab/selected.ts';
import { Cabled, clearLeftovers, Root } from './lab/world.ts';

before(clearLeftovers);

const FAR = '203.0.113.9';
const ALLOWED = 'api.example.com';

const program = (name: string): string => join(import.meta.dirname, 'programs', name);

for (const hook of ['clsact', 'auto'] as const) {
  test(`live, ${hook}: a pod looks up and reaches what it may, and is refused the rest at once`, async () => {
    using root = new Root();
    using cable = new Cabled();
    execFileSync('ip', ['-n', cable.host, 'addr', 'add', `${FAR}/32`, 'dev', 'cable0']);
    execFileSync('ip', ['-n', cable.pod, 'route', 'add', 'default', 'via', '198.51.100.1']);
    using started = new DisposableStack();
    started.use(await background(cable.host, process.execPath, program('far.ts'), FAR));
    const attempts = (...targets: readonly string[]): Promise<unknown> =>
      told(cable.pod, process.execPath, program('client.ts'), FAR, ...targets);

    assert.deepEqual(await attempts('other.example.com', FAR), [FAR, 'open'], 'the control: nothing is hooked');

    const dp = root.open({ hook });
    const number = selectedEndpoint(dp, FAR, ALLOWED);
    cable.onHost(() => dp.attach(number, cable.ends));
    assert.deepEqual(await attempts(FAR, 'other.example.com', FAR, ALLOWED, FAR), [
      'ECONNREFUSED',
      'EREFUSED',
      'ECONNREFUSED',
      FAR,
      'open',
    ]);
    const counters = dp.counters();
    const count = (...names: readonly Parameters<typeof counters.get>[0][]): (bigint | undefined)[] =>
      names.map((name) => counters.get(name));
    assert.deepEqual(count('REPLY_RESET', 'QUERY_NO_RULE', 'REPLY_REFUSED'), [2n, 1n, 1n]);
    assert.deepEqual(count('QUERY_ALLOWED', 'ANSWER_LEARNED', 'PASS_NAME'), [1n, 1n, 1n]);
  });
}
