import type { PolicyInForce } from '@namewall/policy';
import type { Log } from '@namewall/telemetry';
import type { KubeApi } from '../kubernetes/api.ts';
import type { KubernetesSource } from '../kubernetes/source.ts';
import type { RunningOperator } from '../operator.ts';
import { type Use, desiredIdentities } from '../identities/desired.ts';
import { IdentityWriter } from '../identities/writer.ts';
import { collect, keyOf } from '../policy-status/collect.ts';
import type { PolicyFacts } from '../policy-status/facts.ts';
import { StatusWriter } from '../policy-status/writer.ts';
import { SYSTEM_CLOCK } from './clock.ts';
import { Election } from './election.ts';
import type { Term } from './term.ts';

/** What one replica brings to the election. */
export interface Part {
  readonly api: KubeApi;
  readonly source: Pick<KubernetesSource, 'judged' | 'networkPolicies' | 'statusOf' | 'nodeSwitch'>;
  readonly operator: Pick<RunningOperator, 'compiled' | 'nodes' | 'onChange' | 'follow'>;
  readonly namespace: string;
  readonly identity: string;
  readonly address: string;
  readonly log: Log;
  /** FQDNIdentity objects at most; 0: none is written. */
  readonly identities: number;
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

async function lead({ source, operator, identities, identity, log }: Part, term: Term): Promise<void> {
  const { compiled, nodes } = operator;
  const shared = { api: term, clock: SYSTEM_CLOCK, log };
  const facts = () => {
    const { nodeSwitch } = source;
    return collect({
      judged: source.judged(),
      networkPolicies: source.networkPolicies(),
      compiled,
      nodes,
      nodeSwitch,
    });
  };
  const statuses = new StatusWriter({ ...shared, identity, facts, present: (object) => source.statusOf(object) });
  const desired = () => desiredIdentities(usesOf(facts(), compiled.policies), identities);
  const writers = [statuses, ...(identities > 0 ? [new IdentityWriter({ ...shared, desired })] : [])];
  const unlisten = operator.onChange(() => {
    for (const writer of writers) writer.changed();
  });
  try {
    await Promise.all(writers.map((writer) => writer.run(term.signal)));
  } finally {
    unlisten();
  }
}

function usesOf(facts: readonly PolicyFacts[], policies: readonly PolicyInForce[]): Use[] {
  const nodes = new Map(facts.map((one) => [keyOf(one.object), [...one.nodes.keys()]]));
  return policies.map(({ ref, names }) => ({
    policy: ref,
    selectors: names.map(({ selector }) => selector),
    nodes: nodes.get(keyOf(ref)) ?? [],
  }));
}
