import { mkdirSync, writeFileSync } from 'node:fs';
import { PORTS } from '../lab/addresses.ts';
import type { Lab } from '../lab/lab.ts';
import type { LabProcess } from '../lab/lab-process.ts';
import type { Pod } from '../lab/pod.ts';
import { until } from '../lab/until.ts';
import { builtAs } from '../clients/build.ts';
import { program } from '../mix/programs.ts';

/** Connections of the pool. */
const POOLED = 2;
const PROXY = 8081;

/** A client that looks its name up once and keeps the address; each of its dials is a connection of its own. */
export interface Keeper {
  readonly client: string;
  /** The name it has looked up. */
  readonly name: string;
  /** "served", or the client's own word for a failure. */
  readonly dial: () => Promise<string>;
  readonly refusedAs: string;
}

export interface Keepers {
  readonly all: readonly Keeper[];
  /** Uses the connections that the pool has open. */
  readonly usePool: () => Promise<string>;
}

/** A cache-for-ever JVM, an nginx that resolves at its start, a pool that was given the address of its host. */
export async function startKeepers(lab: Lab, pod: Pod): Promise<Keepers> {
  const jvm = pod.start('jvm', ['java', '-XX:TieredStopAtLevel=1', '-cp', builtAs(''), 'Keeper', JVM_URL]);
  const pool = pod.start('pool', [
    ...program('pool.ts'),
    POOL_HOST,
    String(PORTS.redis),
    'kept',
    String(POOLED),
    'once',
  ]);
  await startProxy(lab, pod);
  const usePool = (): Promise<string> => work(pool, 'work 1');
  return {
    all: [
      { client: 'a JVM', name: JVM_HOST, dial: () => jvm.ask('dial'), refusedAs: 'ConnectException' },
      { client: 'nginx', name: PROXY_HOST, dial: () => throughProxy(pod), refusedAs: '502' },
      {
        client: 'a pool',
        name: POOL_HOST,
        dial: async () => {
          await work(pool, 'drop');
          return usePool();
        },
        refusedAs: 'ECONNREFUSED',
      },
    ],
    usePool,
  };
}

const JVM_HOST = 'api.shop.example';
const JVM_URL = `http://${JVM_HOST}/`;
const PROXY_HOST = 'web.mix.example';
const POOL_HOST = 'store.mix.example';

async function work(pool: LabProcess, line: string): Promise<string> {
  const { failed } = JSON.parse(await pool.ask(line)) as { failed: Record<string, number> };
  return Object.keys(failed)[0] ?? 'served';
}

async function throughProxy(pod: Pod): Promise<string> {
  const argv = [
    'curl',
    '-s',
    '-o',
    '/dev/null',
    '-w',
    '%{http_code}',
    '--max-time',
    '20',
    `http://127.0.0.1:${PROXY}/`,
  ];
  const { stdout } = await pod.exec(argv);
  return stdout === '200' ? 'served' : stdout;
}

/** Without a `resolver` nginx looks the name up at its start and never again. */
async function startProxy(lab: Lab, pod: Pod): Promise<void> {
  const home = lab.run.file('nginx');
  mkdirSync(home);
  writeFileSync(
    `${home}/nginx.conf`,
    `daemon off;
master_process off;
pid ${home}/pid;
error_log stderr;
events {}
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${home}/${kind};`).join('\n  ')}
  # Addresses that refused are tried again, and not left aside for ten seconds.
  upstream far { server ${PROXY_HOST}:${PORTS.web} max_fails=0; }
  server {
    listen 127.0.0.1:${PROXY};
    location / { proxy_pass http://far; }
  }
}
`,
  );
  pod.start('nginx', ['nginx', '-e', 'stderr', '-p', home, '-c', `${home}/nginx.conf`]);
  await until('nginx', async () => (await throughProxy(pod)) === 'served');
}
