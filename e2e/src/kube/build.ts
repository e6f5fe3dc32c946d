import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

/** A binary that is made of a Go module of e2e/. */
interface GoProgram {
  /** The binary's name, and the folder of its module unless `module` says another. */
  readonly name: string;
  /** A module of several programs, each in a folder of its name. */
  readonly module?: string;
  readonly linkerFlags: string;
  /** What people are told before it begins. */
  readonly note: string;
}

const ENVIRONMENT = { CGO_ENABLED: '0', GOTOOLCHAIN: 'local', GOFLAGS: '-buildvcs=false' };
/** No symbols nor debug data: a third of the size, and a faster link. */
const FLAGS = ['-trimpath', '-gcflags=all=-dwarf=false'];

/** What a build says on its way, for people. */
export type Progress = (line: string) => void;

/** All programs of the control plane. @returns the path of the binary, see {@link built} */
export function kubeBinary(say: Progress): Promise<string> {
  const note = 'building kube-apiserver and etcd once; the first time takes 8 minutes and more on two cores';
  return built({ name: 'kube', linkerFlags: kubeFlags(), note }, say);
}

/** An OpenTelemetry collector. @returns the path of the binary, see {@link built} */
export function collectorBinary(say: Progress): Promise<string> {
  const note = 'building an OpenTelemetry collector once; the first time takes 2 minutes and more on two cores';
  return built({ name: 'collector', linkerFlags: '-s -w', note }, say);
}

/** What a whole cluster has beside the control plane's two. @returns the paths of the binaries, see {@link built} */
export async function clusterBinaries(say: Progress): Promise<{ node: string; coredns: string }> {
  const module = 'cluster';
  const note = 'building kubelet, kube-proxy, controllers and scheduler once; the first time takes minutes';
  const node = await built({ name: 'node', module, linkerFlags: kubeFlags(), note }, say);
  const coredns = await built({ name: 'coredns', module, linkerFlags: '-s -w', note: 'building CoreDNS once' }, say);
  return { node, coredns };
}

/**
 * The path of the binary: built when nobody did from the same sources before, minutes on two cores, else found in the
 * cache. Safe to call from several processes at once.
 */
async function built(program: GoProgram, say: Progress): Promise<string> {
  const folder = join(cacheRoot(), program.name, sourceHash(program));
  const binary = join(folder, program.name);
  if (existsSync(binary)) return binary;
  mkdirSync(folder, { recursive: true });
  const started = performance.now();
  await build(program, folder, binary, say);
  say(`built ${binary} in ${Math.round((performance.now() - started) / 1000)} s`);
  return binary;
}

const moduleOf = ({ name, module = name }: GoProgram): string => resolve(import.meta.dirname, '../..', module);

/** Of the module. */
const packageOf = ({ name, module }: GoProgram): string => (module === undefined ? '.' : `./${name}`);

function cacheRoot(): string {
  const { XDG_CACHE_HOME: set = '' } = process.env;
  return join(set === '' ? join(homedir(), '.cache') : set, 'namewall');
}

/** Of everything the binary is made of: the module's files name all others by their sums. */
function sourceHash(program: GoProgram): string {
  const hash = createHash('sha256').update(JSON.stringify([process.arch, ENVIRONMENT, FLAGS, program.linkerFlags]));
  for (const folder of new Set([moduleOf(program), join(moduleOf(program), packageOf(program))])) {
    const sources = readdirSync(folder).filter((name) => /\.(?:go|mod|sum)$/u.test(name));
    for (const name of sources.toSorted()) {
      hash.update(`\0${name}\0`).update(readFileSync(join(folder, name)));
    }
  }
  return hash.digest('hex').slice(0, 32);
}

/** The version that the API server tells, taken from the module that it is built from. */
function kubeFlags(): string {
  const folder = resolve(import.meta.dirname, '../../kube');
  const version = /^\s*k8s\.io\/kubernetes v(1)\.(\d+)\.\d+$/mu.exec(readFileSync(join(folder, 'go.mod'), 'utf8'));
  if (version === null) throw new Error('e2e/kube/go.mod requires no k8s.io/kubernetes of version 1; add it');
  const [line, major, minor] = version;
  const variables = { gitVersion: line.trim().split(' ')[1], gitMajor: major, gitMinor: minor, gitTreeState: 'clean' };
  const settings = Object.entries(variables).map(
    ([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`,
  );
  return ['-s', '-w', ...settings].join(' ');
}

async function build(program: GoProgram, folder: string, binary: string, say: Progress): Promise<void> {
  const argv = [
    'go',
    'build',
    '-v',
    ...FLAGS,
    '-ldflags',
    program.linkerFlags,
    '-o',
    `${binary}.new`,
    packageOf(program),
  ];
  // Whoever waits for the lock finds the binary made, and whoever is killed leaves none that is half.
  const script = `[ -e "$0" ] || { "$@" && mv "$0.new" "$0"; }`;
  say(program.note);
  const child = spawn('flock', [join(folder, 'lock'), 'bash', '-c', script, binary, ...argv], {
    cwd: moduleOf(program),
    env: { ...process.env, ...ENVIRONMENT },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const last: string[] = [];
  const tell = progress(program, say);
  createInterface({ input: child.stderr }).on('line', (line) => {
    tell();
    last.splice(0, Math.max(0, last.length - 19));
    last.push(line);
  });
  const code = await new Promise<number | null>((done, failed) => {
    child.once('error', failed);
    child.once('close', done);
  });
  const fix = 'it needs Go 1.26 (make setup)';
  if (code !== 0) throw new Error(`building ${program.name} failed; ${fix}:\n${last.join('\n')}`);
}

/** Each line of `go build -v` is a package that was compiled. */
function progress(program: GoProgram, say: Progress): () => void {
  const cwd = moduleOf(program);
  const list = execFileSync('go', ['list', '-deps', packageOf(program)], {
    cwd,
    env: { ...process.env, ...ENVIRONMENT },
  });
  const packages = list.toString('utf8').trim().split('\n').length;
  let count = 0;
  return () => {
    count += 1;
    if (count % 50 === 0) say(`compiled ${count} packages of ${packages} at most`);
  };
}
