import { test } from 'node:test';
import assert from 'node:assert/strict';
import { Config, NwRangeFlag } from '@namewall/datapath';
import { planConfig, portBits } from './config.ts';

const DEFAULTS: Config = {
  ...Config.read(new Uint8Array(Config.size)),
  layout: 1,
  ttlFloor: 30n,
  ttlCeiling: 90n,
  quotaLearned: 5,
};

const local = { listeners: 0, namesVersion: 3, clockOffset: 5n };

test('without an operator every default stands and the switch is on', () => {
  const config = planConfig(undefined, DEFAULTS, local);
  assert.equal(config.nodeSwitch, 0);
  assert.equal(config.ttlFloor, DEFAULTS.ttlFloor);
  assert.equal(config.clockOffset, 5n);
  assert.deepEqual(config.resolverPorts, [0n, 0n, 0n, 0n]);
});

test('what the operator says replaces the default, 0 leaves it', () => {
  const config = planConfig(
    {
      resolvers: [{ address: Buffer.alloc(16), port: 53, protocol: 17 }],
      ranges: [{ prefix: Buffer.alloc(16), prefixLength: 0, flags: NwRangeFlag.RESERVED }],
      clusterDomain: '',
      durations: {
        ttlFloor: 1n,
        ttlCeiling: 0n,
        ttlGrace: 0n,
        idleWindow: 0n,
        pendingAge: 0n,
        tcpIdle: 0n,
        tcpOpening: 0n,
        tcpClosing: 0n,
        udpIdle: 0n,
        icmpIdle: 0n,
        grandfather: 0n,
      },
      quotas: { pending: 0, learned: 7, flowsOut: 0, flowsIn: 0 },
      unknownPods: 0,
      nodeSwitch: 1,
    },
    DEFAULTS,
    local,
  );
  assert.deepEqual(
    [config.ttlFloor, config.ttlCeiling, config.quotaLearned, config.nodeSwitch],
    [1n, DEFAULTS.ttlCeiling, 7, 1],
  );
  assert.deepEqual(config.unreservedV4, [0n, 0n, 0n, 0n], 'all is reserved');
  assert.deepEqual(config.resolverPorts, [1n << 53n, 1n << BigInt((853 & 255) - 64), 0n, 0n]);
});

test('ports fold to 256 bits', () => {
  assert.deepEqual(portBits([53, 309, 64, 255, 8053]), [1n << 53n, 1n | (1n << 53n), 0n, 1n << 63n]);
});
