import { z } from 'zod';
import { CIDRS_PER_POLICY_MAX, RULES_MAX, SELECTORS_PER_POLICY_MAX } from '../limits.ts';
import { parseDuration } from '../value/duration.ts';
import { API_VERSION, clusterMetadata, durationText, labelSelector, namespacedMetadata } from './common.ts';
import { egressRule, peerKey } from './egress.ts';
import { addProblem } from './problem.ts';

const ttl = z
  .strictObject({
    floor: durationText.optional().meta({ description: 'An address lives at least so long. Largest of all policies.' }),
    grace: durationText.optional().meta({ description: 'Added to each lifetime. Largest of all policies.' }),
    ceiling: durationText.optional().meta({ description: 'A TTL counts at most so much. Smallest of all policies.' }),
  })
  .superRefine(({ floor, ceiling }, ctx) => {
    if (floor === undefined || ceiling === undefined || parseDuration(floor) <= parseDuration(ceiling)) return;
    addProblem(ctx, ['floor'], `floor ${floor} is above ceiling ${ceiling}`, `write at most ${ceiling}`);
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
        'live until they close or idle out. Immediate wins: OnClose holds where every enforced policy of the pod says so.',
    }),
});

const specFields = {
  podSelector: labelSelector.meta({ description: 'Pods the policy applies to; {} = all.' }),
  enforcementMode: z.enum(['Enforce', 'Audit']).optional().meta({
    default: 'Enforce',
    description: 'Audit: verdicts are reported, nothing is blocked.',
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
    description: 'Denied names win at the connection too, at the price of allowed names behind the same address.',
  }),
  dns: dns.optional(),
  connections: connections.optional(),
};

interface PolicyRules {
  readonly egress?: readonly z.infer<typeof egressRule>[] | undefined;
  readonly egressDeny?: readonly z.infer<typeof egressRule>[] | undefined;
}

function checkSizes(spec: PolicyRules, ctx: z.RefinementCtx): void {
  const keys = new Set([...(spec.egress ?? []), ...(spec.egressDeny ?? [])].flatMap((rule) => rule.to.map(peerKey)));
  const selectors = [...keys].filter((key) => key?.startsWith('v1|')).length;
  const cidrs = keys.size - selectors;
  if (selectors > SELECTORS_PER_POLICY_MAX) {
    const fix = `split it: at most ${SELECTORS_PER_POLICY_MAX} in one policy`;
    addProblem(ctx, [], `has ${selectors} selectors`, fix);
  }
  if (cidrs > CIDRS_PER_POLICY_MAX) {
    addProblem(ctx, [], `has ${cidrs} CIDRs`, `split it: at most ${CIDRS_PER_POLICY_MAX} in one policy`);
  }
}

const status = z.looseObject({}).optional();

export const fqdnNetworkPolicySchema = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal('FQDNNetworkPolicy'),
  metadata: namespacedMetadata,
  spec: z.strictObject(specFields).superRefine(checkSizes),
  status,
});

export const clusterFqdnNetworkPolicySchema = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal('ClusterFQDNNetworkPolicy'),
  metadata: clusterMetadata,
  spec: z
    .strictObject({
      namespaceSelector: labelSelector.optional().meta({ description: 'Namespaces; absent or {} = all.' }),
      ...specFields,
    })
    .superRefine(checkSizes),
  status,
});

export type FQDNNetworkPolicy = z.infer<typeof fqdnNetworkPolicySchema>;
export type ClusterFQDNNetworkPolicy = z.infer<typeof clusterFqdnNetworkPolicySchema>;
export type Policy = FQDNNetworkPolicy | ClusterFQDNNetworkPolicy;
