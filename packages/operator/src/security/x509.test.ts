import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { X509Certificate, createPrivateKey } from 'node:crypto';
import { test } from 'node:test';
import { newKeyAndRequest } from '../../../protocol/src/tls/csr.ts';
import { SecurityError } from './errors.ts';
import { type KeyPair, issue, newAuthority, newKeys, readRequest, readSigner } from './x509.ts';

const now = Date.now();
const VALIDITY = { notBefore: now - 1000, notAfter: now + 3_600_000 };
const leafOf = { ...VALIDITY, commonName: 'node-a', organization: 'o', dnsNames: [] };

/** What other software makes. */
function openssl(...key: string[]): KeyPair {
  const args = ['req', '-x509', '-noenc', ...key, '-subj', '/CN=other', '-days', '2', '-keyout', '-', '-out', '-'];
  const text = execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const at = text.indexOf('-----BEGIN CERTIFICATE');
  return at > 0
    ? { key: text.slice(0, at), certificate: text.slice(at) }
    : { key: text.slice(text.indexOf('-----BEGIN PRIVATE')), certificate: text };
}

const AUTHORITIES: Record<string, () => Promise<KeyPair> | KeyPair> = {
  'made here': () => newAuthority('ca', VALIDITY),
  RSA: () => openssl('-newkey', 'rsa:2048'),
  'P-384': () => openssl('-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384'),
  'SEC 1': async () => {
    const pair = await newAuthority('ca', VALIDITY);
    return { ...pair, key: createPrivateKey(pair.key).export({ type: 'sec1', format: 'pem' }) };
  },
};
for (const [name, make] of Object.entries(AUTHORITIES)) {
  test(`an authority signs: ${name}`, async () => {
    const pair = await make();
    const { publicKey } = await newKeys();
    const leaf = new X509Certificate(await issue(readSigner(pair), { ...leafOf, publicKey }));
    const authority = new X509Certificate(pair.certificate);
    assert.ok(leaf.verify(authority.publicKey) && leaf.checkIssued(authority));
    assert.deepEqual([leaf.subject, leaf.ca, leaf.keyUsage], ['O=o\nCN=node-a', false, ['1.3.6.1.5.5.7.3.2']]);
  });
}

test('no leaf outlives its authority', async () => {
  const { publicKey } = await newKeys();
  const signer = readSigner(await newAuthority('ca', { ...VALIDITY, notAfter: now + 60_000 }));
  const leaf = new X509Certificate(await issue(signer, { ...leafOf, publicKey }));
  assert.ok(leaf.validToDate.getTime() <= now + 60_000);
});

test('what cannot sign is told apart', async () => {
  const pair = await newAuthority('ca', VALIDITY);
  const { publicKey } = await newKeys();
  const leaf = await issue(readSigner(pair), { ...leafOf, publicKey });
  const says = (text: RegExp) => (error: unknown) => error instanceof SecurityError && text.test(error.message);
  assert.throws(() => readSigner({ ...pair, certificate: leaf }), says(/is no authority/u));
  assert.throws(() => readSigner({ ...pair, key: 'x' }), says(/tls.key cannot be read/u));
  assert.throws(() => readSigner({ ...pair, certificate: 'x' }), says(/tls.crt cannot be read/u));
});

test('a request proves its key; one that was changed, or is something else, does not', async () => {
  const { csr } = await newKeyAndRequest('O=namewall.dev:operators, CN=x');
  await readRequest(csr);
  const { csr: other } = await newKeyAndRequest('O=namewall.dev:operators, CN=x');
  assert.equal(csr.length, other.length > 0 ? csr.length : 0);
  // Any octet of what is signed, and of the signature.
  for (const at of [30, Math.floor(csr.length / 2), csr.length - 5]) {
    const changed = Uint8Array.from(csr);
    changed[at] = (changed[at] ?? 0) ^ 1;
    await assert.rejects(readRequest(changed), SecurityError, `octet ${at}`);
  }
  for (const octets of [new Uint8Array(), new Uint8Array(5000), Buffer.from('hello'), csr.subarray(0, 100)]) {
    await assert.rejects(readRequest(octets), SecurityError);
  }
});
