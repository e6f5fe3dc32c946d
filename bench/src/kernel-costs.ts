import { queryBytes } from '@namewall/e2e';
import type { Figure } from './figure.ts';
import { type Ends, TCP_ACK, TCP_SYN, tcpFrame, udpFrame } from './frames.ts';
import { answerMessage } from './messages.ts';
import { PolicedPod } from './policed-pod.ts';
import { type Cost, HOT_RUNS, type Runs, type Step, VERDICT } from './runs.ts';
import { selectedName, selectors } from './selectors.ts';

/** Packets of a kind that are measured once each, back to back and cold. */
const MANY = 4_000;
const COLD = 1_000;
/** Odd and prime: jumps over everything, so that no neighbour is read ahead. */
const STRIDE = 7919;

/** Costs of one packet by what the caches hold. */
interface Costs {
  readonly hot: Cost;
  readonly other: Cost;
  readonly cold: Cost;
}

/** What each kind of packet costs in the kernel. One after the other on one pod. */
export class KernelCosts {
  readonly #pod: PolicedPod;
  readonly #runs: Runs;
  #asked = 0;
  #selectors = 1;

  constructor(pod: PolicedPod, runs: Runs) {
    this.#pod = pod;
    this.#runs = runs;
  }

  /** Every figure that has a goal. */
  async *all(): AsyncGenerator<Figure> {
    for (const count of [10, 1_000, 10_000, 100_000]) yield await this.#query(count);
    yield this.#retransmission();
    yield await this.#refusal();
    yield await this.#known(1, 200);
    yield await this.#unknown(1, 350);
    yield await this.#known(16, 800);
    yield await this.#unknown(16, 4_000);
    yield await this.#known(4, 500, 3);
    yield await this.#established();
  }

  /** A question that a rule selects, with so many selectors in force. */
  async #query(count: number): Promise<Figure> {
    this.#pod.allow(selectors(count));
    this.#selectors = count;
    const steps = (many: number, name: (i: number) => string): Step[] =>
      Array.from({ length: many }, (_, i) => this.#ask(name(i), true).step);
    const any = (i: number): string => this.#name(i * STRIDE);
    const hot = await this.#afresh(steps(MANY, () => selectedName(1)));
    const other = await this.#afresh(steps(MANY, any));
    const cold = await this.#afresh(steps(COLD, any), true);
    return figure(`query, ${count.toLocaleString('en')} selectors`, 350, { hot, other, cold });
  }

  /** The same question again while it is open: found, not inserted. */
  #retransmission(): Figure {
    this.#pod.forget();
    const hot = this.#hot(this.#pod.programs.out, this.#ask(selectedName(1)).step.frame);
    return { name: 'query, sent again while it is open', measured: `hot ${text(hot)}`, goal: '–' };
  }

  /** A question that no rule selects: REFUSED is put together and redirected. */
  async #refusal(): Promise<Figure> {
    const steps = (many: number, name: (i: number) => string): Step[] =>
      Array.from({ length: many }, (_, i) => ({ ...this.#ask(name(i), true).step, verdict: VERDICT.REDIRECT }));
    const any = (i: number): string => `nobody${(i * STRIDE) % 100_003}.forbidden.example`;
    const hot = await this.#afresh(steps(MANY, () => any(0)));
    const other = await this.#afresh(steps(MANY, any));
    const cold = await this.#afresh(steps(COLD, any), true);
    return figure('refusal of a query', 300, { hot, other, cold });
  }

  /** An answer of so many addresses, behind so many CNAMEs, when the pod knows the addresses. */
  async #known(addresses: number, goal: number, aliases = 0): Promise<Figure> {
    const many = Math.floor(MANY / addresses);
    this.#pod.forget();
    const name = selectedName(1);
    const { step, id } = this.#ask(name);
    const frame = this.#answer(id, name, addressesOf(0, addresses), aliases);
    const hot = this.#hot(this.#pod.programs.in, frame, () => {
      this.#pod.programs.out.testRun({ data: step.frame, repeat: HOT_RUNS });
    });
    await this.#once(this.#answers(many, addresses, aliases));
    const other = await this.#once(this.#answers(many, addresses, aliases));
    const cold = await this.#once(this.#answers(Math.min(many, COLD), addresses, aliases), true);
    const what = aliases ? `${aliases} CNAMEs and ${addresses} addresses` : plural(addresses);
    return figure(`answer of ${what}, known`, goal, { hot, other, cold });
  }

  /** The same when it does not. */
  async #unknown(addresses: number, goal: number): Promise<Figure> {
    const many = Math.min(MANY, Math.floor(16_000 / addresses));
    const hot = await this.#afresh(this.#answersOfOneName(many, addresses));
    const other = await this.#afresh(this.#answers(many, addresses));
    const cold = await this.#afresh(this.#answers(Math.min(many, COLD), addresses), true);
    return figure(`answer of ${plural(addresses)}, new`, goal, { hot, other, cold });
  }

  /** A packet of a connection that a rule let through. */
  async #established(): Promise<Figure> {
    this.#pod.forget();
    const { in: into, out } = this.#pod.programs;
    const name = selectedName(1);
    const [address] = addressesOf(0, 1);
    const { step, id } = this.#ask(name);
    const segment = (port: number, flags: number): Buffer => tcpFrame(connection(port, address ?? ''), flags);
    const ports = Array.from({ length: MANY }, (_, i) => 20_000 + ((i * STRIDE) % MANY));
    const opening = ports.flatMap((port) => [TCP_SYN, TCP_ACK].map((flags) => given(out, segment(port, flags))));
    const answer = given(into, this.#answer(id, name, [address ?? '']), true);
    await this.#once([step, answer, ...opening]);
    const hot = this.#hot(out, segment(20_000, TCP_ACK));
    const steps = ports.toReversed().map((port) => given(out, segment(port, TCP_ACK), true));
    const other = await this.#once(steps);
    const cold = await this.#once(steps.slice(0, COLD), true);
    return figure('packet of an established connection', 60, { hot, other, cold });
  }

  /** Without questions, addresses and flows of earlier measurements. */
  #afresh(steps: readonly Step[], cold = false): Promise<Cost> {
    this.#pod.forget();
    return this.#once(steps, cold);
  }

  #once(steps: readonly Step[], cold = false): Promise<Cost> {
    this.#pod.takeEvents();
    return this.#runs.once(steps, { cold });
  }

  #hot(program: Step['program'], frame: Buffer, prepare?: () => void): Cost {
    const cost = this.#runs.hot(program, frame, () => {
      prepare?.();
      this.#pod.takeEvents();
    });
    this.#pod.takeEvents();
    return cost;
  }

  /** Of the names that a rule selects, the i-th; then from the first again. */
  #name(i: number): string {
    return selectedName(i % this.#selectors);
  }

  /** Another question, and the ID by which it can be answered. */
  #ask(name: string, measured = false): { step: Step; id: number } {
    const id = this.#asked++;
    const frame = udpFrame(asking(id), queryBytes(id & 0xffff, name));
    return { step: given(this.#pod.programs.out, frame, measured), id };
  }

  #answer(id: number, name: string, addresses: readonly string[], aliases = 0): Buffer {
    return udpFrame(turned(asking(id)), answerMessage(id & 0xffff, name, addresses, aliases));
  }

  /** One name asked for and answered again and again, each time with other addresses. */
  #answersOfOneName(many: number, addresses: number): Step[] {
    const name = this.#name(1);
    return Array.from({ length: many }, (_, i) => {
      const { step, id } = this.#ask(name);
      return [step, given(this.#pod.programs.in, this.#answer(id, name, addressesOf(i, addresses)), true)];
    }).flat();
  }

  /** Questions, all of them, then their answers, each with addresses of its own. */
  #answers(many: number, addresses: number, aliases = 0): Step[] {
    const order = Array.from({ length: many }, (_, i) => (i * STRIDE) % many);
    const asked = order.map((i) => ({ i, name: this.#name(i), ...this.#ask(this.#name(i)) }));
    const answers = asked.map(({ i, name, id }) =>
      given(this.#pod.programs.in, this.#answer(id, name, addressesOf(i, addresses), aliases), true),
    );
    return [...asked.map(({ step }) => step), ...answers];
  }
}

const given = (program: Step['program'], frame: Buffer, measured = false): Step => ({ program, frame, measured });

/** The port changes with the upper part of the question's number, its ID is the lower. */
const asking = (id: number): Ends => ({
  source: PolicedPod.address,
  sourcePort: 33_000 + (id >> 16),
  destination: PolicedPod.resolver,
  destinationPort: 53,
});

const connection = (sourcePort: number, destination: string): Ends => ({
  source: PolicedPod.address,
  sourcePort,
  destination,
  destinationPort: 443,
});

const turned = (ends: Ends): Ends => ({
  source: ends.destination,
  sourcePort: ends.destinationPort,
  destination: ends.source,
  destinationPort: ends.sourcePort,
});

/** The addresses of the i-th answer, out of 198.19.0.0/16. */
const addressesOf = (i: number, count: number): string[] =>
  Array.from({ length: count }, (_, at) => `198.19.${((i * count + at) >> 8) & 255}.${(i * count + at) & 255}`);

const plural = (addresses: number): string => (addresses === 1 ? 'one address' : `${addresses} addresses`);

const text = ({ least, median }: Cost): string => `${median} (${least})`;

const figure = (name: string, goal: number, { hot, other, cold }: Costs): Figure => ({
  name,
  measured: `${text(hot)} · ${text(other)} · ${text(cold)} ns`,
  goal: `≤ ${goal} ns`,
});
