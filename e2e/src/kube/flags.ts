import type { Certificates } from './certificates.ts';

export const LOOPBACK = '127.0.0.1';
export const API_PORT = 6443;
export const ETCD_PORT = 2379;
export const FIRST_SERVICE = '198.18.96.1';
const ETCD = `http://${LOOPBACK}:${ETCD_PORT}`;
const ETCD_PEER = `http://${LOOPBACK}:2380`;
const SERVICES = '198.18.96.0/20';
const ISSUER = 'https://kubernetes.default.svc.cluster.local';

/** A program's flags by name, without dashes. */
type Flags = Readonly<Record<string, string>>;

export function asFlags(flags: Flags): string[] {
  return Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
}

/** @param data the folder that it keeps its data in */
export function etcdFlags(data: string): Flags {
  return {
    'data-dir': data,
    'listen-client-urls': ETCD,
    'advertise-client-urls': ETCD,
    'listen-peer-urls': ETCD_PEER,
    'initial-advertise-peer-urls': ETCD_PEER,
    'initial-cluster': `default=${ETCD_PEER}`,
    'log-level': 'warn',
    // What it holds need not outlive the machine.
    'unsafe-no-fsync': 'true',
  };
}

/** What every API server of the lab has; where it listens is to be added. */
export function serverFlags({ ca, server, tokens }: Certificates): Flags {
  return {
    'etcd-servers': ETCD,
    'secure-port': String(API_PORT),
    'client-ca-file': ca,
    'tls-cert-file': server.cert,
    'tls-private-key-file': server.key,
    'service-account-issuer': ISSUER,
    'service-account-key-file': tokens.pub,
    'service-account-signing-key-file': tokens.key,
    'service-cluster-ip-range': SERVICES,
    'authorization-mode': 'Node,RBAC',
  };
}
