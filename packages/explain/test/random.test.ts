/** The same agreement over rulesets, learned addresses and packets drawn at random; a failure prints its seed. */
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import {
  NwPrecedence,
  NwQueryFlag,
  NwRangeFlag,
  NwRowFlag,
  NwRulesetFlag,
  NwSwitch,
  type Row,
} from '@namewall/datapath';
import { mapped } from '../../datapath/test/packets/frames.ts';
import { Numbers } from '../../datapath/test/packets/numbers.ts';
import { type Allow, RESOLVER, World } from '../../datapath/test/packets/world.ts';
import { agree, cidr, learn } from './support/agree.ts';
import { select } from './support/asking.ts';
import { ICMP_ECHO, type Sent } from './support/sent.ts';

const WORLDS = 80;
const QUESTIONS = 20;
const SELECTORS = ['a.example', 'b.a.example', '*.example', '*.a.example', '**.example', '**.a.example', 'a.*'];
const NAMES = ['a.example', 'b.a.example', 'c.b.a.example', 'example', 'a.b', 'other.test'];
const SUFFIXES = ['', '', '.corp.test', '.svc.test'];
const HOST = (n: number): string => `203.0.113.${n}`;
const HOSTS = 8;
const PORTS = [53, 80, 443, 4789, 8080];
const PROTOCOLS = [6, 17, ICMP_ECHO];

function flagsOf(n: Numbers, flags: Readonly<Record<string, number>>, but: readonly string[] = []): number {
  const some = Object.entries(flags).filter(([name]) => !but.includes(name));
  return some.reduce((sum, [, flag]) => sum | n.pick(0, flag), 0);
}

function rowOf(n: Numbers): Partial<Row> {
  const portFirst = n.pick(0, ...PORTS);
  const portLast = Math.max(portFirst, n.pick(65535, ...PORTS));
  const protocol = n.pick(0, ...PROTOCOLS);
  const precedence = n.pick(...Object.values(NwPrecedence).filter((one) => one !== NwPrecedence.NONE));
  return { precedence, flags: flagsOf(n, NwRowFlag), protocol, ...(protocol === 0 ? {} : { portFirst, portLast }) };
}

const rowsOf = (n: Numbers, least: number): Partial<Row>[] =>
  Array.from({ length: least + n.below(3) }, () => rowOf(n));

function build(world: World, n: Numbers): void {
  world.configure({
    nodeSwitch: n.pick(NwSwitch.ON, NwSwitch.ON, NwSwitch.ON, NwSwitch.AUDIT, NwSwitch.OFF),
    quotaFlowsOut: n.pick(4, 1000),
    quotaPending: n.pick(2, 1000),
  });
  const names: Allow[] = SELECTORS.filter(() => n.pick(true, false)).map((text) => ({
    select: text,
    query: flagsOf(n, NwQueryFlag),
    rows: rowsOf(n, 0),
  }));
  select(world, flagsOf(n, NwRulesetFlag, ['REJECT_SILENT']), names);
  world.search(SUFFIXES.filter((suffix) => suffix !== '' && n.pick(true, false)).map((suffix) => suffix.slice(1)));
  for (const length of [24, 30, 31, 32]) {
    const first = (n.below(HOSTS) >>> (32 - length)) << (32 - length);
    if (n.pick(true, false)) cidr(world, HOST(first), length, rowsOf(n, 1));
  }
  for (let host = 0; host < HOSTS; host++) {
    const entries = names.flatMap((_, at) => (n.below(3) === 0 ? [[at + 1, n.pick(10n, 10n, -1n)] as const] : []));
    if (entries.length > 0) learn(world, HOST(host), ...entries);
    const flags = n.pick(0, 0, flagsOf(n, NwRangeFlag));
    if (flags !== 0) world.maps.ranges.set({ prefixLength: 128, address: mapped(HOST(host)) }, flags);
  }
}

function draw(n: Numbers): Sent {
  switch (n.below(5)) {
    case 0:
      return { address: RESOLVER, port: n.pick(53, 853, 80), protocol: 6 };
    case 1:
    case 2:
      return n.below(6) === 0
        ? { name: `${n.below(HOSTS)}.113.0.203.in-addr.arpa`, type: 12 }
        : { name: n.pick(...NAMES) + n.pick(...SUFFIXES) };
    default:
      return { address: HOST(n.below(HOSTS)), port: n.pick(...PORTS), protocol: n.pick(...PROTOCOLS) };
  }
}

test(`explain and the kernel agree about ${QUESTIONS} questions and packets in each of ${WORLDS} random worlds`, () => {
  const reasons = new Set<string>();
  for (let i = 0; i < WORLDS; i++) {
    const seed = randomInt(1, 2 ** 31);
    const n = new Numbers(seed);
    using world = new World();
    try {
      build(world, n);
      for (let j = 0; j < QUESTIONS; j++) reasons.add(agree(world, draw(n)));
    } catch (cause) {
      throw new Error(`seed ${seed}: ${String(cause)}`, { cause });
    }
  }
  // They are drawn so that what matters comes up: a run that never meets a kind of verdict has proved little.
  for (const reason of ['QUERY_ALLOWED', 'QUERY_DENIED', 'QUERY_NO_RULE', 'PASS_NAME', 'PASS_CIDR', 'DENY_CIDR']) {
    assert.ok(reasons.has(reason), `${reason} never came up: ${[...reasons].join(' ')}`);
  }
});
