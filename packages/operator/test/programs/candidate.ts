/**
 * A candidate of an election whose work as a leader is to write its name into a journal, again and again:
 * candidate.ts KUBECONFIG IDENTITY TIMES SKEW; TIMES is lease,renewDeadline,retry and SKEW what its wall clock is off
 * by, in milliseconds. What happens to it is said on stdout, one JSON document a line.
 */
import { KubeConfig } from '@kubernetes/client-node';
import { KubeHttp } from '../../src/kubernetes/http.ts';
import { SYSTEM_CLOCK } from '../../src/leader/clock.ts';
import { Election } from '../../src/leader/election.ts';
import type { Term } from '../../src/leader/term.ts';

const [kubeconfig = '', identity = '', times = '', skew = '0'] = process.argv.slice(2);
const [lease = 0, renewDeadline = 0, retry = 0] = times.split(',').map(Number);
const JOURNAL = '/api/v1/namespaces/default/configmaps/journal';

interface Journal {
  readonly metadata: { readonly name: string; readonly resourceVersion?: string };
  readonly data?: { readonly names: string };
}

function say(message: string, fields: object = {}): void {
  process.stdout.write(`${JSON.stringify({ message, ...fields })}\n`);
}

async function write(term: Term): Promise<void> {
  while (term.holds()) {
    try {
      const journal = await term.request<Journal>('GET', JOURNAL);
      const names = `${journal.data?.names ?? ''} ${identity}`;
      await term.request('PUT', JOURNAL, { body: { ...journal, data: { names } } });
    } catch (error) {
      say('journal not written', { problem: String(error) });
    }
    await SYSTEM_CLOCK.sleep(20, term.signal);
  }
  say('work has ended');
}

const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());
const config = new KubeConfig();
config.loadFromFile(kubeconfig);
const http = new KubeHttp(config);
await new Election({
  api: http,
  namespace: 'default',
  name: 'election',
  identity,
  address: `${identity}.example:9444`,
  clock: { ...SYSTEM_CLOCK, wall: () => new Date(Date.now() + Number(skew)) },
  log: { error: say, warn: say, info: say, debug: say },
  times: { lease, renewDeadline, retry },
  lead: write,
  onLeader: (leader) => say('leader', leader),
}).run(stop.signal);
await http.close();
