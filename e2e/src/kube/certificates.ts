import { writeFileSync } from 'node:fs';
import { mustRun } from '../lab/command.ts';

/** Files in one folder: `<name>.crt` and `<name>.key`. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

/** The certificate authority of one test cluster, and what it has signed. */
export interface Certificates {
  readonly ca: string;
  readonly server: Identity;
  /** of the group system:masters */
  readonly admin: Identity;
  /** What service account tokens are signed with. */
  readonly tokens: { readonly key: string; readonly pub: string };
}

const DAYS = ['-days', '2'];
const SERVER_NAMES = ['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc'];

/** @param file where a file of that name goes */
export async function makeCertificates(
  file: (name: string) => string,
  addresses: readonly string[],
): Promise<Certificates> {
  const ca = pair(file, 'ca');
  await mustRun(['openssl', 'req', '-x509', ...newKey(ca.key), ...DAYS, '-subj', '/CN=lab-ca', '-out', ca.cert]);
  const names = [...SERVER_NAMES.map((name) => `DNS:${name}`), ...addresses.map((address) => `IP:${address}`)];
  const server = await issue(file, ca, 'apiserver', '/CN=kube-apiserver', names);
  const admin = await issue(file, ca, 'admin', '/O=system:masters/CN=admin', []);
  const tokens = { key: file('tokens.key'), pub: file('tokens.pub') };
  await mustRun(['openssl', 'ecparam', '-genkey', '-name', 'prime256v1', '-noout', '-out', tokens.key]);
  await mustRun(['openssl', 'ec', '-in', tokens.key, '-pubout', '-out', tokens.pub]);
  return { ca: ca.cert, server, admin, tokens };
}

/** A certificate for servers and clients. @param names as in subjectAltName: `DNS:node-a` */
export async function issue(
  file: (name: string) => string,
  ca: Identity,
  name: string,
  subject: string,
  names: readonly string[],
): Promise<Identity> {
  const own = pair(file, name);
  const leaf = ['-addext', 'basicConstraints=critical,CA:FALSE', '-addext', 'extendedKeyUsage=serverAuth,clientAuth'];
  const alternative = names.length === 0 ? [] : ['-addext', `subjectAltName=${names.join(',')}`];
  const signed = ['-CA', ca.cert, '-CAkey', ca.key, '-out', own.cert];
  await mustRun([
    'openssl',
    'req',
    '-x509',
    ...newKey(own.key),
    ...DAYS,
    '-subj',
    subject,
    ...leaf,
    ...alternative,
    ...signed,
  ]);
  return own;
}

function newKey(path: string): string[] {
  return ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc', '-keyout', path];
}

/** Where an identity's files go. */
export function pair(file: (name: string) => string, name: string): Identity {
  return { cert: file(`${name}.crt`), key: file(`${name}.key`) };
}

/** A kubeconfig for one identity or bearer token, for clients inside the cluster's network namespace. */
export function writeKubeconfig(path: string, server: string, ca: string, who: Identity | { token: string }): void {
  const user = 'token' in who ? who : { 'client-certificate': who.cert, 'client-key': who.key };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'lab', cluster: { server, 'certificate-authority': ca } }],
    users: [{ name: 'lab', user }],
    contexts: [{ name: 'lab', context: { cluster: 'lab', user: 'lab' } }],
    'current-context': 'lab',
  };
  writeFileSync(path, JSON.stringify(config), { mode: 0o600 });
}
