/**
 * Writes from the BTF of build/datapath.bpf.o: the TypeScript side of bpf/lib, the table of maps in ARCHITECTURE.md, and
 * what the chart computes the agent's memory from.
 *
 *   node packages/datapath/scripts/generate.ts            write
 *   node packages/datapath/scripts/generate.ts --check    exit 1 when a file is not current
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { readBtf } from '../src/codegen/btf.ts';
import { elfSection } from '../src/codegen/elf.ts';
import { chartSizes } from '../src/codegen/chart-sizes.ts';
import { emitAll } from '../src/codegen/emit.ts';
import { emitHeader } from '../src/codegen/emit-header.ts';
import { withMapTable } from '../src/codegen/map-table.ts';
import { modelOf } from '../src/codegen/model.ts';

const root = resolve(import.meta.dirname, '../../..');
const { values } = parseArgs({
  options: {
    check: { type: 'boolean', default: false },
    object: { type: 'string', default: join(root, 'build/datapath.bpf.o') },
  },
});

const style = { printWidth: 120, singleQuote: true };
const model = modelOf(readBtf(elfSection(await readFile(values.object), '.BTF')));
const stale: string[] = [];

async function put(path: string, text: string): Promise<void> {
  const file = join(root, path);
  const present = await readFile(file, 'utf8').catch(() => undefined);
  if (present === text) return;
  stale.push(path);
  if (!values.check) await writeFile(file, text);
}

for (const [path, source] of emitAll(model)) {
  const file = join(root, path);
  await put(path, await format(source, { ...style, ...(await resolveConfig(file)), filepath: file }));
}
await put('packages/cni/src/gen/abi.gen.h', emitHeader(model));
await put('ARCHITECTURE.md', withMapTable(await readFile(join(root, 'ARCHITECTURE.md'), 'utf8'), model.maps));
await put('charts/namewall/files/map-sizes.yaml', chartSizes(model.maps));
if (values.check && stale.length > 0) {
  process.stderr.write(`not current with bpf/lib: ${stale.join(', ')}. Run: make generate\n`);
  process.exitCode = 1;
}
