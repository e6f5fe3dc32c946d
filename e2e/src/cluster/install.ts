import { CHART, NAMESPACE } from '../kube/chart.ts';
import { command, mustRun } from '../lab/command.ts';
import { attachedIn } from '../lab/traces.ts';
import { until } from '../lab/until.ts';
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

/** As docs/break-glass.md has it: from the agent's image, with nothing of Kubernetes. @returns what it says */
export async function namewallctlOn(cluster: Cluster, node: string, ...args: readonly string[]): Promise<string> {
  const listed = await mustRun(cluster.onNode(node, ['ctr', '-n', 'k8s.io', 'images', 'ls', '-q']));
  const image = listed.split('\n').find((name) => name.includes('/namewall-agent:')) ?? '';
  const mounts = ['/sys/fs/bpf', '/run/netns', '/var/lib/namewall'].flatMap((folder) => [
    '--mount',
    `type=bind,src=${folder},dst=${folder},options=rbind:rw`,
  ]);
  const run = ['ctr', '-n', 'k8s.io', 'run', '--rm', '--privileged', '--net-host', ...mounts];
  return mustRun(cluster.onNode(node, [...run, image, 'namewallctl-1', 'namewallctl', ...args]));
}

/** Whether a node has an agent, by its label; waits until that is gone, or ready. */
export async function letAgentRunOn(cluster: Cluster, node: string, run: boolean): Promise<void> {
  await cluster.kubectl('label', 'node', node, `namewall.dev/agent${run ? '-' : '=off'}`);
  const gone = async (): Promise<boolean> => {
    const agents = ['--selector=app.kubernetes.io/component=agent', `--field-selector=spec.nodeName=${node}`];
    return (await cluster.kubectl('-n', NAMESPACE, 'get', 'pods', ...agents, '-o', 'name')).trim() === '';
  };
  if (run) await cluster.kubectl('-n', NAMESPACE, 'rollout', 'status', 'daemonset/namewall-agent', '--timeout=120s');
  else await until('its agent to end', gone, { deadline: 60_000, every: 200 });
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
