import { type ServerUnaryCall, type StatusObject, type sendUnaryData, status } from '@grpc/grpc-js';
import type { EnrolRequest__Output } from '../gen/namewall/v1/EnrolRequest.ts';
import type { EnrolResponse } from '../gen/namewall/v1/EnrolResponse.ts';
import type { Timers } from '../timers.ts';
import type { ConnectionLimits } from './limits.ts';
import type { PeerOf } from './peer.ts';
import { TokenBucket, TokenBuckets } from './token-bucket.ts';

/** A certificate for the node that a token proved. */
export interface Enrolled {
  readonly node: string;
  /** PEM, the leaf first. */
  readonly certificate: string;
  /** PEM */
  readonly caBundle: string;
  /** Milliseconds since 1970. */
  readonly notAfter: number;
}

export interface EnrolmentAttempt {
  readonly token: string;
  /** PKCS#10, DER */
  readonly csr: Uint8Array;
  /** Where it comes from, for the log. */
  readonly address: string;
}

/** Judges an attempt. Undefined: refused; why is for the operator's log alone. Throws when it cannot tell now. */
export type Enrol = (attempt: EnrolmentAttempt) => Promise<Enrolled | undefined>;

export function responseOf({ certificate, caBundle }: Enrolled): EnrolResponse {
  return { certificate, caBundle };
}

type Reply = sendUnaryData<EnrolResponse>;

/** Enrolment.Enrol for strangers, of whom none gets more than his share. */
export function enrolHandler(
  enrol: Enrol,
  peerOf: PeerOf,
  limits: Pick<ConnectionLimits, 'enrolments' | 'enrolmentsPerAddress'>,
  timers: Timers,
): (call: ServerUnaryCall<EnrolRequest__Output, EnrolResponse>, reply: Reply) => void {
  const all = new TokenBucket(limits.enrolments, timers.now());
  const each = new TokenBuckets(limits.enrolmentsPerAddress);
  return (call, reply) => {
    const { address } = peerOf(call);
    const now = timers.now();
    if (!each.take(address, now) || !all.take(now)) {
      return reply({ code: status.RESOURCE_EXHAUSTED, details: 'too many enrolments; try again later' });
    }
    const { token, csr } = call.request;
    void answer(reply, judged(enrol, { token, csr, address }));
  };
}

async function answer(reply: Reply, judgement: Promise<Answer>): Promise<void> {
  const { error, response } = await judgement;
  reply(error, response);
}

interface Answer {
  readonly error: Partial<StatusObject> | null;
  readonly response?: EnrolResponse;
}

async function judged(enrol: Enrol, attempt: EnrolmentAttempt): Promise<Answer> {
  try {
    const enrolled = await enrol(attempt);
    if (enrolled !== undefined) return { error: null, response: responseOf(enrolled) };
    return { error: { code: status.UNAUTHENTICATED, details: 'not enrolled; the operator’s log says why' } };
  } catch {
    return { error: { code: status.UNAVAILABLE, details: 'enrolment does not work now; try again later' } };
  }
}
