/** What an observer asked to see, as predicates. Absent fields select everything. */
import { type Selector, matchesText, parseSelector } from '@namewall/policy/names';
import type { EndpointFilter, EventInput, ObserveRequest } from '@namewall/protocol';

export interface Who {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly number: number;
}

export function endpointFilter(filter: EndpointFilter | null | undefined): (who: Who) => boolean {
  if (filter === null || filter === undefined) return () => true;
  const { namespace, name, uid, number } = filter;
  return (who) =>
    (namespace === '' || who.namespace === namespace) &&
    (name === '' || who.name === name) &&
    (uid === '' || who.uid === uid) &&
    (number === 0 || who.number === number);
}

const sameBytes = (a: Uint8Array, b: Uint8Array | undefined): boolean => b !== undefined && Buffer.from(a).equals(b);

function nameFilter(pattern: string): (name: string) => boolean {
  if (pattern === '') return () => true;
  const selector: Selector = parseSelector(pattern.includes('*') ? { matchPattern: pattern } : { matchName: pattern });
  return (name) => name !== '' && matchesText(selector, name);
}

/** @throws SelectorError when the name pattern is none */
export function eventFilter(request: ObserveRequest): (event: EventInput) => boolean {
  const who = endpointFilter(request.filter);
  const name = nameFilter(request.namePattern);
  const { kinds, verdicts, reasons, address } = request;
  return (event) =>
    who({
      uid: event.uid ?? '',
      namespace: event.namespace ?? '',
      name: event.pod ?? '',
      number: event.endpoint ?? 0,
    }) &&
    (kinds.length === 0 || kinds.includes(event.kind ?? 0)) &&
    (verdicts.length === 0 || verdicts.includes(event.verdict ?? 0)) &&
    (reasons.length === 0 || reasons.includes(event.reason ?? '')) &&
    (address.length === 0 || sameBytes(address, event.remote)) &&
    name(event.name ?? '');
}
