/**
 * Writes src/gen, the types of proto/namewall/v1, with proto-loader-gen-types. `--check` writes nothing
 * and fails when src/gen is not what it would write.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';

const PACKAGE = join(import.meta.dirname, '..');
const GEN = join(PACKAGE, 'src/gen');
const PROTOS = [
  'namewall/v1/stream.proto',
  'namewall/v1/observer.proto',
  'namewall/v1/enrolment.proto',
  'namewall/v1/replicas.proto',
  'namewall/v1/admin.proto',
];

/**
 * The generator knows no bigint: what it calls Long, our codec reads and writes as bigint. The codec takes
 * enums as numbers only, and the checkout's path is nobody's business.
 */
function adapt(source: string): string {
  return source
    .replace(/^\/\/ Original file: .*\/(proto\/.*)$/gmu, '// From $1; written by `make generate`.')
    .replace(/^import type \{ Long \} from '@grpc\/proto-loader';\n/gmu, '')
    .replace(/^ {2}\| '\w+'\n/gmu, '')
    .replace(/[ \t]+$/gmu, '')
    .replaceAll('number | string | Long', 'bigint')
    .replaceAll('(Long)', '(bigint)')
    .replaceAll('Buffer | Uint8Array | string', 'Uint8Array');
}

function generate(): Map<string, string> {
  const out = mkdtempSync(join(tmpdir(), 'namewall-gen-'));
  try {
    execFileSync(
      join(PACKAGE, 'node_modules/.bin/proto-loader-gen-types'),
      [
        '--defaults',
        '--arrays',
        '--oneofs',
        '--grpcLib=@grpc/grpc-js',
        '--importFileExtension=.ts',
        `--includeDirs=${join(PACKAGE, '../../proto')}`,
        `--outDir=${out}`,
        ...PROTOS,
      ],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
    // The files at the top only gather the others for grpc.loadPackageDefinition, which is not used here.
    return new Map([...read(out, adapt)].filter(([name]) => name.includes('/')));
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

function read(folder: string, change: (source: string) => string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  return new Map(files.toSorted().map((name) => [name, change(readFileSync(join(folder, name), 'utf8'))]));
}

function check(wanted: Map<string, string>): string[] {
  const found = read(GEN, (source) => source);
  return [...new Set([...wanted.keys(), ...found.keys()])].filter((name) => wanted.get(name) !== found.get(name));
}

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
const wanted = generate();
if (values.check) {
  const stale = check(wanted);
  if (stale.length > 0) {
    console.error(`packages/protocol/src/gen is stale (${stale.join(', ')}); run \`make generate\` and commit it`);
    process.exitCode = 1;
  }
} else {
  rmSync(GEN, { recursive: true, force: true });
  for (const [name, source] of wanted) {
    mkdirSync(dirname(join(GEN, name)), { recursive: true });
    writeFileSync(join(GEN, name), source);
  }
}
