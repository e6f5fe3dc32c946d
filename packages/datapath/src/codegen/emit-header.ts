import { trampoline, type Direction } from '../hooks/trampoline.ts';
import type { MapModel, Model, Shape, StructModel } from './model.ts';

/** Structs that the CNI plugin reads or writes; others it only knows the size of, from the kernel. */
const STRUCTS: ReadonlySet<string> = new Set(['allocator', 'config', 'endpoint', 'pod', 'pod_key', 'ruleset']);
/** Tables whose keys begin with, or hold, the endpoint's number: what a pod leaves behind is found by it. */
const TABLES: readonly string[] = ['pending', 'learned', 'flows', 'streams', 'stream_parts'];

const HEAD = `/*
 * Generated from bpf/lib and packages/datapath/src/hooks/trampoline.ts by packages/datapath/scripts/generate.ts.
 * Change those and run: make generate
 */
#pragma once
#include <stddef.h>
#include "../types.h"
`;

/** What the CNI plugin shares with the datapath, in C: the trampolines, and the layout of some pinned maps. */
export function emitHeader({ enums, structs, maps }: Model): string {
  const value = (name: string, member: string): number | undefined =>
    enums.find((model) => model.name === name)?.values.find(([found]) => found === member)?.[1];
  const constants = [
    `enum { NW_LAYOUT = ${value('nw_layout', 'NW_LAYOUT')} };`,
    `enum { NW_ENDPOINT_UNKNOWN = ${value('nw_endpoint_flag', 'NW_ENDPOINT_UNKNOWN')} };`,
    `enum { NW_ENDPOINT_ADDRESSES = ${value('nw_endpoint_size', 'NW_ENDPOINT_ADDRESSES')} };`,
    `enum { NW_RULESET_AUDIT_ONLY = ${value('nw_ruleset_flag', 'NW_RULESET_AUDIT_ONLY')} };`,
  ].join('\n');
  const chosen = structs.filter(({ name }) => STRUCTS.has(name)).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const directions = (['out', 'in'] as const).map(emitTrampoline).join('\n');
  return [HEAD, constants, ...chosen.map(emitStruct), emitTables(maps, structs), directions].join('\n\n');
}

/** A struct of the same layout, with what the model leaves out as octets. */
function emitStruct({ name, size, fields }: StructModel): string {
  let at = 0;
  const lines: string[] = [];
  const pad = (until: number): void => {
    if (until > at) lines.push(`\tu8 reserved_${at}[${until - at}];`);
    at = until;
  };
  for (const { name: field, offset, shape } of fields) {
    pad(offset);
    const [type, suffix, octets] = declaration(shape);
    lines.push(`\t${type} ${field}${suffix};`);
    at += octets;
  }
  pad(size);
  return `struct ${name} {\n${lines.join('\n')}\n};\n_Static_assert(sizeof(struct ${name}) == ${size}, "struct ${name}");`;
}

const WIDTH = { u8: 1, u16: 2, be16: 2, u32: 4, be32: 4, u64: 8 } as const;

function declaration(shape: Shape): [type: string, suffix: string, octets: number] {
  if (shape.kind === 'octets') return ['u8', `[${shape.length}]`, shape.length];
  if (shape.kind === 'text') return ['char', `[${shape.length}]`, shape.length];
  if (shape.kind === 'array') {
    const [type, suffix, octets] = declaration(shape.of);
    return [type, `[${shape.length}]${suffix}`, octets * shape.length];
  }
  if (shape.kind === 'struct' || shape.kind === 'hidden') throw new TypeError(`no C for a ${shape.kind}`);
  return [shape.kind.replace('be', 'u'), '', WIDTH[shape.kind]];
}

function emitTables(maps: readonly MapModel[], structs: readonly StructModel[]): string {
  const rows = TABLES.map((name) => {
    const key = maps.find((map) => map.name === name)?.key;
    const model = key?.kind === 'struct' ? structs.find((one) => one.name === key.name) : undefined;
    const field = model?.fields.find((one) => one.name === 'endpoint');
    if (model === undefined || field === undefined) throw new TypeError(`the key of ${name} has no endpoint`);
    return `\t{ "${name}", ${model.size}, ${field.offset} },`;
  });
  return `/* Tables with entries of endpoints: octets of a key, and where the endpoint's number stands in it. */
static const struct {
	const char *name;
	u32 key_size, endpoint_offset;
} nw_tables[] = {
${rows.join('\n')}
};`;
}

function emitTrampoline(direction: Direction): string {
  const bytes = trampoline(1, 0, direction);
  const view = new DataView(bytes.buffer);
  const rows = Array.from({ length: bytes.length / 8 }, (_, i) => {
    const at = i * 8;
    const hex = `0x${view.getUint8(at).toString(16).padStart(2, '0')}`;
    const registers = `0x${view
      .getUint8(at + 1)
      .toString(16)
      .padStart(2, '0')}`;
    return `\t{ ${hex}, ${registers}, ${view.getInt16(at + 2, true)}, ${view.getInt32(at + 4, true)} },`;
  });
  return `/* The second instruction's immediate is the endpoint's number; each 0x18's is a descriptor of "programs". */
static const struct bpf_instruction nw_trampoline_${direction}[] = {
${rows.join('\n')}
};
`;
}
