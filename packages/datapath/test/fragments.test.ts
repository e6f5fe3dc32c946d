/** Real datagrams larger than the cable's MTU, cut and put together by two kernels. */
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { before, test } from 'node:test';
import type { Datapath } from '../src/datapath.ts';
import { NwRulesetFlag } from '../src/gen/enums.gen.ts';
import { Cabled, clearLeftovers, Root } from './lab/world.ts';
import { mapped } from './packets/frames.ts';
import { rule } from './packets/world.ts';

before(clearLeftovers);

const ALLOWED = 4000;
const OTHER = 4001;
const SIZE = 5000;
const RULESET = 1;

/** Echoes on two ports of every address. */
const SERVER = `
  import { createSocket } from 'node:dgram';
  let ready = 0;
  for (const port of [${ALLOWED}, ${OTHER}]) {
    const socket = createSocket('udp6');
    socket.on('message', (message, from) => socket.send(message, from.port, from.address));
    socket.bind(port, '::', () => { if (++ready === 2) console.log('ready'); });
  }`;

/** Exits with 0 when the echo is whole; asks again until then, a bounded number of times. */
const CLIENT = `
  import { createSocket } from 'node:dgram';
  const [address, port, tries] = process.argv.slice(1);
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  const sent = Buffer.alloc(${SIZE}, 'namewall');
  socket.on('error', () => {});
  socket.on('message', (message) => process.exit(message.equals(sent) ? 0 : 2));
  for (let i = 0; i < Number(tries); i++) {
    socket.send(sent, Number(port), address, () => {});
    await new Promise((done) => setTimeout(done, 250));
  }
  process.exit(1);`;

function node(netns: string, program: string, ...args: readonly string[]): string[] {
  return ['netns', 'exec', netns, process.execPath, '--input-type=module', '-e', program, ...args];
}

function select(dp: Datapath, number: number, ruleset: number): void {
  const slot = number & (dp.sizes.endpoints - 1);
  const addresses = [new Uint8Array(16), new Uint8Array(16)];
  dp.maps.endpoints.set(slot, { number, ruleset, flags: 0, netnsCookie: 0n, selectedAt: 0n, addresses });
}

test('large datagrams pass to an allowed port, not to another, over IPv4 and IPv6', async () => {
  using root = new Root();
  using cable = new Cabled();
  const addresses = ['198.51.100.1', '2001:db8::1'];
  for (const [netns, device, address] of [
    [cable.host, 'cable0', '2001:db8::1/64'],
    [cable.pod, 'eth0', '2001:db8::2/64'],
  ] as const) {
    execFileSync('ip', ['-n', netns, 'addr', 'add', address, 'dev', device, 'nodad']);
  }
  const dp = root.open();
  const number = dp.allocate('endpoint');
  select(dp, number, 0);
  const durations = { ttlFloor: 0n, ttlCeiling: 0n, ttlGrace: 0n, idleWindow: 0n };
  dp.maps.rulesets.set(RULESET, { number: RULESET, flags: NwRulesetFlag.ISOLATED, ...durations });
  for (const address of addresses) {
    const rows = [{ protocol: 17, portFirst: ALLOWED, portLast: ALLOWED }];
    dp.maps.cidrs.set({ prefixLength: 160, ruleset: RULESET, address: mapped(address) }, rule(rows));
  }
  cable.onHost(() => dp.attach(number, cable.ends));

  const server = spawn('ip', node(cable.host, SERVER), { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await once(server.stdout, 'data');
    const echoed = (address: string, port: number, tries: number): boolean =>
      spawnSync('ip', node(cable.pod, CLIENT, address, String(port), String(tries))).status === 0;
    const counted = (): bigint => dp.counters().get('DENY_FRAGMENT') ?? 0n;
    for (const address of addresses) assert.ok(echoed(address, OTHER, 40), `the control, unselected: ${address}`);
    select(dp, number, RULESET);
    for (const address of addresses) assert.ok(echoed(address, ALLOWED, 40), address);
    assert.equal(counted(), 0n);
    assert.ok((dp.counters().get('PASS_FRAGMENT') ?? 0n) >= 6n, 'three later fragments each');
    for (const address of addresses) {
      const already = counted();
      assert.ok(!echoed(address, OTHER, 2), `to a port that no rule allows: ${address}`);
      assert.ok(counted() >= already + 6n);
    }
  } finally {
    server.kill();
    await once(server, 'exit');
  }
});
