import { z } from 'zod';
import { cel } from './cel.ts';
import { API_VERSION, clusterMetadata } from './common.ts';
import { SELECTOR_TEXT_MAX } from '../selector-check.ts';

/** Policies that the status names; the count counts all. */
const POLICIES_NAMED_MAX = 16;

const count = z.int().min(0).max(0x7fffffff);

const policyRef = z.looseObject({
  kind: z.enum(['FQDNNetworkPolicy', 'ClusterFQDNNetworkPolicy']).meta({ description: 'Its kind.' }),
  namespace: z.string().max(63).optional().meta({ description: 'Its namespace; absent for the cluster kind.' }),
  name: z.string().max(253).meta({ description: 'Its name.' }),
});

/** One selector in use. A view that the operator writes: nothing reads it, and removing it changes nothing. */
export const fqdnIdentitySchema = z
  .strictObject({
    apiVersion: z.literal(API_VERSION),
    kind: z.literal('FQDNIdentity'),
    metadata: clusterMetadata,
    spec: z
      .strictObject({
        kind: z.enum(['Name', 'Pattern']).meta({ description: 'Name: that name alone. Pattern: it has wildcards.' }),
        selector: z.string().min(1).max(SELECTOR_TEXT_MAX).meta({
          description: 'The selector as it is compared: lower case, no trailing dot, no redundant wildcard.',
        }),
      })
      .meta({
        description: 'Which names it stands for.',
        ...cel({
          rule: 'self == oldSelf',
          message: 'an identity never changes; remove it, the operator writes those in use',
        }),
      }),
    status: z
      .looseObject({
        policies: z
          .looseObject({
            count: count.optional().meta({ description: 'How many there are.' }),
            first: z.array(policyRef).max(POLICIES_NAMED_MAX).optional().meta({ description: 'The first of them.' }),
          })
          .optional()
          .meta({ description: 'Policies with this selector.' }),
        nodes: count.optional().meta({ description: 'Nodes with a pod that one of the policies selects.' }),
      })
      .optional()
      .meta({ description: 'Who uses it; written by the operator.' }),
  })
  .meta({
    description:
      'A selector that policies use, for a look: its name is the first 128 bits of the SHA-256 of its canonical text, ' +
      'the same in every cluster. The operator writes and removes these; nothing reads them.',
    ...cel({
      rule: `self.metadata.name.matches('^[0-9a-f]{32}$')`,
      message: 'metadata.name is not an identity; leave these objects to the operator',
    }),
  });
