import { ObjectError, textAt } from './elf.ts';

/** A member of a struct; `offset` in octets. */
export interface BtfMember {
  readonly name: string;
  readonly type: number;
  readonly offset: number;
}

/** What the generator needs of BTF types; all others are `other`. */
export type BtfType =
  | {
      readonly kind: 'int';
      readonly name: string;
      readonly size: number;
      readonly signed: boolean;
      readonly char: boolean;
    }
  | { readonly kind: 'pointer'; readonly type: number }
  | { readonly kind: 'array'; readonly type: number; readonly length: number }
  | { readonly kind: 'struct'; readonly name: string; readonly size: number; readonly members: readonly BtfMember[] }
  | { readonly kind: 'enum'; readonly name: string; readonly values: readonly (readonly [string, number])[] }
  | { readonly kind: 'alias'; readonly name: string; readonly type: number }
  | { readonly kind: 'variable'; readonly name: string; readonly type: number }
  | { readonly kind: 'section'; readonly name: string; readonly variables: readonly number[] }
  | { readonly kind: 'other' };

const MAGIC = 0xeb9f;
/** Octets behind the 12-octet head of each kind, by `vlen`; Documentation/bpf/btf.rst in the kernel's tree. */
const TAIL: Readonly<Record<number, (vlen: number) => number>> = {
  1: () => 4,
  3: () => 12,
  4: (n) => n * 12,
  5: (n) => n * 12,
  6: (n) => n * 8,
  13: (n) => n * 8,
  14: () => 4,
  15: (n) => n * 12,
  17: () => 4,
  19: (n) => n * 12,
};

/**
 * Type information of an object, read from the octets of its `.BTF` section.
 * @throws ObjectError when the octets are no BTF
 */
export function readBtf(section: Uint8Array): readonly BtfType[] {
  const view = new DataView(section.buffer, section.byteOffset, section.byteLength);
  if (section.length < 24 || view.getUint16(0, true) !== MAGIC) throw new ObjectError('the .BTF section is no BTF');
  const header = view.getUint32(4, true);
  const typesEnd = header + view.getUint32(8, true) + view.getUint32(12, true);
  const strings = header + view.getUint32(16, true);
  const text = (offset: number): string => textAt(section, strings + offset);

  const types: BtfType[] = [{ kind: 'other' }];
  let at = header + view.getUint32(8, true);
  while (at < typesEnd) {
    const info = view.getUint32(at + 4, true);
    const vlen = info & 0xffff;
    const kind = (info >>> 24) & 0x1f;
    types.push(readType(view, at, kind, vlen, text));
    at += 12 + (TAIL[kind]?.(vlen) ?? 0);
  }
  return types;
}

function readType(view: DataView, at: number, kind: number, vlen: number, text: (offset: number) => string): BtfType {
  const name = text(view.getUint32(at, true));
  const word = view.getUint32(at + 8, true);
  const tail = at + 12;
  switch (kind) {
    case 1: {
      const encoding = (view.getUint32(tail, true) >>> 24) & 0xf;
      return {
        kind: 'int',
        name,
        size: word,
        signed: (encoding & 1) !== 0,
        char: (encoding & 2) !== 0 || name === 'char',
      };
    }
    case 2:
      return { kind: 'pointer', type: word };
    case 3:
      return { kind: 'array', type: view.getUint32(tail, true), length: view.getUint32(tail + 8, true) };
    case 4:
      return { kind: 'struct', name, size: word, members: readMembers(view, tail, vlen, text) };
    case 6:
      return {
        kind: 'enum',
        name,
        values: Array.from({ length: vlen }, (_, i) => [
          text(view.getUint32(tail + i * 8, true)),
          view.getInt32(tail + i * 8 + 4, true),
        ]),
      };
    case 8:
    case 9:
    case 10:
    case 11:
    case 18:
      return { kind: 'alias', name, type: word };
    case 14:
      return { kind: 'variable', name, type: word };
    case 15:
      return {
        kind: 'section',
        name,
        variables: Array.from({ length: vlen }, (_, i) => view.getUint32(tail + i * 12, true)),
      };
    default:
      return { kind: 'other' };
  }
}

function readMembers(view: DataView, at: number, count: number, text: (offset: number) => string): BtfMember[] {
  return Array.from({ length: count }, (_, i) => {
    const bits = view.getUint32(at + i * 12 + 8, true) & 0xffffff;
    return {
      name: text(view.getUint32(at + i * 12, true)),
      type: view.getUint32(at + i * 12 + 4, true),
      offset: bits / 8,
    };
  });
}
