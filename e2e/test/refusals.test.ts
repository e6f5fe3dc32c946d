/** What DNS clients make of a refusal: measured, asserted where it matters, written down in docs/refusals.md. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { env } from 'node:process';
import { after, before, describe, it } from 'node:test';
import { buildClients } from '../src/clients/build.ts';
import { CLIENTS, asksOverTcp } from '../src/clients/clients.ts';
import { type Measurements, measure, measureSilence } from '../src/clients/measure.ts';
import { type Findings, withFindings } from '../src/clients/page.ts';
import { ALLOWED, ClientWorld, FORBIDDEN, LISTED, UNLISTED } from '../src/clients/world.ts';
import type { Pod } from '../src/lab/pod.ts';

const PAGE = path.join(import.meta.dirname, '../../docs/refusals.md');
/** It takes no answer but NOERROR and NXDOMAIN for one, and waits on. */
const IGNORES_REFUSED = 'musl getaddrinfo';

const namesOf = (measured: Measurements, which: (one: { found: boolean; waited: boolean }) => boolean): string[] =>
  [...measured].filter(([, one]) => which(one)).map(([name]) => name);

describe('what DNS clients make of a refusal', () => {
  const everyone = CLIENTS.map(({ name }) => name);
  let world: ClientWorld;
  let found: Findings;

  before(async () => {
    buildClients();
    world = await ClientWorld.create();
    found = await findings(world);
  });
  after(() => world.lab.dispose());

  it('a forbidden name is found by no client', () => {
    for (const measured of [found.plain, found.searched].flatMap(({ Refused, NXDomain }) => [Refused, NXDomain])) {
      assert.deepEqual([...measured.keys()], everyone);
      assert.deepEqual(
        namesOf(measured, (one) => one.found),
        [],
      );
    }
  });

  it('with rejectWith NXDomain no client waits for a time-out', () => {
    for (const { NXDomain } of [found.plain, found.searched]) {
      assert.deepEqual(
        namesOf(NXDomain, (one) => one.waited),
        [],
      );
    }
  });

  it('with rejectWith Refused none does but the one that takes REFUSED for no answer', () => {
    for (const { Refused } of [found.plain, found.searched]) {
      assert.deepEqual(
        namesOf(Refused, (one) => one.waited),
        [IGNORES_REFUSED],
      );
    }
  });

  it('over TCP no client finds one or waits for a time-out, whatever rejectWith says', () => {
    for (const measured of [found.tcp.Refused, found.tcp.NXDomain]) {
      assert.deepEqual(
        [...measured.keys()],
        CLIENTS.filter(asksOverTcp).map(({ name }) => name),
      );
      assert.deepEqual(
        namesOf(measured, (one) => one.found || one.waited),
        [],
      );
    }
  });

  it('an allowed name is found by every client through a search list whose suffixes lead nowhere', () => {
    assert.deepEqual(
      namesOf(found.allowed.known, (one) => one.found && !one.waited),
      everyone,
    );
  });

  it('without the suffixes, musl and dig give up at the first that is refused (the control)', () => {
    assert.deepEqual(
      namesOf(found.allowed.unknown, (one) => !one.found),
      ['dig', IGNORES_REFUSED],
    );
  });

  it('dig and kdig show why and by whom', () => {
    for (const [reason, measured] of [
      ['refused', found.plain.Refused],
      ['nxdomain', found.plain.NXDomain],
    ] as const) {
      for (const name of ['dig', 'kdig']) {
        assert.match(String(measured.get(name)?.text), new RegExp(`EDE: 15 \\(Blocked\\): .*default/${reason}`));
      }
    }
  });

  it('the resolver saw no forbidden name, nor an expansion of one but in the cluster', () => {
    const seen = [...world.namesSeen()].filter((name) => !name.endsWith('.cluster.local'));
    assert.deepEqual(seen.toSorted(), [ALLOWED, `${ALLOWED}.corp.example`, `${ALLOWED}.team.example`]);
  });

  it('docs/refusals.md says what was measured', () => {
    const page = readFileSync(PAGE, 'utf8');
    const measured = withFindings(page, found);
    if (env['UPDATE_DOCS'] === '1') writeFileSync(PAGE, measured);
    else assert.equal(page, measured, 'mend it with: UPDATE_DOCS=1 node --test e2e/test/refusals.test.ts');
  });
});

async function findings(world: ClientWorld): Promise<Findings> {
  const pod = (name: string): Pod => world.lab.pod(name);
  const silence = await measureSilence(pod('silence'), ALLOWED);
  const forbidden = ['refused', 'nxdomain'].map((name) => ({ pod: pod(name), name: FORBIDDEN }));
  const allowed = ['listed', 'unlisted'].map((name) => ({ pod: pod(name), name: ALLOWED }));
  world.useHabits(UNLISTED);
  const plain = await measure(world.namewall, forbidden, { search: false }, silence);
  world.useHabits({ ...UNLISTED, options: ['use-vc'] });
  const tcp = await measure(world.namewall, forbidden, { search: false, tcp: true }, silence);
  world.useHabits(LISTED);
  const listed = await measure(world.namewall, [...forbidden, ...allowed], { search: true }, silence);
  return {
    plain: { Refused: at(plain, 0), NXDomain: at(plain, 1) },
    tcp: { Refused: at(tcp, 0), NXDomain: at(tcp, 1) },
    searched: { Refused: at(listed, 0), NXDomain: at(listed, 1) },
    allowed: { known: at(listed, 2), unknown: at(listed, 3) },
  };
}

function at(all: readonly Measurements[], index: number): Measurements {
  const one = all[index];
  if (!one) throw new Error(`case ${index} was not measured`);
  return one;
}
