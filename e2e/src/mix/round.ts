import { NAME_SERVERS, SERVERS } from '../lab/addresses.ts';
import type { Pod } from '../lab/pod.ts';
import { fetchFrom, lookUp } from '../lab/probes.ts';
import type { Account } from './account.ts';
import type { Clients } from './clients.ts';
import type { Connections } from './connections.ts';
import type { Phase } from './phases.ts';
import { SERVICES, nameOf } from './services.ts';

/** Services whose clients connect anew each time. */
export const DIALLED = ['web', 'secure', 'quic', 'git', 'mail'] as const;
/** Messages that each connection that stays carries in a round; the pool's four carry as many each. */
const MESSAGES = 5;

export interface Mix {
  readonly pod: Pod;
  readonly clients: Clients;
  readonly connections: Connections;
  readonly account: Account;
}

/** Every client once, with the resolver at one of its addresses. */
export async function round(mix: Mix, phase: Phase, family: 'v4' | 'v6'): Promise<void> {
  mix.pod.useResolvers([NAME_SERVERS.recursive[family]], { search: [] });
  await Promise.all([dial(mix, phase), ask(mix, phase), knock(mix, phase), exchange(mix, phase)]);
}

async function dial({ clients, account }: Mix, { name, refused }: Phase): Promise<void> {
  for (const service of DIALLED) {
    const expected = refused.includes(service) ? 'name refused' : 'served';
    account.enter(name, service, expected, await clients.attempt(service));
  }
}

/** Both types for each name. */
async function ask({ pod, account }: Mix, { name, refused }: Phase): Promise<void> {
  for (const service of SERVICES) {
    for (const type of ['A', 'AAAA']) {
      const expected = refused.includes(service) ? 'REFUSED' : 'NOERROR';
      account.enter(name, 'look-up', expected, (await lookUp(pod, nameOf(service), type)).rcode);
    }
  }
}

/** At addresses that no name leads to. */
async function knock({ pod, account }: Mix, { name, enforced }: Phase): Promise<void> {
  for (const host of [SERVERS.nameless.v4, `[${SERVERS.nameless.v6}]`]) {
    account.enter(name, 'nameless', enforced ? 'refused' : 'open', (await fetchFrom(pod, host)).result);
  }
}

/** Over the connections that stay. */
export async function exchange({ connections, account }: Mix, { name, refused }: Phase): Promise<void> {
  const socket = await connections.socket(MESSAGES);
  account.enter(name, 'socket', 'whole', socket.open && socket.sent === socket.received ? 'whole' : 'cut', MESSAGES);
  const quic = await connections.quic(MESSAGES);
  account.enter(name, 'quic kept', 'whole', quic.received === MESSAGES ? 'whole' : 'cut', MESSAGES);
  const { worked, failed } = await connections.pool(MESSAGES);
  const expected = refused.includes('store') ? 'none' : 'all';
  const seen = worked === 0 ? 'none' : Object.keys(failed).length === 0 ? 'all' : JSON.stringify(failed);
  account.enter(name, 'store', expected, seen, worked);
}
