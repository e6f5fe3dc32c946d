/** An event of the datapath in words: the kernel's reason, explained from the ruleset in force at that time. */
import { type Event, NwEventKind, NwReason, recentName } from '@namewall/datapath';
import { decideConnection } from './decide/connection.ts';
import { decideQuery } from './decide/query.ts';
import type { ConnectionFacts } from './facts.ts';
import { type Moment, type Sources, nameOf, readConnection, readQuery } from './read/facts.ts';
import { connectionWords } from './words/connection.ts';
import { GENERAL } from './words/general.ts';
import { queryWords } from './words/query.ts';
import { type Words, words } from './words/words.ts';

/** Of an event without a name, and where the kernel found none: the many of a flood are not matched again. */
const NO_MATCH = { matched: [], shorter: [] };

/** Reasons that concern the packet, not the name in it: an event without a name has them. */
const ROOT = Uint8Array.of(0);

function queryEvent(event: Event, sources: Sources, moment: Moment): Words {
  const wire = event.nameLength > 0 ? event.name : ROOT;
  const question = { wire, text: event.nameLength > 0 ? nameOf(event.name) : '', qtype: event.qtype };
  const facts = readQuery(sources, event.endpoint, wire, moment);
  const known = event.nameLength > 0 && event.reason !== NwReason.QUERY_NO_RULE;
  const decision = known ? decideQuery(question, facts) : NO_MATCH;
  return queryWords(event.reason, { question, facts, decision });
}

/**
 * What the pod has learned is read after the verdict: taken back to what the kernel's reason says of it. An
 * identity that decided stood there, whatever was swept since; where a CIDR decided none matters.
 */
function asItWas(event: Event, facts: ConnectionFacts, { selectorOf, datapath }: Sources): ConnectionFacts {
  if (BY_CIDR.has(event.reason)) return { ...facts, learned: [] };
  if (!BY_NAME.has(event.reason)) return facts;
  const selector = selectorOf(event.handle) ?? '';
  const still = facts.learned.find((identity) => identity.selector === selector);
  const name = nameOf(recentName(datapath.maps, event.endpoint, event.nameHash, datapath.sizes));
  const decided = { selector, name, address: event.remote, expires: event.time + 1n };
  return { ...facts, learned: [{ ...decided, ...still, expires: decided.expires }] };
}

const BY_CIDR: ReadonlySet<number> = new Set([NwReason.PASS_CIDR, NwReason.DENY_CIDR]);
const BY_NAME: ReadonlySet<number> = new Set([NwReason.PASS_NAME, NwReason.DENY_NAME]);

function connectionEvent(event: Event, sources: Sources, moment: Moment): Words {
  const question = { address: event.remote, protocol: event.protocol, port: event.remotePort };
  const facts = asItWas(event, readConnection(sources, event.endpoint, question, moment), sources);
  return connectionWords(event.reason, { question, facts, decision: decideConnection(question, facts) });
}

/**
 * The reason is the kernel's; what stands behind it is read a moment later, so an address that was swept or
 * learned since is told by the reason alone.
 */
export function explainEvent(event: Event, sources: Sources): Words {
  const moment = { time: event.time, ruleset: event.ruleset };
  if (event.kind === NwEventKind.QUERY) return queryEvent(event, sources, moment);
  if (event.kind === NwEventKind.CONNECTION) return connectionEvent(event, sources, moment);
  const [why = ''] = GENERAL[event.reason] ?? [];
  return words(event.reason === NwReason.ANSWER_LEARNED ? '' : why);
}
