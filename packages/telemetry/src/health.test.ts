import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Gauge } from 'prom-client';
import { serveHealth } from './health.ts';

const HOST = '127.0.0.1';

test('ready is said when nothing is missing, and until then what is', async () => {
  const missing = ['a certificate authority', 'a first state'];
  await using server = await serveHealth({ address: `${HOST}:0`, missing: () => missing });
  const get = async (path: string) => {
    const response = await fetch(`http://${HOST}:${server.port}${path}`);
    return [response.status, await response.text()];
  };
  assert.deepEqual(await get('/healthz'), [200, 'ok\n']);
  assert.deepEqual(await get('/readyz'), [503, 'waits for a certificate authority\nwaits for a first state\n']);
  missing.length = 0;
  assert.deepEqual(await get('/readyz?verbose'), [200, 'ok\n']);
  assert.equal((await get('/'))[0], 404);
  assert.equal((await fetch(`http://${HOST}:${server.port}/metrics`, { method: 'POST' })).status, 405);
});

test('metrics are read when they are asked for', async () => {
  let value = 1;
  await using server = await serveHealth({ address: `${HOST}:0`, missing: () => [] });
  const gauge: Gauge = new Gauge({
    name: 'namewall_test',
    help: 'A test.',
    registers: [server.registry],
    collect: () => gauge.set(value),
  });
  const metrics = async () => (await fetch(`http://${HOST}:${server.port}/metrics`)).text();
  assert.match(await metrics(), /^namewall_test 1$/mu);
  value = 2;
  const text = await metrics();
  assert.match(text, /^namewall_test 2$/mu);
  assert.match(text, /^process_resident_memory_bytes \d/mu);
});

test('what is no address is refused with what to write', async () => {
  const options = { missing: () => [] };
  for (const address of ['9090', 'a:b', '::1:9090', '[::1]', '127.0.0.1:99999']) {
    await assert.rejects(serveHealth({ address, ...options }), /is not HOST:PORT; write it like/u, address);
  }
  await using first = await serveHealth({ address: `${HOST}:0`, ...options });
  await assert.rejects(serveHealth({ address: `${HOST}:${first.port}`, ...options }), { code: 'ADDRESS_IN_USE' });
});
