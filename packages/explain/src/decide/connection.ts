/** docs/adr/0003-verdict-order.md for a packet that is no question, row by row; the order of bpf/lib/connection.h. */
import {
  NwFlowFlag,
  NwFlowRuleset,
  NwRangeFlag,
  NwReason,
  NwResolver,
  NwRulesetFlag,
  NwSwitch,
} from '@namewall/datapath';
import type { ConnectionFacts, ConnectionQuestion, KnownFlow, Rules, Share } from '../facts.ts';
import { describeIdentities, describeRow, plural } from '../words/text.ts';
import { opensControl } from './control.ts';
import { type Candidate, type Rows, applyRows, cidrOf, isAudit, isDeny } from './rows.ts';
import { type Look, type Seen, type Step, walk } from './steps.ts';

export interface ConnectionDecision {
  /** enum nw_reason: what the kernel counts last for the packet. */
  readonly reason: number;
  /** What it would have counted without audit switch, grandfathering and lack of room. */
  readonly base: number;
  readonly steps: readonly Seen[];
  /** undefined: no ruleset was asked. */
  readonly rows: Rows | undefined;
  /** With the audited policies counted in; undefined: there are none, or it is denied anyway. */
  readonly audit: number | undefined;
}

interface Situation {
  readonly question: ConnectionQuestion;
  readonly facts: ConnectionFacts;
  readonly rules: Rules | undefined;
  readonly rows: Rows | undefined;
}

/** Refused where names are filtered: connections to resolvers that cannot be followed. */
export const isStreamRefusal = (reason: number): boolean =>
  reason >= NwReason.STREAM_URGENT && reason <= NwReason.STREAM_FULL;

export const isDenial = (reason: number): boolean =>
  reason >= NwReason.DENY_CIDR && reason <= NwReason.DENY_POSES_AS_RESOLVER;

const has = (rules: Rules | undefined, flag: number): boolean => ((rules?.flags ?? 0) & flag) !== 0;

function nodeSwitch({ facts }: Situation): Look {
  if (facts.nodeSwitch === NwSwitch.OFF) return { found: 'off', reason: NwReason.PASS_SWITCHED_OFF };
  return { found: facts.nodeSwitch === NwSwitch.AUDIT ? 'audit: refusals are reported and passed' : 'on' };
}

function endpoint({ facts }: Situation): Look {
  return facts.pod === undefined ? { found: 'gone', reason: NwReason.DENY_NO_ENDPOINT } : { found: 'attached' };
}

function control({ question }: Situation): Look {
  return opensControl(question) ? { found: 'yes', reason: NwReason.PASS_CONTROL } : { found: 'no' };
}

/** Questions are judged by name, over UDP and in connections that are followed; encrypted ones cannot be. */
function resolver({ question, facts, rules }: Situation): Look {
  const { resolver: kind, nodeSwitch: position, streams } = facts;
  const filters = has(rules, NwRulesetFlag.FILTER_NAMES);
  const filtered = filters && position === NwSwitch.ON;
  const { protocol } = question;
  if (kind === NwResolver.NONE) return { found: 'no' };
  if (kind === NwResolver.PLAIN && (protocol === UDP || protocol === TCP)) {
    const full = filtered && protocol === TCP ? lackOfStreams(streams) : undefined;
    if (full !== undefined) return { found: 'yes, and no room for one more connection', reason: full };
    if (rules === undefined) return { found: 'yes', reason: NwReason.QUERY_UNFILTERED };
    return { found: 'yes: each question by its name', reason: NwReason.REASON_NONE };
  }
  if (!filters) return { found: 'yes, and names are not filtered' };
  if (!filtered) return { found: 'yes, encrypted: reported, and judged like any connection' };
  return { found: 'yes, encrypted', reason: NwReason.QUERY_ENCRYPTED };
}

function lackOfStreams({ held, quota, taken, entries }: Share): number | undefined {
  if (held >= quota) return NwReason.STREAM_QUOTA;
  return taken >= entries ? NwReason.STREAM_FULL : undefined;
}

const isLive = (flow: KnownFlow | undefined, time: bigint): flow is KnownFlow =>
  flow !== undefined && flow.expires > time;

function knownFlow({ question, facts, rules }: Situation): Look {
  const { flow } = question;
  if (flow === undefined) {
    return { found: facts.known.length === 0 ? 'none' : `${facts.known.length}, see below; a new one is judged` };
  }
  if (!isLive(flow, facts.time)) return { found: 'it has ended' };
  if (flow.ruleset === (rules?.number ?? 0)) return { found: 'yes, under these rules', reason: NwReason.PASS_FLOW };
  if (rules !== undefined && (flow.flags & NwFlowFlag.INBOUND) !== 0) {
    return { found: 'yes, opened from outside', reason: NwReason.PASS_FLOW };
  }
  return { found: 'yes, under other rules: judged again' };
}

function selected({ rules }: Situation): Look {
  if (rules === undefined) return { found: 'by no policy', reason: NwReason.PASS_UNSELECTED };
  return { found: rules.policies === undefined ? 'yes' : `by ${plural(rules.policies.length, 'policy', 'policies')}` };
}

/** Rows of CIDRs and of names are one set: of both the smallest precedence was found before. */
function cidrRows({ rows, rules, question }: Situation): Look {
  const own = rows?.candidates.filter(({ origin }) => origin.kind === 'cidr') ?? [];
  const [decided] = rows?.deciding ?? [];
  const reason = decided?.origin.kind === 'cidr' ? reasonOfRow(decided) : undefined;
  if (own.length > 0) return { found: own.map(describeRow).join('; '), reason };
  return { found: rules !== undefined && cidrOf(rules, question.address) !== undefined ? 'no row' : 'none covers it' };
}

function identities({ rows, facts }: Situation): Look {
  const found = describeIdentities(facts.learned, facts.time);
  const [decided] = rows?.deciding ?? [];
  return decided === undefined ? { found } : { found, reason: reasonOfRow(decided) };
}

function reasonOfRow({ row, origin }: Candidate): number {
  if (origin.kind === 'cidr') return isDeny(row) ? NwReason.DENY_CIDR : NwReason.PASS_CIDR;
  return isDeny(row) ? NwReason.DENY_NAME : NwReason.PASS_NAME;
}

/** Packets that carry others are no cluster traffic: bpf/lib/connection.h, encapsulates(). */
function encapsulates({ protocol, port }: ConnectionQuestion): boolean {
  if (protocol === UDP) return TUNNEL_PORTS.has(port);
  return !PLAIN_PROTOCOLS.has(protocol);
}

function ranges({ question, facts }: Situation): Look {
  const leftAlone = (facts.range & (NwRangeFlag.CLUSTER | NwRangeFlag.API_SERVER)) !== 0;
  if (!leftAlone) return { found: 'neither cluster nor API server' };
  if ((facts.range & NwRangeFlag.METADATA) !== 0) return { found: 'cloud metadata: never exempt' };
  if (encapsulates(question)) return { found: 'cluster, but the packet carries another one' };
  return { found: 'cluster or API server: not ours', reason: NwReason.PASS_RANGE };
}

function isolation({ rules, rows }: Situation): Look {
  if (!has(rules, NwRulesetFlag.ISOLATED)) return { found: 'no', reason: NwReason.PASS_NOT_ISOLATED };
  return { found: 'yes: what no rule allows is denied', reason: reasonOfNoRow(rows) };
}

function reasonOfNoRow(rows: Rows | undefined): number {
  const allows = rows?.candidates.some(({ row }) => !isDeny(row) && !isAudit(row)) ?? false;
  if (allows) return NwReason.DENY_PORT;
  return (rows?.expired.length ?? 0) > 0 ? NwReason.DENY_EXPIRED : NwReason.DENY_UNKNOWN;
}

const ORDER: readonly Step<Situation>[] = [
  ['node switch', nodeSwitch],
  ['endpoint', endpoint],
  ['control traffic', control],
  ['trusted resolver', resolver],
  ['known flow', knownFlow],
  ['selected', selected],
  ['CIDR rules', cidrRows],
  ['learned names', identities],
  ['ranges', ranges],
  ['isolated', isolation],
];

/** Enforced rows were not enough to deny: would those of Audit policies? */
function auditReason({ rules, rows, facts, question }: Situation, base: number): number | undefined {
  const judged = rows !== undefined && !NOT_JUDGED.has(base);
  if (!judged || !has(rules, NwRulesetFlag.HAS_AUDIT) || isDenial(base)) return undefined;
  const [decided] = rows.audited;
  if (decided !== undefined) return reasonOfRow(decided);
  const { reason } = ranges({ question, facts, rules, rows });
  if (reason !== undefined) return reason;
  return has(rules, NwRulesetFlag.AUDIT_ISOLATED) ? reasonOfNoRow(rows) : NwReason.PASS_NOT_ISOLATED;
}

/** Nothing was enforced when the flow was let through last: bpf/lib/cut.h, was_free(). */
const wasFree = ({ ruleset, flags }: KnownFlow): boolean => ruleset === 0 || (flags & NwFlowFlag.AUDITED) !== 0;

/** A flow older than the pod's first enforced policy goes on for a while: bpf/lib/cut.h, is_grandfathered(). */
export function isGrandfathered(flow: KnownFlow | undefined, facts: ConnectionFacts): boolean {
  const { pod, time, grandfather } = facts;
  if (!isLive(flow, time) || pod === undefined || !wasFree(flow)) return false;
  return flow.created < pod.selectedAt && time < pod.selectedAt + grandfather;
}

/** An edit leaves a flow that a ruleset let through to close by itself: bpf/lib/cut.h, is_left_to_close(). */
function isLeftToClose(flow: KnownFlow | undefined, { time }: ConnectionFacts, rules: Rules | undefined): boolean {
  if (!isLive(flow, time) || wasFree(flow) || flow.ruleset === NwFlowRuleset.FLOW_CUT) return false;
  return has(rules, NwRulesetFlag.CUT_ON_CLOSE);
}

/** What stands beside the order: flows that outlive an edit, the node's audit switch, room for a new flow. */
function adjust(base: number, { question, facts, rules }: Situation): number {
  if (isDenial(base)) {
    if (base === NwReason.DENY_NO_ENDPOINT) return base;
    if (isGrandfathered(question.flow, facts)) return NwReason.PASS_GRANDFATHERED;
    if (isLeftToClose(question.flow, facts, rules)) return NwReason.PASS_UNTIL_CLOSE;
    if (facts.nodeSwitch !== NwSwitch.AUDIT) return base;
  } else if (NOT_JUDGED.has(base)) return base;
  const full = isLive(question.flow, facts.time) ? undefined : lackOfRoom(facts);
  const refuses = has(rules, NwRulesetFlag.ISOLATED) && facts.nodeSwitch !== NwSwitch.AUDIT;
  if (full !== undefined) return refuses ? full : NwReason.PASS_NOT_TRACKED;
  return isDenial(base) ? NwReason.PASS_SWITCHED_AUDIT : base;
}

function lackOfRoom({ flows }: ConnectionFacts): number | undefined {
  if (flows.held >= flows.quota) return NwReason.DENY_FLOW_QUOTA;
  return flows.taken >= flows.entries ? NwReason.DENY_FLOW_FULL : undefined;
}

export function decideConnection(question: ConnectionQuestion, facts: ConnectionFacts): ConnectionDecision {
  const rules = facts.pod?.rules;
  const rows = rules === undefined ? undefined : applyRows(rules, question, facts);
  const situation: Situation = { question, facts, rules, rows };
  const { steps, reason: base } = walk(ORDER, situation);
  return { reason: adjust(base, situation), base, steps, rows, audit: auditReason(situation, base) };
}

const TCP = 6;
const UDP = 17;
/** TCP, SCTP, ICMP. */
const PLAIN_PROTOCOLS: ReadonlySet<number> = new Set([6, 132, 1, 58]);
/** VXLAN, VXLAN as Linux has it by default, Geneve. */
const TUNNEL_PORTS: ReadonlySet<number> = new Set([4789, 8472, 6081]);
/** Verdicts before the rules are asked. */
const NOT_JUDGED: ReadonlySet<number> = new Set([
  NwReason.REASON_NONE,
  NwReason.PASS_SWITCHED_OFF,
  NwReason.DENY_NO_ENDPOINT,
  NwReason.PASS_CONTROL,
  NwReason.QUERY_UNFILTERED,
  NwReason.QUERY_ENCRYPTED,
  NwReason.STREAM_QUOTA,
  NwReason.STREAM_FULL,
  NwReason.PASS_FLOW,
]);
