import protobuf from 'protobufjs';
import { messageType } from './schema.ts';

/** Octets of one message type, both ways. 64-bit fields are bigints, enums are numbers. */
export interface Codec<Input, Output> {
  /** Canonical: fields by number, defaults left out; equal values give equal octets. */
  readonly encode: (value: Input) => Buffer;
  /** Absent fields get their defaults. Throws what protobufjs throws on octets that are no such message. */
  readonly decode: (bytes: Uint8Array) => Output;
}

/** @param name of a message in package namewall.v1. */
export function codec<Input extends object, Output extends object>(name: string): Codec<Input, Output> {
  const type = messageType(name);
  return {
    encode(value) {
      // A copy with the exact size, so that it pins nothing of the writer's pool.
      return Buffer.from(type.encode(clean(type, value as Fields)).finish());
    },
    decode(bytes) {
      const fields = type.toObject(type.decode(bytes), { defaults: true, arrays: true, oneofs: true, longs: String });
      return withBigints(type, fields) as Output;
    },
  };
}

type Fields = Record<string, unknown>;

const WIDE = new Set(['int64', 'uint64', 'sint64', 'fixed64', 'sfixed64']);

/** Only the declared fields that are not at their default; bigints as protobufjs writes them. */
function clean(type: protobuf.Type, value: Fields): Fields {
  const out: Fields = {};
  for (const field of type.fieldsArray) {
    const given = value[field.name];
    const kept = field.repeated ? cleanList(field, given) : cleanOne(field, given);
    if (kept !== undefined) out[field.name] = kept;
  }
  return out;
}

function cleanList(field: protobuf.Field, given: unknown): unknown[] | undefined {
  if (!Array.isArray(given) || given.length === 0) return undefined;
  return given.map((item) => encodable(field, item));
}

function cleanOne(field: protobuf.Field, given: unknown): unknown {
  if (given === undefined || given === null || isDefault(given)) return undefined;
  return encodable(field, given);
}

function isDefault(value: unknown): boolean {
  if (value instanceof Uint8Array) return value.length === 0;
  return value === 0 || value === 0n || value === '' || value === false;
}

function encodable(field: protobuf.Field, value: unknown): unknown {
  if (field.resolvedType instanceof protobuf.Type) return clean(field.resolvedType, value as Fields);
  return WIDE.has(field.type) ? wide(value as bigint) : value;
}

function wide(value: bigint): { low: number; high: number; unsigned: boolean } {
  return {
    low: Number(BigInt.asIntN(32, value)),
    high: Number(BigInt.asIntN(32, value >> 32n)),
    unsigned: value >= 0n,
  };
}

function withBigints(type: protobuf.Type, fields: Fields): Fields {
  for (const field of type.fieldsArray) {
    const value = fields[field.name];
    if (value === undefined || value === null) continue;
    fields[field.name] = field.repeated
      ? (value as unknown[]).map((item) => decoded(field, item))
      : decoded(field, value);
  }
  return fields;
}

function decoded(field: protobuf.Field, value: unknown): unknown {
  if (field.resolvedType instanceof protobuf.Type) return withBigints(field.resolvedType, value as Fields);
  return WIDE.has(field.type) ? BigInt(String(value)) : value;
}
