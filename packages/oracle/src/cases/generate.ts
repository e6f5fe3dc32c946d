/** fast-check's makers of cases. Values that say less, or that are met more, come first: to them a case shrinks. */
import type { EgressRule, LabelSelector, NamewallConfig, Peer, Policy, PortRange } from '@namewall/policy';
import * as fc from 'fast-check';
import type { Arbitrary } from 'fast-check';
import type { Case, Phase } from './case.ts';
import { HAPPENINGS } from './happening.ts';
import { CIDRS, DURATIONS, PODS, RESOLVERS, SELECTORS } from './universe.ts';

type Spec = Policy['spec'];
type Dns = NonNullable<Spec['dns']>;

/** Absent in one of so many. */
const maybe = <T>(arbitrary: Arbitrary<T>, freq = 2) => fc.option(arbitrary, { nil: undefined, freq });
/** Without the keys that are undefined, as YAML would be. */
const tidy = <T extends object>(value: T): T => {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as T;
};

const cidr = fc.constantFrom(...CIDRS);
const selector = fc.constantFrom(...SELECTORS);
const peer: Arbitrary<Peer> = fc.oneof(
  { weight: 3, arbitrary: selector.map((fqdn) => ({ fqdn })) },
  { weight: 2, arbitrary: cidr.map((text) => ({ cidr: text })) },
);

const port: Arbitrary<PortRange> = fc.constantFrom<PortRange>(
  { protocol: 'TCP', port: 443 },
  { protocol: 'TCP', port: 80, endPort: 8080 },
  { port: 80 },
  { protocol: 'UDP', port: 443 },
  { protocol: 'UDP' },
  { protocol: 'TCP' },
  { protocol: 'ICMP' },
  { protocol: 'SCTP', port: 443, endPort: 443 },
  { protocol: 'UDP', port: 53, endPort: 853 },
  { protocol: 'TCP', port: 8080, endPort: 65_535 },
);

const rule: Arbitrary<EgressRule> = fc
  .record({
    to: fc.uniqueArray(peer, { minLength: 1, maxLength: 3, size: 'max', selector: (one) => JSON.stringify(one) }),
    ports: maybe(fc.uniqueArray(port, { minLength: 1, maxLength: 3, size: 'max' })),
  })
  .map(tidy);

const labels: Arbitrary<LabelSelector> = fc.constantFrom<LabelSelector>(
  {},
  ...Array.from({ length: 6 }, () => ({})),
  { matchLabels: { app: 'a' } },
  { matchLabels: { tier: 'front' } },
  { matchExpressions: [{ key: 'app', operator: 'In', values: ['a', 'c'] }] },
  { matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['back'] }] },
  { matchLabels: { app: 'a' }, matchExpressions: [{ key: 'tier', operator: 'Exists' }] },
  { matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' }] },
);

const namespaceLabels: Arbitrary<LabelSelector> = fc.constantFrom<LabelSelector>(
  {},
  { matchLabels: { team: 'web' } },
  { matchLabels: { 'kubernetes.io/metadata.name': 'bank' } },
  { matchExpressions: [{ key: 'team', operator: 'DoesNotExist' }] },
);

const dns: Arbitrary<Dns> = fc
  .record({
    queries: maybe(fc.constantFrom('Matched' as const, 'All' as const)),
    rejectWith: maybe(fc.constantFrom('Refused' as const, 'NXDomain' as const)),
    idleWindow: fc.constantFrom(undefined, undefined, '0s', '6m30s'),
    ttl: maybe(
      fc
        .record({
          floor: maybe(fc.constantFrom('30s', '2m30s', '4m30s')),
          ceiling: maybe(fc.constantFrom('7m30s', '5m30s')),
          grace: maybe(fc.constantFrom('0s', '3m')),
        })
        .map(tidy),
    ),
  })
  .map(tidy);

const specFields = {
  podSelector: labels,
  enforcementMode: fc.constantFrom('Enforce' as const, 'Enforce' as const, 'Audit' as const),
  egress: maybe(fc.array(rule, { maxLength: 3, size: 'max' }), 4),
  egressDeny: maybe(fc.array(rule, { maxLength: 2, size: 'max' })),
  strictDeny: fc.constantFrom(undefined, undefined, undefined, true),
  dns: maybe(dns),
  connections: fc.constantFrom<Spec['connections']>(
    undefined,
    undefined,
    { cutFlows: 'OnClose' },
    { cutFlows: 'OnClose' },
    { rejectWith: 'Silent' },
    { rejectWith: 'Reset', cutFlows: 'Immediate' },
  ),
};

const API = { apiVersion: 'namewall.dev/v1alpha1' } as const;

const namespaced = fc
  .record({
    namespace: fc.constantFrom('shop', 'shop', 'shop', 'shop', 'bank', 'kube-system'),
    spec: fc.record(specFields).map(tidy),
  })
  .map(({ namespace, spec }) => ({ namespace, spec }));
const cluster = fc
  .record({ namespaceSelector: maybe(namespaceLabels), ...specFields })
  .map((spec) => ({ spec: tidy(spec) }));

const policies: Arbitrary<Policy[]> = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: namespaced },
      { weight: 1, arbitrary: cluster.map((policy) => ({ ...policy, namespace: undefined })) },
    ),
    { maxLength: 5, size: 'max' },
  )
  .map((all) =>
    all.map(({ namespace, spec }, at): Policy => {
      const name = `p${at}`;
      if (namespace === undefined) return { ...API, kind: 'ClusterFQDNNetworkPolicy', metadata: { name }, spec };
      return { ...API, kind: 'FQDNNetworkPolicy', metadata: { name, namespace }, spec };
    }),
  );

type Config = NamewallConfig['spec'];
const some = (...list: string[]) => fc.constantFrom(undefined, list, list);

const config: Arbitrary<Config> = fc
  .record({
    resolvers: fc.constantFrom<Config['resolvers']>(
      RESOLVERS.map((address) => ({ address })),
      RESOLVERS.map((address) => ({ address })),
      [{ address: '192.0.2.53' }, { address: '198.18.0.53', port: 8080 }],
      [
        { address: '192.0.2.53', protocols: ['UDP'] },
        { address: '2001:db8:5::53', port: 853, protocols: ['TCP'] },
      ],
    ),
    clusterDomain: fc.constantFrom(undefined, undefined, undefined, 'corp.test'),
    ranges: fc
      .record({
        cluster: fc.constantFrom<string[] | undefined>(
          ['198.18.0.0/16', '2001:db8:77::/48'],
          ['198.18.0.0/16', '169.254.0.0/16', 'fd00::/8'],
          ['198.18.0.0/15'],
          ['::/0'],
          undefined,
        ),
        apiServer: some('192.0.2.10/32'),
        nodes: fc.constantFrom<string[] | undefined>(
          undefined,
          undefined,
          ['192.0.2.0/28', '2001:db8:77::/64'],
          ['::/0'],
        ),
        reserved: fc.constantFrom<string[] | undefined>(undefined, undefined, ['198.51.100.8/32']),
        metadata: some('198.18.9.9/32'),
        defaultReserved: fc.constantFrom(undefined, undefined, false),
      })
      .map(tidy),
    quotas: fc.constantFrom(undefined, undefined, undefined, { flowsOut: 20, flowsIn: 4, pending: 8 }),
    excludedNamespaces: fc.constantFrom<string[] | undefined>(undefined, undefined, ['bank'], []),
  })
  .map(tidy)
  .map((spec) => ({ ...spec, durations: DURATIONS }));

/** @param most happenings of one phase */
function phase(most: number): Arbitrary<Phase> {
  return fc.record({
    policies,
    nodeSwitch: fc.constantFrom(...Array.from({ length: 20 }, () => 'On' as const), 'Audit' as const, 'Off' as const),
    happenings: fc.array(fc.noBias(fc.nat({ max: HAPPENINGS })), {
      minLength: Math.floor(most / 2),
      maxLength: most,
      size: 'max',
    }),
  });
}

/**
 * Where policies change, none may shorten a lifetime nor keep an address for a flow: which answer counts then hangs
 * on more than what policies say, and has tests of its own.
 */
function withoutTtl({ policies: all, ...rest }: Phase): Phase {
  return {
    ...rest,
    policies: all.map((policy) => {
      if (policy.spec.dns === undefined) return policy;
      const { ttl: _, idleWindow: __, ...kept } = policy.spec.dns;
      return withDns(policy, kept);
    }),
  };
}

function withDns(policy: Policy, kept: Dns): Policy {
  if (policy.kind === 'FQDNNetworkPolicy') return { ...policy, spec: { ...policy.spec, dns: kept } };
  return { ...policy, spec: { ...policy.spec, dns: kept } };
}

function withIdleWindow(one: Case, idleWindow: string): Case {
  return { ...one, config: { ...one.config, durations: { ...one.config.durations, idleWindow } } };
}

/** @param most happenings of one phase */
export function cases(most: number): Arbitrary<Case> {
  const crowded = fc.record({
    table: fc.constantFrom('flows' as const, 'pending' as const),
    free: fc.nat({ max: 12 }),
  });
  return fc
    .record({
      pods: fc.integer({ min: 1, max: PODS.length }),
      config,
      crowded: fc.oneof({ weight: 24, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: crowded }),
      phases: fc.array(phase(most), { minLength: 1, maxLength: 3, size: 'max' }),
    })
    .map((one) =>
      one.phases.length === 1
        ? withIdleWindow(one, '3m30s')
        : withIdleWindow({ ...one, phases: one.phases.map(withoutTtl) }, '0s'),
    );
}
