/** What `make images` wrote, run as the chart runs it: the lab's policy enforced by the images alone. */
import assert from 'node:assert/strict';
import { accessSync, chownSync, constants, existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { parseCapabilities } from '@namewall/libbpf';
import { privilegedOf } from '@namewall/privileged/testing';
import { parse } from 'yaml';
import { Image } from '../src/images/image.ts';
import { writeKubeconfig } from '../src/kube/certificates.ts';
import { CHART, NAMESPACE, applyAll, render } from '../src/kube/chart.ts';
import { ControlPlane } from '../src/kube/control-plane.ts';
import { served } from '../src/kube/crds.ts';
import { tokenOf } from '../src/kube/tokens.ts';
import { SERVERS } from '../src/lab/addresses.ts';
import { command, mustRun } from '../src/lab/command.ts';
import { LabProcess } from '../src/lab/lab-process.ts';
import { inside } from '../src/lab/namespaces.ts';
import { fromSources } from '../src/lab/namewall.ts';
import { fetchFrom, lookUp } from '../src/lab/probes.ts';
import { enforce, startWithoutPolicy } from '../src/lab/scenario.ts';
import { traces } from '../src/lab/traces.ts';
import { until } from '../src/lab/until.ts';
import { type World, freshName, makeWorld } from '../src/lab/world.ts';

const ARCHIVES = path.resolve(import.meta.dirname, '../../build/images');
const GRANTED = ['CAP_BPF', 'CAP_NET_ADMIN', 'CAP_PERFMON', 'CAP_SYS_ADMIN'];
/** What the process of these keeps that lives as long as the agent, and the small one beside it. */
const AGENTS = GRANTED.slice(0, 3);
const PRIVILEGED = ['CAP_NET_ADMIN', 'CAP_SYS_ADMIN'];

let cluster: ControlPlane;
let world: World;
let images: Readonly<Record<'operator' | 'agent', Image>>;
before(async () => {
  // What it runs is known only once it is there.
  world = await makeWorld({
    programOf: (name, flags) => (name === 'agent' ? agentWith(flags) : fromSources(name, flags)),
  });
  const unpack = (name: string) =>
    Image.unpack(path.join(ARCHIVES, `namewall-${name}.oci.tar`), world.lab.run.file('images', name));
  images = { operator: await unpack('operator'), agent: await unpack('agent') };
  cluster = await ControlPlane.start();
});
after(async () => {
  world.lab.dispose();
  await cluster.stop();
});

/** With the compiled programs that the image itself has: a runtime would start it in its working directory. */
function agentWith(flags: readonly string[]): string[] {
  const own = path.join(images.agent.config.WorkingDir, 'build');
  const kept = flags.map((flag) => (flag.endsWith('.bpf.o') ? path.join(own, path.basename(flag)) : flag));
  const mounts = ['/sys/fs/bpf', '/sys/fs/cgroup', '/run/netns', world.namewall.file()];
  return images.agent.argv({ capabilities: GRANTED, mounts }, kept);
}

test('they are named as the chart asks for them, and have every command that it runs', async () => {
  const { version } = parse(readFileSync(path.join(CHART, 'Chart.yaml'), 'utf8')) as { version: string };
  const objects = await render();
  const containers = JSON.stringify(objects).matchAll(/"image":"([^"]+)"/gu);
  for (const [, image] of containers) assert.match(String(image), /^namewall-(?:operator|agent):/u);
  for (const name of ['operator', 'agent'] as const) {
    const archive = path.join(ARCHIVES, `namewall-${name}.oci.tar`);
    const index = await mustRun(['tar', '--extract', '--to-stdout', `--file=${archive}`, 'index.json']);
    assert.ok(index.includes(`"docker.io/library/namewall-${name}:${version}"`), index);
  }
  const folders = (image: Image): string[] => (image.config.Env?.[0] ?? '').replace('PATH=', '').split(':');
  const has = (image: Image, program: string): boolean =>
    folders(image).some((folder) => existsSync(path.join(image.root, folder, program)));
  for (const program of ['namewall-operator', 'node']) assert.ok(has(images.operator, program), program);
  for (const program of ['namewall-agent', 'namewallctl', 'sleep', 'ip', 'tc', 'setpriv']) {
    assert.ok(has(images.agent, program), program);
  }
  for (const program of ['sh', 'bash', 'dash', 'perl', 'apt-get', 'dpkg', 'su', 'mount', 'nsenter']) {
    assert.ok(!has(images.operator, program) && !has(images.agent, program), program);
  }
  for (const program of ['namewall-cni', 'namewall-privileged']) {
    accessSync(path.join(images.agent.root, 'opt/namewall/build', program), constants.X_OK);
  }
});

test('nothing in them is set-uid or has capabilities of its own', async () => {
  for (const { root } of Object.values(images)) {
    assert.equal(await mustRun(['find', root, '-perm', '/6000', '-type', 'f']), '');
    assert.equal(await mustRun(['getcap', '-r', root]), '');
  }
});

/** What a process may, and what it may not. */
function confined(pid: number | undefined): { uid: number; capabilities: string[]; root: string } {
  const status = readFileSync(`/proc/${pid ?? 0}/status`, 'utf8');
  assert.match(status, /^NoNewPrivs:\t1$/mu);
  const mounts = readFileSync(`/proc/${pid ?? 0}/mounts`, 'utf8')
    .split('\n')
    .map((line) => line.split(' '));
  return {
    uid: Number(/^Uid:\t(\d+)\t\1\t\1\t\1$/mu.exec(status)?.[1]),
    capabilities: [...parseCapabilities(status)].toSorted(),
    root: mounts.findLast(([, at]) => at === '/')?.[3]?.split(',')[0] ?? '',
  };
}

test('the agent enforces a policy, with a root file system that it cannot write to', async () => {
  await startWithoutPolicy(world);
  await enforce(world);
  const shop = world.lab.pod('shop');
  for (const extra of [[], ['+tcp']]) {
    const name = freshName();
    assert.equal((await lookUp(shop, name, 'A', extra)).rcode, 'NOERROR');
    assert.equal((await fetchFrom(shop, name)).result, 'open');
    assert.equal((await lookUp(shop, 'forbidden.example', 'A', extra)).rcode, 'REFUSED');
  }
  assert.equal((await fetchFrom(shop, SERVERS.nameless.v4)).result, 'refused');
  const { agent } = world.namewall;
  assert.deepEqual(confined(agent?.pid), { uid: 0, capabilities: AGENTS, root: 'ro' });
  assert.deepEqual(confined(privilegedOf(agent?.pid ?? 0)), { uid: 0, capabilities: PRIVILEGED, root: 'ro' });
  const log = readFileSync(agent?.log ?? '', 'utf8');
  assert.doesNotMatch(log, /seen later/u, 'it hears of links by netlink');
});

/** The command of the chart that takes away what agents left. */
async function cleanUp(): Promise<readonly string[]> {
  const daemonSet = (await render()).find(
    ({ kind, metadata }) => kind === 'DaemonSet' && metadata.name === 'namewall-clean-up',
  ) as unknown as { spec: { template: { spec: { initContainers: readonly { command: readonly string[] }[] } } } };
  return daemonSet.spec.template.spec.initContainers[0]?.command ?? [];
}

test('what the chart runs after an uninstall leaves nothing on the node', async () => {
  const { namewall, lab } = world;
  const [program, ...flags] = await cleanUp();
  assert.equal(program, 'namewallctl');
  const own = flags.map((flag) => flag.replace(/^--state-dir=.*/u, `--state-dir=${namewall.file('state')}`));
  const mounts = ['/sys/fs/bpf', '/sys/fs/cgroup', '/run/netns', namewall.file()];
  const argv = images.agent
    .running('/usr/local/bin/namewallctl')
    .argv({ capabilities: GRANTED, mounts }, [...own, `--pin-root=${lab.run.pinRoot}`]);
  const early = await command(inside(lab.node, argv));
  assert.notEqual(early.code, 0, 'while the agent runs it is refused');
  await namewall.agent?.end();
  assert.notDeepEqual(await traces(lab), [], 'what is pinned outlives the agent');
  const { code, stderr } = await command(inside(lab.node, argv));
  assert.equal(code, 0, stderr);
  assert.deepEqual(await traces(lab), []);
  assert.deepEqual(readdirSync(namewall.file('state')), []);
});

test('the operator serves from a real API server as nobody in particular', async () => {
  const { client, run } = cluster;
  await applyAll(client, await render());
  await served(client);
  const kubeconfig = run.file('operator.kubeconfig');
  const token = await tokenOf(client, NAMESPACE, 'namewall-operator');
  writeKubeconfig(kubeconfig, cluster.address, cluster.certificates.ca, { token });
  chownSync(kubeconfig, 65_532, 65_532);
  const flags = ['--source', 'kubernetes', '--kubeconfig', kubeconfig, '--listen', 'tls:127.0.0.1:9443'];
  const argv = images.operator.argv({ capabilities: [], mounts: [run.path] }, [...flags, '--identity', 'one']);
  const operator = LabProcess.start(run, 'operator', inside(cluster.namespace, argv));
  try {
    await until('it to be the leader and to listen', () => {
      const log = readFileSync(operator.log, 'utf8');
      if (!['"listening"', '"leading"'].every((message) => log.includes(message))) throw new Error(log);
      return true;
    });
    assert.deepEqual(confined(operator.pid), { uid: 65_532, capabilities: [], root: 'ro' });
  } finally {
    await operator.end();
  }
  assert.equal(operator.exit?.code, 0, readFileSync(operator.log, 'utf8'));
});

test('the control: a program of an image that writes beside what is mounted is told that it cannot', async () => {
  const write = ['-e', 'require("fs").writeFileSync("/opt/namewall/written", "")'];
  const argv = images.agent.running('/usr/local/bin/node').argv({ capabilities: GRANTED, mounts: [] }, write);
  const { code, stderr } = await command(argv);
  assert.notEqual(code, 0);
  assert.match(stderr, /EROFS/u);
});

interface Parts {
  readonly spdxVersion: string;
  readonly packages: readonly { readonly name: string; readonly versionInfo: string }[];
}

test('the lists of their parts name what is in them', () => {
  for (const [name, some] of Object.entries({ operator: ['@kubernetes/client-node'], agent: ['koffi', 'libbpf1'] })) {
    const file = path.join(ARCHIVES, `namewall-${name}.spdx.json`);
    const { spdxVersion, packages } = JSON.parse(readFileSync(file, 'utf8')) as Parts;
    assert.equal(spdxVersion, 'SPDX-2.3');
    for (const part of ['libc6', 'node', '@grpc/grpc-js', ...some]) {
      const found = packages.find((each) => each.name === part);
      assert.match(String(found?.versionInfo), /^\d/u, part);
    }
    assert.ok(!packages.some((each) => ['typescript', 'prettier', 'fast-check'].includes(each.name)));
  }
});
