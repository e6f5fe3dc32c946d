import { execFileSync } from 'node:child_process';
import { Cabled, clearLeftovers } from '@namewall/datapath/testing/world';
import type { Case } from '../case.ts';
import { isReserved, Kernel } from '../kernel/kernel.ts';
import type { CorpusMessage } from '../messages/corpus.ts';
import { header } from '../messages/wire.ts';
import { Random } from '../random.ts';
import type { Question } from '../reference/query.ts';
import type { Reference } from '../reference/reference.ts';
import { Supply } from '../supply.ts';
import { countsOf, difference, textOf } from '../trial.ts';
import { End, type Read } from './end.ts';

/** As {@link Kernel} has it in its maps. */
const RESOLVER = '198.51.100.53';
const POD = 'open';
const OF_MESSAGES = /^(ANSWER|QUERY)_/;

export interface LiveOptions {
  readonly corpus: readonly CorpusMessage[];
  readonly messages: number;
  readonly seed: number;
  readonly objectPath: string;
  readonly reference: Reference;
}

/** What a run over real connections came to. */
export interface LiveTally {
  readonly messages: number;
  readonly taught: number;
  readonly refused: number;
  readonly seconds: number;
  /** What was wrong, with the message. */
  readonly problems: readonly string[];
}

/** Messages through two sockets, one kernel's TCP and the datapath between them, cut anywhere; held to the reference. */
export async function live(options: LiveOptions): Promise<LiveTally> {
  clearLeftovers();
  using cable = new Cabled();
  using kernel = new Kernel(options.objectPath);
  execFileSync('ip', ['-n', cable.host, 'addr', 'add', `${RESOLVER}/32`, 'dev', 'cable0']);
  cable.onHost(() => {
    kernel.attach(POD, cable.ends);
  });
  await using server = await End.start(cable.host, 'listen', RESOLVER);
  await using client = await End.start(cable.pod, 'connect', RESOLVER);
  return await new Live(options, kernel, client, server).run();
}

class Live {
  readonly #options: LiveOptions;
  readonly #kernel: Kernel;
  readonly #client: End;
  readonly #server: End;
  readonly #random: Random;
  readonly #problems: string[] = [];
  #taught = 0;
  #refused = 0;
  #messages = 0;

  constructor(options: LiveOptions, kernel: Kernel, client: End, server: End) {
    this.#options = options;
    this.#kernel = kernel;
    this.#client = client;
    this.#server = server;
    this.#random = new Random(options.seed);
  }

  async run(): Promise<LiveTally> {
    const { corpus, seed, messages } = this.#options;
    const supply = new Supply(corpus, seed);
    await this.#connect();
    const started = performance.now();
    while (this.#messages < messages) {
      for (const one of supply.next().cases) if (one.pod === POD) await this.#one(one);
    }
    const seconds = (performance.now() - started) / 1e3;
    const [taught, refused] = [this.#taught, this.#refused];
    return { messages: this.#messages, taught, refused, seconds, problems: this.#problems };
  }

  async #one(one: Case): Promise<void> {
    const { message, direction } = one;
    if (direction === 'query') {
      await this.#ask(message);
      return;
    }
    const asked = await this.#ask(Buffer.concat([header(idOf(message), 0x0100, [1, 0, 0, 0]), one.question]));
    if (asked) await this.#answer(message, asked);
  }

  /** The pod asks; the question where it passes. */
  async #ask(message: Buffer): Promise<Question | undefined> {
    const { reference } = this.#options;
    const plain = reference.query(message);
    const reason = plain === undefined ? 'QUERY_NOT_PLAIN' : reference.name(POD, plain);
    const passes = reason === 'QUERY_ALLOWED' || reason === 'QUERY_EXPANSION';
    const before = this.#kernel.totals();
    await this.#client.write(this.#pieces(message));
    if (passes) this.#arrived(message, await this.#server.read(message.length + 2));
    else if ((await this.#client.read(1)).how !== 'closed') this.#wrong(message, 'a refused question goes unanswered');
    this.#counted(message, before, reason);
    if (passes) return plain?.question;
    this.#refused++;
    await this.#connect();
    return undefined;
  }

  /** The resolver answers: what it teaches is there before its last octet is. */
  async #answer(message: Buffer, asked: Question): Promise<void> {
    const { reference } = this.#options;
    const verdict = reference.answer(message, asked);
    const credit = reference.credit(POD, verdict.chain);
    const before = this.#kernel.totals();
    await this.#server.write(this.#pieces(message));
    this.#arrived(message, await this.#client.read(message.length + 2));
    const learned = this.#kernel.takeAllLearned().toSorted();
    const should = credit.handles.length ? [...verdict.addresses.keys()].filter((one) => !isReserved(one)) : [];
    if (learned.join() !== should.toSorted().join()) this.#wrong(message, 'other addresses are learned');
    if (learned.length > 0) this.#taught++;
    this.#counted(message, before, textOf(ofMessages(countsOf(verdict, credit))));
    this.#kernel.takeAllPending();
    this.#kernel.takeUsage();
  }

  /** A message behind its length, in one to five pieces. */
  #pieces(message: Buffer): Buffer[] {
    const octets = Buffer.concat([Buffer.of(message.length >> 8, message.length & 255), message]);
    const cuts = Array.from({ length: this.#random.below(5) }, () => this.#random.below(octets.length));
    const ends = [...new Set([...cuts, octets.length])].filter(Boolean).toSorted((a, b) => a - b);
    return ends.map((end, i) => octets.subarray(ends[i - 1] ?? 0, end));
  }

  #arrived(message: Buffer, { how, octets }: Read): void {
    this.#messages++;
    if (how !== 'whole') this.#wrong(message, `a message does not arrive: ${how}`);
    else if (!octets.subarray(2).equals(message)) this.#wrong(message, 'a message arrives changed');
  }

  #counted(message: Buffer, before: ReturnType<Kernel['totals']>, should: string): void {
    const counted = textOf(ofMessages(difference(before, this.#kernel.totals())));
    if (counted !== should) this.#wrong(message, `counted as ${counted}, not ${should}`);
  }

  async #connect(): Promise<void> {
    this.#kernel.forgetStreams();
    const accepted = this.#server.open();
    await this.#client.open();
    await accepted;
  }

  #wrong(message: Buffer, problem: string): void {
    this.#problems.push(`${problem}: ${message.toString('hex')}`);
  }
}

const idOf = (message: Buffer): number => (message.length < 2 ? 0 : message.readUInt16BE(0));

const ofMessages = (counts: ReturnType<typeof difference>): ReturnType<typeof difference> =>
  new Map([...counts].filter(([reason]) => OF_MESSAGES.test(reason)));
