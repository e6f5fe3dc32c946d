import { z } from 'zod';
import { addressText, clusterMetadata, namespacedMetadata } from './common.ts';
import { addProblem } from './problem.ts';

/** Where a pod's network namespace is, for sources without a container runtime. */
export const NETNS_ANNOTATION = 'namewall.dev/netns';

/** core/v1 Pod: what we read of it. Other fields are left alone, in the document and by us. */
export const podSchema = z.looseObject({
  apiVersion: z.literal('v1'),
  kind: z.literal('Pod'),
  metadata: namespacedMetadata.extend({ uid: z.string().min(1).max(63) }).superRefine(({ annotations }, ctx) => {
    const netns = annotations?.[NETNS_ANNOTATION];
    if (netns === undefined || (netns.startsWith('/') && netns.length < 128)) return;
    const reason = `"${netns}" is not an absolute path of less than 128 characters`;
    addProblem(ctx, ['annotations', NETNS_ANNOTATION], reason, 'write it like /run/netns/pod-a');
  }),
  spec: z
    .looseObject({
      hostNetwork: z.boolean().optional(),
      /** Not of the API: a container of it has CAP_NET_ADMIN, by the operator's reading. */
      netAdmin: z.boolean().optional(),
      nodeName: z.string().optional(),
      dnsPolicy: z.enum(['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None']).optional(),
      dnsConfig: z.looseObject({ searches: z.array(z.string()).optional() }).optional(),
    })
    .optional(),
  status: z
    .looseObject({
      phase: z.string().optional(),
      podIP: addressText.optional(),
      podIPs: z.array(z.looseObject({ ip: addressText })).optional(),
    })
    .optional(),
});

/** core/v1 Namespace: its labels. */
export const namespaceSchema = z.looseObject({
  apiVersion: z.literal('v1'),
  kind: z.literal('Namespace'),
  metadata: clusterMetadata,
});

export type Pod = z.infer<typeof podSchema>;
export type Namespace = z.infer<typeof namespaceSchema>;
