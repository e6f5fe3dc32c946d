/** The oldest kernel that we support: its verifier takes every program, verdicts are the same, clsact hooks carry traffic. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { bootGuest, type Guest } from '../src/guest/boot.ts';

/** Seconds; a free machine takes a fifth of it. */
const DEADLINE = 420;
const STAGES = readFileSync(join(import.meta.dirname, '../src/guest/stages.sh'), 'utf8');
const elsewhere = process.arch === 'x64' ? false : 'the guest is an x86-64 one, of this machine’s own programs';

const why = ({ late, seconds, console }: Guest): string =>
  `${late ? 'was ended' : 'ended'} after ${seconds.toFixed(0)} s; the guest's console:\n${console}`;

const tell = (line: string): void => {
  if (line.startsWith('guest: ')) console.log(`${line} s`);
};

describe('a virtual machine with Linux 6.1', { skip: elsewhere }, () => {
  test('loads the datapath, passes its packet tables and judges live traffic; a table that is wrong fails there', async (t) => {
    const guest = await bootGuest({ stages: STAGES, deadline: DEADLINE, onLine: tell });
    assert.deepEqual([guest.late, guest.ended], [false, true], why(guest));
    assert.deepEqual([...guest.stages], Object.entries({ verifier: 0, packets: 1, live: 0 }), why(guest));
    assert.deepEqual([guest.failed, guest.skipped], [1, 0], why(guest));
    assert.match(guest.console, /^not ok \d+ - a forbidden name is let through$/m, why(guest));
    assert.match(guest.kernel ?? '', /^6\.1\./);
    const verified = [...guest.verified].map(([name, count]) => `${name} ${count}`);
    t.diagnostic(`${guest.kernel}: ${guest.passed} tests in ${guest.seconds.toFixed(1)} s`);
    t.diagnostic(`instructions walked: ${verified.join(', ')}`);
  });

  test('that hangs is ended', async () => {
    const guest = await bootGuest({ stages: 'sleep infinity', deadline: 10 });
    assert.deepEqual([guest.late, guest.ended], [true, false], why(guest));
  });
});
