import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { customResourceDefinitions } from './definitions.ts';
import { type StructuralSchema, structural } from './structural.ts';

interface Spec {
  readonly names: { readonly kind: string };
  readonly versions: readonly [{ readonly schema: { readonly openAPIV3Schema: StructuralSchema } }];
}

const schemas = customResourceDefinitions().map(({ spec }) => {
  const { names, versions } = spec as Spec;
  return { kind: names.kind, schema: versions[0].schema.openAPIV3Schema };
});

function* fields(schema: StructuralSchema, path: string): Generator<[string, StructuralSchema]> {
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    yield [`${path}.${name}`, field];
    yield* fields(field, `${path}.${name}`);
  }
  for (const inner of [schema.items, schema.additionalProperties]) {
    if (inner === undefined) continue;
    yield [`${path}[]`, inner];
    yield* fields(inner, `${path}[]`);
  }
}

test('kubectl explain has a sentence for every field', () => {
  for (const { kind, schema } of schemas) {
    assert.match(String(schema['description']), /\.$/u, kind);
    for (const [path, field] of fields(schema, kind)) {
      if (path.endsWith('[]') || path === `${kind}.metadata`) continue;
      assert.match(String(field['description']), /\.$/u, path);
    }
  }
});

test('whatever has a size has a limit', () => {
  const limits: Readonly<Record<string, string>> = { array: 'maxItems', integer: 'maximum' };
  const free = /(\.(apiVersion|kind|metadata|lastTransitionTime)|observedGeneration)$/u;
  for (const { kind, schema } of schemas) {
    for (const [path, field] of fields(schema, kind)) {
      if (free.test(path)) continue;
      const limit = field.type === 'string' && field['enum'] === undefined ? 'maxLength' : limits[field.type];
      if (limit !== undefined) assert.equal(typeof field[limit], 'number', `${path}: ${limit}`);
      if (field.additionalProperties !== undefined) assert.equal(typeof field['maxProperties'], 'number', path);
    }
  }
});

test('what a structural schema cannot say is an error that names the field', () => {
  const kind = (spec: z.ZodType) => z.strictObject({ spec, status: z.looseObject({}).optional() });
  const union = kind(z.strictObject({ port: z.union([z.string(), z.int()]) }));
  assert.throws(() => structural(union), /spec\.port: a structural schema has no anyOf/u);
  assert.throws(() => structural(z.strictObject({ spec: z.strictObject({}) })), /needs spec and status/u);
});
