import type { ReasonName } from '@namewall/datapath';
import type { Case } from './case.ts';
import { frame, messageIn } from './kernel/frame.ts';
import { isReserved, type Kernel } from './kernel/kernel.ts';
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
    if (asked.created !== undefined) this.#kernel.takePending(one.pod, one.family, PORT, idOf(visible));
    if (this.#kernel.hasPending()) this.#problems.push('a query that may not pass is remembered');
    return { reason: asked.reason, taught: false, shouldTeach: false, problems: [...new Set(this.#problems)] };
  }

  /** Sends a query; returns the datapath's time then, where it was remembered. */
  #ask(one: Case, message: Buffer, plain: PlainQuery | undefined): { reason: ReasonName; created?: bigint } {
    const { pod, family } = one;
    const trailer = message === one.message ? one.trailer : 0;
    const sent = frame('out', message, { family, podPort: PORT, trailer });
    const reason = plain === undefined ? 'QUERY_NOT_PLAIN' : this.#reference.name(pod, plain.question.wire);
    const counts = new Map<ReasonName, number>([[reason, 1]]);
    if (plain === undefined || (reason !== 'QUERY_ALLOWED' && reason !== 'QUERY_EXPANSION')) {
      const answerable = message.length - trailer >= 12 && (message[2] ?? 0) < 0x80;
      if (answerable) counts.set('REPLY_REFUSED', 1);
      const reply = this.#step('query', pod, 'out', sent, counts, answerable ? ACTION.redirect : ACTION.drop);
      if (answerable) this.#checkReply(message, messageIn(reply, family), plain);
      return { reason };
    }
    const { question, clamped } = plain;
    const passed = Buffer.from(sent);
    if (clamped !== undefined) {
      counts.set('QUERY_EDNS_CLAMPED', 1);
      passed.writeUInt16BE(1232, sent.length - message.length + clamped);
    }
    this.#step('query', pod, 'out', sent, counts, ACTION.pass, passed);
    this.usage.pending++;
    const pending = this.#kernel.takePending(pod, family, PORT, idOf(message), true);
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
    const unaskedFrame = frame('in', one.message, { ...framing, podPort: UNASKED_PORT });
    this.#step('unasked answer', pod, 'in', unaskedFrame, new Map([[unasked.reason, 1]]), ACTION.pass);
    this.#nothingLearned('an answer that nobody asked for teaches');
    const query = Buffer.concat([header(idOf(visible), 0x0100, [1, 0, 0, 0]), one.question]);
    const plain = this.#reference.query(query);
    const { created } = this.#ask(one, query, plain);
    const asked = created === undefined ? undefined : plain?.question;
    const verdict = this.#verdict(visible, asked, udpLengthOff);
    const credit = this.#reference.credit(pod, verdict.chain);
    const sent = frame('in', one.message, framing);
    this.#step('answer', pod, 'in', sent, countsOf(verdict, credit), ACTION.pass);
    const taught = this.#checkLearned(one, verdict, credit, created);
    const consumed = CONSUMING.has(verdict.reason);
    const pending = asked && this.#kernel.takePending(pod, family, PORT, idOf(visible), one.again);
    // The datapath may forget an answered query at once, or leave that to the sweeper.
    const forgotten = consumed && pending === undefined;
    if (forgotten) this.usage.pending--;
    if (asked && !forgotten && pending?.answers !== (consumed ? 1 : 0)) {
      this.#problems.push(`the query is ${consumed ? 'not ' : ''}taken for answered`);
    }
    if (one.again) {
      const again = forgotten ? 'ANSWER_UNSOLICITED' : 'ANSWER_REPEATED';
      const reason = consumed ? again : verdict.reason;
      this.#step('repeated answer', pod, 'in', sent, new Map([[reason, 1]]), ACTION.pass);
      this.#nothingLearned('a repeated answer teaches');
    }
    if (one.again && pending) this.#kernel.takePending(pod, family, PORT, idOf(visible));
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

  /** Runs one packet; returns it as the program left it. */
  #step(
    what: string,
    pod: PodName,
    direction: 'in' | 'out',
    sent: Buffer,
    counts: Counts,
    action: number,
    passed = sent,
  ): Uint8Array {
    const before = this.#careful ? this.#kernel.totals() : undefined;
    const { retval, data, durationNs } = this.#kernel.run(pod, direction, sent);
    this.runs++;
    this.slowestNs = Math.max(this.slowestNs, durationNs);
    for (const [reason, count] of counts) this.expected.set(reason, (this.expected.get(reason) ?? 0) + count);
    const [main = 'REASON_NONE'] = counts.keys();
    if (before) {
      const counted = difference(before, this.#kernel.totals());
      if (textOf(counted) !== textOf(counts)) {
        this.#problems.push(`${what}: counted [${textOf(counted)}], should be [${textOf(counts)}]`);
      }
    } else if (this.#kernel.counted(main) !== 1) {
      this.#problems.push(`${what}: not counted as ${main}`);
    }
    if (retval !== action) {
      this.#problems.push(`${what}: ${ACTIONS.get(retval) ?? retval}, should be ${ACTIONS.get(action) ?? action}`);
    }
    if (action === ACTION.pass && !passed.equals(data)) this.#problems.push(`${what}: the packet was changed`);
    return data;
  }
}

function countsOf(verdict: Verdict, { handles, autopath }: Credit): Counts {
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
