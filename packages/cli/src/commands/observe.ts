import { type Event, EventKind, Verdict } from '@namewall/protocol';
import type { GlobalOptions, Io, OutputOptions } from '../io.ts';
import { formatPeer, formatProtocol, formatQtype, formatSelector, toJson } from '../render/text.ts';
import { agentOnly } from '../source.ts';

const VERDICTS: Readonly<Record<number, string>> = {
  [Verdict.VERDICT_PASSED]: 'passed',
  [Verdict.VERDICT_REFUSED]: 'REFUSED',
  [Verdict.VERDICT_AUDIT]: 'audit',
};

function what(event: Event): string {
  const { kind, name, qtype, remote, remotePort, protocol, addresses } = event;
  const peer = `${formatProtocol(protocol)} ${formatPeer(remote, remotePort)}`;
  const asked = `${name || '(no name)'} ${formatQtype(qtype)}`;
  if (kind === EventKind.EVENT_KIND_QUERY) return `query ${asked} to ${formatPeer(remote, remotePort)}`;
  if (kind === EventKind.EVENT_KIND_ANSWER) {
    return `answer ${asked}, ${addresses} learned, from ${formatPeer(remote, remotePort)}`;
  }
  return `${kind === EventKind.EVENT_KIND_INBOUND ? 'inbound from' : 'connection to'} ${peer}${name ? ` (${name})` : ''}`;
}

/** Of an agent that does not say it in words: the reason, the selector and the policies. */
function reasonOf(event: Event): string {
  const policies = event.policies.map(({ namespace, name }) => (namespace ? `${namespace}/${name}` : name)).join(', ');
  return [event.reason, formatSelector(event.selector), policies && `by ${policies}`].filter(Boolean).join(' ');
}

/** One line: time, pod, verdict, what and why. */
export function formatEvent(event: Event): string {
  const time = new Date(Number(event.time / 1_000_000n)).toISOString().slice(11, 23);
  const pod = event.pod ? `${event.namespace}/${event.pod}` : `endpoint ${event.endpoint}`;
  const why = event.why ? `${event.reason}, ${event.why}` : reasonOf(event);
  return `${time} ${pod} ${VERDICTS[event.verdict] ?? '?'} ${what(event)}: ${why}`;
}

export async function observe(options: GlobalOptions & OutputOptions, io: Io): Promise<void> {
  await agentOnly(options, async (client) => {
    for await (const event of client.observe({}, io.signal)) {
      if (event.lost > 0n && options.output === 'table') {
        io.err(`${event.lost} events lost: this observer is too slow\n`);
      }
      io.out(
        options.output === 'json' ? `${toJson(event)}\n` : `${formatEvent(event).replace(/[^\x20-\x7e]/g, '?')}\n`,
      );
    }
  });
}
