/** From the command line to a running agent. Exit codes: 0 stopped, 1 could not start or failed, 2 called wrongly. */
import { readFileSync } from 'node:fs';
import { sizeConflicts } from '@namewall/datapath';
import { inheritPrivileged } from '@namewall/privileged';
import { type Log, TelemetryError, createLogger, startTraces } from '@namewall/telemetry';
import { type RunningAgent, runAgent } from './agent.ts';
import { AgentError } from './errors.ts';
import { type Flags, USAGE, parseFlags } from './flags.ts';
import { keepHeapSmall } from './node/memory.ts';
import { checkSelf, ensureBpffs, lockState, openDatapath } from './node/prepare.ts';
import { seeSockets } from './node/sockets.ts';
import { credentialsIn } from './node/credentials.ts';
import { readSearch } from './node/resolv-conf.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

async function run(flags: Flags, log: Log, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<void> {
  inheritPrivileged(env);
  checkSelf();
  await using traces = await startTraces('namewall-agent', version, env);
  const missing = new Set(['the datapath and what was enforced before']);
  await using health = await healthOf(flags, () => [...missing]);
  if (ensureBpffs(flags)) log.info('bpf file system mounted', { path: '/sys/fs/bpf' });
  using lock = lockState(flags.stateDir);
  using datapath = openDatapath(flags);
  for (const { name, asked, pinned } of sizeConflicts(flags.sizes, datapath.sizes)) {
    const fix = 'for another size: namewallctl detach --all, then start again';
    log.warn('size not as asked: the pins keep theirs', { size: name, asked, pinned, fix });
  }
  seeSockets(datapath, flags, log);
  const { operator, node, stateDir, socket, cni, pinRoot, hook } = flags;
  const nodeSearch = readSearch(flags.resolvConf);
  const credentials = credentialsIn(flags);
  const onReady = (ready: RunningAgent): void => {
    health?.count(ready);
    missing.clear();
  };
  const options = { datapath, log, operator, credentials, node, nodeSearch, stateDir, socket, version, onReady };

  await runAgent(
    { ...options, traces, cni: cni && { ...cni, pinRoot, hook: hook === 'clsact' ? hook : 'auto' } },
    signal,
  );
  lock.release();
}

/** Says from the start what the agent waits for; the library that counts is loaded only where it is asked for. */
async function healthOf({ metrics }: Flags, missing: () => readonly string[]) {
  if (metrics === undefined) return undefined;
  const { serveHealth } = await import('@namewall/telemetry/health');
  const { registerMetrics } = await import('./observe/metrics.ts');
  const server = await serveHealth({ address: metrics, missing });
  return {
    count: (agent: RunningAgent) => registerMetrics(server.registry, agent),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

function fail(error: unknown): void {
  if (error instanceof TelemetryError) process.stderr.write(`namewall-agent: ${error.message}\n`);
  else if (error instanceof AgentError) process.stderr.write(`namewall-agent: ${error.message}\n  fix: ${error.fix}\n`);
  else {
    process.stderr.write(
      `namewall-agent: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
  }
  process.exitCode = error instanceof AgentError && error.code === 'USAGE' ? 2 : 1;
}

export async function main(env: NodeJS.ProcessEnv): Promise<void> {
  keepHeapSmall();
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort());
  try {
    const flags = parseFlags(process.argv.slice(2));
    if (flags === 'help') return void process.stdout.write(USAGE);
    await run(
      flags,
      createLogger({ service: 'namewall-agent', level: flags.logLevel, format: flags.logFormat }),
      env,
      stop.signal,
    );
  } catch (error) {
    fail(error);
  }
}
