import protobuf from 'protobufjs';
import { MAX_CHUNK } from '../limits.ts';
import type { EncodedResource, ResourceId } from '../resource.ts';
import type { Difference } from './difference.ts';

/** What one delta carries: references only, until it is encoded. */
export interface Chunk extends Difference {
  readonly complete: boolean;
}

/** Rough octets of a removal around its name. */
const REMOVAL_OVERHEAD = 16;

/** Cuts a difference into deltas, the last of them `complete`; an empty difference is one empty delta. */
export function chunks({ upserts, removals }: Difference): Chunk[] {
  const parts: { upserts: EncodedResource[]; removals: ResourceId[]; size: number }[] = [];
  const room = (size: number) => {
    const last = parts.at(-1);
    if (last !== undefined && last.size + size <= MAX_CHUNK) {
      last.size += size;
      return last;
    }
    const next = { upserts: [], removals: [], size };
    parts.push(next);
    return next;
  };
  room(0);
  for (const upsert of upserts) room(upsert.size).upserts.push(upsert);
  for (const removal of removals) room(Buffer.byteLength(removal.name) + REMOVAL_OVERHEAD).removals.push(removal);
  return parts.map((part, i) => ({ upserts: part.upserts, removals: part.removals, complete: i === parts.length - 1 }));
}

const LENGTH_DELIMITED = 2;
const field = (number: number): number => (number << 3) | LENGTH_DELIMITED;

/** OperatorMessage.delta, its resources' octets taken as they are. Field numbers as in stream.proto. */
export function encodeDelta(chunk: Chunk, nonce: string, traceparent: string): Buffer {
  const writer = protobuf.Writer.create();
  writer.uint32(field(2)).fork();
  writer.uint32(field(1)).string(nonce);
  for (const { encoded } of chunk.upserts) writer.uint32(field(2)).bytes(encoded);
  for (const { type, name } of chunk.removals) {
    writer.uint32(field(3)).fork().uint32(8).uint32(type).uint32(field(2)).string(name).ldelim();
  }
  if (chunk.complete) writer.uint32(4 << 3).bool(true);
  if (traceparent !== '') writer.uint32(field(5)).string(traceparent);
  return Buffer.from(writer.ldelim().finish());
}
