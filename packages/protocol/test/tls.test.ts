import assert from 'node:assert/strict';
import { test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { OPERATORS, PROTOCOL } from '@namewall/protocol';
import { rawAgent } from './support/raw.ts';
import { HOUR, TestAuthority } from './support/authority.ts';
import { secureOperator } from './support/secure.ts';
import { NODE, agent, names, resource } from './support/world.ts';

const hello = { protocolMajor: PROTOCOL.major, protocolMinor: PROTOCOL.minor, node: NODE };

test('an agent enrols with its token and gets what is its node’s', async (t) => {
  const { server, address, credentials } = await secureOperator(t);
  server.setNode(NODE, [resource('r', 'a')]);
  server.setNode('other', [resource('secret', 'b')]);
  const one = agent(t, address, { credentials: credentials(NODE) });
  await one.changed.until(() => one.client.state.phase === 'synced');
  assert.deepEqual(one.changes.map(names), [{ upserts: ['r'], removals: [] }]);
});

test('a token that is not believed: no certificate, no state, and tried again', async (t) => {
  const { server, address, credentials } = await secureOperator(t);
  server.setNode(NODE, [resource('r', 'a')]);
  const one = agent(t, address, { credentials: credentials('forged') });
  await one.changed.until(() => one.client.state.failedAttempts === 2);
  assert.match(one.client.state.lastError, /enrolment: UNAUTHENTICATED: not enrolled/u);
  assert.equal(one.changes.length, 0);
});

test('Hello must name the certificate’s node', async (t) => {
  const { authority, raw } = await secureOperator(t);
  const thief = raw(await authority.leaf('other'));
  thief.call.write({ hello });
  const { code, details } = await thief.ended;
  assert.equal(code, status.PERMISSION_DENIED);
  assert.match(details, /for node other, Hello names node-a; start the agent with --node other/u);
  const honest = raw(await authority.leaf(NODE));
  honest.call.write({ hello });
  await honest.changed.until(() => honest.received.some(({ welcome }) => welcome));
});

const strangers = [
  {
    name: 'of another authority',
    leaf: async () => (await TestAuthority.make()).leaf(NODE),
    says: /SIGNATURE|ISSUER/u,
  },
  { name: 'that has run out', leaf: (ca: TestAuthority) => ca.leaf(NODE, { until: -1 }), says: /CERT_HAS_EXPIRED/u },
  { name: 'that begins later', leaf: (ca: TestAuthority) => ca.leaf(NODE, { from: HOUR / 2 }), says: /NOT_YET_VALID/u },
  {
    name: 'that cannot be a client’s',
    leaf: (ca: TestAuthority) => ca.leaf(NODE, { usages: ['1.3.6.1.5.5.7.3.1'] }),
    says: /INVALID_PURPOSE/u,
  },
  {
    name: 'of nobody’s',
    leaf: (ca: TestAuthority) => ca.leaf(NODE, { organization: 'x' }),
    says: /for something else/u,
  },
  { name: 'that is not there', leaf: () => undefined, says: /no client certificate was shown; enrol first/u },
];
for (const { name, leaf, says } of strangers) {
  test(`a certificate ${name} opens no stream`, async (t) => {
    const { authority, raw } = await secureOperator(t);
    const stranger = raw(await leaf(authority));
    stranger.call.write({ hello });
    const { code, details } = await stranger.ended;
    assert.equal(code, status.UNAUTHENTICATED);
    assert.match(details, says);
    assert.equal(stranger.received.length, 0);
    // What the guard lets through, so that it is the certificate that decides.
    const good = raw(await authority.leaf(NODE));
    good.call.write({ hello });
    await good.changed.until(() => good.received.length === 1);
  });
}

test('an operator’s certificate is no agent’s, and an agent’s serves nobody', async (t) => {
  const { authority, raw, address, credentials, server } = await secureOperator(t);
  const replica = raw(await authority.leaf(NODE, { organization: OPERATORS }));
  replica.call.write({ hello });
  assert.equal((await replica.ended).code, status.PERMISSION_DENIED);

  server.setNode(NODE, [resource('r', 'a')]);
  const one = agent(t, address, { credentials: credentials(NODE) });
  await one.changed.until(() => one.client.state.phase === 'synced');
  await one.stop();
  // A node that plays the operator with what it was given.
  const impostor = await secureOperator(t);
  impostor.server.replaceIdentity({ ...(await authority.leaf(NODE)), ca: authority.certificate });
  const two = agent(t, impostor.address, { credentials: credentials(NODE) });
  await two.changed.until(() => two.client.state.failedAttempts > 0);
  assert.match(two.client.state.lastError, /UNAVAILABLE/u);
  assert.equal(two.changes.length, 0);
});

test('plain text gets no answer', async (t) => {
  const { authority, address, raw } = await secureOperator(t);
  const plain = rawAgent(t, address.replace('tls:', 'dns:'));
  plain.call.write({ hello });
  assert.equal((await plain.ended).code, status.UNAVAILABLE);
  assert.equal(plain.received.length, 0);
  const good = raw(await authority.leaf(NODE));
  good.call.write({ hello });
  await good.changed.until(() => good.received.length === 1);
});

test('a certificate of a captured request is of no use without its key', async (t) => {
  const { authority, address, credentials, raw, server } = await secureOperator(t);
  let captured = new Uint8Array();
  const enrol = authority.enrol();
  const victim = await secureOperator(t, {
    enrol(attempt) {
      captured = Uint8Array.from(attempt.csr);
      return enrol(attempt);
    },
  });
  const own = agent(t, victim.address, { credentials: victim.credentials(NODE) });
  await own.changed.until(() => captured.length > 0);
  const replayed = await enrol({ token: NODE, csr: captured, address: '' });
  const { key } = await authority.leaf(NODE);
  assert.throws(() => raw({ key, certificate: replayed?.certificate ?? '' }), /key values mismatch/iu);
  server.setNode(NODE, [resource('r', 'a')]);
  const one = agent(t, address, { credentials: credentials(NODE) });
  await one.changed.until(() => one.client.state.phase === 'synced');
});

test('another certificate is shown without a restart, and streams go on', async (t) => {
  const { authority, address, credentials, server } = await secureOperator(t);
  server.setNode(NODE, [resource('r', 'a')]);
  const one = agent(t, address, { credentials: credentials(NODE) });
  await one.changed.until(() => one.client.state.phase === 'synced');
  const next = await TestAuthority.make();
  const both = `${authority.certificate}\n${next.certificate}`;
  server.replaceIdentity({ ...(await next.operator()), ca: both });
  const two = agent(t, address, {
    node: 'b',
    credentials: { ca: () => Promise.resolve(next.certificate), token: () => Promise.resolve('b') },
  });
  server.setNode('b', [resource('r', 'a')]);
  await two.changed.until(() => two.client.state.phase === 'synced');
  server.setNode(NODE, [resource('r', 'b')]);
  await one.changed.until(() => one.client.state.changesApplied === 2);
  assert.equal(one.client.state.lastError, '');
});
