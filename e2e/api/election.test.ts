import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { ControlPlane } from '../src/kube/control-plane.ts';
import { accepted } from '../src/kube/crds.ts';
import { LabProcess } from '../src/lab/lab-process.ts';
import { inside } from '../src/lab/namespaces.ts';
import { until } from '../src/lab/until.ts';

const program = join(import.meta.dirname, '../../packages/operator/test/programs/candidate.ts');
const HOUR = 3_600_000;
/** Shorter than the operator's, so that a take-over is; of the same proportions. */
const TIMES = '6000,4000,400';
const SLOW = { deadline: 60_000 };

let cluster: ControlPlane;
let running: LabProcess[] = [];
let count = 0;

before(async () => {
  cluster = await ControlPlane.start();
});
afterEach(async () => {
  for (const process of running.splice(0)) {
    await process.end('SIGKILL');
  }
  await cluster.client.delete(LEASE);
});
after(() => cluster.stop());

const LEASE = '/apis/coordination.k8s.io/v1/namespaces/default/leases/election';
const JOURNAL = '/api/v1/namespaces/default/configmaps/journal';

interface LeaseSpec {
  readonly holderIdentity?: string;
  readonly renewTime?: string;
  readonly leaseTransitions?: number;
}

async function lease(): Promise<LeaseSpec & { readonly address: unknown }> {
  const { spec, metadata } = accepted(await cluster.client.get(LEASE));
  const { annotations } = metadata as { readonly annotations?: Readonly<Record<string, string>> };
  return { ...spec, address: annotations?.['namewall.dev/address'] };
}

async function journal(): Promise<string[]> {
  const { data } = accepted(await cluster.client.get(JOURNAL)) as { readonly data?: { readonly names?: string } };
  return (data?.names ?? '').split(' ').filter((name) => name !== '');
}

/** Candidates by name. The journal is empty. */
async function candidates(...skews: number[]): Promise<Map<string, LabProcess>> {
  await cluster.client.delete(JOURNAL);
  accepted(await cluster.client.create('/api/v1/namespaces/default/configmaps', { metadata: { name: 'journal' } }));
  const made = skews.map((skew) => {
    const name = `candidate-${++count}`;
    const argv = [process.execPath, program, cluster.kubeconfig, name, TIMES, String(skew)];
    return [name, LabProcess.start(cluster.run, name, inside(cluster.namespace, argv))] as const;
  });
  running = made.map(([, process]) => process);
  return new Map(made);
}

/** The one that holds the Lease and has written a few times since. */
async function leader(but = ''): Promise<string> {
  return until(
    'a leader that works',
    async () => {
      const { holderIdentity = '' } = await lease();
      const names = await journal();
      const works = names.slice(-3).every((name) => name === holderIdentity);
      return holderIdentity !== but && holderIdentity !== '' && names.length > 3 && works && holderIdentity;
    },
    SLOW,
  );
}

/** Names in the order of their first entry after another one's. */
function reigns(names: readonly string[]): string[] {
  return names.filter((name, at) => name !== names[at - 1]);
}

function said(process: LabProcess | undefined, message: string): Record<string, unknown>[] {
  const lines = readFileSync(process?.log ?? '', 'utf8')
    .trim()
    .split('\n');
  const all = lines.flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Record<string, unknown>] : []));
  return all.filter((line) => line['message'] === message);
}

test('one of three leads; killed while it writes, another one takes over; nobody writes out of turn', async () => {
  const all = await candidates(0, 0, 0);
  const first = await leader();
  assert.equal((await lease()).address, `${first}.example:9444`, 'the others know where it is');
  await all.get(first)?.end('SIGKILL');
  const second = await leader(first);
  assert.deepEqual(reigns(await journal()), [first, second]);
  assert.equal((await lease()).leaseTransitions, 1);
  for (const [name, process] of all) {
    if (name === first) continue;
    await until(`${name} to know`, () => said(process, 'leader').at(-1)?.['identity'] === second, SLOW);
  }
});

test('asked to stop, a leader gives the Lease back after its work has ended', async () => {
  const all = await candidates(0, 0);
  const first = await leader();
  const { code } = await (all.get(first) as LabProcess).end('SIGTERM');
  assert.equal(code, 0, 'it ends by itself');
  const { holderIdentity } = await lease();
  // Nobody could have it so early by expiry: it is free, or somebody took it when it was.
  assert.notEqual(holderIdentity, first);
  const second = await leader(first);
  assert.deepEqual(reigns(await journal()), [first, second]);
  const order = readFileSync(all.get(first)?.log ?? '', 'utf8');
  assert.match(order, /work has ended[\s\S]*leading no more[^\n]*asked to stop/u);
});

test('a leader that was stopped past its deadline writes nothing when it goes on', async () => {
  const all = await candidates(0, 0);
  const first = await leader();
  const process = all.get(first) as LabProcess;
  global.process.kill(process.pid, 'SIGSTOP');
  const second = await leader(first);
  const written = (await journal()).length;
  global.process.kill(process.pid, 'SIGCONT');
  await until('it to know', () => said(process, 'leading no more').length > 0, SLOW);
  await until('the other one to go on', async () => (await journal()).length > written + 20, SLOW);
  assert.deepEqual(reigns(await journal()), [first, second]);
  const [end] = said(process, 'leading no more');
  assert.match(String(end?.['reason']), /could not be renewed in time|another one holds/u);
});

test('clocks that are an hour apart, either way, change nothing', async () => {
  const all = await candidates(-HOUR, HOUR, 0);
  const first = await leader();
  const { renewTime } = await lease();
  await until('many renewals', async () => (await lease()).renewTime !== renewTime, SLOW);
  await until('much work', async () => (await journal()).length > 100, SLOW);
  assert.deepEqual(reigns(await journal()), [first]);
  await all.get(first)?.end('SIGKILL');
  const second = await leader(first);
  await all.get(second)?.end('SIGKILL');
  const third = await leader(second);
  assert.deepEqual(reigns(await journal()), [first, second, third]);
});

test('an API server that goes away ends a term; the next one begins when it is back', async () => {
  const all = await candidates(0);
  const first = await leader();
  await cluster.kill('kube-apiserver');
  const process = all.get(first) as LabProcess;
  await until('it to give up', () => said(process, 'leading no more').length > 0, SLOW);
  cluster.restart('kube-apiserver');
  await cluster.ready();
  const written = (await journal()).length;
  await until('it to lead again', async () => (await journal()).length > written, SLOW);
  assert.equal(said(process, 'leading').length, 2);
});
