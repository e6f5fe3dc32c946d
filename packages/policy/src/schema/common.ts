import { z } from 'zod';
import { DURATION_MAX_HOURS, DURATION_TEXT_MAX, EXPRESSIONS_MAX, LABELS_MAX } from '../limits.ts';
import { parseAddress } from '../value/address.ts';
import { parseCidr } from '../value/cidr.ts';
import { DURATION_PATTERN, parseDuration } from '../value/duration.ts';
import { type Words, cel, either, raw, say } from './cel.ts';
import { addProblem, tryRead } from './problem.ts';

/** No CIDR is longer: eight groups, a dotted end, a length. */
const CIDR_TEXT_MAX = 49;

export const API_VERSION = 'namewall.dev/v1alpha1';

const isDuration = `self.matches(${raw(DURATION_PATTERN.source)})`;
/** Single parts that are over a year; more than these would overflow what CEL calls a duration. */
const overAYear = `self.matches('[1-9][0-9]{4,}h|[1-9][0-9]{6,}m([^s]|$)|[1-9][0-9]{8,}s|[1-9][0-9]{11,}ms')`;

/** "30s", "1h30m"… see parseDuration. */
export const durationText = z
  .string()
  .max(DURATION_TEXT_MAX)
  .superRefine((text, ctx) => tryRead(ctx, [], () => parseDuration(text)))
  .meta(
    cel(
      {
        rule: isDuration,
        message: 'is not a duration; write it like 30s, 5m, 1h30m or 250ms',
        messageExpression: `'"' + self + '" is not a duration; ' + (${either(
          `self.matches('^[0-9]+$')`,
          `'write "' + self + 's" if seconds are meant'`,
          `'write it like 30s, 5m, 1h30m or 250ms'`,
        )})`,
      },
      {
        rule: `!${isDuration} || (!${overAYear} && duration(self) <= duration('${DURATION_MAX_HOURS}h'))`,
        messageExpression: `'"' + self + '" is longer than a year; write at most ${DURATION_MAX_HOURS}h'`,
      },
    ),
  );

/** Whether a duration, by its name in CEL, is at most another; true where one of them is none. */
export function celAtMost(left: string, right: string): string {
  const readable = [left, right].map((name) => `${name}.matches(${raw(DURATION_PATTERN.source)})`).join(' && ');
  return `!(${readable}) || duration(${left}) <= duration(${right})`;
}

const notCidr = `'"' + self + '" is not a CIDR; write it like 192.0.2.0/24 or 2001:db8::/32'`;
const noLength = `'"' + self + '" has no prefix length; write ' + self + (self.contains(':') ? '/128' : '/32')`;
const lengthOver =
  `'"' + self + '" has a prefix length over ' + (self.contains(':') ? '128' : '32') + ` +
  `'; write a length from 0 to ' + (self.contains(':') ? '128' : '32')`;
// What CEL makes of a number or an address has no size that the API server would know: it may stand in no message.
const hostBits =
  `'"' + self + '" has bits set behind its prefix length; clear them, or write ' + self.find('^[^/]+') + ` +
  `(self.contains(':') ? '/128' : '/32') + ' for the one address'`;

export const cidrText = z
  .string()
  .superRefine((text, ctx) => tryRead(ctx, [], () => parseCidr(text)))
  .meta({
    maxLength: CIDR_TEXT_MAX,
    ...cel(
      {
        rule: 'isCIDR(self)',
        message: 'is not a CIDR; write it like 192.0.2.0/24 or 2001:db8::/32',
        messageExpression: `isIP(self) ? ${noLength} : self.matches('^[^/]+/[0-9]{1,3}$') && isIP(self.split('/')[0]) ? ${lengthOver} : ${notCidr}`,
      },
      { rule: '!isCIDR(self) || cidr(self) == cidr(self).masked()', messageExpression: hostBits },
    ),
  });

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

/** A prefix of 253 characters, a slash, a name of 63. */
const LABEL_KEY_MAX = 317;
const LABEL_VALUE_MAX = 63;

const labelValue = z.string().max(LABEL_VALUE_MAX);
const TAKES_NONE = 'remove values, or use In';
const NEEDS_SOME = 'list at least one value, or use Exists';
const LONG_KEY: Words = [`a label has more than ${LABEL_KEY_MAX} characters`, 'write one that a pod can have'];

const labelExpression = z
  .strictObject({
    key: z.string().min(1).max(LABEL_KEY_MAX).meta({ description: 'The name of a label.' }),
    operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']).meta({
      description: 'In, NotIn: the label has, or lacks, one of the values. Exists, DoesNotExist: whatever its value.',
    }),
    values: z.array(labelValue).max(EXPRESSIONS_MAX).optional().meta({ description: 'For In and NotIn alone.' }),
  })
  .superRefine(({ operator, values }, ctx) => {
    const listed = operator === 'In' || operator === 'NotIn';
    if (listed && (values === undefined || values.length === 0)) {
      addProblem(ctx, ['values'], `${operator} needs values`, NEEDS_SOME);
    }
    if (!listed && values !== undefined && values.length > 0) {
      addProblem(ctx, ['values'], `${operator} takes no values`, TAKES_NONE);
    }
  })
  .meta(
    cel(
      {
        rule: `!(self.operator in ['In', 'NotIn']) || self.?values.orValue([]).size() > 0`,
        messageExpression: `self.operator + ' needs values; ${NEEDS_SOME}'`,
        fieldPath: '.values',
      },
      {
        rule: `self.operator in ['In', 'NotIn'] || self.?values.orValue([]).size() == 0`,
        messageExpression: `self.operator + ' takes no values; ${TAKES_NONE}'`,
        fieldPath: '.values',
      },
    ),
  );

const selectedLabels = z
  .record(z.string(), labelValue)
  .superRefine((value, ctx) => {
    const keys = Object.keys(value);
    if (keys.length > LABELS_MAX) addProblem(ctx, [], 'is too long', `write at most ${LABELS_MAX} entries`);
    if (keys.some((key) => key.length > LABEL_KEY_MAX)) addProblem(ctx, [], ...LONG_KEY);
  })
  .meta({
    maxProperties: LABELS_MAX,
    ...cel({ rule: `self.all(key, key.size() <= ${LABEL_KEY_MAX})`, message: say(LONG_KEY) }),
  });

/** metav1.LabelSelector: all parts must hold; {} selects everything. */
export const labelSelector = z
  .strictObject({
    matchLabels: selectedLabels
      .optional()
      .meta({ description: 'Labels with their values; all of them must be there.' }),
    matchExpressions: z.array(labelExpression).max(EXPRESSIONS_MAX).optional().meta({
      description: 'Conditions on labels; all of them must hold.',
    }),
  })
  .meta({ 'x-kubernetes-map-type': 'atomic' });

export type LabelSelector = z.infer<typeof labelSelector>;
export type Labels = Readonly<Record<string, string>>;
