import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { readFinding } from '../src/finding.ts';
import { fuzz } from '../src/fuzz.ts';
import { Kernel } from '../src/kernel/kernel.ts';
import { readCorpus } from '../src/messages/corpus.ts';
import { query, response } from '../src/messages/grammar.ts';
import { OBJECT } from '../src/options.ts';
import { Random } from '../src/random.ts';
import type { Verdict } from '../src/reference/answer.ts';
import { type Reference, reference } from '../src/reference/reference.ts';
import type { Tally } from '../src/tally.ts';
import { Trial } from '../src/trial.ts';

/** Runs it over a corpus of messages by grammar, in a directory that the test removes. */
function fuzzed(t: TestContext, held: Reference, messages: number): { tally: Tally; findings: string[] } {
  const directory = mkdtempSync(join(tmpdir(), 'namewall-fuzz-'));
  t.after(() => {
    rmSync(directory, { recursive: true });
  });
  const corpus = join(directory, 'corpus');
  const findings = join(directory, 'findings');
  mkdirSync(corpus);
  mkdirSync(findings);
  const random = new Random(1);
  for (let i = 0; i < 200; i++) writeFileSync(join(corpus, `${i}.raw`), i % 8 === 0 ? query(random) : response(random));
  const seed = Math.floor(Math.random() * 2 ** 32);
  t.diagnostic(`seed ${seed}`);
  const tally = fuzz({
    corpus: readCorpus(corpus),
    seconds: 600,
    messages,
    seed,
    objectPath: OBJECT,
    reference: held,
    findings,
    print: (line) => {
      t.diagnostic(line);
    },
  });
  return { tally, findings: readdirSync(findings).map((name) => join(findings, name)) };
}

/** The reference with something changed in the verdicts of answers that teach. */
function wrong(change: (verdict: Verdict) => Partial<Verdict>): Reference {
  return {
    ...reference,
    answer: (message, asked) => {
      const verdict = reference.answer(message, asked);
      return verdict.addresses.size > 0 ? { ...verdict, ...change(verdict) } : verdict;
    },
  };
}

describe('fuzzing the datapath', () => {
  test('finds no message on which it and the reference disagree', (t) => {
    const { tally, findings } = fuzzed(t, reference, 50_000);
    assert.equal(tally.failed, false, tally.report());
    assert.deepEqual(findings, []);
    assert.ok(tally.corpus.taught > 0 && tally.corpus.taught === tally.corpus.shouldTeach);
    // Every outcome of an answer that messages alone can have was met.
    const met = [...tally.reasons.keys()].filter((reason) => reason.startsWith('ANSWER_'));
    assert.ok(met.length >= 17, met.join(' '));
    for (const reason of ['QUERY_ALLOWED', 'QUERY_EXPANSION', 'QUERY_DENIED', 'QUERY_NO_RULE'] as const) {
      assert.ok(tally.reasons.has(reason), `no query was ${reason}`);
    }
  });

  const WRONG: readonly (readonly [what: string, change: (verdict: Verdict) => Partial<Verdict>])[] = [
    ['an address too few', () => ({ reason: 'ANSWER_NO_ADDRESS', addresses: new Map(), found: [] })],
    ['another reason', () => ({ reason: 'ANSWER_RCODE' })],
    [
      'a TTL a second too long',
      ({ addresses }) => ({ addresses: new Map([...addresses].map(([a, ttl]) => [a, ttl + 1])) }),
    ],
    ['a count beside the outcome', ({ trailing }) => ({ trailing: !trailing })],
  ];
  const HELD: readonly (readonly [what: string, held: Reference, messages: number])[] = [
    ...WRONG.map(([what, change]) => [what, wrong(change), 0] as const),
    [
      'the name that autopath credits',
      { ...reference, credit: (pod, chain) => reference.credit(pod, chain.slice(0, 1)) },
      2000,
    ],
    [
      'what may be asked under a search suffix',
      {
        ...reference,
        name: (pod, asked) => {
          const reason = reference.name(pod, asked);
          return reason === 'QUERY_EXPANSION' ? 'QUERY_NO_RULE' : reason;
        },
      },
      4000,
    ],
  ];
  for (const [what, held, messages] of HELD) {
    test(`control: a reference that is wrong by ${what} is found out, and the finding can be had again`, (t) => {
      const { tally, findings } = fuzzed(t, held, messages);
      assert.ok(tally.failed && tally.disagreements > 0);
      const path = findings.find((name) => name.endsWith('.json')) ?? '';
      assert.ok(findings.includes(path.replace('.json', '.raw')));
      using kernel = new Kernel(OBJECT);
      assert.notDeepEqual(new Trial(kernel, held).run(readFinding(path), true).problems, []);
      // A wrong reference leaves behind what it did not expect.
      kernel.takeAllPending();
      kernel.takeAllLearned();
      assert.deepEqual(new Trial(kernel, reference).run(readFinding(path), true).problems, []);
    });
  }
});
