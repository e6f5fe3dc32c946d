import type { Log } from '@namewall/telemetry';
import type { KubeApi } from '../kubernetes/api.ts';
import type { KubernetesSource } from '../kubernetes/source.ts';
import type { RunningOperator } from '../operator.ts';
import { collect } from '../policy-status/collect.ts';
import { StatusWriter } from '../policy-status/writer.ts';
import { SYSTEM_CLOCK } from './clock.ts';
import { Election } from './election.ts';
import type { Term } from './term.ts';

/** What one replica brings to the election. */
export interface Part {
  readonly api: KubeApi;
  readonly source: Pick<KubernetesSource, 'judged' | 'networkPolicies' | 'statusOf'>;
  readonly operator: Pick<RunningOperator, 'compiled' | 'nodes' | 'onChange' | 'follow'>;
  readonly namespace: string;
  readonly identity: string;
  readonly address: string;
  readonly log: Log;
  /** Told whether this one leads whenever that changes. */
  readonly onLeading?: (leading: boolean) => void;
}

/** The Lease, beside the operator. */
const LEASE = 'namewall-operator';

/** Stands for election until the signal aborts: the leader writes what all replicas know together. */
export async function takePart(part: Part, signal: AbortSignal): Promise<void> {
  const { api, operator, namespace, identity, address, log } = part;
  const election = new Election({
    api,
    namespace,
    name: LEASE,
    identity,
    address,
    clock: SYSTEM_CLOCK,
    log,
    lead: (term) => lead(part, term),
    onLeader(leader) {
      operator.follow(leader);
      part.onLeading?.(leader?.identity === identity);
    },
  });
  await election.run(signal);
}

async function lead({ source, operator, log }: Part, term: Term): Promise<void> {
  const { compiled, nodes } = operator;
  const writer = new StatusWriter({
    api: term,
    clock: SYSTEM_CLOCK,
    log,
    facts: () => collect({ judged: source.judged(), networkPolicies: source.networkPolicies(), compiled, nodes }),
    present: (object) => source.statusOf(object),
  });
  const unlisten = operator.onChange(() => writer.changed());
  try {
    await writer.run(term.signal);
  } finally {
    unlisten();
  }
}
