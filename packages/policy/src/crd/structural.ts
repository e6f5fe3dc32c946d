import { z } from 'zod';

/** A schema as a CustomResourceDefinition holds it. */
export interface StructuralSchema {
  type: string;
  properties?: Record<string, StructuralSchema>;
  items?: StructuralSchema;
  additionalProperties?: StructuralSchema;
  [key: string]: unknown;
}

/** What a structural schema may hold, in the order that people read it. */
const KEYS = [
  'description',
  'type',
  'format',
  'enum',
  'default',
  'pattern',
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'maxProperties',
  'required',
  'properties',
  'items',
  'additionalProperties',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-map-type',
  'x-kubernetes-validations',
];

/**
 * The schema of one of our kinds as the API server wants it: metadata and the type's own fields are its business,
 * unknown fields are refused or pruned by it.
 *
 * @throws Error for what a structural schema cannot say, naming the field
 */
export function structural(schema: z.ZodType): StructuralSchema {
  const { properties = {}, ...root } = z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input' }) as Json;
  const { spec, status } = properties;
  if (spec === undefined || status === undefined) throw new Error('a kind needs spec and status; add them');
  const own = {
    apiVersion: { type: 'string', description: 'The version of this API.' },
    kind: { type: 'string', description: 'The kind of this object.' },
    metadata: { type: 'object' },
  };
  const required = root.required?.filter((name) => name === 'spec');
  return convert({ ...root, required, properties: { ...own, spec, status } }, []);
}

interface Json {
  readonly properties?: Readonly<Record<string, Json>>;
  readonly required?: readonly string[] | undefined;
  readonly items?: Json;
  readonly additionalProperties?: Json | boolean;
  readonly [key: string]: unknown;
}

function convert(json: Json, path: readonly string[]): StructuralSchema {
  const { additionalProperties, ...rest } = json;
  const values =
    typeof additionalProperties === 'object' && json.properties === undefined ? additionalProperties : undefined;
  const fields = values === undefined ? rest : { ...rest, additionalProperties: values };
  const unknown = Object.keys(fields).filter((key) => !KEYS.includes(key));
  if (unknown.length > 0) throw new Error(`${path.join('.')}: a structural schema has no ${unknown.join(', ')}`);
  if (typeof json['type'] !== 'string') throw new Error(`${path.join('.')}: a structural schema needs one type`);
  const ordered = KEYS.filter((key) => fields[key] !== undefined).map((key) => [key, descend(key, fields[key], path)]);
  return Object.fromEntries(ordered) as StructuralSchema;
}

function descend(key: string, value: unknown, path: readonly string[]): unknown {
  if (key === 'items' || key === 'additionalProperties') return convert(value as Json, [...path, '*']);
  if (key !== 'properties') return value;
  const entries = Object.entries(value as Record<string, Json>);
  return Object.fromEntries(entries.map(([name, schema]) => [name, convert(schema, [...path, name])]));
}
