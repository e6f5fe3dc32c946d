import { mkdirSync, writeFileSync } from 'node:fs';
import type { RunDirectory } from '../lab/run-directory.ts';
import { PAUSE } from './images.ts';
import { CLUSTER_DNS, CONTROL_PLANE, type Families, type NodePlan, POD_RANGE, listed } from './plan.ts';

/** Writes what a node's programs are configured by. @returns the folder */
export function writeNodeFiles(run: RunDirectory, node: NodePlan, families: Families): string {
  const folder = run.file('config', node.name);
  mkdirSync(folder, { recursive: true });
  const write = (name: string, content: string | object): void => {
    writeFileSync(`${folder}/${name}`, typeof content === 'string' ? content : JSON.stringify(content, null, 2));
  };
  write('resolv.conf', families.map((family) => `nameserver ${CONTROL_PLANE[family]}\n`).join(''));
  write('10-pods.conflist', podNetwork(node, families));
  write('containerd.toml', CONTAINERD);
  write('kubelet.json', kubelet(run, node, families));
  write('proxy.json', proxy(run, node, families));
  return folder;
}

const podNetwork = ({ pods, plugin }: NodePlan, families: Families): object => ({
  cniVersion: '1.0.0',
  name: 'pods',
  plugins: [
    {
      type: plugin,
      ...(plugin === 'bridge' && { bridge: 'pods', isGateway: true, hairpinMode: true }),
      ipMasq: false,
      mtu: 1500,
      ipam: {
        type: 'host-local',
        ranges: families.map((family) => [{ subnet: pods[family] }]),
        routes: families.map((family) => ({ dst: family === 'v4' ? '0.0.0.0/0' : '::/0' })),
      },
    },
    { type: 'portmap', capabilities: { portMappings: true } },
  ],
});

/** Where CAP_SYS_RESOURCE is missing, a lower score than the parent's would fail every sandbox. */
const CONTAINERD = `version = 2
[plugins."io.containerd.grpc.v1.cri"]
  restrict_oom_score_adj = true
  sandbox_image = "${PAUSE}"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/opt/cni/bin"
    conf_dir = "/etc/cni/net.d"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
`;

const kubelet = (run: RunDirectory, { name }: NodePlan, families: Families): object => ({
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  kind: 'KubeletConfiguration',
  authentication: {
    anonymous: { enabled: false },
    webhook: { enabled: true },
    x509: { clientCAFile: run.file('ca.crt') },
  },
  authorization: { mode: 'Webhook' },
  tlsCertFile: run.file(`${name}.crt`),
  tlsPrivateKeyFile: run.file(`${name}.key`),
  clusterDNS: families.map((family) => CLUSTER_DNS[family]),
  clusterDomain: 'cluster.local',
  resolvConf: '/etc/resolv.conf',
  containerRuntimeEndpoint: 'unix:///run/containerd/containerd.sock',
  cgroupDriver: 'cgroupfs',
  failCgroupV1: false,
  failSwapOn: false,
  // The disk is the machine's, and how full it is not what is tested.
  evictionHard: {
    'memory.available': '100Mi',
    'nodefs.available': '0%',
    'nodefs.inodesFree': '0%',
    'imagefs.available': '0%',
  },
  imageGCHighThresholdPercent: 100,
  nodeStatusUpdateFrequency: '5s',
});

const proxy = (run: RunDirectory, { name }: NodePlan, families: Families): object => ({
  apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
  kind: 'KubeProxyConfiguration',
  mode: 'iptables',
  hostnameOverride: name,
  clusterCIDR: listed(POD_RANGE, families),
  clientConnection: { kubeconfig: run.file('proxy.kubeconfig') },
  // Limits of the whole machine, which are not a node's.
  conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
});
