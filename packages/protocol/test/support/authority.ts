// oxlint-disable-next-line import/no-unassigned-import -- @peculiar/x509 needs it to be there
import 'reflect-metadata';
import type { webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  PemConverter,
  Pkcs10CertificateRequest,
  type PublicKey,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { AGENTS, type Enrol, OPERATORS, OPERATOR_NAME, type TlsIdentity } from '@namewall/protocol';

const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const CLIENT = '1.3.6.1.5.5.7.3.2';
const SERVER = '1.3.6.1.5.5.7.3.1';

export interface Leaf {
  readonly key: string;
  readonly certificate: string;
}

interface Wanted {
  readonly organization?: string;
  readonly usages?: string[];
  readonly dnsNames?: string[];
  /** Milliseconds from now. */
  readonly from?: number;
  readonly until?: number;
}

export const HOUR = 3_600_000;

/** An authority of the test's own, which signs whatever it is told. */
export class TestAuthority {
  readonly certificate: string;
  readonly #keys: webcrypto.CryptoKeyPair;

  private constructor(keys: webcrypto.CryptoKeyPair, certificate: string) {
    this.#keys = keys;
    this.certificate = certificate;
  }

  static async make(): Promise<TestAuthority> {
    const keys = await newKeys();
    const certificate = await X509CertificateGenerator.createSelfSigned({
      serialNumber: '01',
      name: 'CN=test-ca',
      notBefore: new Date(Date.now() - HOUR),
      notAfter: new Date(Date.now() + HOUR),
      keys,
      signingAlgorithm: P256,
      extensions: [new BasicConstraintsExtension(true, undefined, true)],
    });
    return new TestAuthority(keys, certificate.toString('pem'));
  }

  /** An agent's, unless something else is asked for. */
  async leaf(name: string, wanted: Wanted = {}): Promise<Leaf> {
    const keys = await newKeys();
    const key = PemConverter.encode(await crypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
    return { key, certificate: await this.sign(keys.publicKey, name, wanted) };
  }

  /** What an operator listens with. */
  async operator(names = [OPERATOR_NAME]): Promise<TlsIdentity> {
    const wanted = { organization: OPERATORS, usages: [CLIENT, SERVER], dnsNames: names };
    return { ...(await this.leaf('replica', wanted)), ca: this.certificate };
  }

  async sign(publicKey: PublicKey | webcrypto.CryptoKey, name: string, wanted: Wanted = {}): Promise<string> {
    const { organization = AGENTS, usages = [CLIENT], dnsNames = [], from = -HOUR, until = HOUR } = wanted;
    const certificate = await X509CertificateGenerator.create({
      serialNumber: '02',
      subject: `O=${organization}, CN=${name}`,
      issuer: 'CN=test-ca',
      notBefore: new Date(Date.now() + from),
      notAfter: new Date(Date.now() + until),
      publicKey,
      signingKey: this.#keys.privateKey,
      signingAlgorithm: P256,
      extensions: [
        new ExtendedKeyUsageExtension(usages),
        new SubjectAlternativeNameExtension(dnsNames.map((value) => ({ type: 'dns' as const, value }))),
      ],
    });
    return certificate.toString('pem');
  }

  /** Believes every token: it is the node's name. `until` as in {@link leaf}. */
  enrol({ from = -HOUR, until = HOUR }: { from?: number; until?: number } = {}): Enrol {
    return async ({ token, csr }) => {
      if (token === 'forged') return undefined;
      const { publicKey } = new Pkcs10CertificateRequest(Uint8Array.from(csr));
      const certificate = await this.sign(publicKey, token, { from, until });
      return { node: token, certificate, caBundle: this.certificate, notAfter: Date.now() + until };
    };
  }
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return crypto.subtle.generateKey(P256, true, ['sign', 'verify']);
}
