import assert from 'node:assert/strict';
import { test } from 'node:test';
import { API_VERSION, type Pod, type Policy } from '@namewall/policy';
import { type EncodedResource, ResourceType, endpointCodec, resourceKey, versionOf } from '@namewall/protocol';
import type { SourceState } from '../source/source.ts';
import { Reconciler } from './reconciler.ts';

const quiet = { error: () => undefined, warn: () => undefined, info: () => undefined, debug: () => undefined };

function pod(name: string, node: string, app = 'web'): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop', uid: `uid-${name}`, labels: { app } },
    spec: node === '' ? {} : { nodeName: node },
    status: { podIPs: [{ ip: '192.0.2.1' }] },
  };
}

function policy(...names: string[]): Policy {
  const to = names.map((matchName) => ({ fqdn: { matchName } }));
  const spec = { podSelector: { matchLabels: { app: 'web' } }, egress: [{ to }] };
  return { apiVersion: API_VERSION, kind: 'FQDNNetworkPolicy', metadata: { name: 'p', namespace: 'shop' }, spec };
}

/** What nodes were told by a reconciler, and whom it told last. */
function world(node = '') {
  const held = new Map<string, string[]>();
  const bytes = new Map<string, string>();
  const resourcesOf = new Map<string, Map<string, EncodedResource>>();
  let told: string[] = [];
  const reconciler = new Reconciler({
    node,
    log: quiet,
    publish(to, { upserts, removals }) {
      told.push(to);
      const there = resourcesOf.get(to) ?? new Map<string, EncodedResource>();
      resourcesOf.set(to, there);
      for (const removal of removals) there.delete(resourceKey(removal));
      for (const upsert of upserts) there.set(upsert.key, upsert);
      const resources = [...there.values()].toSorted((a, b) => a.type - b.type || (a.name < b.name ? -1 : 1));
      bytes.set(to, resources.map(({ encoded }) => versionOf(encoded).toString('hex')).join());
      const kinds = { 1: 'config', 2: 'ruleset', 3: 'endpoint' } as Record<number, string>;
      held.set(
        to,
        resources.map(({ type, body, name }) =>
          type === ResourceType.RESOURCE_TYPE_ENDPOINT
            ? `${name} ${endpointCodec.decode(Buffer.from(body)).ruleset === '' ? 'free' : 'bound'}`
            : (kinds[type] ?? ''),
        ),
      );
    },
    withdraw(from) {
      held.delete(from);
      resourcesOf.delete(from);
      told.push(`-${from}`);
    },
  });
  const see = (state: Partial<SourceState>): string[] => {
    told = [];
    reconciler.reconcile({ policies: [], pods: [], namespaces: [], config: undefined, nodes: [], ...state });
    return told.toSorted();
  };
  return { see, held, bytes };
}

test('each node holds its own pods, the rulesets that they have, and the configuration', () => {
  const { see, held } = world();
  const pods = [pod('a', 'n1'), pod('b', 'n1'), pod('c', 'n2', 'db'), pod('d', '')];
  assert.deepEqual(see({ policies: [policy('x.example')], pods, nodes: ['n3'] }), ['n1', 'n2', 'n3']);
  assert.deepEqual(Object.fromEntries(held), {
    n1: ['config', 'ruleset', 'uid-a bound', 'uid-b bound'],
    n2: ['config', 'uid-c free'],
    n3: ['config'],
  });
});

test('a change is told to the nodes that it concerns and to no others', () => {
  const { see, held } = world();
  const policies = [policy('x.example')];
  const [a, b, c] = [pod('a', 'n1'), pod('b', 'n2'), pod('c', 'n3', 'db')];
  see({ policies, pods: [a, b, c] });
  assert.deepEqual(see({ policies, pods: [a, b, c] }), [], 'nothing');
  assert.deepEqual(see({ policies, pods: [a, b, pod('c', 'n3', 'web')] }), ['n3'], 'a label');
  assert.deepEqual(held.get('n3'), ['config', 'ruleset', 'uid-c bound']);
  assert.deepEqual(see({ policies: [policy('y.example')], pods: [a, b, c] }), ['n1', 'n2', 'n3'], 'a policy, a label');
  assert.deepEqual(see({ policies: [policy('y.example')], pods: [a, b, c] }), []);
  assert.deepEqual(see({ policies: [policy('y.example')], pods: [b, c] }), ['-n1'], 'the last pod of a node');
  assert.deepEqual(see({ policies: [policy('y.example')], pods: [pod('b', 'n9'), c] }), ['-n2', 'n9'], 'another node');
});

test('a node that loses its last pod and is still there keeps the configuration', () => {
  const { see, held } = world();
  see({ pods: [pod('a', 'n1')], nodes: ['n1'] });
  assert.deepEqual(see({ nodes: ['n1'] }), ['n1']);
  assert.deepEqual(held.get('n1'), ['config']);
});

test('on a single host pods that name no node are its', () => {
  const { see, held } = world('host');
  see({ pods: [pod('a', '')] });
  assert.deepEqual(held.get('host'), ['config', 'uid-a free']);
});

test('a restarted operator tells the very same octets, whatever order it learned things in', () => {
  const [one, other] = [world(), world()];
  const pods = ['a', 'b', 'c'].map((name) => pod(name, 'n1'));
  const policies = [policy('x.example', 'y.example')];
  one.see({ policies: [policy('z.example')], pods: pods.slice(1) });
  one.see({ policies, pods: pods.toReversed() });
  other.see({ policies, pods });
  const sorted = (text = ''): string[] => text.split(',').toSorted();
  assert.deepEqual(sorted(one.bytes.get('n1')), sorted(other.bytes.get('n1')));
});
