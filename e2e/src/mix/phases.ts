import type { Service } from './services.ts';
import { type MixPolicy, mixPolicy } from './policy.ts';

/** A stretch of the mix: what the policy's file then says, and what comes of it. */
export interface Phase {
  readonly name: string;
  /** Absent: there is none. */
  readonly policy: string | undefined;
  readonly enforced: boolean;
  /** How often the clock is moved in it. */
  readonly steps: number;
  readonly refused: readonly Service[];
}

function enforced(name: string, steps: number, policy: MixPolicy): Phase {
  const refused = [...(policy.without ?? []), ...(policy.deny ?? [])];
  return { name, policy: mixPolicy(policy), enforced: true, steps, refused };
}

const open = (name: string, policy?: string): Phase => ({ name, policy, enforced: false, steps: 0, refused: [] });

/** Of the services with connections that stay only the store is ever taken away. */
export const PHASES: readonly Phase[] = [
  open('no policy'),
  open('audited', mixPolicy({ audit: true, without: ['mail', 'git'] })),
  enforced('enforced', 2, { without: ['mail'] }),
  enforced('one rule added, another removed', 2, { without: ['git'] }),
  enforced('the store removed', 1, { without: ['git', 'store'] }),
  enforced('the store is back, a name denied', 1, { deny: ['web'] }),
  open('deleted'),
  enforced('made again', 1, { without: ['mail'] }),
];
