import type { Pending, ReasonName } from '@namewall/datapath';
import type { Case } from './case.ts';
import { frame, type Framing, messageIn } from './kernel/frame.ts';
import { isReserved, type Kernel, TCP } from './kernel/kernel.ts';
import { Stream } from './kernel/stream.ts';
import { header } from './messages/wire.ts';
import { type PodName, SEARCH } from './reference/pods.ts';
import type { Verdict } from './reference/answer.ts';
import type { PlainQuery, Question } from './reference/query.ts';
import type { Credit, Reference } from './reference/reference.ts';
import { type Opinion, thirdOpinion } from './third-opinion.ts';

/** What became of a case. */
export interface Outcome {
  /** What the reference says the message's own packet is counted as. */
  readonly reason: ReasonName;
  /** The pod learned an address; the reference says that it does. */
  readonly taught: boolean;
  readonly shouldTeach: boolean;
  /** Where the datapath and the reference differ, without octets; none is what is wanted. */
  readonly problems: readonly string[];
  readonly opinion?: Opinion;
}

const ACTION = { pass: 0xffff_ffff, drop: 2, redirect: 7 } as const;
const ACTIONS: ReadonlyMap<number, string> = new Map(Object.entries(ACTION).map(([name, number]) => [number, name]));
const actionOf = (action: number): string => ACTIONS.get(action) ?? String(action);
const NXDOMAIN = 3;
const REFUSED = 5;
/** An OPT with an EDE of no text. */
const BLOCKED_LENGTH = 17;
const PORT = 40_000;
const UNASKED_PORT = 40_001;
const SECOND = 1_000_000_000n;
/** What answers the pending query. */
const CONSUMING: ReadonlySet<ReasonName> = new Set(['ANSWER_LEARNED', 'ANSWER_NO_ADDRESS', 'ANSWER_RCODE']);
const idOf = (message: Buffer): number => (message.length < 2 ? 0 : message.readUInt16BE(0));

type Counts = ReadonlyMap<ReasonName, number>;

/** Runs cases on a pod and compares what they do with what the reference says. */
export class Trial {
  /** What ought to have been counted since the pod was made. */
  readonly expected = new Map<ReasonName, number>();
  /** What the datapath ought to hold, had nothing been taken out. */
  readonly usage = { pending: 0, learned: 0 };
  slowestNs = 0;
  runs = 0;
  readonly #kernel: Kernel;
  readonly #reference: Reference;
  #careful = false;
  #problems: string[] = [];
  readonly #streams = new Map<string, Stream>();
  #numbers = 1;

  constructor(kernel: Kernel, reference: Reference) {
    this.#kernel = kernel;
    this.#reference = reference;
  }

  /** `careful` reads every counter around every packet: slow, and it says what was counted instead. */
  run(one: Case, careful = false): Outcome {
    this.#careful = careful;
    this.#problems = [];
    return one.direction === 'query' ? this.#query(one) : this.#answer(one);
  }

  /** Begins to count anew. */
  settle(): void {
    this.expected.clear();
    this.usage.pending = 0;
    this.usage.learned = 0;
  }

  #query(one: Case): Outcome {
    const visible = one.message.subarray(0, one.message.length - one.trailer);
    const plain = this.#reference.query(visible);
    const asked = this.#ask(one, one.message, plain);
    if (asked.created !== undefined) this.#takePending(one, idOf(visible));
    if (this.#kernel.hasPending()) this.#problems.push('a query that may not pass is remembered');
    return { reason: asked.reason, taught: false, shouldTeach: false, problems: [...new Set(this.#problems)] };
  }

  /** Sends a query; returns the datapath's time then, where it was remembered. */
  #ask(one: Case, message: Buffer, plain: PlainQuery | undefined): { reason: ReasonName; created?: bigint } {
    const { pod, family } = one;
    const trailer = message === one.message ? one.trailer : 0;
    const sent = this.#sending(one, 'out', message, { family, podPort: PORT, trailer });
    const reason = plain === undefined ? 'QUERY_NOT_PLAIN' : this.#reference.name(pod, plain);
    const counts = new Map<ReasonName, number>([[reason, 1]]);
    if (plain === undefined || (reason !== 'QUERY_ALLOWED' && reason !== 'QUERY_EXPANSION')) {
      const answerable = message.length - trailer >= 12 && (message[2] ?? 0) < 0x80;
      if (one.cuts) {
        counts.set('REPLY_RESET', 1);
        this.#step('query', pod, 'out', sent, counts, ACTION.redirect);
        this.#reopen(one, PORT);
        return { reason };
      }
      if (answerable) counts.set('REPLY_REFUSED', 1);
      const reply = this.#step('query', pod, 'out', sent, counts, answerable ? ACTION.redirect : ACTION.drop);
      if (answerable) this.#checkReply(message, messageIn(reply, family), plain);
      return { reason };
    }
    const { question, clamped } = plain;
    const [datagram = Buffer.alloc(0)] = sent.frames;
    const passed = Buffer.from(datagram);
    if (clamped !== undefined && !one.cuts) {
      counts.set('QUERY_EDNS_CLAMPED', 1);
      passed.writeUInt16BE(1232, datagram.length - message.length + clamped);
    }
    this.#step('query', pod, 'out', sent, counts, ACTION.pass, one.cuts ? undefined : [passed]);
    this.usage.pending++;
    const pending = this.#takePending(one, idOf(message), true);
    if (pending === undefined) {
      this.#problems.push('an allowed query is not remembered');
      return { reason };
    }
    const { nameLength, qtype, handles, queries, answers } = pending;
    const name = Buffer.from(pending.name).toString('latin1', 0, nameLength);
    if (name !== question.wire || qtype !== question.type) this.#problems.push('another question is remembered');
    const own = this.#reference.credit(pod, [question.wire]);
    if (!isSameSet(handles, own.handles) || queries !== 1 || answers !== 0) {
      this.#problems.push('the query is remembered with other identities or counts');
    }
    return { reason, created: pending.created };
  }

  /**
   * The query's header with QR, RA and a code set; opcode and RD stay. Behind it the question where it was plain, and
   * an OPT where the query had more than that.
   */
  #checkReply(message: Buffer, reply: Uint8Array, plain: PlainQuery | undefined): void {
    const code = plain !== undefined && isExpansion(plain.question.wire) ? NXDOMAIN : REFUSED;
    const question = plain === undefined ? 0 : plain.question.wire.length + 4;
    const more = plain !== undefined && message.readUInt16BE(10) > 0 ? 1 : 0;
    const flags = (message.readUInt16BE(2) & 0x7900) | 0x8080 | code;
    const wanted = Buffer.concat([
      header(message.readUInt16BE(0), flags, [question === 0 ? 0 : 1, 0, 0, more]),
      message.subarray(12, 12 + question),
    ]);
    const { length } = wanted;
    if (!wanted.equals(reply.subarray(0, length)) || reply.length !== length + more * BLOCKED_LENGTH) {
      this.#problems.push('the refusal is not what it should be');
    }
  }

  #answer(one: Case): Outcome {
    const { pod, family, trailer, udpLengthOff } = one;
    const visible = one.message.subarray(0, one.message.length - trailer);
    const framing = { family, podPort: PORT, trailer, udpLengthOff };
    const unasked = this.#verdict(visible, undefined, udpLengthOff);
    const unaskedFrame = this.#sending(one, 'in', one.message, { ...framing, podPort: UNASKED_PORT });
    this.#step('unasked answer', pod, 'in', unaskedFrame, new Map([[unasked.reason, 1]]), ACTION.pass);
    this.#nothingLearned('an answer that nobody asked for teaches');
    const query = Buffer.concat([header(idOf(visible), 0x0100, [1, 0, 0, 0]), one.question]);
    const plain = this.#reference.query(query);
    const { created } = this.#ask(one, query, plain);
    const asked = created === undefined ? undefined : plain?.question;
    const verdict = this.#verdict(visible, asked, udpLengthOff);
    const credit = this.#reference.credit(pod, verdict.chain);
    const sent = this.#sending(one, 'in', one.message, framing);
    this.#step('answer', pod, 'in', sent, countsOf(verdict, credit), ACTION.pass);
    const taught = this.#checkLearned(one, verdict, credit, created);
    const consumed = CONSUMING.has(verdict.reason);
    const pending = asked && this.#takePending(one, idOf(visible), one.again);
    // The datapath may forget an answered query at once, or leave that to the sweeper.
    const forgotten = consumed && pending === undefined;
    if (forgotten) this.usage.pending--;
    if (asked && !forgotten && pending?.answers !== (consumed ? 1 : 0)) {
      this.#problems.push(`the query is ${consumed ? 'not ' : ''}taken for answered`);
    }
    if (one.again) {
      const reason = !consumed ? verdict.reason : forgotten ? 'ANSWER_UNSOLICITED' : 'ANSWER_REPEATED';
      const again = this.#sending(one, 'in', one.message, framing);
      this.#step('repeated answer', pod, 'in', again, new Map([[reason, 1]]), ACTION.pass);
      this.#nothingLearned('a repeated answer teaches');
    }
    if (one.again && pending) this.#takePending(one, idOf(visible));
    const isOwn = asked !== undefined && udpLengthOff === 0 && isOwnQuestion(visible, one.question);
    return {
      reason: verdict.reason,
      taught,
      shouldTeach: credit.handles.length > 0 && [...verdict.addresses.keys()].some((address) => !isReserved(address)),
      problems: [...new Set(this.#problems)],
      ...(isOwn ? { opinion: thirdOpinion(visible, asked, verdict) } : {}),
    };
  }

  #verdict(visible: Buffer, asked: Question | undefined, udpLengthOff: number): Verdict {
    const verdict = this.#reference.answer(visible, asked);
    if (udpLengthOff === 0) return verdict;
    return { ...verdict, reason: 'ANSWER_MALFORMED', addresses: new Map(), found: [], chain: [], trailing: false };
  }

  #nothingLearned(problem: string): void {
    if (!this.#kernel.hasLearned()) return;
    this.#kernel.takeAllLearned();
    this.#problems.push(problem);
  }

  /** Takes out what the verdict says was learned; nothing else may be there. True when there was something. */
  #checkLearned({ pod }: Case, verdict: Verdict, credit: Credit, created: bigint | undefined): boolean {
    let taught = false;
    const name = verdict.addresses.size > 0 ? this.#kernel.hashOf(credit.name) : 0n;
    for (const [address, ttl] of credit.handles.length === 0 ? [] : verdict.addresses) {
      if (isReserved(address)) continue;
      const entry = this.#kernel.takeLearned(pod, address);
      if (entry === undefined) {
        this.#problems.push('an address is not learned');
        continue;
      }
      taught = true;
      this.usage.learned++;
      if (!isSameSet(entry.handles, credit.handles)) this.#problems.push('an address is learned with other identities');
      if (entry.names[0] !== name) this.#problems.push('an address is learned for another name');
      // The datapath's clock is coarse and the time of the answer not known: between the query's and now.
      const time = (entry.expires[0] ?? 0n) - BigInt(ttl) * SECOND;
      if (time < (created ?? 0n) || time > process.hrtime.bigint()) {
        this.#problems.push('an address is learned with another TTL');
      }
    }
    if (!this.#kernel.hasLearned()) return taught;
    this.usage.learned += this.#kernel.takeAllLearned().length;
    this.#problems.push('an address is learned that should not be');
    return true;
  }

  #takePending({ pod, family, cuts }: Case, id: number, keep = false): Pending | undefined {
    return this.#kernel.takePending(pod, family, PORT, id, { keep, ...(cuts ? { protocol: TCP } : {}) });
  }

  /** A message on its way: a datagram, or the segments of a connection, which is opened where there is none. */
  #sending(one: Case, direction: 'in' | 'out', message: Buffer, framing: Framing): Sending {
    if (!one.cuts) return { frames: [frame(direction, message, framing)] };
    const stream = this.#streams.get(streamKey(one, framing.podPort)) ?? this.#reopen(one, framing.podPort);
    const frames = stream.segments(direction, message, one.cuts);
    return { frames, passed: () => stream.passed(direction, message) };
  }

  /** Opens a connection anew: a refused question has ended it. */
  #reopen(one: Case, podPort: number): Stream {
    const key = streamKey(one, podPort);
    const before = this.#streams.get(key);
    const stream = new Stream(one.family, podPort);
    this.#streams.set(key, stream);
    // Sequence numbers that come round while it lasts, now and then.
    this.#numbers = (Math.imul(this.#numbers, 1_664_525) + 1_013_904_223) >>> 0;
    const handshake = stream.open(this.#numbers, ~this.#numbers >>> 0);
    for (const [direction, octets] of before ? [['out', before.reset()] as const, ...handshake] : handshake) {
      this.#kernel.run(one.pod, direction, octets);
      this.runs++;
    }
    this.#expect('STREAM_OPENED', 1);
    return stream;
  }

  #expect(reason: ReasonName, count: number): void {
    this.expected.set(reason, (this.expected.get(reason) ?? 0) + count);
  }

  /** Runs a message's packets; returns the last one as the program left it. All before the last pass and count nothing. */
  #step(
    what: string,
    pod: PodName,
    direction: 'in' | 'out',
    { frames, passed: move }: Sending,
    wanted: Counts,
    action: number,
    passed: readonly Buffer[] = frames,
  ): Uint8Array {
    const counts = new Map(wanted);
    if (move && direction === 'out') counts.set('STREAM_SEGMENT', frames.length - (action === ACTION.pass ? 0 : 1));
    const before = this.#careful ? this.#kernel.totals() : undefined;
    let left: Uint8Array = new Uint8Array(0);
    for (const [i, octets] of frames.entries()) {
      const { retval, data, durationNs } = this.#kernel.run(pod, direction, octets);
      this.runs++;
      this.slowestNs = Math.max(this.slowestNs, durationNs);
      left = data;
      const due = i === frames.length - 1 ? action : ACTION.pass;
      if (retval !== due) this.#problems.push(`${what}: ${actionOf(retval)}, should be ${actionOf(due)}`);
      if (due === ACTION.pass && !passed[i]?.equals(data)) this.#problems.push(`${what}: the packet was changed`);
    }
    if (action === ACTION.pass) move?.();
    for (const [reason, count] of counts) this.#expect(reason, count);
    const [main = 'REASON_NONE'] = counts.keys();
    if (before) {
      const counted = difference(before, this.#kernel.totals());
      const due = new Map([...counts].filter(([, count]) => count > 0));
      if (textOf(counted) !== textOf(due)) {
        this.#problems.push(`${what}: counted [${textOf(counted)}], should be [${textOf(due)}]`);
      }
    } else if (this.#kernel.counted(main) !== 1) {
      this.#problems.push(`${what}: not counted as ${main}`);
    }
    return left;
  }
}

interface Sending {
  readonly frames: readonly Buffer[];
  /** Of a stream: it goes on behind this message. */
  readonly passed?: () => void;
}

const streamKey = ({ pod, family }: Case, podPort: number): string => `${pod} ${family} ${podPort}`;

/** What an answer is to be counted as. */
export function countsOf(verdict: Verdict, { handles, autopath }: Credit): Counts {
  const counts = new Map<ReasonName, number>([[verdict.reason, 1]]);
  const add = (reason: ReasonName, count: number): void => {
    if (count > 0) counts.set(reason, count);
  };
  const open = verdict.found.filter((address) => !isReserved(address));
  const fresh = new Set(open).size;
  if (handles.length > 0) {
    add('LEARN_NEW', fresh);
    add('LEARN_REFRESHED', open.length - fresh);
    add('ANSWER_RESERVED_ADDRESS', verdict.found.length - open.length);
  }
  add('ANSWER_AUTOPATH', autopath && verdict.found.length > 0 ? 1 : 0);
  add('ANSWER_TRAILING', verdict.trailing ? 1 : 0);
  return counts;
}

export function difference(before: Counts, after: Counts): Counts {
  const more = new Map<ReasonName, number>();
  for (const [reason, count] of after) {
    const added = count - (before.get(reason) ?? 0);
    // Nobody reads the ring of events here.
    if (added !== 0 && reason !== 'EVENT_LOST') more.set(reason, added);
  }
  return more;
}

export function textOf(counts: Counts): string {
  return [...counts]
    .map(([reason, count]) => (count === 1 ? reason : `${reason} x${count}`))
    .toSorted()
    .join(', ');
}

/** Slots of 0 are none. */
function isSameSet(slots: readonly number[], handles: readonly number[]): boolean {
  const held = slots.filter((handle) => handle !== 0);
  return held.length === handles.length && handles.every((handle) => held.includes(handle));
}

/**
 * Does the name end in a suffix of the search list, as octets? It tells NXDOMAIN from REFUSED alone, so the datapath
 * does not ask whether the suffix begins with a label.
 */
function isExpansion(wire: string): boolean {
  return SEARCH.some((suffix) => {
    const end = Buffer.from(suffix).toString('latin1');
    return wire.length > end.length && wire.endsWith(end);
  });
}

function isOwnQuestion(message: Buffer, question: Buffer): boolean {
  return message.subarray(12, 12 + question.length).equals(question);
}
