/** bpf/lib/verdict.h, decide(): of all rows that fit, the smallest precedence; at equal precedence a deny. */
import { NwRowFlag } from '@namewall/datapath';
import { type Prefix, maskAddress } from '@namewall/policy/names';
import type {
  CidrRule,
  ConnectionFacts,
  ConnectionQuestion,
  LearnedIdentity,
  NameRule,
  PortRow,
  Rules,
} from '../facts.ts';
import { nameRule } from './rules.ts';

/** Where a row stands. */
export type Origin =
  | { readonly kind: 'cidr'; readonly cidr: Prefix }
  | { readonly kind: 'name'; readonly selector: string; readonly identity: LearnedIdentity };

export interface Candidate {
  readonly row: PortRow;
  readonly origin: Origin;
}

export interface Rows {
  /** Of the CIDR and of every live identity, whether they fit the port or not. */
  readonly candidates: readonly Candidate[];
  /** Those that fit and share the smallest rank; [] = no row decides. Enforced rows only. */
  readonly deciding: readonly Candidate[];
  /** The same with audited rows counted in. */
  readonly audited: readonly Candidate[];
  /** Live identities that a rule allows, be it for other ports. */
  readonly named: readonly LearnedIdentity[];
  readonly expired: readonly LearnedIdentity[];
  /** Live identities that no rule allows. */
  readonly unruled: readonly LearnedIdentity[];
}

export const isDeny = ({ flags }: PortRow): boolean => (flags & NwRowFlag.DENY) !== 0;
export const isAudit = ({ flags }: PortRow): boolean => (flags & NwRowFlag.AUDIT) !== 0;

function fits({ protocol, portFirst, portLast }: PortRow, question: ConnectionQuestion): boolean {
  return (protocol === 0 || protocol === question.protocol) && portFirst <= question.port && question.port <= portLast;
}

const rankOf = (row: PortRow): number => row.precedence * 2 + (isDeny(row) ? 0 : 1);

function smallest(candidates: readonly Candidate[]): Candidate[] {
  const least = Math.min(...candidates.map(({ row }) => rankOf(row)));
  return candidates.filter(({ row }) => rankOf(row) === least);
}

/** The longest prefix, as the kernel's trie finds it: it carries the rows of those that cover it. */
export function cidrOf(rules: Rules, address: Uint8Array): CidrRule | undefined {
  return coveringCidrs(rules, address).at(-1);
}

/** The shortest first. */
function coveringCidrs({ cidrs }: Rules, address: Uint8Array): CidrRule[] {
  return cidrs
    .filter(({ prefix, prefixLength }) => Buffer.compare(maskAddress(address, prefixLength), prefix) === 0)
    .toSorted((a, b) => a.prefixLength - b.prefixLength);
}

const sameRow = (a: PortRow, b: PortRow): boolean =>
  a.precedence === b.precedence &&
  a.protocol === b.protocol &&
  a.portFirst === b.portFirst &&
  a.portLast === b.portLast &&
  a.flags === b.flags &&
  a.policy === b.policy;

/** Each row with the shortest prefix that has it: there a policy wrote it. */
function cidrCandidates(rules: Rules, address: Uint8Array): Candidate[] {
  const covering = coveringCidrs(rules, address);
  const longest = covering.at(-1);
  return (longest?.rows ?? []).map((row) => {
    const cidr = covering.find(({ rows }) => rows.some((other) => sameRow(other, row))) ?? longest;
    return { row, origin: { kind: 'cidr', cidr: cidr ?? { prefix: address, prefixLength: 128 } } };
  });
}

/** A connection lives whatever expires: the identity that let it through last is asked once more. */
function ownCandidates(rules: Rules, { flow, address }: ConnectionQuestion, { time }: ConnectionFacts): Candidate[] {
  if (flow === undefined || flow.selector === '' || flow.expires <= time) return [];
  const { selector, expires } = flow;
  const identity = { selector, name: '', address, expires };
  return (nameRule(rules, selector)?.rows ?? []).map((row) => ({ row, origin: { kind: 'name', selector, identity } }));
}

/** The kernel's order: the CIDR, then the identities as they stand in the learned entry. */
export function applyRows(rules: Rules, question: ConnectionQuestion, facts: ConnectionFacts): Rows {
  const candidates = cidrCandidates(rules, question.address);
  const named: LearnedIdentity[] = [];
  const unruled: LearnedIdentity[] = [];
  const live = facts.learned.filter(({ expires }) => expires > facts.time);
  for (const identity of live) {
    const rule: NameRule | undefined = nameRule(rules, identity.selector);
    (rule?.rows.some((row) => !isDeny(row) && !isAudit(row)) === true ? named : unruled).push(identity);
    for (const row of rule?.rows ?? []) {
      candidates.push({ row, origin: { kind: 'name', selector: identity.selector, identity } });
    }
  }
  candidates.push(...ownCandidates(rules, question, facts));
  const fitting = candidates.filter(({ row }) => fits(row, question));
  return {
    candidates,
    deciding: smallest(fitting.filter(({ row }) => !isAudit(row))),
    audited: smallest(fitting),
    named,
    unruled,
    expired: facts.learned.filter(({ expires }) => expires <= facts.time),
  };
}
