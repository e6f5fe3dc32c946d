/** docs/adr/0003, second table: a query to a trusted resolver. */
import { matchesText } from '@namewall/policy';
import { addressBehind, sameAddress } from './address.ts';
import { DISCOVERY, isInternalName, resolverAt } from './node.ts';
import { PROTOCOL, type Question } from './packet.ts';
import type { Said } from './said.ts';
import { type At, isOn } from './situation.ts';
import { type Verdict, firstOf, pass, refuse } from './verdict.ts';

interface Asking extends At {
  readonly question: Question | undefined;
  readonly said: Said;
}

/** The rows of one reading of the policies, the audited ones left out or counted in. Room is another matter. */
const ROWS: readonly ((at: Asking) => Verdict | undefined)[] = [
  function notSelected({ pod, question }) {
    return pod.standing.selected ? undefined : passUnfiltered(question);
  },
  function notPlain({ said, question }) {
    if (question !== undefined) return undefined;
    return said.filtered ? refuse('QUERY_NOT_PLAIN') : passUnfiltered(question);
  },
  function denied({ said, question }) {
    const denies = said.statements.filter(({ deny, name, ports }) => {
      return (
        deny && ports === undefined && name !== undefined && question !== undefined && matchesText(name, question.name)
      );
    });
    return denies.length > 0 ? refuse('QUERY_DENIED', { by: denies }) : undefined;
  },
  function notFiltered({ said, question }) {
    return said.filtered ? undefined : passUnfiltered(question);
  },
  function discoversResolvers({ question }) {
    return question?.name === DISCOVERY ? refuse('QUERY_DENIED') : undefined;
  },
  function selected({ said, question }) {
    const allows = said.statements.filter(({ deny, name }) => {
      return !deny && name !== undefined && question !== undefined && matchesText(name, question.name);
    });
    return allows.length > 0 ? pass('QUERY_ALLOWED', { by: allows, keeps: 'question' }) : undefined;
  },
  function internal({ node, question }) {
    if (question === undefined || !isInternalName(node, question.name)) return undefined;
    return pass('QUERY_ALLOWED', { keeps: 'question' });
  },
  function reverse({ learned, now, question }) {
    const address = question?.type === 'PTR' ? addressBehind(question.name) : undefined;
    if (address === undefined) return undefined;
    const known = learned.some((one) => one.expires > now && sameAddress(one.address, address));
    return known ? pass('QUERY_REVERSE', { keeps: 'question' }) : undefined;
  },
  function deniedLessSuffix(at) {
    const denies = at.said.statements.filter(
      ({ deny, name, ports }) =>
        deny &&
        ports === undefined &&
        name !== undefined &&
        lessSuffix(at).some((shorter) => matchesText(name, shorter)),
    );
    return denies.length > 0 ? refuse('QUERY_DENIED', { by: denies }) : undefined;
  },
  /**
   * Only a name that a policy spells out, its addresses, in lower case: the labels of what a pattern selects, types and
   * the case of letters could carry anything there.
   */
  function allowedLessSuffix(at) {
    const asked = at.packet.question;
    if (asked?.name !== asked?.name.toLowerCase() || (asked?.type !== 'A' && asked?.type !== 'AAAA')) return undefined;
    const allows = at.said.statements.filter(
      ({ deny, name }) => !deny && name?.kind === 'name' && lessSuffix(at).includes(name.text),
    );
    return allows.length > 0 ? pass('QUERY_EXPANSION', { by: allows, keeps: 'question' }) : undefined;
  },
  function noRule() {
    return refuse('QUERY_NO_RULE');
  },
];

/** The names of which a resolver library makes the one that is asked for, by the pod's search list. */
function lessSuffix({ question, pod }: Asking): string[] {
  const name = question?.name ?? '';
  return pod.search.flatMap((suffix) => (name.endsWith(`.${suffix}`) ? [name.slice(0, -suffix.length - 1)] : []));
}

function passUnfiltered(question: Question | undefined): Verdict {
  return question === undefined ? pass('QUERY_NOT_REMEMBERED') : pass('QUERY_UNFILTERED', { keeps: 'question' });
}

/** What becomes of a packet to a trusted resolver; undefined where it is not one, or a connection like others. */
export function verdictOfQuery(at: At): Verdict | undefined {
  const { packet, node, pod } = at;
  const kind = resolverAt(node, packet.destination, packet.destinationPort, packet.protocol);
  if (kind === undefined) return undefined;
  if (kind === 'plain' && packet.protocol === PROTOCOL.UDP) return overUdp(at);
  if (!pod.standing.enforced.filtered || !isOn(at)) return undefined;
  return refuse(kind === 'plain' ? 'QUERY_TCP_UNSEEN' : 'QUERY_ENCRYPTED');
}

function overUdp(at: At): Verdict {
  const { packet, pod } = at;
  const { enforced, audited } = pod.standing;
  const question =
    packet.question === undefined ? undefined : { ...packet.question, name: packet.question.name.toLowerCase() };
  const judged = firstOf(ROWS, { ...at, question, said: enforced });
  const audit =
    judged.action === 'pass' &&
    audited !== undefined &&
    firstOf(ROWS, { ...at, question, said: audited }).action === 'refuse';
  const verdict = withRoom(judged, at);
  const also = [...verdict.also, ...(audit ? (['QUERY_AUDIT_REFUSE'] as const) : [])];
  if (verdict.action === 'pass') return { ...verdict, audit, also };
  if ((at.node.nodeSwitch ?? 'On') === 'Audit') {
    return { ...verdict, audit, also, action: 'pass', keeps: keepsAnyway(verdict, question, at) };
  }
  const isExpansion = question !== undefined && pod.search.some((suffix) => question.name.endsWith(`.${suffix}`));
  const silent = packet.fragment !== undefined || packet.message !== 'query';
  return {
    ...verdict,
    audit,
    also: silent ? also : [...also, 'REPLY_REFUSED'],
    manner: silent ? 'silence' : 'answer',
    rcode: enforced.rcode === 'NXDOMAIN' || isExpansion ? 'NXDOMAIN' : 'REFUSED',
  };
}

/** A question that finds no room cannot teach: refused where names are filtered. */
function withRoom(verdict: Verdict, { pod, room }: At): Verdict {
  if (verdict.keeps !== 'question' || room.question === 'there is') return verdict;
  const { by } = verdict;
  if (!pod.standing.enforced.filtered) return pass('QUERY_NOT_REMEMBERED', { by });
  return refuse(room.question === 'over quota' ? 'QUERY_QUOTA' : 'QUERY_FULL', { by });
}

/** With the node switched to audit a refused question is asked all the same, and its answer teaches. */
function keepsAnyway({ reason }: Verdict, question: Question | undefined, { room }: At): Verdict['keeps'] {
  const full = reason === 'QUERY_QUOTA' || reason === 'QUERY_FULL' || room.question !== 'there is';
  return question === undefined || full ? 'nothing' : 'question';
}
