import type { BtfType } from './btf.ts';
import { ObjectError } from './elf.ts';

/** The shape of one value in memory. */
export type Shape =
  | { readonly kind: 'u8' | 'u16' | 'u32' | 'u64' | 'be16' | 'be32' }
  | { readonly kind: 'octets' | 'text'; readonly length: number }
  | { readonly kind: 'array'; readonly of: Shape; readonly length: number }
  | { readonly kind: 'struct'; readonly name: string }
  | { readonly kind: 'hidden' };

export interface StructModel {
  readonly name: string;
  readonly size: number;
  readonly fields: readonly { readonly name: string; readonly offset: number; readonly shape: Shape }[];
}

export interface EnumModel {
  readonly name: string;
  readonly values: readonly (readonly [string, number])[];
}

export interface MapModel {
  readonly name: string;
  readonly type: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags: number;
  readonly pinned: boolean;
  readonly key: Shape | undefined;
  readonly value: Shape | undefined;
  readonly inner: MapModel | undefined;
}

/** What bpf/lib declares: everything the rest of the code generator needs. */
export interface Model {
  readonly enums: readonly EnumModel[];
  readonly structs: readonly StructModel[];
  readonly maps: readonly MapModel[];
}

const INTEGERS: Readonly<Record<number, 'u8' | 'u16' | 'u32' | 'u64'>> = { 1: 'u8', 2: 'u16', 4: 'u32', 8: 'u64' };
const PROG_ARRAY = 3;
const ARRAY_OF_MAPS = 12;

/** Reads enums `nw_*`, the pinned maps, and the structs that these and `<struct>_btf` variables name. */
export function modelOf(types: readonly BtfType[]): Model {
  const structs = new Map<string, StructModel>();

  const at = (id: number): BtfType => types[id] ?? { kind: 'other' };
  const plain = (id: number): BtfType => {
    const type = at(id);
    return type.kind === 'alias' ? plain(type.type) : type;
  };
  const sizeOf = (id: number): number => {
    const type = plain(id);
    if (type.kind === 'array') return type.length * sizeOf(type.type);
    if (type.kind === 'enum') return 4;
    if (type.kind === 'pointer') return 8;
    return type.kind === 'int' || type.kind === 'struct' ? type.size : 0;
  };

  const shapeOf = (id: number): Shape => {
    const named = at(id);
    if (named.kind === 'alias') {
      return named.name === 'be16' || named.name === 'be32' ? { kind: named.name } : shapeOf(named.type);
    }
    if (named.kind === 'int') {
      const kind = INTEGERS[named.size];
      if (kind === undefined || named.signed) {
        throw new ObjectError(`no codec for ${named.name}: use u8, u16, u32 or u64`);
      }
      return { kind };
    }
    if (named.kind === 'enum') return { kind: 'u32' };
    if (named.kind === 'array') {
      const element = plain(named.type);
      if (element.kind === 'int' && element.size === 1) {
        return { kind: element.char ? 'text' : 'octets', length: named.length };
      }
      return { kind: 'array', of: shapeOf(named.type), length: named.length };
    }
    if (named.kind === 'struct' && named.name === 'bpf_timer') return { kind: 'hidden' };
    if (named.kind === 'struct' && named.name !== '') {
      addStruct(named);
      return { kind: 'struct', name: named.name };
    }
    throw new ObjectError(`no codec for a ${named.kind} type: use fixed-width integers, arrays and named structs`);
  };

  const addStruct = (type: BtfType & { kind: 'struct' }): void => {
    if (structs.has(type.name)) return;
    structs.set(type.name, { name: type.name, size: type.size, fields: [] });
    const fields = type.members
      .filter(({ name }) => !/^reserved\d*$/.test(name))
      .map(({ name, offset, type: id }) => ({ name, offset, shape: shapeOf(id) }))
      .filter(({ shape }) => shape.kind !== 'hidden');
    structs.set(type.name, { name: type.name, size: type.size, fields });
  };

  const mapOf = (name: string, id: number): MapModel => {
    const type = plain(id);
    if (type.kind !== 'struct') throw new ObjectError(`map ${name} is not declared as a struct`);
    const members = new Map(type.members.map((member) => [member.name, member.type]));
    const target = (member: string): number | undefined => {
      const found = members.get(member);
      const pointer = found === undefined ? undefined : plain(found);
      return pointer?.kind === 'pointer' ? pointer.type : undefined;
    };
    const number = (member: string): number => {
      const found = target(member);
      const length = found === undefined ? undefined : plain(found);
      return length?.kind === 'array' ? length.length : 0;
    };
    const shape = (member: string): [Shape | undefined, number] => {
      const found = target(member);
      return found === undefined ? [undefined, 0] : [shapeOf(found), sizeOf(found)];
    };
    const pinned = number('pinning') === 1;
    const [key, keySize] = pinned ? shape('key') : [undefined, 0];
    const [value, valueSize] = pinned ? shape('value') : [undefined, 0];
    const kind = number('type');
    return {
      name,
      type: kind,
      keySize: keySize || number('key_size'),
      valueSize: valueSize || number('value_size') || (kind === ARRAY_OF_MAPS ? 4 : 0),
      maxEntries: number('max_entries'),
      flags: number('map_flags'),
      pinned,
      key,
      value: kind === PROG_ARRAY ? undefined : value,
      inner: kind === ARRAY_OF_MAPS ? innerOf(name, members.get('values')) : undefined,
    };
  };

  // __array(values, struct {…}) is an array of pointers to the inner definition.
  const innerOf = (name: string, id: number | undefined): MapModel => {
    const list = id === undefined ? undefined : plain(id);
    const pointer = list?.kind === 'array' ? plain(list.type) : undefined;
    if (pointer?.kind !== 'pointer') throw new ObjectError(`map ${name} declares no inner map`);
    return mapOf(`${name}_inner`, pointer.type);
  };

  const maps: MapModel[] = [];
  for (const type of types) {
    if (type.kind === 'section' && type.name === '.maps') {
      for (const id of type.variables) {
        const variable = at(id);
        if (variable.kind === 'variable') maps.push(mapOf(variable.name, variable.type));
      }
    }
    if (type.kind === 'variable' && type.name.endsWith('_btf')) {
      const pointer = plain(type.type);
      const target = pointer.kind === 'pointer' ? plain(pointer.type) : undefined;
      if (target?.kind === 'struct') addStruct(target);
    }
  }
  const enums = types.filter((type) => type.kind === 'enum').filter(({ name }) => name.startsWith('nw_'));
  return {
    enums: enums.map(({ name, values }) => ({ name, values })).toSorted(byName),
    structs: [...structs.values()],
    maps: maps.filter(({ pinned }) => pinned).toSorted(byName),
  };
}

function byName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : 1;
}
