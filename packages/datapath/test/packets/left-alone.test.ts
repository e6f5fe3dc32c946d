/** What a policy leaves alone, and what it never does: from the configuration as it is written to the verdict. */
import { describe, test } from 'node:test';
import { type NamewallConfig, compile } from '@namewall/policy';
import type { ReasonName } from '../../src/counters.ts';
import { NwRowFlag, NwRulesetFlag } from '../../src/gen/enums.gen.ts';
import { given, NAME } from './asking.ts';
import { addressOctets, mapped, POD, POD6, TCP, tcp } from './frames.ts';
import { pointer, QNAME, record, response, TYPE } from './messages.ts';
import { ACTION, rule, RULESET, World } from './world.ts';

const { ISOLATED, FILTER_NAMES } = NwRulesetFlag;
type Spec = NamewallConfig['spec'];

/** An isolated pod, which may ask for NAME, in a cluster of this configuration. */
function cluster(ranges: Spec['ranges']): World {
  const world = new World();
  world.select(ISOLATED | FILTER_NAMES, [{ select: NAME }]);
  const config: NamewallConfig = {
    apiVersion: 'namewall.dev/v1alpha1',
    kind: 'NamewallConfig',
    metadata: { name: 'namewall' },
    spec: { ranges },
  };
  for (const { prefix, prefixLength, flags } of compile({ policies: [], pods: [], config }).nodeConfig.ranges) {
    world.maps.ranges.set({ prefixLength, address: prefix }, flags);
  }
  return world;
}

let port = 1;
function connect(world: World, destination: string, reason: ReasonName): void {
  const source = destination.includes(':') ? POD6 : POD;
  const frame = tcp({ source, destination, sourcePort: port++, destinationPort: 443 }, { flags: TCP.SYN });
  const passes = reason.startsWith('PASS_');
  world.expect('pod_out', frame, passes ? ACTION.PASS : ACTION.REDIRECT, passes ? [reason] : [reason, 'REPLY_RESET']);
}

describe('an isolated pod connects', () => {
  const everything = ['0.0.0.0/0', '::/0'];
  const rows: readonly (readonly [what: string, ranges: Spec['ranges'], to: string, reason: ReasonName])[] = [
    ['to services and pods of the cluster', { cluster: ['198.18.0.0/16'] }, '198.18.200.1', 'PASS_RANGE'],
    ['to them over IPv6', { cluster: ['2001:db8:1::/48'] }, '2001:db8:1:2::3', 'PASS_RANGE'],
    ['to nothing beside them', { cluster: ['198.18.0.0/16'] }, '198.19.0.1', 'DENY_UNKNOWN'],
    ['to a pod on a flat network, by its exact address', { cluster: ['192.0.2.7/32'] }, '192.0.2.7', 'PASS_RANGE'],
    ['not to its neighbour there', { cluster: ['192.0.2.7/32'] }, '192.0.2.8', 'DENY_UNKNOWN'],
    ['to such a pod over IPv6', { cluster: ['2001:db8:9::7/128'] }, '2001:db8:9::7', 'PASS_RANGE'],
    ['not to its neighbour over IPv6', { cluster: ['2001:db8:9::7/128'] }, '2001:db8:9::8', 'DENY_UNKNOWN'],
    ['to an endpoint of the API server', { apiServer: ['192.0.2.1/32'] }, '192.0.2.1', 'PASS_RANGE'],
    ['not to a node', { nodes: ['192.0.2.0/28'] }, '192.0.2.2', 'DENY_UNKNOWN'],
    ['not to a reserved address', { reserved: ['198.51.100.0/24'] }, '198.51.100.1', 'DENY_UNKNOWN'],
    [
      'to a node that is in the cluster range',
      { nodes: ['192.0.2.2/32'], cluster: ['192.0.2.0/24'] },
      '192.0.2.2',
      'PASS_RANGE',
    ],
    ['never to the metadata address', {}, '169.254.169.254', 'DENY_UNKNOWN'],
    ['never to it, whatever the cluster range', { cluster: everything }, '169.254.169.254', 'DENY_UNKNOWN'],
    [
      'never to it as an exact address of the cluster',
      { cluster: ['169.254.169.254/32'] },
      '169.254.169.254',
      'DENY_UNKNOWN',
    ],
    ['never to it as an API server', { apiServer: ['169.254.169.254/32'] }, '169.254.169.254', 'DENY_UNKNOWN'],
    ['never to that of IPv6', { cluster: everything, apiServer: ['fd00:ec2::/32'] }, 'fd00:ec2::254', 'DENY_UNKNOWN'],
    [
      'never to one that was added',
      { cluster: everything, metadata: ['192.0.2.200/32'] },
      '192.0.2.200',
      'DENY_UNKNOWN',
    ],
    ['control: to the addresses beside it', { cluster: everything }, '169.254.169.253', 'PASS_RANGE'],
    ['control: to those of IPv6', { cluster: everything }, 'fd00:ec2::253', 'PASS_RANGE'],
  ];
  for (const [what, ranges, to, reason] of rows) {
    test(what, () => {
      using world = cluster(ranges);
      connect(world, to, reason);
    });
  }

  test('to cluster addresses as rules say, where one says something', () => {
    using world = cluster({ cluster: ['198.18.0.0/16'] });
    const say = (address: string, flags: number): void =>
      world.maps.cidrs.set({ prefixLength: 160, ruleset: RULESET, address: mapped(address) }, rule([{ flags }]));
    say('198.18.0.1', NwRowFlag.DENY);
    say('198.18.0.2', 0);
    connect(world, '198.18.0.1', 'DENY_CIDR');
    connect(world, '198.18.0.2', 'PASS_CIDR');
    connect(world, '198.18.0.3', 'PASS_RANGE');
  });

  test('to the metadata address where a rule names it, and only there', () => {
    using world = cluster({ cluster: ['169.254.0.0/16'] });
    world.maps.cidrs.set({ prefixLength: 160, ruleset: RULESET, address: mapped('169.254.169.254') }, rule([{}]));
    connect(world, '169.254.169.254', 'PASS_CIDR');
  });
});

describe('an allowed name never teaches', () => {
  const own = { apiServer: ['192.0.2.1/32'], nodes: ['192.0.2.16/28'], reserved: ['198.51.100.0/24'] };
  const rows: readonly (readonly [what: string, address: string])[] = [
    ['this network', '0.0.0.0'],
    ['loopback', '127.0.0.1'],
    ['link-local', '169.254.1.1'],
    ['the metadata address', '169.254.169.254'],
    ['multicast', '224.0.0.251'],
    ['broadcast', '255.255.255.255'],
    ['an API server', '192.0.2.1'],
    ['a node', '192.0.2.17'],
    ['what is reserved besides', '198.51.100.200'],
    ['loopback of IPv6', '::1'],
    ['no address', '::'],
    ['link-local of IPv6', 'fe80::1'],
    ['multicast of IPv6', 'ff02::fb'],
    ['the metadata address of IPv6', 'fd00:ec2::254'],
    ['loopback, mapped', '::ffff:7f00:1'],
    ['the metadata address, mapped', '::ffff:a9fe:a9fe'],
    ['the metadata address behind NAT64', '64:ff9b::a9fe:a9fe'],
    ['a node behind NAT64', '64:ff9b::c000:211'],
    ['the metadata address behind 6to4', '2002:a9fe:a9fe::1'],
  ];
  for (const [what, address] of rows) {
    const type = address.includes(':') ? TYPE.AAAA : TYPE.A;
    const message = response(NAME, type, [record(pointer(QNAME), type, addressOctets(address))]);

    test(what, () => {
      using world = cluster(own);
      given(world, message, ['ANSWER_LEARNED', 'ANSWER_RESERVED_ADDRESS'], type);
    });

    test(`control: ${what}, were nothing reserved`, () => {
      using world = cluster(own);
      for (const key of world.maps.ranges.keys()) world.maps.ranges.delete(key);
      given(world, message, ['ANSWER_LEARNED', 'LEARN_NEW'], type);
    });
  }
});
