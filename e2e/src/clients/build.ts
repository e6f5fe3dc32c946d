import { execFileSync } from 'node:child_process';
import { mkdirSync, statSync } from 'node:fs';
import path from 'node:path';

const PROGRAMS = path.join(import.meta.dirname, 'programs');
const BUILT = path.join(import.meta.dirname, '../../../build/clients');

/** Where a client's source lies. */
export const sourceOf = (file: string): string => path.join(PROGRAMS, file);
/** Where a built client lies. */
export const builtAs = (file: string): string => path.join(BUILT, file);

interface Recipe {
  readonly source: string;
  readonly target: string;
  readonly argv: (source: string, target: string) => string[];
  readonly env?: Readonly<Record<string, string>>;
}

const RECIPES: readonly Recipe[] = [
  { source: 'getaddrinfo.c', target: 'glibc', argv: (from, to) => ['gcc', '-O2', '-Wall', '-Werror', '-o', to, from] },
  {
    source: 'getaddrinfo.c',
    target: 'musl',
    argv: (from, to) => ['musl-gcc', '-static', '-O2', '-Wall', '-Werror', '-o', to, from],
  },
  {
    source: 'lookup.go',
    target: 'go',
    argv: (from, to) => ['go', 'build', '-o', to, from],
    env: { CGO_ENABLED: '0', GOTOOLCHAIN: 'local', GOFLAGS: '', GOCACHE: builtAs('go-cache') },
  },
  { source: 'Lookup.java', target: 'Lookup.class', argv: (from) => ['javac', '-d', BUILT, from] },
  { source: 'Keeper.java', target: 'Keeper.class', argv: (from) => ['javac', '-d', BUILT, from] },
];

/**
 * Builds the clients that are compiled, those that are older than their source or not there.
 *
 * @throws Error naming the compiler that is missing or failed; scripts/setup.sh installs them
 */
export function buildClients(): void {
  mkdirSync(BUILT, { recursive: true });
  for (const { source, target, argv, env } of RECIPES) {
    const [from, to] = [sourceOf(source), builtAs(target)];
    if (modified(to) > modified(from)) continue;
    const [compiler = '', ...args] = argv(from, to);
    try {
      execFileSync(compiler, args, { stdio: 'pipe', env: { ...process.env, ...env } });
    } catch (cause) {
      throw new Error(`${compiler} did not build ${target}; if it is missing, run: make setup`, { cause });
    }
  }
}

/** Milliseconds; 0 for a file that is not there. */
const modified = (file: string): number => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
