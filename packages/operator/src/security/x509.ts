// oxlint-disable-next-line import/no-unassigned-import -- @peculiar/x509 needs it to be there
import 'reflect-metadata';
import { type KeyObject, type webcrypto, createPrivateKey, randomBytes } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  PemConverter,
  Pkcs10CertificateRequest,
  type PublicKey,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { SecurityError } from './errors.ts';

/** A key and its certificate, PEM. */
export interface KeyPair {
  readonly key: string;
  readonly certificate: string;
}

const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** A key that is made here. */
export function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return crypto.subtle.generateKey(P256, true, ['sign', 'verify']);
}

export async function keyPem(key: webcrypto.CryptoKey): Promise<string> {
  return PemConverter.encode(await crypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
}

/** Milliseconds since 1970. */
export interface Validity {
  readonly notBefore: number;
  readonly notAfter: number;
}

/** A new authority that signs itself. */
export async function newAuthority(commonName: string, { notBefore, notAfter }: Validity): Promise<KeyPair> {
  const keys = await newKeys();
  const subject = new Name([{ CN: [commonName] }]).toString();
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serial(),
    subject,
    issuer: subject,
    notBefore: new Date(notBefore),
    notAfter: new Date(notAfter),
    publicKey: keys.publicKey,
    signingKey: keys.privateKey,
    signingAlgorithm: P256,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { key: await keyPem(keys.privateKey), certificate: certificate.toString('pem') };
}

/** What signs: a private key with the certificate that proves it. */
export interface Signer {
  readonly certificate: X509Certificate;
  readonly key: webcrypto.CryptoKey;
  readonly algorithm: webcrypto.EcdsaParams & { readonly namedCurve?: string };
}

/**
 * Reads an authority that may come from elsewhere, such as cert-manager: ECDSA or RSA, in PKCS#8, SEC 1 or PKCS#1.
 * @throws SecurityError AUTHORITY
 */
export function readSigner({ key, certificate }: KeyPair): Signer {
  const parsed = readCertificate(certificate);
  if (parsed.getExtension(BasicConstraintsExtension)?.ca !== true) {
    throw new SecurityError('AUTHORITY', 'tls.crt is no authority (CA:FALSE); use a certificate that may sign others');
  }
  const secret = readKey(key);
  const curve = secret.asymmetricKeyDetails?.namedCurve;
  const algorithm =
    secret.asymmetricKeyType === 'rsa'
      ? { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
      : { name: 'ECDSA', hash: 'SHA-256', namedCurve: curve === 'secp384r1' ? 'P-384' : 'P-256' };
  const imported = importKey(secret, algorithm);
  return { certificate: parsed, key: imported, algorithm };
}

function importKey(secret: KeyObject, algorithm: { readonly name: string; readonly hash: string }) {
  try {
    return secret.toCryptoKey(algorithm, true, ['sign']);
  } catch (cause) {
    throw new SecurityError('AUTHORITY', 'tls.key is of a kind that cannot be used; use ECDSA P-256', { cause });
  }
}

function readKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw new SecurityError('AUTHORITY', 'tls.key cannot be read; it must be a private key in PEM', { cause });
  }
}

/** @throws SecurityError AUTHORITY */
function readCertificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pemBlocks(pem)[0] ?? '');
  } catch (cause) {
    throw new SecurityError('AUTHORITY', 'tls.crt cannot be read; it must be a certificate in PEM', { cause });
  }
}

/** The certificates in a PEM text, each on its own. */
export function pemBlocks(pem: string): string[] {
  return pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/gu) ?? [];
}

export interface LeafOptions extends Validity {
  readonly commonName: string;
  /** What it is for: see AGENTS and OPERATORS of the protocol. */
  readonly organization: string;
  readonly publicKey: PublicKey | webcrypto.CryptoKey;
  /** With some it may serve. */
  readonly dnsNames: readonly string[];
}

/** @returns the certificate, PEM. */
export async function issue(signer: Signer, options: LeafOptions): Promise<string> {
  const { commonName, organization, publicKey, dnsNames, notBefore, notAfter } = options;
  const usages = [ExtendedKeyUsage.clientAuth, ...(dnsNames.length > 0 ? [ExtendedKeyUsage.serverAuth] : [])];
  const extensions: Extension[] = [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    new ExtendedKeyUsageExtension(usages),
    await AuthorityKeyIdentifierExtension.create(signer.certificate.publicKey),
  ];
  if (dnsNames.length > 0) {
    extensions.push(new SubjectAlternativeNameExtension(dnsNames.map((value) => ({ type: 'dns', value }))));
  }
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: new Name([{ O: [organization] }, { CN: [commonName] }]).toJSON(),
    issuer: signer.certificate.subjectName.toJSON(),
    notBefore: new Date(notBefore),
    notAfter: new Date(Math.min(notAfter, signer.certificate.notAfter.getTime())),
    publicKey,
    signingKey: signer.key,
    signingAlgorithm: signer.algorithm,
    extensions,
  });
  return certificate.toString('pem');
}

/** Octets of a request that are looked at: a P-256 key with a name needs 300. */
const REQUEST_MAX = 4096;

/**
 * @returns the key that a PKCS#10 request is for, once its owner has proven to have it.
 * @throws SecurityError REQUEST
 */
export async function readRequest(der: Uint8Array): Promise<PublicKey> {
  if (der.length === 0 || der.length > REQUEST_MAX) throw new SecurityError('REQUEST', 'the request has no fit size');
  let request: Pkcs10CertificateRequest;
  try {
    request = new Pkcs10CertificateRequest(Uint8Array.from(der));
  } catch (cause) {
    throw new SecurityError('REQUEST', 'the request is no PKCS#10', { cause });
  }
  const { name, namedCurve } = request.publicKey.algorithm as { name?: string; namedCurve?: string };
  if (name !== 'ECDSA' || namedCurve !== 'P-256') throw new SecurityError('REQUEST', 'the key is not ECDSA P-256');
  if (!(await request.verify().catch(() => false))) {
    throw new SecurityError('REQUEST', 'the request is not signed by its key');
  }
  return request.publicKey;
}

/** Positive, 16 octets at random. RFC 5280 §4.1.2.2. */
function serial(): string {
  const octets = randomBytes(16);
  octets[0] = ((octets[0] ?? 0) & 0x7f) | 0x40;
  return octets.toString('hex');
}
