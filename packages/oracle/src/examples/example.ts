/** Examples of what policies mean: each is a test on the datapath and by the oracle, and a row of docs/semantics.md. */
import type { ReasonName } from '@namewall/datapath';
import type { Policy } from '@namewall/policy';
import { parse } from 'yaml';
import { ZONES } from '../cases/universe.ts';
import type { Scene } from '../scene.ts';
import { type IpPacket, PROTOCOL, type Packet, type Question } from '../spec/packet.ts';
import type { Verdict } from '../spec/verdict.ts';

export const RESOLVER = '192.0.2.53';
const SOURCE_PORT = 40_000;

/** Policies as they are written; `text` is for people. */
export interface Written {
  readonly text: string;
  readonly policies: readonly Policy[];
}

/** Something that happens, and what becomes of it where it is a packet of the pod's. */
export interface Step {
  readonly text: string;
  readonly run: (scene: Scene) => Verdict | undefined | Promise<void>;
}

export interface Example {
  /** What it shows; the test's name. */
  readonly name: string;
  readonly given: Written;
  readonly nodeSwitch?: 'On' | 'Audit' | 'Off';
  readonly before: readonly Step[];
  readonly sent: Step;
  readonly action: 'pass' | 'refuse';
  readonly reason: ReasonName;
  /** An audited policy would refuse it. */
  readonly audited?: boolean;
  readonly rcode?: 'REFUSED' | 'NXDOMAIN';
}

const API = { apiVersion: 'namewall.dev/v1alpha1' } as const;

function written(kind: Policy['kind'], specs: readonly string[], text: string): Written {
  const read = specs.map((source, at): Policy => {
    const spec = { podSelector: {}, ...(parse(source) as Partial<Policy['spec']>) };
    if (kind === 'FQDNNetworkPolicy') return { ...API, kind, metadata: { name: `p${at}`, namespace: 'shop' }, spec };
    return { ...API, kind, metadata: { name: `c${at}` }, spec };
  });
  return { text, policies: read };
}

/** Policies of the pod's namespace, one a spec in YAML. */
export function policies(...specs: readonly string[]): Written {
  return written('FQDNNetworkPolicy', specs, specs.map((spec) => `\`${spec}\``).join('<br>'));
}

/** Cluster policies. */
export function cluster(...specs: readonly string[]): Written {
  return written('ClusterFQDNNetworkPolicy', specs, specs.map((spec) => `cluster: \`${spec}\``).join('<br>'));
}

export function both(a: Written, b: Written): Written {
  return {
    text: [a.text, b.text].filter((text) => text !== '').join('<br>'),
    policies: [...a.policies, ...b.policies],
  };
}

export const NONE: Written = { text: 'none', policies: [] };

/** Asks the resolver, which does not answer. */
export function asks(name: string, type: Question['type'] = 'A'): Step {
  const text = type === 'A' ? `asks for \`${name}\`` : `asks for \`${name}\`, ${type}`;
  return { text, run: (scene) => scene.ask(0, { name, type }, RESOLVER, undefined).verdict };
}

export const asksTwice: Step = {
  text: 'asks two questions in one message',
  run: (scene) => scene.ask(0, { name: 'api.example', type: 'A' }, RESOLVER, undefined, 'two questions').verdict,
};

/** Asks, and is answered: what the answer says is learned where a rule selects the name. */
export function resolves(name: string): Step {
  const zone = ZONES.find((one) => one.name === name);
  return {
    text: `resolves \`${name}\``,
    run: (scene) => {
      const { asked } = scene.ask(0, { name, type: 'A' }, RESOLVER, zone);
      if (asked !== undefined) scene.answer(asked);
      return undefined;
    },
  };
}

type Transport = 'TCP' | 'UDP' | 'SCTP' | 'ICMP' | 'GRE';
const NUMBERS = { ...PROTOCOL, GRE: 47 } as const;

/** A packet to an address; of TCP a SYN unless told otherwise. */
export function sends(to: string, protocol: Transport, port = 0, more: Partial<IpPacket> = {}): Step {
  const v6 = to.includes(':');
  const icmp = v6 ? { protocol: PROTOCOL.ICMPV6, icmpType: 128 } : { protocol: PROTOCOL.ICMP, icmpType: 8 };
  const isIcmp = protocol === 'ICMP';
  const packet: IpPacket = {
    kind: 'ip',
    source: v6 ? '2001:db8:1::1' : '198.18.4.1',
    destination: to,
    sourcePort: protocol === 'GRE' ? 0 : SOURCE_PORT,
    destinationPort: port,
    ...(isIcmp ? icmp : { protocol: NUMBERS[protocol] }),
    ...(protocol === 'TCP' ? { tcp: 'SYN' } : {}),
    ...more,
  };
  const what = isIcmp ? 'ICMP echo' : port === 0 ? protocol : `${protocol}/${port}`;
  const how =
    more.tcp === 'ACK' ? ', known connection' : more.fragment === undefined ? '' : `, ${more.fragment} fragment`;
  return { text: `${what} to ${to}${how}`, run: (scene) => scene.send(0, packet) };
}

export function raw(text: string, packet: Packet): Step {
  return { text, run: (scene) => scene.send(0, packet) };
}

/** Somebody calls the pod. */
export function isCalled(from: string): Step {
  const packet = { kind: 'ip', source: '198.18.4.1', destination: from, protocol: PROTOCOL.TCP, tcp: 'SYN' } as const;
  return {
    text: `is called by ${from}`,
    run: (scene) => {
      scene.receive(0, { ...packet, sourcePort: SOURCE_PORT, destinationPort: 443 });
      return undefined;
    },
  };
}

export function waits(minutes: number): Step {
  return {
    text: `${minutes} minutes pass`,
    run: (scene) => {
      scene.wait(minutes);
      return undefined;
    },
  };
}

/** Other policies come into force. */
export function edit(next: Written): Step {
  return { text: `policies become ${next.text}`, run: (scene) => scene.apply(next.policies, scene.model.nodeSwitch) };
}

/** Its endpoint is gone, while a packet is on its way. */
export const gone: Step = {
  text: 'TCP/443 to 203.0.113.1, from a pod that is gone',
  run: (scene) => {
    const ends = { source: '198.18.4.1', destination: '203.0.113.1', sourcePort: SOURCE_PORT, destinationPort: 443 };
    return scene.sendFromNobody({ kind: 'ip', protocol: PROTOCOL.TCP, tcp: 'SYN', ...ends });
  },
};
