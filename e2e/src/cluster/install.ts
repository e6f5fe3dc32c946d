import { CHART, NAMESPACE } from '../kube/chart.ts';
import { command, mustRun } from '../lab/command.ts';
import { attachedIn } from '../lab/traces.ts';
import type { Cluster } from './cluster.ts';

const WHERE = ['--namespace', NAMESPACE];
const PATIENTLY = ['--wait', '--timeout', '3m'];

/** What helm says. @throws when it fails */
async function helm(cluster: Cluster, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await command(cluster.tool('helm', args), { deadline: 300_000 });
  if (code !== 0) throw new Error(`helm ${args.join(' ')} ended with ${code}: ${stderr.trim()}`);
  return stdout;
}

/** The chart as it is shipped, of the images that are there. @param values `name=value` each. @throws what helm says */
export async function installChart(cluster: Cluster, values: readonly string[] = []): Promise<void> {
  const set = ['image.pullPolicy=Never', ...values].flatMap((value) => ['--set', value]);
  await helm(cluster, 'install', 'namewall', CHART, ...WHERE, '--create-namespace', ...set, ...PATIENTLY);
}

/** @param values `name=value` each; the others stay */
export async function upgradeChart(cluster: Cluster, values: readonly string[]): Promise<void> {
  const set = values.flatMap((value) => ['--set', value]);
  await helm(cluster, 'upgrade', 'namewall', CHART, ...WHERE, '--reuse-values', ...set, ...PATIENTLY);
}

export async function rollBack(cluster: Cluster): Promise<void> {
  await helm(cluster, 'rollback', 'namewall', ...WHERE, ...PATIENTLY);
}

export async function testChart(cluster: Cluster): Promise<void> {
  await helm(cluster, 'test', 'namewall', ...WHERE);
}

export async function uninstallChart(cluster: Cluster): Promise<void> {
  await helm(cluster, 'uninstall', 'namewall', ...WHERE, ...PATIENTLY);
}

/** No node is one that agents run on, or every node is again; waits until they have ended, or are ready. */
export async function letAgentsRun(cluster: Cluster, run: boolean): Promise<void> {
  const template = { spec: { nodeSelector: { 'namewall.dev/nowhere': run ? null : 'yes' } } };
  const patch = JSON.stringify({ spec: { template } });
  await cluster.kubectl('-n', NAMESPACE, 'patch', 'daemonset', 'namewall-agent', '--patch', patch);
  const agents = ['pod', '--selector=app.kubernetes.io/component=agent'];
  if (run) await cluster.kubectl('-n', NAMESPACE, 'rollout', 'status', 'daemonset/namewall-agent', '--timeout=120s');
  else await cluster.kubectl('-n', NAMESPACE, 'wait', ...agents, '--for=delete', '--timeout=60s');
}

/** What the kernel itself puts into every bpf file system. */
const OF_THE_KERNEL: ReadonlySet<string> = new Set(['', 'maps.debug', 'progs.debug']);

/** Programs on a node's interfaces, and what is pinned there; each a line of text. */
export async function leftOn(cluster: Cluster, node: string): Promise<string[]> {
  const namespace = cluster.network.nodes.get(node);
  if (namespace === undefined) throw new Error(`there is no node ${node}`);
  const pins = await mustRun(cluster.onNode(node, ['ls', '/sys/fs/bpf']));
  const programs = (await attachedIn(namespace)).map(({ device, kind }) => `${device} ${kind}`);
  return [...programs, ...pins.split('\n').filter((name) => !OF_THE_KERNEL.has(name))];
}
