import { z } from 'zod';
import { CIDRS_PER_POLICY_MAX, RULES_MAX, SELECTORS_PER_POLICY_MAX } from '../limits.ts';
import { parseDuration } from '../value/duration.ts';
import { cel } from './cel.ts';
import { API_VERSION, celAtMost, clusterMetadata, durationText, labelSelector, namespacedMetadata } from './common.ts';
import { egressRule } from './egress.ts';
import { addProblem } from './problem.ts';
import { policyStatus } from './status.ts';

const ttl = z
  .strictObject({
    floor: durationText.optional().meta({ description: 'An address lives at least so long. Largest of all policies.' }),
    grace: durationText.optional().meta({ description: 'Added to each lifetime. Largest of all policies.' }),
    ceiling: durationText.optional().meta({ description: 'A TTL counts at most so much. Smallest of all policies.' }),
  })
  .superRefine(({ floor, ceiling }, ctx) => {
    if (floor === undefined || ceiling === undefined || parseDuration(floor) <= parseDuration(ceiling)) return;
    addProblem(ctx, ['floor'], `floor ${floor} is above ceiling ${ceiling}`, `write at most ${ceiling}`);
  })
  .meta({
    description: 'How long a learned address lives: its TTL within floor and ceiling, then grace.',
    ...cel({
      rule: `!has(self.floor) || !has(self.ceiling) || ${celAtMost('self.floor', 'self.ceiling')}`,
      messageExpression: `'floor ' + self.floor + ' is above ceiling ' + self.ceiling + '; write at most ' + self.ceiling`,
      fieldPath: '.floor',
    }),
  });

const dns = z.strictObject({
  queries: z
    .enum(['All', 'Matched'])
    .optional()
    .meta({
      description:
        'Matched: only names that a rule selects, the cluster domain and reverse look-ups. All: names are not ' +
        'filtered. Default: Matched where the policy has egress, else no say. All wins over Matched.',
    }),
  rejectWith: z.enum(['Refused', 'NXDomain']).optional().meta({ description: 'NXDomain wins. Default: Refused.' }),
  ttl: ttl.optional(),
  idleWindow: durationText.optional().meta({
    description: 'How long an address outlives the last packet of a flow to it. Largest of all policies.',
  }),
});

const connections = z.strictObject({
  rejectWith: z.enum(['Reset', 'Silent']).optional().meta({
    description: 'Denied packets: TCP RST or ICMP at once, or dropped without a word. Silent wins. Default: Reset.',
  }),
  cutFlows: z
    .enum(['Immediate', 'OnClose'])
    .optional()
    .meta({
      default: 'Immediate',
      description:
        'What an edit does to flows that it no longer allows. Immediate: refused at their next packet. OnClose: they ' +
        'live until they close or idle out. Immediate wins: OnClose holds where every enforced policy of the pod says so. ' +
        'Default: Immediate.',
    }),
});

const specFields = {
  podSelector: labelSelector.meta({ description: 'Pods the policy applies to; {} = all.' }),
  enforcementMode: z.enum(['Enforce', 'Audit']).optional().meta({
    default: 'Enforce',
    description: 'Audit: verdicts are reported, nothing is blocked. Default: Enforce.',
  }),
  egress: z.array(egressRule).max(RULES_MAX).optional().meta({
    description: 'What is allowed. Present: all else outside the cluster is denied, [] = everything. Absent: no say.',
  }),
  egressDeny: z
    .array(egressRule)
    .max(RULES_MAX)
    .optional()
    .meta({
      description:
        'What is denied. A name without ports is refused when it is asked for; one with ports, and every CIDR, when ' +
        'it is connected to. An allowed name behind the same address wins over a denied one, see strictDeny.',
    }),
  strictDeny: z.boolean().optional().meta({
    default: false,
    description:
      'Denied names win at the connection too, at the price of allowed names behind the same address. Default: false.',
  }),
  dns: dns.optional().meta({ description: 'How names are judged, and what is learned of their answers.' }),
  connections: connections.optional().meta({ description: 'What becomes of packets and flows that are denied.' }),
};

interface PolicyRules {
  readonly egress?: readonly z.infer<typeof egressRule>[] | undefined;
  readonly egressDeny?: readonly z.infer<typeof egressRule>[] | undefined;
}

function checkSizes(spec: PolicyRules, ctx: z.RefinementCtx): void {
  const peers = [...(spec.egress ?? []), ...(spec.egressDeny ?? [])].flatMap(({ to }) => to);
  const selectors = peers.filter(({ fqdn }) => fqdn !== undefined).length;
  const cidrs = peers.length - selectors;
  if (selectors > SELECTORS_PER_POLICY_MAX) {
    const fix = `split it: at most ${SELECTORS_PER_POLICY_MAX} in one policy`;
    addProblem(ctx, [], `has ${selectors} selectors`, fix);
  }
  if (cidrs > CIDRS_PER_POLICY_MAX) {
    addProblem(ctx, [], `has ${cidrs} CIDRs`, `split it: at most ${CIDRS_PER_POLICY_MAX} in one policy`);
  }
}

/** Entries of both lists that have a field, counted in CEL. */
function celCount(field: 'fqdn' | 'cidr'): string {
  const of = (list: string) =>
    `(has(self.${list}) ? self.${list}.map(r, r.to.filter(p, has(p.${field})).size()).sum() : 0)`;
  return `${of('egress')} + ${of('egressDeny')}`;
}

function celSize(field: 'fqdn' | 'cidr', what: string, most: number): ReturnType<typeof cel> {
  return cel({
    rule: `${celCount(field)} <= ${most}`,
    message: `has more than ${most} ${what}; split it: at most ${most} in one policy`,
  });
}

const sizes = {
  'x-kubernetes-validations': [
    ...celSize('fqdn', 'selectors', SELECTORS_PER_POLICY_MAX)['x-kubernetes-validations'],
    ...celSize('cidr', 'CIDRs', CIDRS_PER_POLICY_MAX)['x-kubernetes-validations'],
  ],
};

export const fqdnNetworkPolicySchema = z
  .strictObject({
    apiVersion: z.literal(API_VERSION),
    kind: z.literal('FQDNNetworkPolicy'),
    metadata: namespacedMetadata,
    spec: z
      .strictObject(specFields)
      .superRefine(checkSizes)
      .meta({ description: 'Which pods, and what they may reach.', ...sizes }),
    status: policyStatus.optional(),
  })
  .meta({
    description:
      'Which names and addresses outside the cluster the pods of this namespace may reach. It only takes away: what ' +
      'another network policy denies stays denied. Policies that select the same pod add up.',
  });

export const clusterFqdnNetworkPolicySchema = z
  .strictObject({
    apiVersion: z.literal(API_VERSION),
    kind: z.literal('ClusterFQDNNetworkPolicy'),
    metadata: clusterMetadata,
    spec: z
      .strictObject({
        namespaceSelector: labelSelector.optional().meta({ description: 'Namespaces; absent or {} = all.' }),
        ...specFields,
      })
      .superRefine(checkSizes)
      .meta({ description: 'Which pods of which namespaces, and what they may reach.', ...sizes }),
    status: policyStatus.optional(),
  })
  .meta({
    description:
      'An FQDNNetworkPolicy for pods of many namespaces. Its CIDR denies come before all other rules. It does not apply ' +
      'to the namespaces that the configuration excludes, by default kube-system.',
  });

export type FQDNNetworkPolicy = z.infer<typeof fqdnNetworkPolicySchema>;
export type ClusterFQDNNetworkPolicy = z.infer<typeof clusterFqdnNetworkPolicySchema>;
export type Policy = FQDNNetworkPolicy | ClusterFQDNNetworkPolicy;
