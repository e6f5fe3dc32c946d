import { type Answer, type DecodedPacket, decode } from 'dns-packet';
import type { Verdict } from './reference/answer.ts';
import { type Question, word } from './reference/query.ts';

/** Where dns-packet 5.6 is known to see a message in another way than we do. */
export const DEVIATIONS = {
  limits: 'has no limits of records, addresses, CNAMEs and jumps, and does not mind a CNAME loop',
  rdlength: 'goes on behind what it decoded: RDLENGTH is not compared, or not looked at',
  header: 'follows pointers into the header',
  truncated: 'gives up on a truncated section, or reads past its end',
  overrun: 'reads an address past the end of the message',
  unread: 'decodes data of types and classes that we do not read, and fails or goes astray there',
  text: 'takes names for UTF-8 text: octets that are none, and dots inside labels, are lost',
} as const;
export type Deviation = keyof typeof DEVIATIONS;

export type Opinion = 'same' | Deviation | { readonly unexplained: string };

const LIMITS: ReadonlySet<string> = new Set([
  'ANSWER_TOO_MANY',
  'ANSWER_TOO_MANY_ADDRESSES',
  'ANSWER_CHAIN_LONG',
  'ANSWER_BAD_CHAIN',
  'ANSWER_POINTER_CHAIN',
]);
const HEADER = 12;
const TYPES: ReadonlyMap<number, string> = new Map([
  [1, 'A'],
  [28, 'AAAA'],
]);

/** What dns-packet makes of an answer to a question, compared with our verdict. */
export function thirdOpinion(message: Buffer, asked: Question, verdict: Verdict): Opinion {
  const heard = hear(message, asked);
  const ours = [...verdict.addresses.keys()].toSorted().join(' ');
  const theirs = heard.addresses.toSorted().join(' ');
  if (ours === theirs) return 'same';
  if (LIMITS.has(verdict.reason)) return 'limits';
  if (verdict.reason === 'ANSWER_BAD_RDLENGTH') return 'rdlength';
  if (verdict.reason === 'ANSWER_CUT_RECORD') return 'overrun';
  if (verdict.reason === 'ANSWER_BAD_POINTER' && heard.error === undefined) return 'header';
  if (verdict.seen.cut) return 'truncated';
  if (verdict.seen.unread) return 'unread';
  if (verdict.seen.oddNames || isOddText(asked.wire)) return 'text';
  return { unexplained: `dns-packet: ${heard.error ?? `teaches [${theirs}]`}; we: ${verdict.reason} [${ours}]` };
}

interface Heard {
  readonly addresses: string[];
  readonly error?: string;
}

/** The addresses on the chain, by dns-packet's reading of the answer section. */
function hear(message: Buffer, asked: Question): Heard {
  const answersOnly = Buffer.from(message);
  answersOnly.fill(0, 8, HEADER); // it would read sections that teach nothing
  let packet: DecodedPacket;
  try {
    packet = decode(answersOnly);
  } catch (error) {
    return { addresses: [], error: error instanceof Error ? error.message : String(error) };
  }
  const flags = word(message, 2);
  if ((flags & 0xf80f) !== 0x8000 || packet.questions?.length !== 1) return { addresses: [] };
  return { addresses: [...new Set(onChain(packet.questions[0]?.name ?? '', packet.answers ?? [], asked.type))] };
}

/** The addresses of the chain's end, by our rules: records are read again while the chain goes on. */
function onChain(question: string, answers: readonly Answer[], asked: number): string[] {
  let end = lower(question);
  const seen = new Set([end]);
  let found: string[] = [];
  for (let moved = true; moved;) {
    const before = end;
    let passedOver = false;
    if (seen.size > 1) found = [];
    for (const answer of answers) {
      if (!('class' in answer) || answer.class !== 'IN' || answer.flush === true) continue;
      if (answer.type !== 'A' && answer.type !== 'AAAA' && answer.type !== 'CNAME') continue;
      if (lower(answer.name) !== end) passedOver = true;
      else if (answer.type === 'CNAME') {
        end = lower(answer.data);
        if (seen.has(end)) return found;
        seen.add(end);
      } else if (answer.type === TYPES.get(asked)) found.push(hexOf(answer.data));
    }
    moved = end !== before && passedOver;
  }
  return found;
}

function lower(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** The address of a text as dns-packet writes it, in hex as the maps hold it. */
function hexOf(text: string): string {
  if (!text.includes(':')) {
    return `00000000000000000000ffff${text
      .split('.')
      .map((part) => Number(part).toString(16).padStart(2, '0'))
      .join('')}`;
  }
  const [head = '', tail] = text.split('::');
  const words = (part: string): string[] => (part === '' ? [] : part.split(':').map((one) => one.padStart(4, '0')));
  const left = words(head);
  const right = tail === undefined ? [] : words(tail);
  return [...left, ...Array<string>(8 - left.length - right.length).fill('0000'), ...right].join('');
}

function isOddText(wire: string): boolean {
  // Length octets are odd too: a label is looked at between them.
  for (let at = 0; at < wire.length;) {
    const length = wire.charCodeAt(at);
    if (/[^!-~]|\./.test(wire.slice(at + 1, at + 1 + length))) return true;
    at += length + 1;
  }
  return false;
}
