import { ProtocolError } from '@namewall/protocol';
import { type Log, TelemetryError, createLogger, startTraces } from '@namewall/telemetry';
import packageJson from '../package.json' with { type: 'json' };
import { DirectorySource } from './directory/directory-source.ts';
import { FORGETFUL, lastGoodIn } from './directory/last-good.ts';
import { OperatorError } from './errors.ts';
import { type Flags, KUBERNETES, USAGE, readFlags } from './flags.ts';
import { startOperator } from './operator.ts';
import type { Kubernetes } from './kubernetes/start.ts';
import type { Security } from './security/start.ts';
import type { Counted } from './metrics.ts';
import type { Source } from './source/source.ts';

/** Milliseconds from the signal to the end; the kubelet waits for 15 s. */
const STOP_WITHIN = 10_000;

async function run(flags: Flags): Promise<void> {
  const log = createLogger({ service: 'namewall-operator', level: flags.logLevel, format: flags.logFormat });
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => {
      stop.abort();
      // What is served is held by agents, and what is written by the API server: nothing is lost.
      setTimeout(() => {
        log.error('not stopped in time; ended as it is', { milliseconds: STOP_WITHIN });
        process.exit(1);
      }, STOP_WITHIN).unref();
    });
  }
  await using traces = await startTraces('namewall-operator', packageJson.version, process.env);
  const counted: Counted = { operator: undefined, security: undefined, leading: false };
  await using health = await healthOf(flags, counted);
  const kubernetes = await kubernetesOf(flags, log);
  const source = kubernetes?.source ?? (await directoryOf(flags, log));
  const security = await securityOf(flags, log, stop.signal);
  if (stop.signal.aborted) return;
  counted.security = security;
  const { listen, node } = flags;
  const onReconciled = (seconds: number) => health?.timings.observe(seconds);
  const options = { source, listen, security, node, version: packageJson.version, log, onReconciled, traces };
  const operator = await startOperator(options, stop.signal);
  counted.operator = operator;
  process.on('SIGUSR2', () => log.info('status', { ...operator.status() }));
  const onLeading = (leading: boolean) => {
    counted.leading = leading;
  };
  const election = kubernetes?.takePart({ ...flags, operator, log, onLeading }, stop.signal);
  await operator.stopped;
  await election;
}

/** Says from the start what the operator waits for. */
async function healthOf(flags: Flags, counted: Counted) {
  if (flags.metrics === undefined) return undefined;
  const { serveHealth } = await import('@namewall/telemetry/health');
  const { registerMetrics } = await import('./metrics.ts');
  const secure = flags.listen.startsWith('tls:');
  const missing = (): string[] => {
    if (secure && counted.security === undefined) return ['a certificate authority: is the API server there?'];
    return counted.operator === undefined ? [`the first complete state of ${flags.source}`] : [];
  };
  const server = await serveHealth({ address: flags.metrics, missing });
  const timings = registerMetrics(server.registry, counted);
  return { timings, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

const placeOf = ({ configMap, namespace }: Flags): string | undefined =>
  configMap === undefined ? undefined : `${namespace}/${configMap}`;

// Only here: the client costs a second and 80 MB.
async function kubernetesOf(flags: Flags, log: Log): Promise<Kubernetes | undefined> {
  if (flags.source !== KUBERNETES) return undefined;
  const { startKubernetes } = await import('./kubernetes/start.ts');
  return startKubernetes({ ...flags, configFile: flags.config, configMap: placeOf(flags) }, log);
}

async function directoryOf(flags: Flags, log: Log): Promise<Source> {
  const notKept = (problem: string) => log.error('last good version not kept', { problem });
  const lastGood = flags.stateDir === undefined ? FORGETFUL : await lastGoodIn(flags.stateDir, notKept);
  return new DirectorySource({ folder: flags.source, log, lastGood });
}

async function securityOf(flags: Flags, log: Log, signal: AbortSignal): Promise<Security | undefined> {
  if (!flags.listen.startsWith('tls:')) return undefined;
  const { connect } = await import('./kubernetes/start.ts');
  const { startSecurity } = await import('./security/start.ts');
  return startSecurity({ ...flags, log, api: connect(flags.kubeconfig).http }, signal);
}

async function main([command, ...rest]: readonly string[]): Promise<void> {
  if (command === 'await-clean') {
    const { awaitCleanMain } = await import('./clean-up/main.ts');
    await awaitCleanMain(rest);
    return;
  }
  const flags = readFlags(process.argv.slice(2));
  if (flags === undefined) console.log(USAGE);
  else await run(flags);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  const known = error instanceof OperatorError || error instanceof ProtocolError || error instanceof TelemetryError;
  if (!known) throw error;
  console.error(`namewall-operator: ${error.message}`);
  process.exitCode = error.code === 'USAGE' ? 2 : 1;
}
