import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EgressRule, Pod } from '@namewall/policy';
import { type NetworkPolicy, projectNetworkPolicy } from '../kubernetes/network-policies.ts';
import { restricting, shadowOf } from './shadow.ts';

const pod: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'a', namespace: 'shop', uid: 'u', labels: { app: 'checkout' } },
};
const https: EgressRule[] = [
  { to: [{ fqdn: { matchName: 'api.example.com' } }], ports: [{ protocol: 'TCP', port: 443 }] },
];

function networkPolicy(spec: object, namespace = 'shop'): NetworkPolicy {
  const metadata = { name: 'default-deny', namespace, uid: 'n', resourceVersion: '1' };
  return projectNetworkPolicy({ metadata, spec });
}

const shadow = (specs: object[], egress = https): string | undefined =>
  shadowOf(
    restricting(
      specs.map((spec) => networkPolicy(spec)),
      pod,
    ),
    egress,
  );

const dns = { ports: [{ protocol: 'UDP', port: 53 }] };

const open: [string, object[]][] = [
  ['no NetworkPolicy', []],
  ['one of other pods', [{ podSelector: { matchLabels: { app: 'other' } }, policyTypes: ['Egress'] }]],
  ['one of ingress', [{ podSelector: {}, policyTypes: ['Ingress'] }]],
  ['one that allows everything', [{ podSelector: {}, policyTypes: ['Egress'], egress: [{}] }]],
  [
    'one that allows some addresses, which may be those',
    [{ podSelector: {}, egress: [{ to: [{ ipBlock: { cidr: '203.0.113.0/24' } }] }, dns] }],
  ],
  [
    'two that allow it together',
    [
      { podSelector: {}, policyTypes: ['Egress'] },
      { podSelector: {}, egress: [{ ports: [{ protocol: 'TCP', port: 400, endPort: 500 }] }, dns] },
    ],
  ],
  ['a port by name', [{ podSelector: {}, egress: [{ ports: [{ protocol: 'TCP', port: 'https' }] }, dns] }]],
];
for (const [name, specs] of open) {
  test(`nothing is said of ${name}`, () => assert.equal(shadow(specs), undefined));
}

test('one that denies everything is named', () => {
  const found = shadow([{ podSelector: {}, policyTypes: ['Egress'] }]);
  assert.match(
    found ?? '',
    /^NetworkPolicy shop\/default-deny denies everything that it allows; allow there an ipBlock/u,
  );
});

test('one that allows pods alone', () => {
  const found = shadow([{ podSelector: {}, egress: [{ to: [{ podSelector: {} }] }] }]);
  assert.match(found ?? '', /denies everything/u);
});

test('a rule whose port is not among those allowed is named', () => {
  const ssh: EgressRule = { to: [{ fqdn: { matchName: 'git.example.com' } }], ports: [{ protocol: 'TCP', port: 22 }] };
  const found = shadow([{ podSelector: {}, egress: [{ ports: [{ port: 443 }] }, dns] }], [...https, ssh]);
  assert.match(found ?? '', /denies egress\[1\];/u);
});

test('names without DNS', () => {
  const found = shadow([{ podSelector: {}, egress: [{ ports: [{ protocol: 'TCP', port: 443 }] }] }]);
  assert.match(found ?? '', /denies DNS/u);
});
