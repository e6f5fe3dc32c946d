/** Forged answers teach nothing. The control is the same forgery with nothing wrong in it: that one teaches. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { NAME_SERVERS } from '../src/lab/addresses.ts';
import { answerBytes, queryBytes } from '../src/lab/dns-bytes.ts';
import { Forger } from '../src/lab/forger.ts';
import type { Pod } from '../src/lab/pod.ts';
import { fetchFrom } from '../src/lab/probes.ts';
import { enforce, startWithoutPolicy } from '../src/lab/scenario.ts';
import { UdpEnd, udpEndArgv } from '../src/lab/udp-end.ts';
import { type World, makeWorld, randomLabel } from '../src/lab/world.ts';

const ID = 0x1234;
const PORT = 40_000;
const SILENT = NAME_SERVERS.silent.v4;

describe('forged answers', () => {
  let world: World;
  let forger: Forger;
  let shop: Pod;
  let client: UdpEnd;
  let address = 200;

  before(async () => {
    world = await makeWorld();
    await startWithoutPolicy(world);
    await enforce(world);
    shop = world.lab.pod('shop');
    forger = new Forger(world.lab);
    world.lab.startInInternet('silent', udpEndArgv(SILENT, 53), { converse: true });
    client = new UdpEnd(shop.start('client', udpEndArgv(shop.addresses.v4, PORT)));
  });
  after(() => world.lab.dispose());

  /** Forged addresses are taken in turn; each test has its own. */
  const nextAddress = (): string => `203.0.113.${(address += 1)}`;

  const forge = async (payload: Buffer, source = SILENT): Promise<void> => {
    const ends = { source, sourcePort: 53, destination: shop.addresses.v4, destinationPort: PORT };
    await forger.send(world.lab.internet, 'uplink', { ...ends, payload });
    await client.arrival(payload);
  };

  const ask = (name: string): Promise<void> => client.send(queryBytes(ID, name), SILENT, 53);

  const refused = async (forged: string): Promise<void> => {
    assert.equal((await fetchFrom(shop, forged)).result, 'refused', forged);
  };

  it('teach when nothing in them is wrong (the control)', async () => {
    const [name, forged] = [`${randomLabel()}.wild.example`, nextAddress()];
    await ask(name);
    await refused(forged);
    await forge(answerBytes(ID, name, forged));
    assert.equal((await fetchFrom(shop, forged)).result, 'open');
  });

  it('teach nothing when nobody asked', async () => {
    const forged = nextAddress();
    await forge(answerBytes(ID + 1, `${randomLabel()}.wild.example`, forged));
    await refused(forged);
  });

  it('teach nothing with another ID, and do not use up the question', async () => {
    const [name, forged, real] = [`${randomLabel()}.wild.example`, nextAddress(), nextAddress()];
    await ask(name);
    await forge(answerBytes(ID ^ 1, name, forged));
    await refused(forged);
    await forge(answerBytes(ID, name, real));
    assert.equal((await fetchFrom(shop, real)).result, 'open');
  });

  it('teach nothing with another question', async () => {
    const forged = nextAddress();
    await ask(`${randomLabel()}.wild.example`);
    await forge(answerBytes(ID, `${randomLabel()}.wild.example`, forged));
    await refused(forged);
  });

  for (const source of [NAME_SERVERS.untrusted.v4, NAME_SERVERS.recursive.v4]) {
    it(`teach nothing from another server, ${source}`, async () => {
      const [name, forged] = [`${randomLabel()}.wild.example`, nextAddress()];
      await ask(name);
      await forge(answerBytes(ID, name, forged), source);
      await refused(forged);
    });
  }

  it('teach nothing a second time for one question', async () => {
    const [name, real, forged] = [`${randomLabel()}.wild.example`, nextAddress(), nextAddress()];
    await ask(name);
    await forge(answerBytes(ID, name, real));
    await forge(answerBytes(ID, name, forged));
    await refused(forged);
  });

  it('teach nothing when the pod itself sends them round by the node', async () => {
    const [name, forged] = [`${randomLabel()}.wild.example`, nextAddress()];
    const payload = answerBytes(ID, name, forged);
    await ask(name);
    const ends = { source: SILENT, sourcePort: 53, destination: shop.addresses.v4, destinationPort: PORT };
    await forger.send(shop.namespace, shop.hostEnd, { ...ends, payload });
    // What the pod sent is through, one way or the other, when a later packet from the net has come.
    await forge(answerBytes(ID ^ 2, name, forged));
    await refused(forged);
  });

  it('come round by the node where nothing polices the pod (the control)', async () => {
    const other = world.lab.pod('other');
    const end = new UdpEnd(other.start('client', udpEndArgv(other.addresses.v4, PORT)));
    const payload = answerBytes(ID, 'any.wild.example', nextAddress());
    const ends = { source: '203.0.113.250', sourcePort: 53, destination: other.addresses.v4, destinationPort: PORT };
    await end.send(queryBytes(ID, 'any.wild.example'), '203.0.113.250', 53);
    await forger.send(other.namespace, other.hostEnd, { ...ends, payload });
    await end.arrival(payload);
    await end.end();
  });

  it("do not come round as a resolver's, even where nothing polices the pod", async () => {
    const other = world.lab.pod('other');
    const end = new UdpEnd(other.start('posing', udpEndArgv(other.addresses.v4, PORT)));
    const [posed, plain] = [answerBytes(ID, 'any.wild.example', nextAddress()), Buffer.from('a later packet')];
    const ends = { sourcePort: 53, destination: other.addresses.v4, destinationPort: PORT };
    await end.send(queryBytes(ID, 'any.wild.example'), SILENT, 53);
    await forger.send(other.namespace, other.hostEnd, { ...ends, source: SILENT, payload: posed });
    await forger.send(other.namespace, other.hostEnd, { ...ends, source: '203.0.113.250', payload: plain });
    await end.arrival(plain);
    assert.deepEqual(await end.got(), [plain.toString('hex')]);
    await end.end();
  });

  it('teach nothing from a resolver that the pod plays itself', async () => {
    const [name, forged] = [`${randomLabel()}.wild.example`, nextAddress()];
    const payload = answerBytes(ID, name, forged);
    execFileSync('ip', ['-n', shop.namespace.name, 'addr', 'add', `${SILENT}/32`, 'dev', 'lo']);
    const fake = new UdpEnd(shop.start('fake', udpEndArgv(SILENT, 53)));
    assert.deepEqual(await fake.got(), [], 'it listens');
    await ask(name);
    await fake.arrival(queryBytes(ID, name));
    await fake.send(payload, shop.addresses.v4, PORT);
    await client.arrival(payload);
    await fake.end();
    execFileSync('ip', ['-n', shop.namespace.name, 'addr', 'del', `${SILENT}/32`, 'dev', 'lo']);
    await refused(forged);
  });
});

describe('a call that the pod sends itself in the name of another', () => {
  const [STRANGER, AT] = ['203.0.113.120', 7100];
  let world: World;
  let forger: Forger;
  let shop: Pod;
  let client: UdpEnd;
  let stranger: UdpEnd;
  let resolver: UdpEnd;

  before(async () => {
    world = await makeWorld();
    await startWithoutPolicy(world);
    await enforce(world);
    shop = world.lab.pod('shop');
    forger = new Forger(world.lab);
    stranger = new UdpEnd(world.lab.startInInternet('stranger', udpEndArgv(STRANGER, AT), { converse: true }));
    resolver = new UdpEnd(world.lab.startInInternet('silent', udpEndArgv(SILENT, 53), { converse: true }));
    client = new UdpEnd(shop.start('client', udpEndArgv(shop.addresses.v4, PORT)));
    assert.deepEqual([await stranger.got(), await resolver.got(), await client.got()], [[], [], []], 'they listen');
  });
  after(() => world.lab.dispose());

  const call = (payload: Buffer) => ({
    source: STRANGER,
    sourcePort: AT,
    destination: shop.addresses.v4,
    destinationPort: PORT,
    payload,
  });

  it('opens no way to that other', async () => {
    await forger.send(shop.namespace, shop.hostEnd, call(Buffer.from('myself')));
    await client.send(Buffer.from('a secret'), STRANGER, AT);
    // What goes through goes in this order.
    const question = queryBytes(ID, `${randomLabel()}.wild.example`);
    await client.send(question, SILENT, 53);
    await resolver.arrival(question);
    assert.deepEqual(await stranger.got(), []);
    assert.deepEqual(await client.got(), []);
  });

  it('would, if it came from outside (the control)', async () => {
    const [hello, reply] = [Buffer.from('hello'), Buffer.from('a reply')];
    await forger.send(world.lab.internet, 'uplink', call(hello));
    await client.arrival(hello);
    await client.send(reply, STRANGER, AT);
    await stranger.arrival(reply);
  });
});
