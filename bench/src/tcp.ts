import { PinnedDatapath } from '@namewall/datapath';
import { type Race, Trickle, type World, lookUp } from '@namewall/e2e';
import { type Figure, median } from './figure.ts';

const TURNS = 20;
const EACH = 1_000;

/** DNS over TCP: look-ups over a connection that stays, refusals, answers in pieces, look-up then connect. */
export async function* overTcp(world: World, race: Race, rounds: number): AsyncGenerator<Figure> {
  yield await rates(world, race);
  yield await refusal(world);
  yield* trickled(world);
  yield await lostRounds(world, race, rounds);
}

/** Look-ups a second over one connection, of a policed pod and of one that Namewall does not know, in turns. */
async function rates({ lab }: World, race: Race): Promise<Figure> {
  const times = { shop: [] as number[], bare: [] as number[] };
  for (let turn = 0; turn < TURNS; turn += 1) {
    const order = turn % 2 ? (['shop', 'bare'] as const) : (['bare', 'shop'] as const);
    for (const pod of order) times[pod].push(...(await race.lookUps(lab.pod(pod), 'api.shop.example', EACH, 0, true)));
  }
  const [policed, bare] = [median(times.shop), median(times.bare)];
  const ratio = bare / policed;
  return {
    name: 'look-ups a second over one connection, with policy / without',
    measured: `${Math.round(1e6 / policed)} / ${Math.round(1e6 / bare)} = ${ratio.toFixed(3)}`,
    goal: '≥ 0.9',
    held: ratio >= 0.9,
  };
}

async function refusal({ lab }: World): Promise<Figure> {
  const times: number[] = [];
  for (let i = 0; i < TURNS; i += 1) {
    times.push((await lookUp(lab.pod('shop'), 'forbidden.example', 'A', ['+tcp'])).time);
  }
  return { name: 'a forbidden name, as dig has it', measured: `${median(times)} ms`, goal: '≤ 1 ms' };
}

/** Each answer in pieces of 37 octets, nine questions at once: none may stall, and each teaches. */
async function* trickled({ lab }: World): AsyncGenerator<Figure> {
  const shop = lab.pod('shop');
  const trickle = await Trickle.start(lab, 37, shop);
  using pins = PinnedDatapath.openPinned(lab.run.pinRoot);
  const learned = (): bigint => pins.counters().get('ANSWER_LEARNED') ?? 0n;
  const before = learned();
  // One hundred connections at a time: a pod has a sixteenth of the table of connections.
  const { answered, stalled, seconds } = await trickle.ask(shop, 100, 112, 9);
  const taught = learned() - before;
  yield {
    name: '100,800 look-ups answered in small pieces, pipelined',
    measured: `${stalled} connections stalled, ${answered - Number(taught)} taught nothing, ${seconds.toFixed(1)} s`,
    goal: '0',
    held: answered === 100_800 && stalled === 0 && taught === BigInt(answered),
  };
  await trickle.end();
}

async function lostRounds({ lab }: World, race: Race, rounds: number): Promise<Figure> {
  const { connected, refused } = await race.connect(lab.pod('shop'), {
    rounds,
    first: 32_768,
    span: 65_536,
    tcp: true,
  });
  return {
    name: `${rounds.toLocaleString('en')} rounds of look-up over TCP, then connect`,
    measured: `${rounds - connected} lost, ${refused} refused`,
    goal: '0',
    held: connected === rounds && refused === 0,
  };
}
