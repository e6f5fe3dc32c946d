import type { EnumModel, MapModel, Model, Shape, StructModel } from './model.ts';

/** Enums that code without a kernel needs too (packages/policy). */
const POLICY_ENUMS: readonly string[] = [
  'nw_index',
  'nw_pattern_kind',
  'nw_pattern_many',
  'nw_precedence',
  'nw_query_flag',
  'nw_range_flag',
  'nw_row_flag',
  'nw_rows',
  'nw_ruleset_flag',
];

const HEAD = `// Generated from bpf/lib by packages/datapath/scripts/generate.ts. Change the C and run: make generate\n\n`;

export const pascal = (name: string): string => name.replace(/(^|_)([a-z0-9])/g, (_, __, c: string) => c.toUpperCase());
export const camel = (name: string): string => name.replace(/_([a-z0-9])/g, (_, c: string) => c.toUpperCase());

/**
 * Member names without `NW_`, and without the enum's own name where all carry it: NW_ROW_DENY of
 * nw_row_flag is DENY, NW_QUERY_DENIED of nw_reason is QUERY_DENIED. The plural that ends a list
 * (NW_PROGRAMS) does not count.
 */
export function memberNames(model: EnumModel): (readonly [string, number])[] {
  const stem = model.name.replace(/_(flag|kind|state|size)$/, '').toUpperCase();
  const carry = model.values.every(([name]) => name.startsWith(`${stem}_`) || name === `${stem}S`);
  return model.values.map(([name, value]) => [
    carry && name.startsWith(`${stem}_`) ? name.slice(stem.length + 1) : name.replace(/^NW_/, ''),
    value,
  ]);
}

function emitEnum(model: EnumModel): string {
  const name = pascal(model.name);
  const members = memberNames(model).map(([member, value]) => `${member}: ${value},`);
  return `/** enum ${model.name} */
export const ${name} = {\n${members.join('\n')}\n} as const;
export type ${name} = (typeof ${name})[keyof typeof ${name}];\n`;
}

function typeOf(shape: Shape): string {
  if (shape.kind === 'struct') return pascal(shape.name);
  if (shape.kind === 'array') return `${typeOf(shape.of)}[]`;
  if (shape.kind === 'octets') return 'Uint8Array';
  if (shape.kind === 'text') return 'string';
  return shape.kind === 'u64' ? 'bigint' : 'number';
}

function codecOf(shape: Shape): string {
  if (shape.kind === 'struct') return pascal(shape.name);
  if (shape.kind === 'array') return `array(${codecOf(shape.of)}, ${shape.length})`;
  return shape.kind === 'octets' || shape.kind === 'text' ? `${shape.kind}(${shape.length})` : shape.kind;
}

function emitStruct(model: StructModel): string {
  const name = pascal(model.name);
  const members = model.fields.map(({ name: field, shape }) => `${camel(field)}: ${typeOf(shape)};`);
  const fields = model.fields.map(
    ({ name: field, offset, shape }) => `['${camel(field)}', ${offset}, ${codecOf(shape)}],`,
  );
  return `/** struct ${model.name} */
export interface ${name} {\n${members.join('\n')}\n}
export const ${name}: StructCodec<${name}> = struct<${name}>('${model.name}', ${model.size}, [\n${fields.join('\n')}\n]);\n`;
}

/** A struct stands behind the structs that it holds. */
function inOrder(structs: readonly StructModel[]): StructModel[] {
  const byName = new Map(structs.map((model) => [model.name, model]));
  const sorted = structs.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const out = new Set<StructModel>();
  const visit = (model: StructModel): void => {
    for (const { shape } of model.fields) {
      const held = shape.kind === 'array' ? shape.of : shape;
      const inner = held.kind === 'struct' ? byName.get(held.name) : undefined;
      if (inner !== undefined) visit(inner);
    }
    out.add(model);
  };
  sorted.forEach(visit);
  return [...out];
}

function emitMap(model: MapModel): string {
  const shape = (part: Shape | undefined): string => (part === undefined ? 'undefined' : codecOf(part));
  const fields = [
    `name: '${model.name}'`,
    `type: ${model.type}`,
    `keySize: ${model.keySize}`,
    `valueSize: ${model.valueSize}`,
    `maxEntries: ${model.maxEntries}`,
    `flags: ${model.flags}`,
    `key: ${shape(model.key)}`,
    `value: ${shape(model.value)}`,
  ];
  if (model.inner !== undefined) fields.push(`inner: ${emitMap(model.inner)}`);
  return `{ ${fields.join(', ')} }`;
}

function imports(body: string, names: readonly string[], from: string, types: readonly string[] = []): string {
  const used = names.filter((name) => new RegExp(`\\b${name}\\b`).test(body));
  const all = [...types.map((name) => `type ${name}`), ...used];
  return all.length === 0 ? '' : `import { ${all.join(', ')} } from '${from}';\n\n`;
}

const CODECS = ['array', 'be16', 'be32', 'octets', 'struct', 'text', 'u16', 'u32', 'u64', 'u8'];

/** Path from the repository's root → source text, not yet formatted. */
export function emitAll(model: Model): ReadonlyMap<string, string> {
  const gen = 'packages/datapath/src/gen';
  const structs = inOrder(model.structs).map(emitStruct).join('\n');
  const maps = model.maps.map((map) => `${camel(map.name)}: ${emitMap(map)},`).join('\n');
  const used = (kinds: readonly string[]): EnumModel[] => model.enums.filter(({ name }) => kinds.includes(name));
  const indexStructs = inOrder(model.structs).filter(({ name }) => /^(index_|pattern_label$)/.test(name));
  return new Map([
    [`${gen}/enums.gen.ts`, HEAD + model.enums.map(emitEnum).join('\n')],
    [`${gen}/structs.gen.ts`, HEAD + imports(structs, CODECS, '../codec.ts', ['StructCodec']) + structs],
    [
      `${gen}/maps.gen.ts`,
      [
        HEAD,
        imports(maps, CODECS, '../codec.ts'),
        imports(maps, model.structs.map(({ name }) => pascal(name)).toSorted(), './structs.gen.ts'),
        `/** The pinned maps as bpf/lib declares them; sizes are the defaults. */\nexport const mapDefs = {\n${maps}\n} as const;\n`,
      ].join(''),
    ],
    ['packages/policy/src/abi.gen.ts', HEAD + used(POLICY_ENUMS).map(emitEnum).join('\n')],
    [
      'packages/policy/src/index/layout.gen.ts',
      [
        HEAD,
        '// Octets of each struct of the name index, and where its fields begin.\n\n',
        indexStructs.map(emitLayout).join('\n'),
      ].join(''),
    ],
  ]);
}

function emitLayout(model: StructModel): string {
  const fields = model.fields.map(({ name, offset }) => `${camel(name)}: ${offset},`);
  return `/** struct ${model.name} */
export const ${pascal(model.name)} = {\nSIZE: ${model.size},\n${fields.join('\n')}\n} as const;\n`;
}
