/**
 * Follows an API server as the operator does and tells what it would hand over: follow-source.ts KUBECONFIG [CONFIG]; CONFIG is a
 * file, or configmap:NAMESPACE/NAME.
 * A line of stdin is answered by one JSON document; its log goes to stderr. Ends by itself after SIGTERM.
 */
import { createInterface } from 'node:readline';
import type { Pod } from '@namewall/policy';
import { createLogger } from '@namewall/telemetry';
import { startKubernetes } from '../../src/kubernetes/start.ts';
import type { SourceState } from '../../src/source/source.ts';

const [kubeconfig, config] = process.argv.slice(2);
const [, configMap] = config?.split('configmap:') ?? [];
const configFile = configMap === undefined ? config : undefined;
const log = createLogger({ service: 'follow-source', level: 'debug', format: 'json', stream: process.stderr });
const dnsServices = ['kube-system/kube-dns'];
const { source } = startKubernetes({ kubeconfig, configFile, configMap, dnsServices }, log);
const stop = new AbortController();
process.once('SIGTERM', () => {
  stop.abort();
  input.close();
  process.stdin.destroy();
});

let handOvers = 0;
let state: SourceState | undefined;
let asked: SourceState | undefined;
/** Pairs of pods that had one address at the same time, though one of them was gone by then. */
let clashes = 0;

function tell(): object {
  const before = new Set<object>([...(asked?.policies ?? []), ...(asked?.pods ?? []), ...(asked?.namespaces ?? [])]);
  const now = [...(state?.policies ?? []), ...(state?.pods ?? []), ...(state?.namespaces ?? [])];
  const fresh = now.filter((one) => !before.has(one)).map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  asked = state;
  return { handOvers, clashes, fresh, state, problems: source.problems() };
}

function count(pods: readonly Pod[]): number {
  const all = pods.flatMap(({ status }) => status?.podIPs?.map(({ ip }) => ip) ?? []);
  return all.length - new Set(all).size;
}

const input = createInterface({ input: process.stdin }).on('line', () => {
  process.stdout.write(`${JSON.stringify(tell())}\n`);
});
await source.start((next) => {
  handOvers++;
  clashes += count(next.pods);
  state = next;
}, stop.signal);
await source.stopped;
