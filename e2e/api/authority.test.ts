import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { ControlPlane } from '../src/kube/control-plane.ts';
import { accepted } from '../src/kube/crds.ts';
import { LabProcess } from '../src/lab/lab-process.ts';
import { inside } from '../src/lab/namespaces.ts';
import { until } from '../src/lab/until.ts';

const program = join(import.meta.dirname, '../../packages/operator/test/programs/authority.ts');
const SECRETS = '/api/v1/namespaces/default/secrets';
const BUNDLE = '/api/v1/namespaces/default/configmaps/namewall-ca';
const SLOW = { deadline: 120_000, every: 50 };

let cluster: ControlPlane;
const running: LabProcess[] = [];

before(async () => {
  cluster = await ControlPlane.start();
});
afterEach(async () => {
  for (const replica of running.splice(0)) await replica.end('SIGKILL');
  await cluster.client.delete(BUNDLE);
});
after(() => cluster.stop());

function replicas(secret: string, ...days: number[]): void {
  for (const ahead of days) {
    const name = `replica-${secret}-${ahead}`;
    const argv = [process.execPath, program, cluster.kubeconfig, 'default', secret, name, String(ahead)];
    running.push(LabProcess.start(cluster.run, name, inside(cluster.namespace, argv)));
  }
}

interface Seen {
  readonly signs: string;
  readonly published: readonly string[];
}

/** What is stored now: the bundle is read before and after, and both must be the same. */
async function look(secret: string): Promise<Seen> {
  for (;;) {
    const earlier = await published();
    const { body } = await cluster.client.get(`${SECRETS}/${secret}`);
    const { data } = body as { readonly data?: Record<string, string> };
    const later = await published();
    const signs = Buffer.from(data?.['tls.crt'] ?? '', 'base64')
      .toString('utf8')
      .trim();
    if (earlier.join() === later.join()) return { signs, published: later };
  }
}

async function published(): Promise<string[]> {
  const { body } = await cluster.client.get(BUNDLE);
  const { data } = body as { readonly data?: Record<string, string> };
  return data?.['ca.crt']?.match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----/gu) ?? [];
}

/** Looks until `done`; everything that was seen on the way, each once. */
async function watch(secret: string, done: (seen: Seen) => boolean): Promise<Seen[]> {
  const all: Seen[] = [];
  await until(
    'the rotation to be over',
    async () => {
      const seen = await look(secret);
      if (JSON.stringify(seen) !== JSON.stringify(all.at(-1))) all.push(seen);
      return done(seen);
    },
    SLOW,
  );
  return all;
}

function alwaysPublished(all: readonly Seen[]): void {
  for (const { signs, published: told } of all.filter((seen) => seen.published.length > 0)) {
    assert.ok(told.includes(signs), 'nothing is signed by what nobody was told of');
  }
}

test('two replicas make one authority, and rotate it with overlap though their clocks disagree', async () => {
  replicas('namewall-ca', 0, 1);
  const [first] = (await watch('namewall-ca', (seen) => seen.published.length === 1)).slice(-1);
  assert.ok(first);
  for (const replica of running.splice(0)) await replica.end('SIGKILL');
  // Two thirds of a year are over, by both clocks; they are weeks apart.
  replicas('namewall-ca', 260, 290);
  const all = await watch('namewall-ca', (seen) => seen.published.length === 1 && seen.signs !== first.signs);
  alwaysPublished(all);
  const next = all.at(-1)?.signs ?? '';
  const told = all.map((seen) => `${seen.signs === next ? 'new' : 'old'} signs, ${seen.published.length} published`);
  assert.deepEqual(told, [
    'old signs, 1 published',
    'old signs, 2 published',
    'new signs, 2 published',
    'new signs, 1 published',
  ]);
});

test('somebody else’s authority is used as it is, never rotated, and published when it is replaced', async () => {
  const theirs = [pair('one'), pair('two')] as const;
  const metadata = { name: 'theirs', namespace: 'default' };
  const of = (data: object) => ({ apiVersion: 'v1', kind: 'Secret', metadata, type: 'kubernetes.io/tls', data });
  accepted(await cluster.client.create(SECRETS, of(theirs[0])));
  replicas('theirs', 0, 300);
  await watch('theirs', (seen) => seen.published.length === 1);
  accepted(await cluster.client.patch('merge', `${SECRETS}/theirs`, { data: theirs[1] }));
  const all = await watch('theirs', (seen) => seen.published.length === 1 && seen.published[0] === seen.signs);
  const sizes = all.map((seen) => seen.published.length);
  assert.ok(sizes.includes(2), `${sizes.join()}: both for a while`);
  const { data } = accepted(await cluster.client.get(`${SECRETS}/theirs`)) as { readonly data?: object };
  assert.deepEqual(data, theirs[1], 'untouched');
});

/** As cert-manager stores them. */
function pair(name: string): { 'tls.crt': string; 'tls.key': string } {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc', '-keyout', '-'];
  const args = ['req', '-x509', ...key, '-subj', `/CN=${name}`, '-days', '365', '-out', '-'];
  const text = execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const at = text.indexOf('-----BEGIN CERTIFICATE');
  const base64 = (part: string) => Buffer.from(part).toString('base64');
  const afterwards = text.indexOf('-----BEGIN PRIVATE');
  return at > afterwards
    ? { 'tls.key': base64(text.slice(0, at)), 'tls.crt': base64(text.slice(at)) }
    : { 'tls.crt': base64(text.slice(0, afterwards)), 'tls.key': base64(text.slice(afterwards)) };
}
