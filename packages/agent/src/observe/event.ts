/** A datapath event as observers see it. */
import { type Event, NwEventFlag, reasonName } from '@namewall/datapath';
import { type explainEvent, nameOf } from '@namewall/explain';
import { type EventInput, EventKind, Verdict } from '@namewall/protocol';

export interface EventContext {
  readonly pod: (
    endpoint: number,
  ) => { readonly uid: string; readonly namespace: string; readonly name: string } | undefined;
  readonly rulesetId: (ruleset: number) => string | undefined;
  readonly selectorOf: (handle: number) => string | undefined;
  /** Of a connection's address: the recent answer with this hash. */
  readonly recentName: (endpoint: number, hash: bigint) => Uint8Array | undefined;
  readonly explain: (event: Event) => ReturnType<typeof explainEvent>;
  /** Nanoseconds since 1970 less now(). */
  readonly epoch: bigint;
}

const KINDS: Readonly<Record<number, EventKind>> = {
  1: EventKind.EVENT_KIND_QUERY,
  2: EventKind.EVENT_KIND_ANSWER,
  3: EventKind.EVENT_KIND_CONNECTION,
  4: EventKind.EVENT_KIND_INBOUND,
};

function verdictOf(flags: number): Verdict {
  if ((flags & NwEventFlag.REFUSED) !== 0) return Verdict.VERDICT_REFUSED;
  return (flags & NwEventFlag.AUDIT) !== 0 ? Verdict.VERDICT_AUDIT : Verdict.VERDICT_PASSED;
}

export function describeEvent(event: Event, context: EventContext, lost: number): EventInput {
  const pod = context.pod(event.endpoint);
  const { why, fix, rule, selector, policies } = context.explain(event);
  const name = event.nameLength > 0 ? event.name : context.recentName(event.endpoint, event.nameHash);
  return {
    time: event.time + context.epoch,
    lost: BigInt(lost),
    uid: pod?.uid ?? '',
    namespace: pod?.namespace ?? '',
    pod: pod?.name ?? '',
    endpoint: event.endpoint,
    ruleset: context.rulesetId(event.ruleset) ?? '',
    kind: KINDS[event.kind] ?? EventKind.EVENT_KIND_UNSPECIFIED,
    reason: reasonName(event.reason),
    reasonNumber: event.reason,
    verdict: verdictOf(event.flags),
    name: nameOf(name),
    qtype: event.qtype,
    rcode: event.rcode,
    remote: event.remote,
    remotePort: event.remotePort,
    local: event.local,
    localPort: event.localPort,
    protocol: event.protocol,
    // Of an audited rule, or of a deny that the question met: the event's handle is of the first that matched.
    selector: selector || (context.selectorOf(event.handle) ?? ''),
    precedence: event.precedence,
    addresses: event.count,
    policies: [...policies],
    why,
    fix,
    rule,
  };
}
