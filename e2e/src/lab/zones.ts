import { type AddressPair, SERVERS } from './addresses.ts';

/** The domain whose names are made on the fly: `new-198-18-128-7.fresh.example` is 198.18.128.7. */
export const SYNTHETIC = {
  zone: 'fresh.example',
  prefix: 'new-',
  networks: ['198.18.128.0/17', '198.19.0.0/16', '2001:db8:cafe:1::/64'],
};

const both = (owner: string, { v4, v6 }: AddressPair): string => `${owner} A ${v4}\n${owner} AAAA ${v6}`;
/** Those of the mix that have both families. */
const MIXED = ['web', 'secure', 'git', 'store', 'socket'] as const;
const apex = '@ 300 SOA ns.example. hostmaster.example. 1 3600 600 86400 60\n@ NS ns.example.\n';

/** Names that are found under the pods' first search suffix too. */
const AUTOPATH_NAMES = ['api', 'www', 'added', 'removed']
  .map((name) => `${name}.shop.example`)
  .concat('forbidden.example');
export const AUTOPATH_SUFFIX = 'default.svc.cluster.local';

/** How many addresses `long.wild.example` has. */
export const LONG_ADDRESSES = 40;

/** CNAMEs to names of over 100 octets, and addresses at their end: too much for a datagram of 1,232 octets. */
function longChain(owner: string, links: number, addresses: number): string {
  const targets = Array.from({ length: links }, (_, i) => `${'x'.repeat(60)}.${'y'.repeat(40)}.link${i}`);
  const cnames = targets.map((target, i) => `${targets[i - 1] ?? owner} CNAME ${target}\n`);
  const last = Array.from({ length: addresses }, (_, i) => ` A 203.0.113.${120 + i}\n`);
  return `${cnames.join('')}${targets.at(-1)}${last.join('')}`;
}

/** Zone name → master file. Every name resolves, the forbidden ones too: only a policy stands in the way. */
export const ZONES: ReadonlyMap<string, string> = new Map([
  [
    'example',
    [
      `$TTL 300\n${apex}ns A 198.51.100.54`,
      both('api.shop', SERVERS.api),
      'www.shop CNAME shop.cdn',
      'shop.cdn CNAME pop1.edge.cdn',
      both('pop1.edge.cdn', SERVERS.edge),
      both('*.wild', SERVERS.wild),
      both('added.shop', SERVERS.added),
      both('removed.shop', SERVERS.removed),
      ...MIXED.map((name) => both(`${name}.mix`, SERVERS[name])),
      `quic.mix A ${SERVERS.quic.v4}`,
      `mail.mix AAAA ${SERVERS.mail.v6}`,
      both('forbidden', SERVERS.forbidden),
      both('*.forbidden', SERVERS.forbidden),
      'v4only.shop A 203.0.113.10',
      'v6only.shop AAAA 2001:db8:cafe::10',
      // Two answers too large for a datagram: of addresses alone, and of CNAMEs to names of over 100 octets before them.
      `large.wild${Array.from({ length: 50 }, (_, i) => ` AAAA 2001:db8:cafe:1::${(i + 1).toString(16)}\n`).join('')}`,
      longChain('long.wild', 6, LONG_ADDRESSES),
      `many.shop${Array.from({ length: 16 }, (_, i) => ` A 203.0.113.${100 + i}\n`).join('')}`,
      '',
    ].join('\n'),
  ],
  [SYNTHETIC.zone, `$TTL 60\n${apex}`],
  [
    'cluster.local',
    // What CoreDNS's autopath makes of a name and the first suffix: a CNAME to the name. Only autopath.ts asks for it.
    [`$TTL 300\n${apex}`, ...AUTOPATH_NAMES.map((name) => `${name}.${AUTOPATH_SUFFIX}. CNAME ${name}.`), ''].join('\n'),
  ],
]);
