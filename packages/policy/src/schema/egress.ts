import { z } from 'zod';
import { PEERS_PER_RULE_MAX, PORTS_PER_RULE_MAX } from '../limits.ts';
import { SELECTOR_TEXT_MAX } from '../selector-check.ts';
import { parseSelector } from '../selector.ts';
import { parseCidr, prefixKey } from '../value/cidr.ts';
import { type Words, cel, say } from './cel.ts';
import { cidrText } from './common.ts';
import { matchNameChecks, matchPatternChecks } from './fqdn-cel.ts';
import { addProblem, forbidRepeats, tryRead } from './problem.ts';

const BOTH_TEXTS: Words = ['has both matchName and matchPattern', 'keep one of them'];
const NEITHER_TEXT: Words = [
  'has neither matchName nor matchPattern',
  'write matchName: api.example.com or matchPattern: "*.example.com"',
];

const fqdn = z
  .strictObject({
    matchName: z
      .string()
      .optional()
      .meta({
        minLength: 1,
        maxLength: SELECTOR_TEXT_MAX,
        description: 'The name itself, no other. Case and a trailing dot do not matter.',
        ...matchNameChecks,
      }),
    matchPattern: z
      .string()
      .optional()
      .meta({
        minLength: 1,
        maxLength: SELECTOR_TEXT_MAX,
        description:
          '"*" is zero or more of [-a-zA-Z0-9_] and never crosses a dot; a leading "**." is one or more ' +
          'whole labels; "*" alone is every name.',
        ...matchPatternChecks,
      }),
  })
  .superRefine((source, ctx) => {
    const path = source.matchName !== undefined ? ['matchName'] : ['matchPattern'];
    const single = (source.matchName === undefined) !== (source.matchPattern === undefined);
    tryRead(ctx, single ? path : [], () => parseSelector(source));
  })
  .meta(
    cel(
      { rule: '!has(self.matchName) || !has(self.matchPattern)', message: say(BOTH_TEXTS) },
      { rule: 'has(self.matchName) || has(self.matchPattern)', message: say(NEITHER_TEXT) },
    ),
  );

const BOTH_KINDS: Words = ['has both fqdn and cidr', 'write two entries, one for each'];
const NEITHER_KIND: Words = ['has neither fqdn nor cidr', 'write fqdn: {matchName: …} or cidr: 192.0.2.0/24'];

const peer = z
  .strictObject({
    fqdn: fqdn
      .optional()
      .meta({ description: 'Names whose addresses the pod has learned: either matchName or matchPattern.' }),
    cidr: cidrText.optional().meta({ description: 'Addresses: 192.0.2.0/24. ::/0 is all of IPv6 and no IPv4.' }),
  })
  .superRefine((value, ctx) => {
    if (value.fqdn !== undefined && value.cidr !== undefined) addProblem(ctx, [], ...BOTH_KINDS);
    else if (value.fqdn === undefined && value.cidr === undefined) addProblem(ctx, [], ...NEITHER_KIND);
  })
  .meta(
    cel(
      { rule: '!has(self.fqdn) || !has(self.cidr)', message: say(BOTH_KINDS) },
      { rule: 'has(self.fqdn) || has(self.cidr)', message: say(NEITHER_KIND) },
    ),
  );

const portNumber = z.int().min(1).max(65535);

const ICMP_PORTS: Words = ['ICMP has no ports', 'remove port and endPort'];
const EMPTY_PORT: Words = ['is empty', 'write protocol and port, or leave ports out for all'];
const LONE_END: Words = ['endPort without port', 'write port: 1 or the first port'];

const port = z
  .strictObject({
    protocol: z.enum(['TCP', 'UDP', 'SCTP', 'ICMP']).optional().meta({
      description: 'Absent = TCP. ICMP means ICMPv6 too, and takes no port.',
    }),
    port: portNumber.optional().meta({ description: 'Absent = every port of the protocol.' }),
    endPort: portNumber.optional().meta({ description: 'Last port of a range that begins at port.' }),
  })
  .superRefine(({ protocol, port: first, endPort: last }, ctx) => {
    if (protocol === 'ICMP' && (first !== undefined || last !== undefined)) {
      addProblem(ctx, [first === undefined ? 'endPort' : 'port'], ...ICMP_PORTS);
      return;
    }
    if (protocol === undefined && first === undefined && last === undefined) addProblem(ctx, [], ...EMPTY_PORT);
    if (last === undefined) return;
    if (first === undefined) addProblem(ctx, ['endPort'], ...LONE_END);
    else if (last < first) {
      addProblem(ctx, ['endPort'], `the range ${first}-${last} is reversed`, `write port: ${last}, endPort: ${first}`);
    }
  })
  .meta(
    cel(
      {
        rule: `self.?protocol.orValue('TCP') != 'ICMP' || !has(self.port)`,
        message: say(ICMP_PORTS),
        fieldPath: '.port',
      },
      {
        rule: `self.?protocol.orValue('TCP') != 'ICMP' || has(self.port) || !has(self.endPort)`,
        message: say(ICMP_PORTS),
        fieldPath: '.endPort',
      },
      { rule: 'has(self.protocol) || has(self.port) || has(self.endPort)', message: say(EMPTY_PORT) },
      {
        rule: `!has(self.endPort) || has(self.port) || self.?protocol.orValue('TCP') == 'ICMP'`,
        message: say(LONE_END),
        fieldPath: '.endPort',
      },
      {
        rule: '!has(self.endPort) || !has(self.port) || self.port <= self.endPort',
        message: 'the range is reversed; write the lower one as port, the higher one as endPort',
        fieldPath: '.endPort',
      },
    ),
  );

const EMPTY_TO: Words = ['is empty, so the rule selects nothing', 'list fqdn or cidr entries, or remove the rule'];
const EMPTY_PORTS: Words = ['is empty', 'leave ports out for all ports, or list some'];
const REPEATED_PORT: Words = ['has an entry twice', 'remove one of them'];

/** As portKey(): p and q mean the same ports. */
const SAME_PORTS = [
  `(has(p.protocol) ? p.protocol : 'TCP') == (has(q.protocol) ? q.protocol : 'TCP')`,
  '(has(p.port) ? p.port : 0) == (has(q.port) ? q.port : 0)',
  '(has(p.endPort) ? p.endPort : has(p.port) ? p.port : 0) == (has(q.endPort) ? q.endPort : has(q.port) ? q.port : 0)',
].join(' && ');

/** Where to, and by which ports. Any entry of `to` with any entry of `ports`. */
export const egressRule = z.strictObject({
  to: z
    .array(peer)
    .max(PEERS_PER_RULE_MAX)
    .superRefine((peers, ctx) => {
      forbidRepeats(ctx, [], peers.map(peerKey));
      if (peers.length === 0) addProblem(ctx, [], ...EMPTY_TO);
    })
    .meta({
      description: 'Where to: in each entry either names, by fqdn, or addresses, by cidr.',
      ...cel({ rule: 'self.size() > 0', message: say(EMPTY_TO) }),
    }),
  ports: z
    .array(port)
    .max(PORTS_PER_RULE_MAX)
    .optional()
    .superRefine((ports, ctx) => {
      if (ports === undefined) return;
      if (ports.length === 0) addProblem(ctx, [], ...EMPTY_PORTS);
      forbidRepeats(ctx, [], ports.map(portKey));
    })
    .meta({
      description: 'By which ports. Absent = every port of every protocol.',
      ...cel(
        { rule: 'self.size() > 0', message: say(EMPTY_PORTS) },
        { rule: `self.all(p, self.exists_one(q, ${SAME_PORTS}))`, message: say(REPEATED_PORT) },
      ),
    }),
});

export type EgressRule = z.infer<typeof egressRule>;
export type Peer = z.infer<typeof peer>;
export type PortRange = z.infer<typeof port>;

/** Equal for entries that mean the same; undefined for what is not valid. */
function peerKey(value: Peer): string | undefined {
  try {
    if (value.fqdn !== undefined) return parseSelector(value.fqdn).canonical;
    return value.cidr === undefined ? undefined : prefixKey(parseCidr(value.cidr));
  } catch {
    return undefined;
  }
}

function portKey({ protocol = 'TCP', port: first, endPort }: PortRange): string {
  return `${protocol}/${first ?? '*'}-${endPort ?? first ?? '*'}`;
}
