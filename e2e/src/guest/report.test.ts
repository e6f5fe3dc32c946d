import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConsole } from './report.ts';

const WHOLE = `guest: kernel 6.1.0-56-cloud-amd64 2.91
program            verified     budget   machine code
pod_in                52852      59322          14100
pod_out              142906     130122          36043
guest: verifier 0 9.5
TAP version 13
ok 1 - a test
# pass 12
# fail 0
# cancelled 0
# skipped 0
# todo 0
guest: packets 0 30.5
# pass 2
# fail 0
guest: live 0 41.2
guest: end 41.5
`;

test('a whole run is read', () => {
  const { stages, verified, ...rest } = readConsole(WHOLE);
  assert.deepEqual([...stages], Object.entries({ verifier: 0, packets: 0, live: 0 }));
  assert.deepEqual([...verified], Object.entries({ pod_in: 52852, pod_out: 142906 }));
  assert.deepEqual(rest, { kernel: '6.1.0-56-cloud-amd64', passed: 14, failed: 0, skipped: 0, ended: true });
});

test('a run that broke off has neither its last stage nor an end', () => {
  const { stages, ended } = readConsole(WHOLE.replace(/guest: live[^]*/, 'Kernel panic - not syncing: panic_on_warn'));
  assert.deepEqual([[...stages.keys()], ended], [['verifier', 'packets'], false]);
});

test('failures, and tests that did not run, are counted over all stages', () => {
  const text = WHOLE.replace('# fail 0', '# fail 3').replace('# skipped 0', '# skipped 1');
  const { stages, failed, skipped } = readConsole(
    text.replace('# cancelled 0', '# cancelled 2').replace('packets 0', 'packets 1'),
  );
  assert.deepEqual([stages.get('packets'), failed, skipped], [1, 3, 3]);
});
