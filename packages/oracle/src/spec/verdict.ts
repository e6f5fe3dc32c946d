import type { ReasonName } from '@namewall/datapath';
import type { Statement } from './said.ts';

/** How a refusal reaches the pod. */
export type Manner = 'reset' | 'unreachable' | 'answer' | 'silence';

export interface Verdict {
  readonly action: 'pass' | 'refuse';
  /** As bpf/lib/reasons.h numbers them. */
  readonly reason: ReasonName;
  /** What is counted beside the reason. */
  readonly also: readonly ReasonName[];
  /** The statements that decided; of several that say the same the datapath names any. */
  readonly by: readonly Statement[];
  /** The audited policies would have refused it. */
  readonly audit: boolean;
  /** Of a refusal. */
  readonly manner: Manner;
  /** Of a refused question. */
  readonly rcode?: 'REFUSED' | 'NXDOMAIN';
  /** A known flow goes on, one is let through anew, one is remembered as refused, a question is remembered, or nothing. */
  readonly keeps: 'flow' | 'new flow' | 'cut flow' | 'question' | 'nothing';
  /** Where what was once known may be forgotten: as good as the DENY_UNKNOWN or DENY_EXPIRED above. */
  readonly orReason?: ReasonName;
}

const PLAIN = { also: [], by: [], audit: false, manner: 'silence', keeps: 'nothing' } as const;

export function pass(reason: ReasonName, more: Partial<Verdict> = {}): Verdict {
  return { ...PLAIN, action: 'pass', reason, ...more };
}

export function refuse(reason: ReasonName, more: Partial<Verdict> = {}): Verdict {
  return { ...PLAIN, action: 'refuse', reason, ...more };
}

/** The first row that applies decides. */
export function firstOf<S>(rows: readonly ((at: S) => Verdict | undefined)[], at: S): Verdict {
  for (const row of rows) {
    const verdict = row(at);
    if (verdict !== undefined) return verdict;
  }
  throw new Error('no row applies: the last one must');
}
