import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { basename, delimiter, dirname, join, relative, resolve } from 'node:path';
import type { Entry } from './cpio.ts';

const REPOSITORY = resolve(import.meta.dirname, '../../..');
/** Where the repository lies in the guest. */
const HOME = 'namewall';
const FOLDERS = ['packages/libbpf', 'packages/privileged', 'packages/datapath', 'packages/policy'];
const FILES = [
  'package.json',
  'bpf/verifier-budget.json',
  'build/datapath.bpf.o',
  'build/socket.bpf.o',
  'build/namewall-privileged',
];
const COMMANDS = [
  'bash',
  'sh',
  'cut',
  'sleep',
  'timeout',
  'ip',
  'tc',
  'nsenter',
  'unshare',
  'mount',
  'umount',
  'insmod',
];
const LIBRARIES = ['libbpf.so.1'];

/**
 * All that the guest has: `init`, the kernel modules, a few of this machine's own programs with the libraries that
 * they load, our packages with what they import, and the compiled datapath.
 */
export function guestFiles(init: string, modules: readonly string[]): Entry[] {
  const programs = [...COMMANDS.map(locate), process.execPath];
  const repository = FOLDERS.flatMap((folder) => tree(join(REPOSITORY, folder), new Set()));
  const native = repository.flatMap(({ content }) =>
    content.kind === 'copy' && content.of.endsWith('.node') ? [content.of] : [],
  );
  const libraries = LIBRARIES.map(libraryFile);
  return [
    ...['bin', 'sbin', 'lib', 'lib64'].map((name): Entry => ({
      path: name,
      content: { kind: 'link', to: `usr/${name}` },
    })),
    ...['proc', 'sys', 'dev', 'run', 'tmp', 'root'].map((path): Entry => ({ path, content: { kind: 'folder' } })),
    { path: 'init', content: { kind: 'text', text: init, executable: true } },
    {
      path: 'stripped.mjs',
      content: { kind: 'text', text: stripped(join(import.meta.dirname, 'stripped.ts')), executable: false },
    },
    ...modules.map((file) => copy(`modules/${basename(file)}`, file)),
    ...programs.map((file) => copy(`usr/bin/${basename(file)}`, file)),
    ...[...libraries, ...loadedBy([...programs, ...libraries, ...native])].map((file) => copy(inUsr(file), file)),
    ...FILES.map((file) => copy(join(HOME, file), join(REPOSITORY, file))),
    ...repository,
  ];
}

function copy(path: string, of: string): Entry {
  if (path.endsWith('.ts') && !of.includes('/node_modules/')) {
    return { path, content: { kind: 'text', text: stripped(of), executable: false } };
  }
  const isProgram = path.startsWith('usr/bin/') || path.includes('ld-linux') || path.endsWith('/namewall-privileged');
  const executable = isProgram && !path.endsWith('.json');
  return { path, content: { kind: 'copy', of: realpathSync(of), executable } };
}

const stripped = (file: string): string => stripTypeScriptTypes(readFileSync(file, 'utf8'));

/** A folder of the repository with, where links lead out of it, what they lead to. */
function tree(folder: string, seen: Set<string>): Entry[] {
  if (seen.has(folder)) return [];
  seen.add(folder);
  return readdirSync(folder, { withFileTypes: true }).flatMap((file): Entry[] => {
    const from = join(folder, file.name);
    const path = join(HOME, relative(REPOSITORY, from));
    if (file.name.endsWith('.d.ts')) return [];
    if (file.isDirectory()) return tree(from, seen);
    if (file.isFile()) return [copy(path, from)];
    const link: Entry = { path, content: { kind: 'link', to: readlinkSync(from) } };
    return existsSync(from) ? [link, ...tree(packageFolder(realpathSync(from)), seen)] : [link];
  });
}

/** What to take for a package: pnpm keeps a package's own dependencies as links beside it. */
function packageFolder(folder: string): string {
  return /^.*\/node_modules\/\.pnpm\/[^/]+\/node_modules/.exec(folder)?.[0] ?? folder;
}

function locate(command: string): string {
  for (const folder of [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin']) {
    const file = join(folder, command);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      continue;
    }
  }
  throw new Error(`no ${command} here: run make setup`);
}

function libraryFile(name: string): string {
  const line = execFileSync('/sbin/ldconfig', ['-p'], { encoding: 'utf8' })
    .split('\n')
    .find((text) => text.includes(name));
  const file = line?.split('=> ')[1];
  if (file === undefined) throw new Error(`no ${name} here: run make setup`);
  return file;
}

function loadedBy(files: readonly string[]): string[] {
  const elf = files.filter((file) => readFileSync(file).subarray(0, 4).equals(Buffer.from('\x7fELF', 'latin1')));
  const text = execFileSync('ldd', elf, { encoding: 'utf8' });
  return [...new Set([...text.matchAll(/(?:=> |^\t)(\/[^ :]+) \(/gm)].map(([, file = '']) => file))];
}

/** /lib/x/y.so → usr/lib/x/y.so: libraries keep their name, also where it is a link's. */
function inUsr(file: string): string {
  return join(realpathSync(dirname(file)), basename(file)).slice(1);
}
