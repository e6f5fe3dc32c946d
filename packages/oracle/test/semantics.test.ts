import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { env } from 'node:process';
import { after, before, describe, test } from 'node:test';
import { DURATIONS, NAMESPACES, PODS, ZONES } from '../src/cases/universe.ts';
import { type Example, RESOLVER } from '../src/examples/example.ts';
import { SECTIONS, pageOf } from '../src/examples/page.ts';
import { Host } from '../src/kernel/host.ts';
import { OBJECT } from '../src/options.ts';
import { Scene } from '../src/scene.ts';
import { verdictOfPacket } from '../src/spec/connection.ts';
import { Tally } from '../src/tally.ts';

const PAGE = resolve(import.meta.dirname, '../../../docs/semantics.md');
const CONFIG = {
  resolvers: [{ address: RESOLVER }],
  ranges: { cluster: ['198.18.0.0/16', '169.254.0.0/16'], apiServer: ['192.0.2.10/32'] },
  durations: { ...DURATIONS, idleWindow: '0s' },
};

let host: Host;
before(() => {
  host = new Host(
    OBJECT,
    ZONES.map(({ name }) => name),
  );
});
after(() => host[Symbol.dispose]());

/** The scene compares the datapath with the oracle at every packet; here both with the example. */
async function holds({ name, given, nodeSwitch, before: steps, sent, ...told }: Example): Promise<void> {
  const tally = new Tally(host);
  const judge = verdictOfPacket;
  using scene = new Scene({ host, tally, judge, config: CONFIG, pods: PODS.slice(0, 1), namespaces: NAMESPACES });
  scene.where = name;
  await scene.apply(given.policies, nodeSwitch);
  for (const step of steps) await step.run(scene);
  const verdict = await sent.run(scene);
  assert.ok(verdict, 'the last step is a packet');
  const { action, reason, audit, rcode } = verdict;
  assert.deepEqual({ action, reason, audit, rcode }, { audit: told.audited === true, rcode: undefined, ...pick(told) });
  assert.equal(tally.audit(), '');
}

function pick({ action, reason, rcode }: Pick<Example, 'action' | 'reason' | 'rcode'>) {
  return rcode === undefined ? { action, reason } : { action, reason, rcode };
}

for (const { title, examples } of SECTIONS) {
  describe(title, () => {
    for (const example of examples) test(example.name, () => holds(example));
  });
}

test('no two examples have one name', () => {
  const names = SECTIONS.flatMap(({ title, examples }) => examples.map(({ name }) => `${title}: ${name}`));
  assert.equal(new Set(names).size, names.length);
});

test('docs/semantics.md is current', () => {
  const page = pageOf(SECTIONS);
  if (env['UPDATE_DOCS'] === '1') writeFileSync(PAGE, page);
  const mend = 'mend it with: UPDATE_DOCS=1 node --test packages/oracle/test/semantics.test.ts';
  assert.equal(readFileSync(PAGE, 'utf8'), page, mend);
});
