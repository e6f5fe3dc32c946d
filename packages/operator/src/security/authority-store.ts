import { X509Certificate } from 'node:crypto';
import { type KubeApi, hasStatus } from '../kubernetes/api.ts';
import type { AuthorityFacts } from './rotation.ts';
import { type KeyPair, pemBlocks } from './x509.ts';

/** The ConfigMap that agents mount: `ca.crt` is what they trust. */
const BUNDLE_NAME = 'namewall-ca';
/** On a Secret that was made here: nobody else rotates it. */
const OWNED = 'app.kubernetes.io/managed-by';
const OWNER = 'namewall-operator';

/** A key, its certificate and what is published for it. */
export interface StoredAuthority extends KeyPair {
  /** PEM: itself, or the root above it (`ca.crt` of cert-manager). */
  readonly anchor: string;
}

export interface Stored {
  readonly secret: KubeSecret | undefined;
  readonly bundle: KubeConfigMap | undefined;
  readonly owned: boolean;
  readonly current: StoredAuthority | undefined;
  readonly next: StoredAuthority | undefined;
  /** PEM each. */
  readonly published: readonly string[];
}

interface Metadata {
  readonly name: string;
  readonly namespace: string;
  readonly resourceVersion?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

interface KubeSecret {
  readonly metadata: Metadata;
  readonly type?: string;
  readonly data?: Readonly<Record<string, string>>;
}

interface KubeConfigMap {
  readonly metadata: Metadata;
  readonly data?: Readonly<Record<string, string>>;
}

/** The authority's Secret and the ConfigMap beside it. Every write is onto the version that was read: a race has one winner. */
export class AuthorityStore {
  readonly #api: KubeApi;
  readonly #namespace: string;
  readonly #name: string;

  constructor(api: KubeApi, namespace: string, secretName: string) {
    this.#api = api;
    this.#namespace = namespace;
    this.#name = secretName;
  }

  /** @throws KubeError */
  async read(): Promise<Stored> {
    const secret = await this.#get<KubeSecret>('secrets', this.#name);
    const bundle = await this.#get<KubeConfigMap>('configmaps', BUNDLE_NAME);
    return {
      secret,
      bundle,
      owned: secret === undefined || secret.metadata.labels?.[OWNED] === OWNER,
      current: pairOf(secret, 'tls', 'ca.crt'),
      next: pairOf(secret, 'next'),
      published: pemBlocks(bundle?.data?.['ca.crt'] ?? ''),
    };
  }

  /** @throws KubeError 409: somebody else was faster */
  async create(pair: KeyPair): Promise<void> {
    const metadata = { name: this.#name, namespace: this.#namespace, labels: { [OWNED]: OWNER } };
    const body = { apiVersion: 'v1', kind: 'Secret', metadata, type: 'kubernetes.io/tls', data: dataOf('tls', pair) };
    await this.#api.request('POST', this.#path('secrets'), { body });
  }

  async prepare({ secret }: Stored, pair: KeyPair): Promise<void> {
    await this.#put('secrets', secret, { ...secret?.data, ...dataOf('next', pair) });
  }

  async promote({ secret, next }: Stored): Promise<void> {
    if (next !== undefined) await this.#put('secrets', secret, dataOf('tls', next));
  }

  async publish({ bundle }: Stored, certificates: readonly string[]): Promise<void> {
    const data = { ...bundle?.data, 'ca.crt': `${certificates.join('\n')}\n` };
    if (bundle !== undefined) return this.#put('configmaps', bundle, data);
    const metadata = { name: BUNDLE_NAME, namespace: this.#namespace };
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data };
    await this.#api.request('POST', this.#path('configmaps'), { body });
  }

  async #put(kind: string, object: { readonly metadata: Metadata } | undefined, data: object): Promise<void> {
    if (object === undefined) return;
    await this.#api.request('PUT', `${this.#path(kind)}/${object.metadata.name}`, { body: { ...object, data } });
  }

  async #get<T>(kind: string, name: string): Promise<T | undefined> {
    try {
      return await this.#api.request<T>('GET', `${this.#path(kind)}/${name}`);
    } catch (error) {
      if (hasStatus(error, 404)) return undefined;
      throw error;
    }
  }

  #path(kind: string): string {
    return `/api/v1/namespaces/${this.#namespace}/${kind}`;
  }
}

function dataOf(name: 'tls' | 'next', { key, certificate }: KeyPair): Record<string, string> {
  return { [`${name}.crt`]: base64(certificate), [`${name}.key`]: base64(key) };
}

function pairOf(secret: KubeSecret | undefined, name: 'tls' | 'next', above?: string): StoredAuthority | undefined {
  const read = (field: string) => Buffer.from(secret?.data?.[field] ?? '', 'base64').toString('utf8');
  const [certificate, key] = [read(`${name}.crt`), read(`${name}.key`)];
  if (certificate === '' || key === '') return undefined;
  const anchor = pemBlocks(above === undefined ? '' : read(above))[0] ?? pemBlocks(certificate)[0] ?? '';
  return { certificate, key, anchor };
}

/** @throws what node:crypto throws when it is no certificate */
export function factsOf({ certificate, anchor }: StoredAuthority): AuthorityFacts {
  const { validFromDate, validToDate } = new X509Certificate(certificate);
  return { certificate: anchor, notBefore: validFromDate.getTime(), notAfter: validToDate.getTime() };
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
