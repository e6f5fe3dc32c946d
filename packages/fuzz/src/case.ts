import type { Family } from './kernel/frame.ts';
import type { PodName } from './reference/pods.ts';

/** One message on its way, all that a run needs to be had again. */
export interface Case {
  readonly direction: 'answer' | 'query';
  /** Which of the pods it is from or to. */
  readonly pod: PodName;
  readonly message: Buffer;
  /** For an answer, what the pod asks before it: name, type and class as they stand in a query. */
  readonly question: Buffer;
  readonly family: Family;
  /** Of the message's last octets, how many stand behind the IP packet. */
  readonly trailer: number;
  /** For an answer: added to the UDP length. */
  readonly udpLengthOff: number;
  /** The answer is given a second time. */
  readonly again: boolean;
  /** Over TCP: after how many octets, the message's length among them, a segment ends. Over UDP there is none. */
  readonly cuts?: readonly number[];
}

interface StoredCase extends Omit<Case, 'message' | 'question'> {
  readonly message: string;
  readonly question: string;
}

/** Octets become hex. */
export function storeCase(one: Case): StoredCase {
  return { ...one, message: one.message.toString('hex'), question: one.question.toString('hex') };
}

export function restoreCase(stored: StoredCase): Case {
  return { ...stored, message: Buffer.from(stored.message, 'hex'), question: Buffer.from(stored.question, 'hex') };
}
