import { PinnedDatapath, type ReasonName } from '@namewall/datapath';
import { type Race, type World, until, lookUp } from '@namewall/e2e';
import { type Figure, median } from './figure.ts';

/** Look-ups from a policed pod and from one that Namewall does not know, in turns; at a pace, and as fast as can be. */
export async function* lookUpLatency(world: World, race: Race): AsyncGenerator<Figure> {
  const measured = ({ policed, bare, ratio }: Turns): string =>
    `${policed.toFixed(1)} / ${bare.toFixed(1)} µs = ${ratio.toFixed(3)}`;
  const paced = await inTurns(world, race, 250, 1_000);
  const held = paced.ratio <= 1.05;
  yield { name: 'look-up P50, with policy / without, 1,000 a second', measured: measured(paced), goal: '≤ 1.05', held };
  const hurried = await inTurns(world, race, 1_000, 0);
  yield { name: '… back to back', measured: measured(hurried), goal: '(no pause: all caches warm)' };
}

interface Turns {
  readonly policed: number;
  readonly bare: number;
  readonly ratio: number;
}

async function inTurns({ lab }: World, race: Race, each: number, pace: number): Promise<Turns> {
  const times = { shop: [] as number[], bare: [] as number[] };
  for (let turn = 0; turn < 40; turn += 1) {
    const order = turn % 2 ? (['shop', 'bare'] as const) : (['bare', 'shop'] as const);
    for (const pod of order) times[pod].push(...(await race.lookUps(lab.pod(pod), 'api.shop.example', each, pace)));
  }
  const [policed, bare] = [median(times.shop), median(times.bare)];
  return { policed, bare, ratio: policed / bare };
}

/** Addresses in turn, beginning behind the lab's own. */
const FRESH = { first: 32_768, span: 65_536 };

/**
 * Look-up, then connect at once, half of the rounds over IPv4, half over IPv6. An address returns so late that what
 * the pod had learned of it has expired. What the kernel denied meanwhile, of whatever pod, is counted too.
 */
export async function* lostRaces({ lab }: World, race: Race, rounds: number): AsyncGenerator<Figure> {
  using pins = PinnedDatapath.openPinned(lab.run.pinRoot);
  for (const family of ['v4', 'v6'] as const) {
    const before = denials(pins.counters());
    const half = rounds / 2;
    const { connected, refused } = await race.connect(lab.pod('shop'), { rounds: half, ...FRESH, family });
    const denied = denials(pins.counters()) - before;
    const name = `${half.toLocaleString('en')} rounds of look-up then connect, IP${family}`;
    const measured = `${half - connected} lost, ${refused} refused, ${denied} denies counted`;
    yield { name, measured, goal: '0', held: connected === half && refused === 0 && denied === 0n };
  }
}

/** Connections denied and addresses not learned, of whatever reason. */
const denials = (counters: ReadonlyMap<ReasonName, bigint>): bigint =>
  [...counters].reduce((sum, [name, count]) => sum + (DENIED.test(name) ? count : 0n), 0n);

const DENIED = /^DENY_|^LEARN_(?!NEW$|REFRESHED$|RECORD_BUSY$|SHARED$)/;

/** Names in one document of {@link bulkPolicy}. */
const perPolicy = 1_000;

/** A policy of `count` names over several documents; the last name is the last to take effect. */
export function bulkPolicy(count: number): string {
  const perRule = 100;
  return Array.from({ length: count / perPolicy }, (_, policy) => {
    const rules = Array.from({ length: perPolicy / perRule }, (_rule, rule) => {
      const first = policy * perPolicy + rule * perRule;
      const names = Array.from({ length: perRule }, (_name, i) => `{fqdn: {matchName: b${first + i}.wild.example}}`);
      return `  - to: [${names.join(', ')}]\n    ports: [{protocol: TCP, port: 80}]\n`;
    });
    return `apiVersion: namewall.dev/v1alpha1
kind: FQDNNetworkPolicy
metadata: {name: bulk-${policy}, namespace: default}
spec:
  podSelector: {matchLabels: {app: shop}}
  egress:
${rules.join('')}`;
  }).join('---\n');
}

/** From the start of a fresh agent to the refusal of a forbidden name, with {@link bulkPolicy} already at the operator. */
export async function freshAgent({ lab, namewall }: World, selectors: number): Promise<Figure[]> {
  await until(
    'the operator to have compiled the policies',
    () => namewall.operatorSays(`default/bulk-${selectors / perPolicy - 1}`),
    { deadline: 60_000 },
  );
  const started = performance.now();
  namewall.startAgent();
  await until(
    'the policies to take effect',
    async () => {
      return (await lookUp(lab.pod('shop'), 'forbidden.example')).rcode === 'REFUSED';
    },
    { deadline: 60_000 },
  );
  const measured = `${((performance.now() - started) / 1000).toFixed(2)} s, the start of Node included`;
  return [{ name: `${selectors} selectors applied to a fresh agent`, measured, goal: '≤ 2 s' }];
}
