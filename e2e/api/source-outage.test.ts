/** The operator's source before API servers that are ill, overloaded, gone, or have forgotten. */
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { ControlPlane } from '../src/kube/control-plane.ts';
import { installDefinitions } from '../src/kube/crds.ts';
import { type FaultRule, FaultProxy } from '../src/kube/fault-proxy.ts';
import { FollowedSource, type View, podNames } from '../src/kube/followed-source.ts';
import { makePod, removePod } from '../src/kube/objects.ts';
import { grant, serviceAccount, tokenOf } from '../src/kube/tokens.ts';
import { until } from '../src/lab/until.ts';

let cluster: ControlPlane;
let proxy: FaultProxy;
let kubeconfig: string;
let source: FollowedSource;
let names: string[] = [];
let count = 0;

const SLOW = { deadline: 60_000 };
const PODS = '/api/v1/pods';
const started = ({ handOvers }: View): boolean => handOvers > 0;

before(async () => {
  cluster = await ControlPlane.start();
  await installDefinitions(cluster.client);
  await serviceAccount(cluster.client, 'lab', 'source');
  await grant(cluster.client, 'lab', 'source', 'cluster-admin');
  proxy = await FaultProxy.start(cluster);
  kubeconfig = proxy.kubeconfig('source', await tokenOf(cluster.client, 'lab', 'source'));
});
beforeEach(async () => {
  names = [];
  await pod();
});
afterEach(async () => {
  await proxy.set([]);
  await source.end('SIGKILL');
  for (const name of names) await removePod(cluster.client, name);
});
after(() => cluster.stop());

/** One more pod, with an address. */
async function pod(address = `198.18.1.${++count}`): Promise<string> {
  const name = `pod-${++count}`;
  names.push(name);
  await makePod(cluster.client, name, [address]);
  return name;
}

async function remove(name: string): Promise<void> {
  names = names.filter((one) => one !== name);
  await removePod(cluster.client, name);
}

async function follow(...rules: readonly FaultRule[]): Promise<void> {
  await proxy.set(rules);
  source = FollowedSource.start(cluster, kubeconfig);
  if (rules.length === 0) await source.until('a first state', started);
}

/** What is there now is known, and so is what comes. */
async function followsOn(): Promise<View> {
  const name = await pod();
  const view = await source.until('a later pod', (one) => podNames(one).includes(name));
  assert.deepEqual(podNames(view), names.toSorted());
  assert.doesNotMatch(source.output, /unhandled|    at /iu);
  return view;
}

const interruptions = (path = PODS) => source.log('watch interrupted').filter((line) => line.path === path);

/** While nobody reaches the API server. */
async function duringAGap(work: () => Promise<void>): Promise<void> {
  await proxy.stop();
  await work();
  proxy = await FaultProxy.start(cluster);
}

test('nothing is handed over before every list is complete', async () => {
  await follow({ path: '^/api/v1/namespaces\\?', fault: 'status', status: 503 });
  await until('it to ask again and again', () => interruptions('/api/v1/namespaces').length > 2, SLOW);
  const view = await source.view();
  assert.deepEqual([view.handOvers, view.state], [0, undefined]);
  await proxy.set([]);
  await source.until('a first state', started);
  await followsOn();
});

test('an API server that is overloaded says how long to wait', async () => {
  await follow({ path: `^${PODS}\\?`, fault: 'status', status: 429, retryAfter: '2', times: 1 });
  await source.until('a first state', started);
  const [{ wait = 0, problem } = {}] = interruptions();
  assert.match(String(problem), /429/u);
  assert.ok(wait >= 2000, `it waited ${wait} ms`);
  await followsOn();
});

test('resets, half an answer, refusals and what is no watch at all: it asks again', async () => {
  await follow(
    { path: `^${PODS}\\?`, fault: 'reset', times: 1 },
    { path: `^${PODS}\\?`, fault: 'cut', cutAfter: 100, times: 1 },
    { path: `^${PODS}\\?.*watch`, fault: 'status', status: 500, times: 1 },
    // Answered like a watch, by what is none.
    { path: `^${PODS}\\?.*watch`, fault: 'status', status: 200, times: 1 },
  );
  await source.until('a first state', started);
  await until('all of it to have happened', () => interruptions().length >= 4, SLOW);
  await followsOn();
});

test('one that takes a question and never answers is asked again on another connection', async () => {
  await follow({ path: `^${PODS}\\?`, fault: 'stall', times: 1 });
  await source.until('a first state', started);
  await followsOn();
});

test('what is made and deleted during a gap is known after it', async () => {
  await follow();
  const gone = await pod();
  await source.until('the pod', (view) => podNames(view).includes(gone));
  await duringAGap(async () => {
    await remove(gone);
    await pod();
  });
  await followsOn();
});

test('the same after the history is gone: it lists again, and who is gone goes before who has the address now', async () => {
  await follow();
  const gone = await pod('198.18.1.250');
  await source.until('the pod', (view) => podNames(view).includes(gone));
  await duringAGap(async () => {
    await remove(gone);
    await pod('198.18.1.250');
    await cluster.compact();
    await cluster.kill('kube-apiserver');
    cluster.restart('kube-apiserver');
    await cluster.ready();
  });
  const view = await followsOn();
  assert.equal(view.clashes, 0);
  assert.ok(
    interruptions().some(({ problem = '' }) => problem.includes('410')),
    'the version was gone',
  );
});

test('killed and back, an API server has told nothing new, and nothing is handed over', async () => {
  await follow();
  const { handOvers } = await source.view();
  await cluster.kill('kube-apiserver');
  await until('it to notice', () => interruptions().length > 0, SLOW);
  cluster.restart('kube-apiserver');
  await cluster.ready();
  const view = await followsOn();
  // The pod that came: made, then with its address; the slices of the API server's own are not of this lab.
  assert.ok(view.handOvers - handOvers <= 2, `${view.handOvers - handOvers} hand-overs`);
});

test('it ends when it is asked to, also while nobody answers', async () => {
  await follow();
  assert.deepEqual(await source.end('SIGTERM'), { code: 0, signal: null });
  await follow({ path: '.', fault: 'status', status: 429, retryAfter: '30' });
  await until('it to wait', () => interruptions().length > 0, SLOW);
  assert.ok((interruptions()[0]?.wait ?? 0) >= 30_000);
  const asked = performance.now();
  assert.deepEqual(await source.end('SIGTERM'), { code: 0, signal: null });
  assert.ok(performance.now() - asked < 30_000, 'it does not wait for the end of its wait');
  assert.doesNotMatch(source.output, /unhandled|    at /iu);
});
