import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  AGENTS,
  EndpointPhase,
  OPERATORS,
  OPERATOR_NAME,
  PolicyClient,
  PolicyServer,
  type TlsIdentity,
  encodeEndpoint,
  sendReports,
} from '@namewall/protocol';
import { readRequest, issue, keyPem, newAuthority, newKeys, readSigner } from '../src/security/x509.ts';
import { Replicas } from '../src/nodes/replicas.ts';
import { memoryLog } from './support/folder.ts';

const HOUR = 3_600_000;
const now = Date.now();
const VALIDITY = { notBefore: now - HOUR, notAfter: now + HOUR };

async function authority() {
  const pair = await newAuthority('ca', VALIDITY);
  const signer = readSigner(pair);
  return {
    ca: pair.certificate,
    signer,
    async identity(commonName: string, organization: string, dnsNames: string[]): Promise<TlsIdentity> {
      const { publicKey, privateKey } = await newKeys();
      const certificate = await issue(signer, { ...VALIDITY, commonName, organization, dnsNames, publicKey });
      return { key: await keyPem(privateKey), certificate, ca: pair.certificate };
    },
  };
}
type Authority = Awaited<ReturnType<typeof authority>>;

async function replica(t: TestContext, from: Authority, name: string) {
  const { ca, signer } = from;
  const tls = await from.identity(name, OPERATORS, [OPERATOR_NAME]);
  const replicas = new Replicas(name, tls, memoryLog().log);
  const server = new PolicyServer({
    operatorVersion: '1',
    ...replicas.local.feed,
    tls: {
      identity: tls,
      addServices: (known, _strangers, peerOf) => replicas.addServices(known, peerOf),
      async enrol({ token, csr }) {
        const names = { commonName: token, organization: AGENTS, dnsNames: [] };
        const certificate = await issue(signer, { ...VALIDITY, ...names, publicKey: await readRequest(csr) });
        return { node: token, certificate, caBundle: ca, notAfter: VALIDITY.notAfter };
      },
    },
  });
  const port = await server.listen('tls:127.0.0.1:0');
  t.after(async () => {
    replicas.follow(undefined);
    await server.close();
  });
  return { identity: name, address: `127.0.0.1:${port}`, replicas, server };
}

function agent(t: TestContext, ca: string, address: string, node: string) {
  const stop = new AbortController();
  const client = new PolicyClient({
    address: `tls:${address}`,
    node,
    agentVersion: '0.9',
    held: [],
    credentials: { ca: () => Promise.resolve(ca), token: () => Promise.resolve(node) },
    apply: () => Promise.resolve({ ok: true }),
  });
  const running = client.run(stop.signal);
  const end = async () => {
    stop.abort();
    await running;
  };
  t.after(end);
  return { client, end };
}

async function until({ all }: Replicas, holds: () => boolean): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const end = all.onChange(() => holds() && resolve());
  if (holds()) resolve();
  await promise;
  end();
}

const POD = { namespace: 'shop', name: 'a', search: [], addresses: [], netns: '', dnsPolicy: 'ClusterFirst' };

test('the leader knows of agents of all replicas, as they are and as they change', async (t) => {
  const ca = await authority();
  const [leader, other] = [await replica(t, ca, 'one'), await replica(t, ca, 'two')];
  for (const { server } of [leader, other]) {
    for (const node of ['a', 'b']) server.setNode(node, [encodeEndpoint({ ...POD, uid: `pod-${node}`, ruleset: '' })]);
  }
  agent(t, ca.ca, leader.address, 'a');
  const far = agent(t, ca.ca, other.address, 'b');
  await until(other.replicas, () => other.replicas.all.get('b')?.applied.size === 1);
  for (const { replicas } of [leader, other]) replicas.follow(leader);
  const { all } = leader.replicas;
  await until(leader.replicas, () => all.get('b')?.applied.has('pod-b') === true && all.get('a')?.applied.size === 1);
  assert.deepEqual(
    [...all.all()].map(({ node, connected }) => `${node} ${connected}`).toSorted((a, b) => a.localeCompare(b)),
    ['a true', 'b true'],
  );

  const phase = EndpointPhase.ENDPOINT_PHASE_DEGRADED;
  far.client.reportEndpoints([{ uid: 'pod-b', phase, reason: 'HookShadowed' }]);
  await until(leader.replicas, () => all.get('b')?.endpoints.get('pod-b')?.reason === 'HookShadowed');
  assert.equal(all.get('b')?.agentVersion, '0.9');

  // Its agent goes to the leader itself.
  await far.end();
  await until(leader.replicas, () => all.get('b')?.connected === false);
  agent(t, ca.ca, leader.address, 'b');
  await until(leader.replicas, () => all.get('b')?.connected === true);
  assert.equal(leader.replicas.local.get('b')?.connected, true);
});

test('a replica that goes leaves what its agents had, not connected; a new leader is told all of it', async (t) => {
  const ca = await authority();
  const [first, second, third] = [
    await replica(t, ca, 'one'),
    await replica(t, ca, 'two'),
    await replica(t, ca, 'three'),
  ];
  third.server.setNode('c', [encodeEndpoint({ ...POD, uid: 'pod-c', ruleset: '' })]);
  agent(t, ca.ca, third.address, 'c');
  for (const { replicas } of [first, second, third]) replicas.follow(first);
  await until(first.replicas, () => first.replicas.all.get('c')?.applied.size === 1);
  for (const { replicas } of [first, second, third]) replicas.follow(second);
  await until(second.replicas, () => second.replicas.all.get('c')?.applied.size === 1);
  third.replicas.follow(undefined);
  await until(second.replicas, () => second.replicas.all.get('c')?.connected === false);
  assert.deepEqual([...(second.replicas.all.get('c')?.applied.keys() ?? [])], ['pod-c']);
});

test('nobody but an operator reports, and to nobody but the leader', async (t) => {
  const ca = await authority();
  const leader = await replica(t, ca, 'one');
  const report = async function* () {
    yield [{ node: 'n', connected: true }];
    await new Promise(() => undefined);
  };
  const send = (tls: TlsIdentity, signal: AbortSignal) =>
    sendReports(`tls:${leader.address}`, { ca: ca.ca, identity: tls }, report(), signal);
  const { signal } = new AbortController();
  const operator = await ca.identity('two', OPERATORS, [OPERATOR_NAME]);
  await assert.rejects(send(operator, signal), /FAILED_PRECONDITION: this one does not lead/u);
  leader.replicas.follow(leader);
  await assert.rejects(
    send(await ca.identity('two', AGENTS, []), signal),
    /PERMISSION_DENIED: reports are for operators/u,
  );
  assert.equal(leader.replicas.all.get('n'), undefined);
  const stop = new AbortController();
  const sending = send(operator, stop.signal);
  await until(leader.replicas, () => leader.replicas.all.get('n')?.connected === true);
  stop.abort();
  await sending;
});
