import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { BpfMap, BpfProgram } from '@namewall/libbpf';
import { u32 } from '../src/codec.ts';
import { DatapathError } from '../src/errors.ts';
import { NwIndex, NwLayout, NwProgram } from '../src/gen/enums.gen.ts';
import { mapDefs } from '../src/gen/maps.gen.ts';
import { Config, IndexHeader } from '../src/gen/structs.gen.ts';
import { Datapath } from '../src/datapath.ts';
import { PinnedDatapath } from '../src/pinned.ts';
import { checkSizes } from '../src/sizes.ts';
import { clearLeftovers, OBJECT, Root, SIZES } from './lab/world.ts';

before(clearLeftovers);

const code = (wanted: string) => (error: unknown) => error instanceof DatapathError && error.code === wanted;

test('a new root holds every map in its size, the programs, and a configuration that programs can use', () => {
  using root = new Root();
  const dp = root.open();
  assert.equal(dp.adopted, false);
  assert.equal(statSync(root.path).mode & 0o777, 0o700);
  for (const def of Object.values(mapDefs)) assert.ok(existsSync(join(root.path, def.name)), def.name);
  assert.deepEqual(dp.sizes, checkSizes(SIZES));
  assert.equal(dp.maps.answers.maxEntries, 32);

  assert.equal(dp.config.layout, NwLayout.LAYOUT);
  assert.equal(dp.config.ttlFloor, 30_000_000_000n);
  assert.equal(dp.config.quotaFlowsOut, 64, 'a quota is not larger than its table');
  assert.equal(dp.maps.rulesets.get(0)?.number, 0);
  assert.equal(dp.indexHeader(), undefined);
  assert.ok(new Set(dp.hashKey.words).size > 60, 'the key is random');
  assert.deepEqual(dp.maps.hashKey.get(0), dp.hashKey);

  for (const slot of [NwProgram.POD_OUT, NwProgram.POD_IN, NwProgram.FALLBACK_OUT, NwProgram.FALLBACK_IN]) {
    const id = u32.read(dp.maps.programs.lookup(u32.encode(slot)) ?? new Uint8Array(4));
    assert.ok(id > 0, `slot ${slot} holds a program`);
  }
});

test('another opening adopts the pins: contents, key and sizes stay, programs are new', () => {
  using root = new Root();
  const first = root.open();
  const key = first.hashKey;
  const ids = (dp: PinnedDatapath): number[] =>
    [NwProgram.POD_OUT, NwProgram.FALLBACK_OUT].map((slot) =>
      u32.read(dp.maps.programs.lookup(u32.encode(slot)) ?? new Uint8Array(4)),
    );
  const old = ids(first);
  first.maps.identities.set(7, { id: new Uint8Array(16).fill(9), length: 8, selector: 'v1|n|a.b' });
  first.updateConfig({ ttlGrace: 5n });
  first[Symbol.dispose]();

  const second = root.open({ sizes: { ...SIZES, flows: 4096 } });
  assert.equal(second.adopted, true);
  assert.deepEqual(second.hashKey, key);
  assert.equal(second.sizes.flows, 64, 'the pins decide');
  assert.equal(second.maps.identities.get(7)?.selector, 'v1|n|a.b');
  assert.equal(second.config.ttlGrace, 5n);
  for (const [i, id] of ids(second).entries()) assert.notEqual(id, old[i]);
  assert.deepEqual(
    readdirSync(join(root.path, 'progs')).filter((name) => name.endsWith('-new')),
    [],
  );
  using pinned = BpfProgram.openPinned(join(root.path, 'progs', 'pod_out'));
  assert.equal(pinned.info.id, ids(second)[0]);
});

test('programs stay in their slots when the process that put them there is gone', () => {
  using root = new Root();
  const script = `
    import { Datapath } from '${join(import.meta.dirname, '../src/datapath.ts')}';
    Datapath.open({ root: '${root.path}', objectPath: '${OBJECT}', sizes: ${JSON.stringify(SIZES)} });`;
  execFileSync(process.execPath, ['--input-type=module', '-e', script]);
  using pinned = PinnedDatapath.openPinned(root.path);
  assert.ok(pinned.maps.programs.lookup(u32.encode(NwProgram.POD_OUT)) !== undefined);
});

test('a second opener is refused while the first lives, a reader is not', () => {
  using root = new Root();
  const dp = root.open();
  assert.throws(() => root.open(), code('LOCKED'));
  assert.throws(() => Datapath.detachAll(root.path), code('LOCKED'));
  using reader = PinnedDatapath.openPinned(root.path);
  assert.deepEqual(reader.sizes, dp.sizes);
  assert.equal(reader.counters().get('QUERY_ALLOWED'), 0n);
  dp[Symbol.dispose]();
  assert.doesNotThrow(() => root.open());
});

test('a pin of another layout is refused before anything is loaded, and stays as it is', () => {
  using root = new Root();
  root.open()[Symbol.dispose]();
  const path = join(root.path, 'learned');
  unlinkSync(path);
  using wider = BpfMap.create({ ...mapDefs.learned, valueSize: mapDefs.learned.valueSize + 8, maxEntries: 64 });
  wider.pin(path);
  const programs = (): number[] => {
    using map = BpfMap.openPinned(join(root.path, 'programs'));
    return [u32.read(map.lookup(u32.encode(NwProgram.POD_OUT)) ?? new Uint8Array(4))];
  };
  const untouched = programs();
  assert.throws(
    () => root.open(),
    (error: unknown) =>
      code('LAYOUT')(error) && /map learned has value size.*namewallctl detach --all/.test(String(error)),
  );
  assert.deepEqual(programs(), untouched);
  using still = BpfMap.openPinned(path);
  assert.equal(still.info.id, wider.info.id);
  assert.throws(() => PinnedDatapath.openPinned(root.path), code('LAYOUT'));
});

test('a newer layout number is refused', () => {
  using root = new Root();
  root.open()[Symbol.dispose]();
  {
    using config = BpfMap.openPinned(join(root.path, 'config'));
    const bytes = config.lookup(u32.encode(0)) ?? new Uint8Array(Config.size);
    u32.write(bytes, NwLayout.LAYOUT + 1, Config.offsets.layout);
    config.update(u32.encode(0), bytes);
  }
  assert.throws(() => root.open(), /layout is \d+, this version's is \d+/);
});

test('pins that were never finished are made anew', () => {
  using root = new Root();
  root.open()[Symbol.dispose]();
  {
    using config = BpfMap.openPinned(join(root.path, 'config'));
    config.update(u32.encode(0), new Uint8Array(Config.size));
  }
  unlinkSync(join(root.path, 'flows'));
  assert.throws(() => PinnedDatapath.openPinned(root.path), code('NOT_PINNED'));
  assert.equal(root.open().adopted, false);
});

test('an object that cannot be opened leaves nothing behind', () => {
  using root = new Root();
  assert.throws(() => root.open({ objectPath: '/nonexistent.o' }), /nonexistent/);
  assert.equal(existsSync(root.path), false);
  assert.throws(() => root.open({ sizes: { endpoints: 3 } }), code('SIZE'));
  assert.equal(existsSync(root.path), false);
});

test('a root outside bpffs is refused', () => {
  assert.throws(() => Datapath.open({ root: '/tmp/namewall-no-bpffs', objectPath: OBJECT }), /no bpf file system/);
  assert.equal(existsSync('/tmp/namewall-no-bpffs'), false);
});

test('bpffs is mounted where nobody did', () => {
  const script = `
    import { Datapath } from '${join(import.meta.dirname, '../src/datapath.ts')}';
    const root = '/sys/fs/bpf/namewall';
    const dp = Datapath.open({ root, objectPath: '${OBJECT}', sizes: ${JSON.stringify(SIZES)} });
    process.stdout.write(String(dp.adopted));
    dp[Symbol.dispose]();
    Datapath.detachAll(root);`;
  // A mount namespace of its own, in which there is no bpffs.
  const unmount = 'while umount /sys/fs/bpf 2>/dev/null; do :; done; exec "$@"';
  const node = [process.execPath, '--input-type=module', '-e', script];
  const output = execFileSync('unshare', ['--mount', 'sh', '-c', unmount, 'sh', ...node], { encoding: 'utf8' });
  assert.equal(output, 'false');
});

test('the name index is swapped whole and the one in use can be read', () => {
  using root = new Root();
  const dp = root.open();
  const index = (version: number, blocks = 4): Uint8Array => {
    const bytes = new Uint8Array(blocks * NwIndex.INDEX_BLOCK);
    const header = IndexHeader.read(bytes);
    IndexHeader.write(bytes, {
      ...header,
      magic: NwIndex.INDEX_MAGIC,
      blocks,
      version: new Uint8Array(16).fill(version),
    });
    return bytes;
  };
  dp.swapIndex(index(1));
  assert.equal(dp.indexHeader()?.version[0], 1);
  dp.swapIndex(index(2, 64));
  assert.equal(dp.indexHeader()?.version[0], 2);
  assert.equal(dp.config.namesVersion, 2);
  assert.throws(() => dp.swapIndex(index(3, 65)), code('SIZE'));
  assert.throws(() => dp.swapIndex(new Uint8Array(64)), code('SIZE'));
  assert.throws(() => dp.swapIndex(index(3).subarray(1)), code('SIZE'));
  assert.equal(dp.indexHeader()?.version[0], 2);
  dp.swapIndex(new Uint8Array(0));
  assert.equal(dp.indexHeader(), undefined);
});

test('numbers are never 0, never taken, never given twice, and run out with a clear error', () => {
  using root = new Root();
  const dp = root.open();
  const endpoint = (number: number): void => {
    dp.maps.endpoints.set(number & 7, {
      number,
      ruleset: 0,
      flags: 0,
      netnsCookie: 0n,
      selectedAt: 0n,
      addresses: [new Uint8Array(16), new Uint8Array(16)],
    });
  };
  const given = new Set<number>();
  for (let i = 0; i < 7; i++) {
    const number = dp.allocate('endpoint');
    assert.ok(number > 0 && !given.has(number) && dp.maps.endpoints.get(number & 7)?.number === 0);
    given.add(number);
    endpoint(number);
  }
  const last = dp.allocate('endpoint');
  endpoint(last);
  assert.equal(last, 8, 'slot 0 is an endpoint slot too');
  assert.throws(() => dp.allocate('endpoint'), code('EXHAUSTED'));

  const rulesets = Array.from({ length: 7 }, () => {
    const number = dp.allocate('ruleset');
    dp.maps.rulesets.set(number & 7, { number, flags: 0, ttlFloor: 0n, ttlCeiling: 0n, ttlGrace: 0n, idleWindow: 0n });
    return number;
  });
  assert.deepEqual(rulesets, [1, 2, 3, 4, 5, 6, 7]);
  assert.throws(() => dp.allocate('ruleset'), code('EXHAUSTED'), "slot 0 is ruleset 0's");
  assert.equal(dp.maps.rulesets.get(0)?.number, 0);

  dp.maps.identities.set(1, { id: new Uint8Array(16), length: 0, selector: '' });
  assert.equal(dp.allocate('handle'), 2);
  dp[Symbol.dispose]();
  assert.equal(root.open().allocate('handle'), 3, 'the counter outlives the process');
});

test('counters are summed over CPUs', () => {
  using root = new Root();
  const dp = root.open();
  dp.maps.counters.set(1, 3n);
  const cpus = dp.maps.counters.get(1).length;
  assert.equal(dp.counters().get('QUERY_ALLOWED'), 3n * BigInt(cpus));
  const counts = dp.endpointCounts(9);
  dp.maps.endpointCount.set(1, { ...counts, denied: 2n });
  assert.equal(dp.endpointCounts(9).denied, 2n * BigInt(cpus));
});

test('the sweeper runs once started, and again when it is started over', async () => {
  using root = new Root();
  const dp = root.open();
  const runs = async (more: bigint): Promise<void> => {
    const start = dp.maps.sweeper.get(0)?.runs ?? 0n;
    const deadline = Date.now() + 20_000;
    while ((dp.maps.sweeper.get(0)?.runs ?? 0n) < start + more) {
      assert.ok(Date.now() < deadline, 'the timer does not fire');
      await new Promise((wake) => setTimeout(wake, 20));
    }
  };
  dp.startSweeper();
  await runs(2n);
  dp.startSweeper();
  await runs(2n);
});
