import type { z } from 'zod';
import type { Problem } from '../schema/problem.ts';
import { fieldsAt } from './fields.ts';
import { nearest } from './near.ts';

type Issue = z.core.$ZodIssue;

/** A required field that is not there: what to write. */
const MISSING: Readonly<Record<string, string>> = {
  metadata: 'write metadata with a name',
  name: 'write a name',
  uid: 'write the UID that the API server gave, or any that is unique',
  spec: 'write spec',
  podSelector: 'write podSelector: {} for all pods of the namespace, or matchLabels',
  to: 'write to with fqdn or cidr entries',
  address: 'write the IP address',
  key: 'write the name of a label',
  operator: 'write In, NotIn, Exists or DoesNotExist',
};

/** What a schema has to say of a document, in our words. */
export function explain(schema: z.ZodType, issue: Issue): Problem[] {
  const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
  const one = (reason: string, fix: string): Problem[] => [{ path, reason, fix }];
  switch (issue.code) {
    case 'custom':
      return one(issue.message, String(issue.params?.['fix'] ?? 'correct it'));
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownField(schema, path, key));
    case 'invalid_type':
      return [wrongType(path, issue)];
    case 'invalid_value':
      return [wrongValue(path, issue)];
    case 'too_big':
      return one(`is too ${issue.origin === 'number' || issue.origin === 'int' ? 'large' : 'long'}`, most(issue));
    case 'too_small':
      return one(`is too ${issue.origin === 'number' || issue.origin === 'int' ? 'small' : 'short'}`, least(issue));
    default:
      return one(issue.message, 'correct it');
  }
}

function unknownField(schema: z.ZodType, path: Problem['path'], key: string): Problem {
  const known = fieldsAt(schema, path);
  const meant = nearest(key, known);
  const fix = meant === undefined ? `remove it; known here: ${known.join(', ')}` : `write ${meant}`;
  return { path: [...path, key], reason: 'unknown field', fix };
}

function wrongType(path: Problem['path'], issue: z.core.$ZodIssueInvalidType): Problem {
  const last = path.at(-1);
  const hint = typeof last === 'string' ? MISSING[last] : undefined;
  if (issue.input === undefined) return { path, reason: 'is missing', fix: hint ?? `write ${article(issue.expected)}` };
  const found = typeName(issue.input);
  if (found === 'nothing') return { path, reason: 'is empty', fix: hint ?? `write ${article(issue.expected)}` };
  return { path, reason: `is ${found}, not ${article(issue.expected)}`, fix: asExpected(issue) };
}

function asExpected({ expected, input }: z.core.$ZodIssueInvalidType): string {
  const scalar = typeof input === 'number' || typeof input === 'boolean' ? String(input) : undefined;
  if (expected === 'array') return 'write a list: begin each entry with "- "';
  if (expected === 'string' && scalar !== undefined) return `write it in quotes: "${scalar}"`;
  if (expected === 'int' && typeof input === 'number') return `write ${Math.round(input)}`;
  if (typeof input === 'string' && String(Number(input)) === input) return `write ${input} without quotes`;
  return `write ${article(expected)}`;
}

function wrongValue(path: Problem['path'], { values, input }: z.core.$ZodIssueInvalidValue): Problem {
  const known = values.map(String);
  const meant = typeof input === 'string' ? nearest(input, known) : undefined;
  const reason = input === undefined ? 'is missing' : `${JSON.stringify(input)} is not known here`;
  return { path, reason, fix: `write ${meant ?? known.join(', ')}` };
}

function most({ maximum, origin }: z.core.$ZodIssueTooBig): string {
  return `write at most ${maximum}${unit(origin)}`;
}

function least({ minimum, origin }: z.core.$ZodIssueTooSmall): string {
  return `write at least ${minimum}${unit(origin)}`;
}

function unit(origin: string): string {
  if (origin === 'string') return ' characters';
  return origin === 'array' ? ' entries' : '';
}

function typeName(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return article(typeof value);
}

function article(type: string): string {
  const words: Readonly<Record<string, string>> = {
    array: 'a list',
    object: 'a mapping',
    record: 'a mapping',
    string: 'text',
    int: 'a whole number',
    number: 'a number',
    boolean: 'true or false',
  };
  return words[type] ?? type;
}
