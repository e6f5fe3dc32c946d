import { z } from 'zod';
import { EXPRESSIONS_MAX } from '../limits.ts';
import { parseAddress } from '../value/address.ts';
import { parseCidr } from '../value/cidr.ts';
import { DURATION_PATTERN, parseDuration } from '../value/duration.ts';
import { addProblem, tryRead } from './problem.ts';

export const API_VERSION = 'namewall.dev/v1alpha1';

/** `ns`, `ms`… see parseDuration. */
export const durationText = z
  .string()
  .meta({ pattern: DURATION_PATTERN.source })
  .superRefine((text, ctx) => tryRead(ctx, [], () => parseDuration(text)));

export const cidrText = z.string().superRefine((text, ctx) => tryRead(ctx, [], () => parseCidr(text)));

export const addressText = z.string().superRefine((text, ctx) => tryRead(ctx, [], () => parseAddress(text)));

const objectName = z
  .string()
  .max(253)
  .superRefine((name, ctx) => {
    if (/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(name)) return;
    addProblem(ctx, [], `"${name}" is not an object name`, 'use lower-case letters, digits, "-" and "."');
  });

const namespaceName = z
  .string()
  .max(63)
  .superRefine((name, ctx) => {
    if (/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name)) return;
    addProblem(ctx, [], `"${name}" is not a namespace`, 'use lower-case letters, digits and "-"');
  });

const labels = z.record(z.string(), z.string());

/** ObjectMeta: what we read of it; the API server adds more. */
export const namespacedMetadata = z.looseObject({
  name: objectName,
  namespace: namespaceName.optional().meta({ default: 'default' }),
  labels: labels.optional(),
  annotations: labels.optional(),
});

export const clusterMetadata = z
  .looseObject({ name: objectName, labels: labels.optional(), annotations: labels.optional() })
  .superRefine((metadata, ctx) => {
    if (metadata['namespace'] === undefined) return;
    addProblem(ctx, ['namespace'], 'this kind belongs to no namespace', 'remove namespace');
  });

const labelExpression = z
  .strictObject({
    key: z.string().min(1),
    operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
    values: z.array(z.string()).max(EXPRESSIONS_MAX).optional(),
  })
  .superRefine(({ operator, values }, ctx) => {
    const listed = operator === 'In' || operator === 'NotIn';
    if (listed && (values === undefined || values.length === 0)) {
      addProblem(ctx, ['values'], `${operator} needs values`, 'list at least one value, or use Exists');
    }
    if (!listed && values !== undefined && values.length > 0) {
      addProblem(ctx, ['values'], `${operator} takes no values`, 'remove values, or use In');
    }
  });

/** metav1.LabelSelector: all parts must hold; {} selects everything. */
export const labelSelector = z.strictObject({
  matchLabels: labels.optional(),
  matchExpressions: z.array(labelExpression).max(EXPRESSIONS_MAX).optional(),
});

export type LabelSelector = z.infer<typeof labelSelector>;
export type Labels = Readonly<Record<string, string>>;
