import type { Namewall } from '../lab/namewall.ts';
import type { Pod } from '../lab/pod.ts';
import { CLIENTS, type Client, type Result, asksOverTcp, overTcp } from './clients.ts';

/** A client at one name, as it was seen from outside. */
export interface Measured extends Result {
  /** Queries that the kernel judged while it ran. */
  readonly queries: number;
  /** Whether it took as long as a client does whom nobody answers. */
  readonly waited: boolean;
}

/** Client → what it did. */
export type Measurements = ReadonlyMap<string, Measured>;

/** Milliseconds after which a client whom nobody answers is ended: every one of them waits five for one answer. */
const PATIENCE = 12_000;

/** How clients are to ask. */
export interface Manner {
  /** The pods have a search list. */
  readonly search: boolean;
  /** Over TCP, those that can; the pods' resolv.conf says so, too. */
  readonly tcp?: boolean;
}

/** Asks with a client in a pod, once. */
async function ask(client: Client, pod: Pod, name: string, manner: Manner, deadline?: number): Promise<Result> {
  const argv = client.argv(name, manner.search);
  const outcome = await pod.exec(manner.tcp ? overTcp(argv) : argv, deadline === undefined ? {} : { deadline });
  return client.read(outcome);
}

/** Milliseconds that each client takes where nobody answers, at most {@link PATIENCE}; all at the same time. */
export async function measureSilence(pod: Pod, name: string): Promise<Map<string, number>> {
  const all = CLIENTS.map(async (client) => {
    const { elapsed } = await ask(client, pod, name, { search: false }, PATIENCE);
    return [client.name, elapsed] as const;
  });
  return new Map(await Promise.all(all));
}

/** A name that every client is to ask for in one pod. */
export interface Case {
  readonly pod: Pod;
  readonly name: string;
}

/**
 * Measures every client, one after another, in several pods at the same time; each case has its own pod.
 *
 * @param silence what {@link measureSilence} returned
 * @returns per case, in their order
 */
export async function measure(
  namewall: Namewall,
  cases: readonly Case[],
  manner: Manner,
  silence: ReadonlyMap<string, number>,
): Promise<Measurements[]> {
  const results = cases.map(() => new Map<string, Measured>());
  let before = await judged(namewall);
  for (const client of manner.tcp ? CLIENTS.filter(asksOverTcp) : CLIENTS) {
    const asked = await Promise.all(cases.map(({ pod, name }) => ask(client, pod, name, manner)));
    const after = await judged(namewall);
    for (const [index, result] of asked.entries()) {
      const pod = cases[index]?.pod.name ?? '';
      const queries = (after.get(pod) ?? 0) - (before.get(pod) ?? 0);
      const waited = result.elapsed > (silence.get(client.name) ?? 0) / 2;
      results[index]?.set(client.name, { ...result, queries, waited });
    }
    before = after;
  }
  return results;
}

/** Pod → queries judged so far, by the kernel's counters. */
async function judged(namewall: Namewall): Promise<Map<string, number>> {
  const { code, stdout, stderr } = await namewall.runCtl('endpoints', '-o', 'json');
  if (code !== 0) throw new Error(`namewallctl endpoints ended with ${code}: ${stderr}`);
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as EndpointRow);
  return new Map(rows.map(({ name, counts }) => [name, counts.queries + counts.refused]));
}

interface EndpointRow {
  readonly name: string;
  readonly counts: { readonly queries: number; readonly refused: number };
}
