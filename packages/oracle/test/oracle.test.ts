import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, describe, test } from 'node:test';
import { readFinding } from '../src/cases/case.ts';
import { OBJECT } from '../src/options.ts';
import { type Report, type RunOptions, replay, run } from '../src/run.ts';
import { verdictOfPacket } from '../src/spec/connection.ts';
import type { Verdict } from '../src/spec/verdict.ts';
import type { Judge } from '../src/scene.ts';

const CASES = 200_000;
/** Ends a run that hangs; one that is starved goes on. */
const SECONDS = 480;

async function held(t: TestContext, options: Partial<RunOptions>): Promise<Report> {
  const findings = mkdtempSync(join(tmpdir(), 'namewall-oracle-'));
  t.after(() => {
    rmSync(findings, { recursive: true });
  });
  const seed = Math.floor(Math.random() * 2 ** 31);
  const print = (line: string) => t.diagnostic(line);
  const report = await run({ cases: CASES, seconds: SECONDS, seed, objectPath: OBJECT, findings, print, ...options });
  t.diagnostic(
    `seed ${seed}: ${report.judged} verdicts on ${report.policies} policies in ${report.seconds.toFixed(1)} s`,
  );
  return report;
}

/** The oracle with something changed in some of its verdicts. */
function wrong(change: (verdict: Verdict) => Partial<Verdict>): Judge {
  return (situation) => {
    const verdict = verdictOfPacket(situation);
    return { ...verdict, ...change(verdict) };
  };
}

describe('the datapath and the oracle', () => {
  test('agree on every packet, and every reason was met', async (t) => {
    const { difference, missed, judged } = await held(t, {});
    assert.equal(difference, undefined);
    assert.deepEqual(missed, []);
    assert.ok(judged >= CASES);
  });

  const WRONG: readonly (readonly [what: string, judge: Judge])[] = [
    ['another action', wrong(({ reason }) => (reason === 'PASS_RANGE' ? { action: 'refuse' } : {}))],
    ['another reason', wrong(({ reason }) => (reason === 'DENY_PORT' ? { reason: 'DENY_UNKNOWN' } : {}))],
    ['no audit', wrong(({ audit }) => (audit ? { audit: false, also: [] } : {}))],
    [
      'another rule',
      wrong(({ reason, by }) => (reason === 'PASS_CIDR' ? { by: by.map((one) => ({ ...one, deny: true })) } : {})),
    ],
    [
      'a time',
      (situation) =>
        verdictOfPacket({
          ...situation,
          learned: situation.learned.map((one) => ({ ...one, expires: one.expires + 600 })),
        }),
    ],
  ];
  for (const [what, judge] of WRONG) {
    test(`control: an oracle that is wrong by ${what} is found out, and the case can be had again`, async (t) => {
      const { finding, difference } = await held(t, { judge, shrinkSeconds: 2 });
      assert.ok(difference);
      const { one } = readFinding(finding ?? '');
      assert.notEqual(await replay(OBJECT, one, judge), undefined);
      assert.equal(await replay(OBJECT, one), undefined);
    });
  }
});
