import { z } from 'zod';

/** Conditions of an object: one for each type, whoever writes them. */
const CONDITIONS_MAX = 16;
const REASON_MAX = 1024;
const MESSAGE_MAX = 32768;
const TYPE_MAX = 316;

const count = z.int().min(0).max(0x7fffffff);
const generation = z.int().min(0).meta({ format: 'int64' });

/** metav1.Condition. */
const condition = z.looseObject({
  type: z.string().min(1).max(TYPE_MAX).meta({
    description:
      'Accepted: the policy can be used. Programmed: the nodes of its pods hold it. Effective: nothing stands in its way.',
  }),
  status: z.enum(['True', 'False', 'Unknown']).meta({ description: 'Whether it is so.' }),
  observedGeneration: generation.optional().meta({ description: 'The metadata.generation that this was said of.' }),
  lastTransitionTime: z.string().meta({ format: 'date-time', description: 'When status changed last.' }),
  reason: z.string().min(1).max(REASON_MAX).meta({
    pattern: '^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$',
    description: 'Why, as one word for programs.',
  }),
  message: z.string().max(MESSAGE_MAX).meta({ description: 'Why, for people: the field, the reason and the fix.' }),
});

/** What the operator says of a policy; the leader writes it, at most once in a few seconds. */
export const policyStatus = z
  .looseObject({
    observedGeneration: generation.optional().meta({ description: 'The metadata.generation that all this is about.' }),
    conditions: z
      .array(condition)
      .max(CONDITIONS_MAX)
      .optional()
      .meta({
        description: 'Accepted, Programmed and Effective.',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['type'],
      }),
    identities: count.optional().meta({ description: 'Different selectors of the policy.' }),
    pods: z
      .looseObject({
        selected: count.optional().meta({ description: 'Pods that the policy selects.' }),
        enforced: count.optional().meta({ description: 'Of them, those whose node has acknowledged it.' }),
      })
      .optional()
      .meta({ description: 'Pods, counted.' }),
    nodes: z
      .looseObject({
        desired: count.optional().meta({ description: 'Nodes with a pod that the policy selects.' }),
        programmed: count.optional().meta({ description: 'Of them, those that have acknowledged it.' }),
      })
      .optional()
      .meta({ description: 'Nodes, counted.' }),
  })
  .meta({ description: 'Written by the operator.' });
