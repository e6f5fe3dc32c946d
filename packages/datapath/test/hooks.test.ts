import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { BpfLink, BpfProgram, ProgramType, tcAttach, tcDetach, tcxQuery } from '@namewall/libbpf';
import { u32 } from '../src/codec.ts';
import { Datapath } from '../src/datapath.ts';
import { DatapathError } from '../src/errors.ts';
import { NwProgram } from '../src/gen/enums.gen.ts';
import { mapDefs } from '../src/gen/maps.gen.ts';
import type { Cable } from '../src/hooks/cable.ts';
import type { HookKind } from '../src/hooks/list.ts';
import { ENDPOINT_IMMEDIATE, trampoline } from '../src/hooks/trampoline.ts';
import { Cabled, clearLeftovers, linkExists, Root } from './lab/world.ts';

before(clearLeftovers);

const METHODS: readonly HookKind[] = ['tcx', 'clsact'];

function endpoint(dp: Datapath): number {
  const number = dp.allocate('endpoint');
  const slot = number & (dp.sizes.endpoints - 1);
  dp.maps.endpoints.set(slot, {
    number,
    ruleset: 0,
    flags: 0,
    netnsCookie: 0n,
    selectedAt: 0n,
    addresses: [new Uint8Array(16), new Uint8Array(16)],
  });
  return number;
}

/** Two instructions that return a verdict: somebody else's filter. */
function stranger(): BpfProgram {
  const insns = Uint8Array.from([0xb7, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x95, 0, 0, 0, 0, 0, 0, 0]);
  return BpfProgram.load({ type: ProgramType.SCHED_CLS, name: 'stranger', license: 'GPL', insns });
}

test('a trampoline loads, stores its number and passes the packet on when no program is there', () => {
  using root = new Root();
  const dp = root.open();
  for (const slot of Object.values(NwProgram)) if (slot < NwProgram.PROGRAMS) dp.maps.programs.delete(u32.encode(slot));
  for (const direction of ['out', 'in'] as const) {
    const insns = trampoline(0xfedcba98, dp.maps.programs.fd, direction);
    assert.equal(new DataView(insns.buffer).getUint32(ENDPOINT_IMMEDIATE, true), 0xfedcba98);
    using program = BpfProgram.load({ type: ProgramType.SCHED_CLS, name: 'nw_test', license: 'GPL', insns });
    const { retval, ctx } = program.testRun({ data: new Uint8Array(64) });
    assert.equal(retval | 0, -1);
    assert.equal(u32.read(ctx, 48), 0xfedcba98);
  }
});

test('a trampoline jumps to its direction’s program, and to the fallback when that is not there', () => {
  using root = new Root();
  const dp = root.open();
  const number = endpoint(dp);
  const insns = trampoline(number, dp.maps.programs.fd, 'out');
  using program = BpfProgram.load({ type: ProgramType.SCHED_CLS, name: 'nw_test', license: 'GPL', insns });
  const run = (): number => program.testRun({ data: new Uint8Array(64) }).retval | 0;
  assert.equal(run(), -1);
  assert.equal(dp.counters().get('PASS_NOT_IP'), 1n, 'pod_out saw it');

  dp.maps.programs.delete(u32.encode(NwProgram.POD_OUT));
  assert.equal(run(), -1);
  assert.equal(dp.counters().get('PASS_UNSELECTED'), 1n, 'fallback_out saw it');
  const slot = number & (dp.sizes.endpoints - 1);
  dp.maps.endpoints.set(slot, {
    number,
    ruleset: 1,
    flags: 0,
    netnsCookie: 0n,
    selectedAt: 0n,
    addresses: [new Uint8Array(16), new Uint8Array(16)],
  });
  assert.equal(run(), 2, 'a selected pod is cut off by the fallback');
});

for (const method of METHODS) {
  test(`${method}: both directions are hooked, seen by traffic, kept on adoption and gone after detach`, () => {
    using root = new Root();
    using cable = new Cabled();
    const dp = root.open({ hook: method });
    const number = endpoint(dp);
    const hooks = cable.onHost(() => dp.attach(number, cable.ends));
    assert.deepEqual(
      hooks.map(({ direction, kind, kept, place }) => [direction, kind, kept, place.side]),
      [
        ['in', method, false, 'egress'],
        ['out', method, false, 'ingress'],
      ],
    );
    assert.ok(cable.replies());
    assert.ok(dp.endpointCounts(number).inbound > 0n, 'the pod-in hook saw the reply');
    assert.ok((dp.counters().get('PASS_UNSELECTED') ?? 0n) + (dp.counters().get('PASS_FLOW') ?? 0n) > 0n);

    const ids = (): string => cable.onHost(() => JSON.stringify([dp.hooks(), cable.filters('ingress')]));
    const there = ids();
    dp[Symbol.dispose]();
    assert.ok(cable.replies(), 'hooks and programs outlive the process');

    const second = root.open({ hook: method });
    const again = cable.onHost(() => second.attach(number, cable.ends));
    assert.deepEqual(
      again.map(({ kept }) => kept),
      [true, true],
    );
    assert.equal(
      cable.onHost(() => JSON.stringify([second.hooks(), cable.filters('ingress')])),
      there,
    );

    const removed = cable.onHost(() => second.detach(number));
    assert.deepEqual(removed, method === 'tcx' ? { links: 2, filters: 0 } : { links: 0, filters: 2 });
    assert.deepEqual(second.hooks(), []);
    assert.equal(cable.filters('ingress') + cable.filters('egress'), '');
    assert.doesNotMatch(cable.qdiscs(), /clsact/, 'the qdisc that we made is gone');
    assert.deepEqual(
      cable.onHost(() => second.detach(number)),
      { links: 0, filters: 0 },
    );
  });

  test(`${method}: net → pod can be read inside the pod, also when it was at the host end before`, () => {
    using root = new Root();
    using cable = new Cabled();
    const dp = root.open({ hook: method });
    const number = endpoint(dp);
    cable.onHost(() => dp.attach(number, cable.ends));
    const moved = cable.onHost(() => dp.attach(number, cable.ends, { inbound: 'pod' }));
    assert.deepEqual(
      moved.map(({ direction, kept, place }) => [direction, kept, place.netns]),
      [
        ['in', false, cable.ends.netns],
        ['out', true, undefined],
      ],
    );
    const seen = dp.endpointCounts(number).inbound;
    assert.ok(cable.replies());
    assert.ok(dp.endpointCounts(number).inbound > seen);
    assert.equal(cable.filters('egress'), '');
    assert.equal(
      cable.onHost(() => dp.hooks()).every(({ attached }) => attached),
      true,
    );
    const again = cable.onHost(() => dp.attach(number, cable.ends, { inbound: 'pod' }));
    assert.deepEqual(
      again.map(({ kept }) => kept),
      [true, true],
    );

    dp[Symbol.dispose]();
    cable.onHost(() => Datapath.detachAll(root.path));
    assert.equal(cable.filters('ingress', cable.pod, 'eth0'), '');
    assert.doesNotMatch(cable.qdiscs(cable.pod, 'eth0'), /clsact/);
    assert.doesNotMatch(cable.qdiscs(), /clsact/);
  });

  test(`${method}: detachAll leaves nothing of ours and says what it removed`, () => {
    using root = new Root();
    using cable = new Cabled();
    const dp = root.open({ hook: method });
    const number = endpoint(dp);
    cable.onHost(() => dp.attach(number, cable.ends));
    const chain = (): number[] =>
      method === 'tcx'
        ? cable.onHost(() => tcxQuery(cable.ends.hostIfindex, 'ingress').map(({ linkId }) => linkId))
        : [];
    const links = chain();
    assert.equal(links.length, method === 'tcx' ? 1 : 0);
    dp[Symbol.dispose]();

    const removed = cable.onHost(() => Datapath.detachAll(root.path));
    const { programs, ...hooks } = removed;
    assert.ok(programs >= 5);
    assert.deepEqual(hooks, {
      links: method === 'tcx' ? 2 : 0,
      filters: method === 'tcx' ? 0 : 2,
      maps: Object.keys(mapDefs).length,
    });
    assert.equal(existsSync(root.path), false);
    assert.deepEqual(links.filter(linkExists), []);
    assert.deepEqual(chain(), []);
    assert.equal(cable.filters('ingress') + cable.filters('egress'), '');
    assert.ok(cable.replies());
    assert.deepEqual(Datapath.detachAll(root.path), { links: 0, filters: 0, maps: 0, programs: 0 });
  });

  test(`${method}: hooks whose interface went with the pod are listed as such and removed`, () => {
    using root = new Root();
    const dp = root.open({ hook: method });
    const number = endpoint(dp);
    const inbound = 'pod';
    {
      using cable = new Cabled();
      cable.onHost(() => dp.attach(number, cable.ends, { inbound }));
      cable.deleteCable();
      assert.deepEqual(
        cable.onHost(() => dp.hooks()).map(({ attached }) => attached),
        [false, false],
      );
    }
    using next = new Cabled();
    const hooks = next.onHost(() => dp.attach(number, next.ends, { inbound }));
    assert.deepEqual(
      hooks.map(({ kept }) => kept),
      [false, false],
      'a new cable with the old one’s numbers is hooked anew',
    );
    assert.ok(next.replies());
    assert.ok(dp.endpointCounts(number).inbound > 0n);
    next.onHost(() => dp.detach(number));
    assert.deepEqual(dp.hooks(), []);
  });
}

test('clsact: the filters and the qdisc of others stay', () => {
  using root = new Root();
  using cable = new Cabled();
  using other = stranger();
  const theirs = { handle: 1, priority: 1 };
  const { hostIfindex } = cable.ends;
  const dp = root.open({ hook: 'clsact' });
  const number = endpoint(dp);
  cable.onHost(() => dp.attach(number, cable.ends));
  cable.onHost(() => tcAttach(other, hostIfindex, 'ingress', theirs));
  cable.onHost(() => dp.detach(number));
  assert.match(cable.filters('ingress'), /stranger/, 'theirs came later, on the qdisc that we made');
  assert.doesNotMatch(cable.filters('ingress'), /nw_out/);

  cable.onHost(() => dp.attach(number, cable.ends));
  cable.onHost(() => tcDetach(hostIfindex, 'ingress', theirs));
  cable.onHost(() => dp.detach(number));
  assert.match(cable.qdiscs(), /clsact/, 'the qdisc was there before the second attach');
});

test('clsact: a filter of somebody else at our handle is not replaced', () => {
  using root = new Root();
  using cable = new Cabled();
  using other = stranger();
  const dp = root.open({ hook: 'clsact' });
  const number = endpoint(dp);
  cable.onHost(() => tcAttach(other, cable.ends.hostIfindex, 'ingress', { handle: 0x4e57, priority: 1 }));
  assert.throws(
    () => cable.onHost(() => dp.attach(number, cable.ends)),
    (error: unknown) =>
      error instanceof DatapathError &&
      error.code === 'ATTACH' &&
      /somebody else has handle 0x4e57/.test(error.message),
  );
  assert.match(cable.filters('ingress'), /stranger/);
});

test('tcx: ours stands before what was there', () => {
  using root = new Root();
  using cable = new Cabled();
  using other = stranger();
  const dp = root.open({ hook: 'auto' });
  const number = endpoint(dp);
  using theirs = cable.onHost(() => BpfLink.attachTcx(other, cable.ends.hostIfindex, 'ingress'));
  const hooks = cable.onHost(() => dp.attach(number, cable.ends));
  assert.deepEqual(
    hooks.map(({ kind }) => kind),
    ['tcx', 'tcx'],
  );
  const chain = cable.onHost(() => tcxQuery(cable.ends.hostIfindex, 'ingress'));
  assert.equal(chain.length, 2);
  assert.equal(chain[1]?.linkId, theirs.info.id);
});

test('tcx and clsact change places when the method changes and the hook has to be set anew', () => {
  using root = new Root();
  using cable = new Cabled();
  const first = root.open({ hook: 'clsact' });
  const number = endpoint(first);
  cable.onHost(() => first.attach(number, cable.ends));
  cable.onHost(() => first.detach(number));
  first[Symbol.dispose]();
  const second = root.open({ hook: 'tcx' });
  cable.onHost(() => second.attach(number, cable.ends, { inbound: 'pod' }));
  assert.deepEqual(
    cable.onHost(() => second.hooks()).map(({ kind }) => kind),
    ['tcx', 'tcx'],
  );
});

for (const hook of ['auto', 'clsact'] as const) {
  test(`${hook}: an interface or a namespace that is not there is refused by name`, () => {
    using root = new Root();
    using cable = new Cabled();
    const dp = root.open({ hook });
    const ends = { ...cable.ends, hostIfindex: 9999 };
    assert.throws(
      () => cable.onHost(() => dp.attach(1, ends)),
      (error: unknown) =>
        error instanceof DatapathError && error.code === 'ATTACH' && /interface 9999/.test(error.message),
    );
    const nowhere = { ...cable.ends, netns: '/run/netns/nwdp-nowhere' };
    assert.throws(
      () => cable.onHost(() => dp.attach(1, nowhere, { inbound: 'pod' })),
      (error: unknown) => error instanceof DatapathError && /in \/run\/netns\/nwdp-nowhere/.test(error.message),
    );
    assert.deepEqual(dp.hooks(), []);
  });
}

test('clsact: a file that is left where a pod’s namespace was mounted stops nothing', () => {
  using root = new Root();
  using cable = new Cabled();
  const dp = root.open({ hook: 'clsact' });
  const number = endpoint(dp);
  cable.onHost(() => dp.attach(number, cable.ends, { inbound: 'pod' }));
  const standing = () => cable.onHost(() => dp.hooks().map(({ attached }) => attached));
  assert.deepEqual(standing(), [true, true]);
  execFileSync('umount', [cable.ends.netns]);
  assert.ok(existsSync(cable.ends.netns), 'as a runtime that is killed leaves it');
  assert.equal(standing().filter(Boolean).length < 2, true);
  cable.onHost(() => dp.detach(number));
  assert.deepEqual(dp.hooks(), []);
});

/** As an agent on that host finds it. */
function foundOn(host: string, netns: string): Cable {
  const module = join(import.meta.dirname, '../src/hooks/cable.ts');
  const script = `import { findCable } from '${module}'; process.stdout.write(JSON.stringify(findCable('${netns}')));`;
  const node = [process.execPath, '--input-type=module', '-e', script];
  return JSON.parse(execFileSync('ip', ['netns', 'exec', host, ...node]).toString()) as Cable;
}

test('the cable of a pod is found with both its ends', () => {
  using cable = new Cabled();
  const found = foundOn(cable.host, cable.ends.netns);
  assert.equal(found.hostIfindex, cable.ends.hostIfindex);
  assert.equal(found.podIfindex, cable.ends.podIfindex);
  assert.deepEqual([found.podIfname, found.hostIfname, found.others], ['eth0', 'cable0', []]);
});

test('a pod that makes a veth with the numbers of another’s cable does not get that one', () => {
  using cable = new Cabled();
  const ip = (...args: string[]): string => execFileSync('ip', args, { encoding: 'utf8' });
  const [victim, nested] = [`${cable.pod}v`, `${cable.pod}n`];
  for (const netns of [victim, nested]) ip('netns', 'add', netns);
  try {
    ip(
      '-n',
      cable.host,
      'link',
      'add',
      'victim0',
      'index',
      '57',
      'type',
      'veth',
      'peer',
      'name',
      'eth0',
      'index',
      '9',
      'netns',
      victim,
    );
    ip('-n', cable.pod, 'link', 'set', 'eth0', 'down');
    ip('-n', cable.pod, 'link', 'set', 'eth0', 'name', 'old');
    ip(
      '-n',
      cable.pod,
      'link',
      'add',
      'eth0',
      'index',
      '9',
      'type',
      'veth',
      'peer',
      'name',
      'x',
      'index',
      '57',
      'netns',
      nested,
    );
    const numbers = (netns: string, device: string) => {
      const [link] = JSON.parse(ip('-n', netns, '-json', 'link', 'show', device)) as {
        ifindex: number;
        link_index: number;
      }[];
      return [link?.ifindex, link?.link_index];
    };
    assert.deepEqual(numbers(cable.pod, 'eth0'), [9, 57]);
    assert.deepEqual(numbers(cable.host, 'victim0'), [57, 9], 'the control: by number they are two ends of one cable');
    const found = foundOn(cable.host, cable.ends.netns);
    assert.deepEqual([found.hostIfname, found.podIfname], ['cable0', 'old']);
    assert.equal(foundOn(cable.host, join('/run/netns', victim)).hostIfname, 'victim0');
  } finally {
    for (const netns of [victim, nested]) ip('netns', 'del', netns);
  }
});
