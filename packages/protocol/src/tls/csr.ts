import type { webcrypto } from 'node:crypto';
import type * as X509 from '@peculiar/x509';

/** A key that has not left this process, and what asks for a certificate of it. */
export interface KeyAndRequest {
  /** PKCS#8, PEM */
  readonly key: string;
  /** PKCS#10, DER */
  readonly csr: Uint8Array;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** The library costs 20 MB and needs the first of the two. */
async function library(): Promise<typeof X509> {
  await import('reflect-metadata');
  return import('@peculiar/x509');
}

/** A new P-256 key. @param name goes into the subject, for people: the operator knows better. */
export async function newKeyAndRequest(name: string): Promise<KeyAndRequest> {
  const { Name, PemConverter, Pkcs10CertificateRequestGenerator } = await library();
  const keys: webcrypto.CryptoKeyPair = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const subject = new Name([{ CN: [name] }]).toString();
  const request = await Pkcs10CertificateRequestGenerator.create({ name: subject, keys, signingAlgorithm: ALGORITHM });
  const key = await crypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { key: PemConverter.encode(key, 'PRIVATE KEY'), csr: new Uint8Array(request.rawData) };
}
