import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DatapathError } from '../errors.ts';
import { type CableLink, cableOf } from './cable.ts';

const link = (ifindex: number, ifname: string, kind: string, rest: Partial<CableLink> = {}): CableLink => ({
  ifindex,
  ifname,
  kind,
  peer: 0,
  elsewhere: false,
  far: undefined,
  ...rest,
});
/** Of the host's end of one that leads there. */
const to = (ifindex: number, ifname: string): Partial<CableLink> => ({
  peer: ifindex,
  elsewhere: true,
  far: link(ifindex, ifname, 'veth'),
});
const eth0 = link(2, 'eth0', 'veth', to(17, 'veth17'));

test('a veth is found with both its ends', () => {
  assert.deepEqual(cableOf('/run/netns/a', [eth0]), {
    kind: 'veth',
    podIfindex: 2,
    podIfname: 'eth0',
    hostIfindex: 17,
    hostIfname: 'veth17',
    others: [],
  });
});

test('eth0 is the cable, what else leads out of the pod is reported', () => {
  const net1 = link(3, 'a-net1', 'veth', to(18, 'veth18'));
  const mv0 = link(4, 'mv0', 'macvlan', { peer: 2, elsewhere: true });
  const cable = cableOf('/run/netns/a', [net1, eth0, mv0, link(5, 'nic', '')]);
  assert.equal(cable.podIfname, 'eth0');
  assert.deepEqual(cable.others, [
    { ifname: 'a-net1', kind: 'veth' },
    { ifname: 'mv0', kind: 'macvlan' },
    { ifname: 'nic', kind: 'physical' },
  ]);
});

test('the cable that is known stays the cable, whatever the pod calls its links', () => {
  const renamed = { ...eth0, ifname: 'net1' };
  const second = link(3, 'eth0', 'veth', to(18, 'veth18'));
  assert.equal(cableOf('/run/netns/a', [second, renamed]).hostIfindex, 18, 'the control: by name it is the other');
  const cable = cableOf('/run/netns/a', [second, renamed], 17);
  assert.deepEqual([cable.hostIfindex, cable.others], [17, [{ ifname: 'eth0', kind: 'veth' }]]);
  assert.throws(
    () => cableOf('/run/netns/a', [second], 17),
    /interface 17.*no longer in.*eth0 is there, and not policed/u,
  );
});

test('an ifb is told: what goes through it is not seen at the cable', () => {
  const cable = cableOf('/run/netns/a', [eth0, link(3, 'any', 'ifb')]);
  assert.deepEqual(cable.others, [{ ifname: 'any', kind: 'ifb' }]);
});

test('what a pod makes for itself leads to its cable, or nowhere, whatever it calls it', () => {
  const nested = link(4, 'eth0', 'veth', { peer: 17, elsewhere: true });
  const renamed = { ...eth0, ifname: 'old' };
  const cable = cableOf('/run/netns/a', [nested, link(6, 'mv0', 'macvlan', { peer: 2 }), renamed]);
  assert.deepEqual([cable.podIfindex, cable.others], [2, []]);
});

test('what is no cable to us is refused by name', () => {
  const cases: readonly (readonly [string, readonly CableLink[], RegExp])[] = [
    ['nothing', [], /no veth leads out of \/run\/netns\/a: there is no interface/],
    ['macvlan', [link(2, 'eth0', 'macvlan', { elsewhere: true })], /eth0 is macvlan/],
    ['a moved device', [link(2, 'eth0', '')], /eth0 is physical/],
    ['far end elsewhere', [{ ...eth0, far: undefined }], /interface 17.*is not in this network namespace/],
  ];
  for (const [name, pod, message] of cases) {
    assert.throws(
      () => cableOf('/run/netns/a', pod),
      (error: unknown) =>
        error instanceof DatapathError && error.code === 'UNSUPPORTED_INTERFACE' && message.test(error.message),
      name,
    );
  }
});
