/**
 * Agents of many nodes as far as the operator sees them: the real protocol package, a stream with a client certificate
 * each, in a process of their own. They apply nothing: no map is written. sim-agents.ts AGENTS CA, where AGENTS is a
 * JSON list of {@link SimAgent}. Each line of stdin is answered with one line of JSON, see {@link Answer}:
 *
 *   mark         counts begin anew
 *   applied N    answered when N agents have acknowledged a change since the mark
 *   changes N    answered when all of them together have acknowledged N changes since the mark
 *   synced N     answered when N agents hold everything
 *   view         answered at once
 */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { type Change, PolicyClient, type PolicyClientState } from '@namewall/protocol';
import type { Answer, SimAgent } from '../sim/agents.ts';

const [file = '', ca = ''] = process.argv.slice(2);
const agents = JSON.parse(readFileSync(file, 'utf8')) as SimAgent[];
const bundle = (): Promise<string> => readFile(ca, 'utf8');

const synced = new Set<string>();
/** Changes by node, since the mark. */
const changes = new Map<string, number>();
let [upserts, removals, refused] = [0, 0, 0];
let last = process.hrtime.bigint();
let waiting: { readonly holds: () => boolean; readonly answer: () => void } | undefined;

function settle(): void {
  last = process.hrtime.bigint();
  if (waiting?.holds() !== true) return;
  waiting.answer();
  waiting = undefined;
}

/** The acknowledgement leaves when this returns. */
function apply(node: string, change: Change): void {
  upserts += change.upserts.length;
  removals += change.removals.length;
  changes.set(node, (changes.get(node) ?? 0) + 1);
  settle();
}

function become(node: string, { phase, changesRefused }: PolicyClientState): void {
  const before = synced.has(node);
  if (phase === 'synced') synced.add(node);
  else synced.delete(node);
  refused += changesRefused > 0 ? 1 : 0;
  if (before !== synced.has(node)) settle();
}

function answer(): void {
  const counts = [...changes.values()];
  const most = Math.max(0, ...counts);
  const view: Answer = {
    synced: synced.size,
    agents: changes.size,
    busiest: counts.filter((count) => count === most).length,
    most,
    upserts,
    removals,
    refused,
    last: String(last),
  };
  process.stdout.write(`${JSON.stringify(view)}\n`);
}

const CONDITIONS: Readonly<Record<string, (count: number) => () => boolean>> = {
  applied: (count) => () => changes.size >= count,
  changes: (count) => () => changes.values().reduce((sum, one) => sum + one, 0) >= count,
  synced: (count) => () => synced.size >= count,
};

function obey(line: string): void {
  const [verb, number] = line.split(' ');
  const count = Number(number);
  if (verb === 'mark') {
    changes.clear();
    [upserts, removals] = [0, 0];
  }
  const holds = (verb === undefined ? undefined : CONDITIONS[verb]?.(count)) ?? (() => true);
  if (holds()) answer();
  else waiting = { holds, answer };
}

const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());
createInterface({ input: process.stdin }).on('line', obey);
await Promise.all(
  agents.map(({ address, node, token }) => {
    const client = new PolicyClient({
      address,
      node,
      agentVersion: 'sim',
      held: [],
      credentials: { ca: bundle, token: () => Promise.resolve(token) },
      apply(change) {
        apply(node, change);
        return Promise.resolve({ ok: true });
      },
      onState: (state) => become(node, state),
    });
    return client.run(stop.signal);
  }),
);
