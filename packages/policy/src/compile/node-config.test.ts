import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NwRangeFlag } from '../abi.gen.ts';
import { config } from '../testing.ts';
import { formatCidr } from '../value/cidr.ts';
import { formatAddress } from '../value/address.ts';
import { compileNodeConfig } from './node-config.ts';

const { CLUSTER, API_SERVER, RESERVED, METADATA } = NwRangeFlag;
const rangesOf = (spec: Parameters<typeof compileNodeConfig>[0]) =>
  new Map(compileNodeConfig(spec).ranges.map((range) => [formatCidr(range), range.flags]));

test('with nothing configured: defaults, and the reserved ranges', () => {
  const node = compileNodeConfig(config().spec);
  assert.equal(node.clusterDomain, 'cluster.local');
  assert.deepEqual([node.resolvers, node.unknownPods, node.nodeSwitch], [[], 0, 0]);
  assert.ok(Object.values(node.durations).every((value) => value === 0n));
  assert.ok(Object.values(node.quotas).every((value) => value === 0));
  assert.deepEqual(
    [...rangesOf({})],
    [
      ['::/128', RESERVED],
      ['::1/128', RESERVED],
      ['0.0.0.0/8', RESERVED],
      ['127.0.0.0/8', RESERVED],
      ['169.254.0.0/16', RESERVED],
      ['169.254.169.254/32', RESERVED | METADATA],
      ['224.0.0.0/4', RESERVED],
      ['255.255.255.255/32', RESERVED],
      ['fd00:ec2::254/128', RESERVED | METADATA],
      ['fe80::/10', RESERVED],
      ['ff00::/8', RESERVED],
    ],
  );
});

test('a range carries the flags of those that cover it; equal ones are joined', () => {
  const ranges = {
    cluster: ['10.0.0.0/8'],
    apiServer: ['10.0.0.1/32'],
    nodes: ['10.1.0.0/16'],
    reserved: ['10.1.0.0/16', '192.0.2.0/24'],
    defaultReserved: false,
    metadata: ['192.0.2.7/32'],
  };
  assert.deepEqual(
    [...rangesOf({ ranges })],
    [
      ['10.0.0.0/8', CLUSTER],
      ['10.0.0.1/32', CLUSTER | API_SERVER | RESERVED],
      ['10.1.0.0/16', CLUSTER | RESERVED],
      ['169.254.169.254/32', RESERVED | METADATA],
      ['192.0.2.0/24', RESERVED],
      ['192.0.2.7/32', RESERVED | METADATA],
      ['fd00:ec2::254/128', RESERVED | METADATA],
    ],
  );
});

test('resolvers are one entry a protocol, sorted', () => {
  const { resolvers } = compileNodeConfig({
    resolvers: [{ address: '192.0.2.53', port: 5353, protocols: ['UDP'] }, { address: '192.0.2.53' }],
  });
  assert.deepEqual(
    resolvers.map(({ address, port, protocol }) => `${formatAddress(address)} ${port} ${protocol}`),
    ['192.0.2.53 53 6', '192.0.2.53 53 17', '192.0.2.53 5353 17'],
  );
});

test('durations, quotas and switches', () => {
  const node = compileNodeConfig({
    durations: { ttlFloor: '30s', grandfather: '0s' },
    quotas: { pending: 7 },
    unknownPods: 'Quarantine',
    nodeSwitch: 'Off',
  });
  assert.deepEqual([node.durations.ttlFloor, node.durations.grandfather], [30_000_000_000n, 1n]);
  assert.deepEqual([node.quotas.pending, node.unknownPods, node.nodeSwitch], [7, 1, 2]);
});
