import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { before, describe, test } from 'node:test';
import { BpfLink, netnsCookie } from '@namewall/libbpf';
import { Datapath } from '../src/datapath.ts';
import { NwResolver } from '../src/gen/enums.gen.ts';
import type { Sizes } from '../src/sizes.ts';
import { Cabled, clearLeftovers, linkExists, Root } from './lab/world.ts';
import { mapped } from './packets/frames.ts';

before(clearLeftovers);

const OBJECT = resolve(import.meta.dirname, '../../../build/socket.bpf.o');
/** The host end of the cable, where the server listens. */
const SERVER = '198.51.100.1';
const [RESOLVER, OTHER] = [53, 54];

/** A cgroup of its own, where version 2 is mounted. */
class Cgroup implements Disposable {
  readonly path: string;

  constructor() {
    const mount = readFileSync('/proc/mounts', 'utf8')
      .split('\n')
      .find((line) => line.split(' ')[2] === 'cgroup2');
    assert(mount, 'cgroup2 is mounted');
    this.path = join(String(mount.split(' ')[1]), `nwdp-${process.pid}-${randomBytes(4).toString('hex')}`);
    mkdirSync(this.path);
  }

  [Symbol.dispose](): void {
    if (existsSync(this.path)) rmdirSync(this.path);
  }
}

/** A pod's cable with a server at its other end, and the datapath's maps saying that one of its ports is a resolver. */
class Scene implements AsyncDisposable {
  readonly cable = new Cabled();
  readonly root = new Root();
  readonly cgroup = new Cgroup();
  readonly datapath: Datapath;
  readonly #server: ChildProcess;
  readonly #number: number;

  private constructor(sizes: Partial<Sizes>) {
    const listen = `for (const port of [${RESOLVER}, ${OTHER}]) require('node:net').createServer().listen(port, '${SERVER}', () => console.log(port));`;
    execFileSync('ip', ['-n', this.cable.host, 'link', 'set', 'lo', 'up']);
    this.#server = spawn('ip', ['netns', 'exec', this.cable.host, process.execPath, '-e', listen], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.datapath = this.root.open({ sizes: { endpoints: 8, answersPerEndpoint: 4, indexBlocks: 64, ...sizes } });
    const { maps } = this.datapath;
    this.#number = this.datapath.allocate('endpoint');
    this.select(1);
    maps.netns.set(netnsCookie(join('/run/netns', this.cable.pod)), this.#number);
    maps.resolvers.set({ address: mapped(SERVER), port: RESOLVER, protocol: 6 }, NwResolver.PLAIN);
    this.datapath.updateConfig({ resolverPorts: [1n << 53n, 0n, 0n, 0n] });
  }

  static async make(sizes: Partial<Sizes> = {}): Promise<Scene> {
    const scene = new Scene(sizes);
    assert(scene.#server.stdout);
    for (let said = ''; said.split('\n').length < 3;) said += String((await once(scene.#server.stdout, 'data'))[0]);
    return scene;
  }

  /** Gives the pod a ruleset, or none with 0. */
  select(ruleset: number): void {
    const addresses = [new Uint8Array(16), new Uint8Array(16)];
    const value = { number: this.#number, ruleset, flags: 0, netnsCookie: 0n, selectedAt: 0n, addresses };
    this.datapath.maps.endpoints.set(this.#number, value);
  }

  attach(cgroup = this.cgroup.path): void {
    this.datapath.attachSockets({ objectPath: OBJECT, cgroup });
  }

  /** Opens connections one after the other, then closes them; says how many sockets were seen and refused. */
  connect({ cgroup = true, netns = this.cable.pod, port = RESOLVER, times = 1 } = {}): [seen: bigint, full: bigint] {
    const counted = this.datapath.counters();
    const open = `exec {fd}<>/dev/tcp/${SERVER}/${port}; `;
    const enter = cgroup ? `echo $$ >${this.cgroup.path}/cgroup.procs; ` : '';
    const shell = ['timeout', '5', 'bash', '-ec', enter + open.repeat(times)];
    const run = spawnSync('nsenter', [`--net=/run/netns/${netns}`, ...shell]);
    assert.equal(run.status, 0, String(run.stderr));
    const after = this.datapath.counters();
    const more = (name: 'SOCKET_SEEN' | 'SOCKET_FULL'): bigint => (after.get(name) ?? 0n) - (counted.get(name) ?? 0n);
    return [more('SOCKET_SEEN'), more('SOCKET_FULL')];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#server, 'exit');
    this.#server.kill('SIGKILL');
    await ended;
    this.datapath.detachSockets();
    this.root[Symbol.dispose]();
    this.cgroup[Symbol.dispose]();
    this.cable[Symbol.dispose]();
  }
}

describe('a connection', () => {
  test('of a process in the cgroup, in a pod’s namespace, to a resolver is seen', async () => {
    await using scene = await Scene.make();
    assert.deepEqual(scene.connect(), [0n, 0n], 'before anything is attached');
    scene.attach();
    assert.deepEqual(scene.connect(), [1n, 0n]);
  });

  test('from any other namespace, of any other cgroup, to any other port is not: resolvers’ own are left alone', async () => {
    await using scene = await Scene.make();
    scene.attach();
    assert.deepEqual(scene.connect({ netns: scene.cable.host }), [0n, 0n], 'not a pod’s namespace');
    assert.deepEqual(scene.connect({ cgroup: false }), [0n, 0n], 'not in the cgroup');
    assert.deepEqual(scene.connect({ port: OTHER }), [0n, 0n], 'no resolver');
    scene.select(0);
    assert.deepEqual(scene.connect(), [0n, 0n], 'a pod that no policy selects');
    scene.select(1);
    assert.deepEqual(scene.connect(), [1n, 0n], 'the control');
  });

  test('for which there is no room works, and is counted', async () => {
    await using scene = await Scene.make({ streams: 2 });
    scene.attach();
    assert.deepEqual(scene.connect({ times: 3 }), [2n, 1n]);
    assert.deepEqual(scene.connect(), [1n, 0n], 'the places are free again');
  });
});

describe('programs on sockets', () => {
  test('stay when the agent is gone, and are replaced where they are', async () => {
    await using scene = await Scene.make();
    scene.attach();
    const link = (): number | undefined => {
      using pinned = BpfLink.openPinned(join(scene.root.path, 'sockets/link'));
      return pinned.info.id;
    };
    const first = link();
    scene.attach();
    assert.equal(link(), first);
    assert.deepEqual(scene.connect(), [1n, 0n]);
    scene.datapath[Symbol.dispose]();
    const again = scene.root.open();
    again.attachSockets({ objectPath: OBJECT, cgroup: scene.cgroup.path });
    assert.equal(link(), first);
  });

  test('move to another cgroup, also when the first one is gone', async () => {
    await using scene = await Scene.make();
    {
      using first = new Cgroup();
      scene.attach(first.path);
      assert.deepEqual(scene.connect(), [0n, 0n]);
    }
    scene.attach();
    assert.deepEqual(scene.connect(), [1n, 0n]);
  });

  test('leave nothing behind', async () => {
    await using scene = await Scene.make();
    scene.attach();
    const id = (() => {
      using pinned = BpfLink.openPinned(join(scene.root.path, 'sockets/link'));
      return pinned.info.id;
    })();
    assert.equal(linkExists(id), true);
    scene.datapath[Symbol.dispose]();
    assert.equal(Datapath.detachAll(scene.root.path).links, 1);
    assert.deepEqual([linkExists(id), existsSync(scene.root.path)], [false, false]);
  });
});
