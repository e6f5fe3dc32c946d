import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DatapathError } from '../errors.ts';
import { cableOf, type IpLink } from './cable.ts';

const link = (ifindex: number, ifname: string, kind: string | undefined, rest: Partial<IpLink> = {}): IpLink => ({
  ifindex,
  ifname,
  address: `02:00:00:00:00:0${ifindex % 10}`,
  link_type: 'ether',
  ...(kind === undefined ? {} : { linkinfo: { info_kind: kind } }),
  ...rest,
});
const lo: IpLink = { ifindex: 1, ifname: 'lo', link_type: 'loopback' };
const eth0 = link(2, 'eth0', 'veth', { link_index: 17, link_netnsid: 0 });
const host = [link(17, 'veth17', 'veth', { link_index: 2, link_netnsid: 3 })];

test('a veth is found with both its ends', () => {
  assert.deepEqual(cableOf('/run/netns/a', [lo, eth0], host), {
    kind: 'veth',
    podIfindex: 2,
    podIfname: 'eth0',
    podMac: '02:00:00:00:00:02',
    hostIfindex: 17,
    hostIfname: 'veth17',
    hostMac: '02:00:00:00:00:07',
    others: [],
  });
});

test('eth0 is the cable, what else leads out of the pod is reported', () => {
  const net1 = link(3, 'a-net1', 'veth', { link_index: 18, link_netnsid: 0 });
  const far = link(18, 'veth18', 'veth', { link_index: 3, link_netnsid: 3 });
  const mv0 = link(4, 'mv0', 'macvlan', { link_index: 2, link_netnsid: 0 });
  const cable = cableOf('/run/netns/a', [lo, net1, eth0, mv0, link(5, 'nic', undefined)], [...host, far]);
  assert.equal(cable.podIfname, 'eth0');
  assert.deepEqual(cable.others, [
    { ifname: 'a-net1', kind: 'veth' },
    { ifname: 'mv0', kind: 'macvlan' },
    { ifname: 'nic', kind: 'physical' },
  ]);
});

test('what a pod makes for itself leads to its cable, or nowhere', () => {
  const own = [
    link(3, 'docker0', 'bridge'),
    link(4, 'veth4', 'veth', { link_index: 2, link_netnsid: 1 }),
    link(5, 'tun0', 'tun'),
    link(6, 'mv0', 'macvlan', { link_index: 2 }),
    link(7, 'a', 'veth', { link_index: 8 }),
    link(8, 'b', 'veth', { link_index: 7 }),
  ];
  assert.deepEqual(cableOf('/run/netns/a', [lo, eth0, ...own], host).others, []);
});

test('what is no cable to us is refused by name', () => {
  const cases: readonly (readonly [string, readonly IpLink[], readonly IpLink[], RegExp])[] = [
    ['nothing', [lo], host, /no veth leads out of \/run\/netns\/a: there is no interface/],
    ['macvlan', [lo, link(2, 'eth0', 'macvlan')], host, /eth0 is macvlan/],
    ['a moved device', [lo, link(2, 'eth0', undefined)], host, /eth0 is physical/],
    ['both ends inside', [lo, link(2, 'a', 'veth', { link_index: 3 })], host, /no veth leads out/],
    ['far end elsewhere', [lo, eth0], [], /interface 17.*is not in this network namespace/],
    ['a stranger with its number', [lo, eth0], [link(17, 'x', 'veth', { link_index: 9 })], /is not in this network/],
  ];
  for (const [name, pod, there, message] of cases) {
    assert.throws(
      () => cableOf('/run/netns/a', pod, there),
      (error: unknown) =>
        error instanceof DatapathError && error.code === 'UNSUPPORTED_INTERFACE' && message.test(error.message),
      name,
    );
  }
});
