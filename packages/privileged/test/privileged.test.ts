/** The small process with CAP_SYS_ADMIN: what it does, what it refuses, and what those who were launched without it may not. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { BpfMap, LibbpfError, MapType, netnsCookie, parseCapabilities } from '@namewall/libbpf';
import { DESCRIPTOR, PROGRAM } from '../src/program.ts';
import { privileged } from '../src/privileged.ts';
import { privilegedOf } from './beside.ts';

const PREFIX = 'nwpriv-';
const POD = `${PREFIX}${process.pid}-${randomBytes(4).toString('hex')}`;
const PATH = `/run/netns/${POD}`;
const V4 = Buffer.from('00000000000000000000ffffc0000207', 'hex');
const V6 = Buffer.from('20010db8000000000000000000000007', 'hex');
const OTHER = Buffer.from('00000000000000000000ffffc0000208', 'hex');

const ip = (...args: string[]): string => execFileSync('ip', args, { encoding: 'utf8' });
const scratch = mkdtempSync(join(tmpdir(), PREFIX));

before(() => {
  // What test processes that were killed left behind.
  for (const name of readdirSync('/run/netns').filter((one) => one.startsWith(PREFIX))) {
    if (!existsSync(`/proc/${name.split('-')[1] ?? ''}`)) ip('netns', 'del', name);
  }
  for (const name of [POD, `${POD}-far`]) ip('netns', 'add', name);
  ip('-n', POD, 'link', 'add', 'zz0', 'type', 'veth', 'peer', 'name', 'far0', 'netns', `${POD}-far`);
  ip('-n', POD, 'link', 'add', 'br0', 'type', 'bridge');
  ip('-n', POD, 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'far1', 'netns', `${POD}-far`);
  ip('-n', POD, 'address', 'add', '192.0.2.7/32', 'dev', 'br0');
  ip('-n', POD, 'address', 'add', '2001:db8::7/128', 'dev', 'eth0');
});
after(() => {
  for (const name of [POD, `${POD}-far`]) ip('netns', 'del', name);
  rmSync(scratch, { recursive: true });
});

const failsWith =
  (code: string) =>
  (error: unknown): boolean =>
    error instanceof LibbpfError && error.code === code;

test('it has two capabilities', () => {
  const status = `CapEff:\t${privileged().held().toString(16)}\n`;
  assert.deepEqual([...parseCapabilities(status)], ['CAP_NET_ADMIN', 'CAP_SYS_ADMIN']);
});

test('it lists the links that lead out of a namespace, eth0 first', () => {
  const { links, complete } = privileged().links(PATH);
  assert.ok(complete);
  assert.deepEqual(
    links.map(({ ifname, kind, elsewhere }) => [ifname, kind, elsewhere]),
    [
      ['eth0', 'veth', true],
      ['zz0', 'veth', true],
    ],
  );
  const [eth0] = JSON.parse(ip('-n', POD, '-json', 'link', 'show', 'eth0')) as { ifindex: number }[];
  assert.equal(links[0]?.ifindex, eth0?.ifindex);
  const far = JSON.parse(ip('-n', `${POD}-far`, '-json', 'link', 'show', 'far1')) as { ifindex: number }[];
  assert.equal(links[0]?.peer, far[0]?.ifindex);
});

test('more links than it lists are said to be there, and eth0 is among those that are listed', () => {
  const name = `${POD}-many`;
  ip('netns', 'add', name);
  try {
    const batch = Array.from({ length: 1100 }, (_, i) => `link add v${i} type veth peer name p${i} netns ${POD}-far`);
    const last = `link add eth0 type veth peer name p netns ${POD}-far`;
    execFileSync('ip', ['-n', name, '-batch', '-'], { input: `${[...batch, last].join('\n')}\n` });
    const { links, complete } = privileged().links(`/run/netns/${name}`);
    assert.deepEqual([links.length, links[0]?.ifname, complete], [1024, 'eth0', false]);
  } finally {
    ip('netns', 'del', name);
  }
});

test('a link with more names than a listing has room for hides none that come after it', () => {
  const name = `${POD}-names`;
  ip('netns', 'add', name);
  try {
    for (const [device, peer] of [
      ['eth0', 'a'],
      ['net1', 'b'],
    ] as const) {
      ip('-n', name, 'link', 'add', device, 'type', 'veth', 'peer', 'name', `${peer}names`, 'netns', `${POD}-far`);
    }
    const listed = () => privileged().links(`/run/netns/${name}`);
    assert.deepEqual([listed().links.length, listed().complete], [2, true], 'the control');
    for (const device of ['lo', 'eth0']) {
      const long = (i: number): string => `${device}${i}`.padEnd(120, 'x');
      const names = Array.from({ length: 400 }, (_, i) => `link property add dev ${device} altname ${long(i)}`);
      execFileSync('ip', ['-n', name, '-batch', '-'], { input: `${names.join('\n')}\n` });
      const { links, complete } = listed();
      assert.deepEqual([links[0]?.ifname, complete], ['eth0', false], device);
    }
  } finally {
    ip('netns', 'del', name);
  }
});

test('an ifb is among the links that may lead out, a bridge is not', () => {
  const kinds = () =>
    privileged()
      .links(PATH)
      .links.map(({ kind }) => kind);
  assert.deepEqual(kinds(), ['veth', 'veth'], 'the control: br0 is there');
  ip('-n', POD, 'link', 'add', 'any0', 'type', 'ifb');
  try {
    assert.deepEqual(kinds(), ['veth', 'veth', 'ifb']);
  } finally {
    ip('-n', POD, 'link', 'del', 'any0');
  }
});

test('it says what came to a cable’s end that the other one did not send: nothing, where nobody redirects', async () => {
  interface Shown {
    readonly ifindex: number;
    readonly stats64: { readonly rx: { readonly packets: number } };
  }
  const shown = (name: string, device: string): Shown => {
    ip('-n', name, 'link', 'set', device, 'up');
    const [link] = JSON.parse(ip('-n', name, '-json', '-statistics', 'link', 'show', device)) as Shown[];
    return link ?? assert.fail(device);
  };
  // Both ends up: each sends neighbour discovery.
  const far = shown(`${POD}-far`, 'far0');
  for (const end = performance.now() + 20_000; shown(POD, 'zz0').stats64.rx.packets === 0;) {
    assert.ok(performance.now() < end, 'nothing came');
    await setTimeout(50);
  }
  const program = `
    const { privileged } = await import(${JSON.stringify(join(import.meta.dirname, '../src/index.ts'))});
    const [pod, host] = process.argv.slice(-2).map(Number);
    const said = [[pod, host], [pod, host + 1], [pod + 1, host]].map((ends) => privileged().redirected('${PATH}', ...ends));
    console.log(said.map((one) => one === undefined ? 'none' : one.least <= 0n && one.most >= 0n).join());
  `;
  const there = ['nsenter', `--net=/run/netns/${POD}-far`, process.execPath, '--input-type=module', '--eval', program];
  const ends = [shown(POD, 'zz0').ifindex, far.ifindex].map(String);
  const { stdout, stderr } = spawnSync(there[0] ?? '', [...there.slice(1), '--', ...ends], { encoding: 'utf8' });
  // What comes while it is read lies between the bounds.
  assert.equal(stdout, 'true,none,none\n', stderr);
});

test('it says whether a namespace has addresses, all of them', () => {
  assert.ok(privileged().holds(PATH, [V4]));
  assert.ok(privileged().holds(PATH, [V6, V4]));
  assert.ok(!privileged().holds(PATH, [V4, OTHER]));
  assert.ok(!privileged().holds(PATH, [V4, V6, V4, V6, OTHER]), 'also beyond what one question can hold');
});

test('it tells namespaces apart as the kernel does', () => {
  assert.equal(privileged().cookie(PATH), netnsCookie(PATH));
});

test('a path that is none, is another thing, or never opens, is refused at once', () => {
  assert.throws(() => privileged().cookie('/run/netns/none'), failsWith('ENOENT'));
  assert.throws(() => privileged().cookie('/proc/self/ns/uts'), failsWith('EINVAL'));
  assert.throws(() => privileged().cookie(`/${'x'.repeat(200)}`), failsWith('ENAMETOOLONG'));
  const fifo = join(scratch, 'fifo');
  execFileSync('mkfifo', [fifo]);
  assert.throws(() => privileged().cookie(fifo), failsWith('EINVAL'));
  assert.ok(privileged().cookie(PATH) > 0n, 'it answers afterwards, and from where it was');
});

test('it opens what stands in a map of maps that one holds, and no other map', () => {
  using inner = BpfMap.create({ type: MapType.ARRAY, name: 'inner', keySize: 4, valueSize: 4, maxEntries: 1 });
  using outer = BpfMap.create({
    type: MapType.ARRAY_OF_MAPS,
    name: 'outer',
    keySize: 4,
    valueSize: 4,
    maxEntries: 1,
    inner,
  });
  outer.update(Buffer.alloc(4), inner.asValue());
  using opened = privileged().innerMap(outer);
  assert.equal(opened.info.id, inner.info.id);
  // A map whose value looks like an id.
  inner.update(Buffer.alloc(4), Buffer.from(Uint32Array.of(outer.info.id).buffer));
  assert.throws(() => privileged().innerMap(inner), failsWith('EINVAL'));
  using control = BpfMap.openById(outer.info.id);
  assert.equal(control.info.id, outer.info.id, 'the control: with CAP_SYS_ADMIN the id is enough');
});

/** What a process that has only what agents keep can do: each a command that succeeds or does not. */
const ATTACKS: Readonly<Record<string, readonly string[]>> = {
  'enter a network namespace': ['nsenter', `--net=${PATH}`, 'true'],
  mount: ['unshare', '--mount', 'true'],
  'regain it by an exec': ['grep', '-q', 'CapPrm:.*[2367abef].....$', '/proc/self/status'],
  'read the memory of the process that has it': [
    'sh',
    '-c',
    'for one in /proc/[0-9]*; do if grep -qs privi $one/comm; then head -c 0 $one/mem && cat $one/maps && exit 0; fi; done; exit 1',
  ],
};

for (const [what, attack] of Object.entries(ATTACKS)) {
  test(`who was launched cannot ${what}`, () => {
    assert.equal(spawnSync(attack[0] ?? '', attack.slice(1)).status, 0, 'the control: with it, one can');
    assert.notEqual(spawnSync(PROGRAM, ['launch', ...attack]).status, 0);
  });
}

test('who was launched has a descriptor to ask by, and its children have none', () => {
  const program = `
    const { inheritPrivileged, privileged } = await import(${JSON.stringify(join(import.meta.dirname, '../src/index.ts'))});
    const { execFileSync } = await import('node:child_process');
    const number = process.env.${DESCRIPTOR};
    inheritPrivileged(process.env);
    const child = execFileSync('sh', ['-c', '[ -e /proc/self/fd/' + number + ' ] && echo open; echo $${DESCRIPTOR}']).toString().trim();
    console.log(JSON.stringify([privileged().cookie('${PATH}').toString(), child]));
  `;
  const { stdout, stderr } = spawnSync(
    PROGRAM,
    ['launch', process.execPath, '--input-type=module', '--eval', program],
    {
      encoding: 'utf8',
    },
  );
  assert.deepEqual(JSON.parse(stdout || '0'), [String(netnsCookie(PATH)), ''], stderr);
});

// The last: this process has none afterwards.
test('once it has ended that is said, and nothing waits', () => {
  process.kill(privilegedOf(process.pid), 'SIGKILL');
  const ask = (): bigint => privileged().held();
  assert.throws(() => {
    for (;;) ask();
  }, failsWith('EPIPE'));
  assert.ok(privileged().isLost);
  assert.throws(ask, failsWith('EPIPE'));
});
