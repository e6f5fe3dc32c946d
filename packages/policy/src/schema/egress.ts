import { z } from 'zod';
import { PEERS_PER_RULE_MAX, PORTS_PER_RULE_MAX } from '../limits.ts';
import { SELECTOR_TEXT_MAX } from '../selector-check.ts';
import { parseSelector } from '../selector.ts';
import { parseCidr, prefixKey } from '../value/cidr.ts';
import { cidrText } from './common.ts';
import { addProblem, forbidRepeats, tryRead } from './problem.ts';

const fqdn = z
  .strictObject({
    matchName: z.string().optional().meta({
      maxLength: SELECTOR_TEXT_MAX,
      pattern: '^([-a-zA-Z0-9_]+[.]?)+$',
      description: 'The name itself, no other. Case and a trailing dot do not matter.',
    }),
    matchPattern: z
      .string()
      .optional()
      .meta({
        maxLength: SELECTOR_TEXT_MAX,
        pattern: '^([-a-zA-Z0-9_*]+[.]?)+$',
        description:
          '"*" is zero or more of [-a-zA-Z0-9_] and never crosses a dot; a leading "**." is one or more ' +
          'whole labels; "*" alone is every name.',
      }),
  })
  .superRefine((source, ctx) => {
    const path = source.matchName !== undefined ? ['matchName'] : ['matchPattern'];
    const single = (source.matchName === undefined) !== (source.matchPattern === undefined);
    tryRead(ctx, single ? path : [], () => parseSelector(source));
  });

const peer = z
  .strictObject({
    fqdn: fqdn.optional().meta({ description: 'Names whose addresses the pod has learned.' }),
    cidr: cidrText.optional().meta({ description: 'Addresses: 192.0.2.0/24. ::/0 is all of IPv6 and no IPv4.' }),
  })
  .superRefine((value, ctx) => {
    if (value.fqdn !== undefined && value.cidr !== undefined) {
      addProblem(ctx, [], 'has both fqdn and cidr', 'write two entries, one for each');
    } else if (value.fqdn === undefined && value.cidr === undefined) {
      addProblem(ctx, [], 'has neither fqdn nor cidr', 'write fqdn: {matchName: …} or cidr: 192.0.2.0/24');
    }
  });

const portNumber = z.int().min(1).max(65535);

const port = z
  .strictObject({
    protocol: z.enum(['TCP', 'UDP', 'SCTP', 'ICMP']).optional().meta({ default: 'TCP' }),
    port: portNumber.optional().meta({ description: 'Absent = every port of the protocol.' }),
    endPort: portNumber.optional().meta({ description: 'Last port of a range that begins at port.' }),
  })
  .superRefine(({ protocol, port: first, endPort: last }, ctx) => {
    if (protocol === 'ICMP' && (first !== undefined || last !== undefined)) {
      addProblem(ctx, [first === undefined ? 'endPort' : 'port'], 'ICMP has no ports', 'remove port and endPort');
      return;
    }
    if (protocol === undefined && first === undefined && last === undefined) {
      addProblem(ctx, [], 'is empty', 'write protocol and port, or leave ports out for all');
    }
    if (last === undefined) return;
    if (first === undefined) addProblem(ctx, ['endPort'], 'endPort without port', `write port: 1 or the first port`);
    else if (last < first) {
      addProblem(ctx, ['endPort'], `the range ${first}-${last} is reversed`, `write port: ${last}, endPort: ${first}`);
    }
  });

/** Where to, and by which ports. Any entry of `to` with any entry of `ports`. */
export const egressRule = z.strictObject({
  to: z
    .array(peer)
    .max(PEERS_PER_RULE_MAX)
    .superRefine((peers, ctx) => {
      forbidRepeats(ctx, [], peers.map(peerKey));
      if (peers.length > 0) return;
      addProblem(ctx, [], 'is empty, so the rule selects nothing', 'list fqdn or cidr entries, or remove the rule');
    }),
  ports: z
    .array(port)
    .max(PORTS_PER_RULE_MAX)
    .optional()
    .superRefine((ports, ctx) => {
      if (ports === undefined) return;
      if (ports.length === 0) addProblem(ctx, [], 'is empty', 'leave ports out for all ports, or list some');
      forbidRepeats(ctx, [], ports.map(portKey));
    }),
});

export type EgressRule = z.infer<typeof egressRule>;
export type Peer = z.infer<typeof peer>;
export type PortRange = z.infer<typeof port>;

/** Equal for entries that mean the same; undefined for what is not valid. */
export function peerKey(value: Peer): string | undefined {
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
