import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type Http2SecureServer, connect, createSecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { KubeConfig } from '@kubernetes/client-node';
import { issue, keyPem, newAuthority, newKeys, readSigner } from '../security/x509.ts';
import { KubeError } from './api.ts';
import { KubeHttp } from './http.ts';

const VALIDITY = { notBefore: Date.now() - 1000, notAfter: Date.now() + 3_600_000 };

let server: Http2SecureServer;
let origin: string;
let ca: string;
const versions = new Set<string>();

before(async () => {
  const authority = await newAuthority('ca', VALIDITY);
  const { publicKey, privateKey } = await newKeys();
  const name = { commonName: 'localhost', organization: 'o', dnsNames: ['localhost'] };
  const cert = await issue(readSigner(authority), { ...VALIDITY, ...name, publicKey });
  ca = authority.certificate;
  // As an API server does, it offers both.
  const options = { key: await keyPem(privateKey), cert, allowHTTP1: true };
  server = createSecureServer(options, (request, response) => {
    versions.add(request.httpVersion);
    request.resume().once('end', () => response.end('{}'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `https://localhost:${(server.address() as AddressInfo).port}`;
});
after(() => server.close());

function kubeHttp(): KubeHttp {
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: [{ name: 'c', server: origin, caData: Buffer.from(ca).toString('base64') }],
    users: [{ name: 'u', token: 't' }],
    contexts: [{ name: 'c', cluster: 'c', user: 'u' }],
    currentContext: 'c',
  });
  return new KubeHttp(config);
}

/** When a call is given up: at once, before it is sent, while it is, and later. */
const MOMENTS: readonly ((abort: () => void) => unknown)[] = [
  (abort) => abort(),
  queueMicrotask,
  (abort) => process.nextTick(abort),
  setImmediate,
  (abort) => setTimeout(abort, 1),
  (abort) => setTimeout(abort, 3),
];

// Over HTTP/2 this does not end: not the test either, since the event loop has stopped (Node 26.10).
test('calls that are given up end, whatever was sent of them, and the next ones work', async () => {
  const http = kubeHttp();
  for (let round = 0; round < 120; round++) {
    const stop = new AbortController();
    const calls = Array.from({ length: 12 }, (_, i) =>
      http.request(i % 2 === 0 ? 'GET' : 'PUT', `/${i}`, {
        signal: stop.signal,
        ...(i % 2 === 1 && { body: { text: 'x'.repeat(1000) } }),
      }),
    );
    MOMENTS[round % MOMENTS.length]?.(() => stop.abort());
    for (const { status, reason } of (await Promise.allSettled(calls)) as { status: string; reason?: unknown }[]) {
      assert.ok(status === 'fulfilled' || reason instanceof KubeError);
    }
  }
  assert.deepEqual(await http.request('GET', '/after'), {});
  await http.close();
  assert.deepEqual([...versions], ['1.1']);
});

test('the control: that server speaks HTTP/2 to who asks for it', async () => {
  const session = connect(origin, { ca });
  const stream = session.request({ ':path': '/' });
  await once(stream.resume(), 'end');
  assert.ok(versions.has('2.0'));
  session.close();
});
