/** Answers `namewallctl explain`: from the agent, or from the pins when none runs. */
import { learnedFacts } from '@namewall/datapath';
import { foldWire, isMapped, nameToWire } from '@namewall/policy/names';
import { rulesOfName } from '../decide/rules.ts';
import type { ConnectionFacts, LearnedIdentity } from '../facts.ts';
import { pickPort } from '../pick.ts';
import { type Sources, type Target, nameOf, readConnection, readQuery } from '../read/facts.ts';
import { isReverseZone } from '../read/reverse.ts';
import { hasPorts, peerText, protocolName } from '../words/text.ts';
import { explainConnection } from './connection.ts';
import { explainQuery, withConnections } from './query.ts';
import { type Explained, addressEntry } from './verdict.ts';

/** message ExplainRequest */
interface Asked {
  readonly endpoint: number;
  readonly name: string;
  readonly address: Uint8Array;
  readonly port: number;
  readonly protocol: number;
}

const A = 1;
const PTR = 12;
const TCP = 6;
const ICMP = 1;
const ICMPV6 = 58;
/** An IPv4 address that nobody has learned. */
const UNKNOWN = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0);
/** Connections of one name that are shown; the rest is like them. */
const CONNECTIONS_MAX = 32;

/** TCP unless asked otherwise; ICMP is another protocol in IPv6, and has no ports. */
function targetOf(address: Uint8Array, asked: number, port: number): Target {
  const protocol = asked === ICMP && !isMapped(address) ? ICMPV6 : asked === 0 ? TCP : asked;
  return { address, protocol, port: hasPorts(protocol) ? port : 0 };
}

function explainAddress({ endpoint, address: remote, port, protocol: asked }: Asked, sources: Sources): Explained {
  const given = targetOf(remote, asked, port);
  const facts = readConnection(sources, endpoint, given);
  if (port > 0 || !hasPorts(given.protocol)) return explainConnection(given, facts);
  const target = pickPort(remote, asked, facts);
  const shown = `${peerText(target.address, target.protocol, target.port)} (no port given)`;
  return explainConnection(target, readConnection(sources, endpoint, target), shown);
}

/** Addresses that the pod learned for the name; where the name is no longer kept, for a selector of the name. */
function learnedFor(
  sources: Sources,
  endpoint: number,
  name: string,
  selectors: ReadonlySet<string>,
): LearnedIdentity[] {
  const { maps, sizes } = sources.datapath;
  return [...learnedFacts(maps, sizes, (key) => key.endpoint === endpoint)].flatMap(
    ({ address: remote, handle, expires, name: wire }) => {
      const selector = sources.selectorOf(handle) ?? '';
      const known = nameOf(wire);
      const belongs = known === name || (known === '' && selectors.has(selector));
      return belongs ? [{ selector, name: known, address: remote, expires }] : [];
    },
  );
}

function distinct(learned: readonly LearnedIdentity[]): Uint8Array[] {
  return [...new Map(learned.map(({ address: one }) => [Buffer.from(one).toString('hex'), one])).values()];
}

/** No address is known yet: as if one that no CIDR rule and no range covers had been learned just now. */
function imagined(
  facts: ConnectionFacts,
  name: string,
  selectors: ReadonlySet<string>,
  remote: Uint8Array,
): ConnectionFacts {
  const expires = facts.time + 1n;
  const rules = facts.pod?.rules;
  return {
    ...facts,
    learned: [...selectors].map((selector) => ({ selector, name, address: remote, expires })),
    resolver: 0,
    range: 0,
    known: [],
    pod: facts.pod === undefined || rules === undefined ? facts.pod : { ...facts.pod, rules: { ...rules, cidrs: [] } },
  };
}

function connectionsOf(
  { endpoint, port, protocol: asked, name }: Asked,
  sources: Sources,
  learned: readonly LearnedIdentity[],
  selectors: ReadonlySet<string>,
): Explained[] {
  if (port === 0 && (asked === 0 || hasPorts(asked))) return [];
  const protocol = asked === 0 ? TCP : asked;
  const addresses = distinct(learned).slice(0, CONNECTIONS_MAX);
  if (addresses.length > 0) {
    return addresses.map((remote) => {
      const target = targetOf(remote, protocol, port);
      return explainConnection(target, readConnection(sources, endpoint, target));
    });
  }
  const target = targetOf(UNKNOWN, protocol, port);
  const facts = imagined(readConnection(sources, endpoint, target), name, selectors, target.address);
  const shown = `${hasPorts(protocol) ? `${protocolName(protocol)}/${port}` : protocolName(protocol)} to an address of ${name}, once learned`;
  return [explainConnection(target, facts, shown)];
}

function explainName(asked: Asked, sources: Sources): Explained {
  const wire = foldWire(nameToWire(asked.name));
  const text = nameOf(wire);
  const facts = readQuery(sources, asked.endpoint, wire);
  const explained = explainQuery({ wire, text, qtype: isReverseZone(text) ? PTR : A }, facts);
  const rules = facts.pod?.rules;
  const selectors = new Set(rules === undefined ? [] : rulesOfName(rules, wire).map(({ selector }) => selector));
  const learned = learnedFor(sources, asked.endpoint, text, selectors);
  const connections = connectionsOf({ ...asked, name: text }, sources, learned, selectors);
  const addresses = learned.map((identity) => addressEntry(identity, facts.time));
  return { ...withConnections(explained, connections), addresses };
}

/** @throws NameError for a name that is none */
export function explain(asked: Asked, sources: Sources): Explained {
  return asked.name === '' ? explainAddress(asked, sources) : explainName(asked, sources);
}
