import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ledger } from './ledger.ts';
import { attachedIn } from './traces.ts';
import { fetchFrom, lookUp } from './probes.ts';
import { until } from './until.ts';
import type { World } from './world.ts';

const POLICY = path.join(import.meta.dirname, '../../../examples/demo/shop.yaml');

export const readPolicy = (): string => readFileSync(POLICY, 'utf8');

/** The policy before it is enforced: it says what it would refuse. */
export const auditedPolicy = (): string => readPolicy().replace('spec:\n', 'spec:\n  enforcementMode: Audit\n');

/** The policy after its edit: one name added, one taken away. */
export const editedPolicy = (): string => readPolicy().replace('removed.shop.example', 'added.shop.example');

/** Operator and agent run and have put their programs on every pod's cable; no policy yet. */
export async function startWithoutPolicy(world: World): Promise<void> {
  world.namewall.startOperator();
  world.namewall.startAgent();
  await attached(world);
}

/** Programs of a cable: pod → net and net → pod. */
const DIRECTIONS = 2;

/** Waits until the agent has put its programs on every pod's cable. */
export async function attached({ lab, namewall }: World): Promise<void> {
  await until('programs on every cable', async () => {
    const { exit, log } = namewall.agent ?? {};
    if (exit) throw new Error(`the agent ended: ${tail(log)}`);
    const programs = await attachedIn(lab.node);
    const on = (name: string) => programs.filter(({ device }) => device === lab.pod(name).hostEnd);
    return namewall.pods.every((name) => on(name).length >= DIRECTIONS);
  });
}

/** Puts the policy in place; returns when a forbidden name is refused, with the milliseconds it took. */
export async function enforce({ lab, namewall }: World): Promise<number> {
  const started = performance.now();
  namewall.write('shop.yaml', readPolicy());
  await until('the policy to take effect', async () => {
    return (await lookUp(lab.pod('shop'), 'forbidden.example')).rcode === 'REFUSED';
  });
  return performance.now() - started;
}

/** Edits the policy's file; returns when both sides of the edit show, with the milliseconds it took. */
export async function edit({ lab, namewall }: World, text: string, added: string, removed: string): Promise<number> {
  const started = performance.now();
  namewall.write('shop.yaml', text);
  await until(`${added} to work and ${removed} to be refused`, async () => {
    const [now, then] = await Promise.all([fetchFrom(lab.pod('shop'), added), lookUp(lab.pod('shop'), removed)]);
    return now.result === 'open' && then.rcode === 'REFUSED';
  });
  return performance.now() - started;
}

/** Opens the connection that the whole demo watches. */
export const openLedger = ({ lab }: World): Promise<Ledger> =>
  Ledger.open(lab.ledgers, lab.pod('shop'), 'api.shop.example');

/** The last lines of a log. */
const tail = (log: string | undefined): string =>
  log ? readFileSync(log, 'utf8').trim().split('\n').slice(-3).join(' | ') : 'it was not started';

/** All that the agent has said so far. */
export const agentLog = ({ namewall }: World): string => readFileSync(namewall.agent?.log ?? '', 'utf8');

/** How the agent found a pod to stand, one reason after another. */
export function statesOf(world: World, pod: string): (string | undefined)[] {
  const { uid } = world.lab.pod(pod);
  const own = agentLog(world)
    .split('\n')
    .filter((line) => line.includes(uid) && line.includes('endpoint state changed'));
  return own.map((line) => /"reason":"(\w+)"/u.exec(line)?.[1]);
}
