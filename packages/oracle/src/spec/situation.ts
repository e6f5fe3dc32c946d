import type { NodeSpec } from './node.ts';
import type { IpPacket, Packet } from './packet.ts';
import type { Standing } from './said.ts';

/** What an answer taught the pod: that an address stands for a name, until then. */
export interface Learned {
  readonly address: string;
  /** A name, or the canonical selector of the one rule that a flow keeps the address for. */
  readonly name: string;
  /** Seconds, of the same clock as {@link Situation.now}. */
  readonly expires: number;
  /** Not everything that this address ever stood for may be remembered: its place was free for others. */
  readonly vague?: boolean;
}

/** A connection or the like that was let through before. */
export interface Flow {
  readonly expires: number;
  readonly created: number;
  readonly inbound: boolean;
  /** Last: by the policies in force, by none that was enforced, or by others. Nobody: it was refused, or only the switch let it. */
  readonly letThroughBy: 'these policies' | 'no policy' | 'other policies' | 'nobody';
  /** Canonical selector of the rule that let it through last, if that was one by name. */
  readonly by?: string | undefined;
  /** That the node's switch alone lets it through has been told: once for each flow is enough. */
  readonly told?: boolean;
}

/** Room for one entry more: in the pod's quota and in the table. */
export type Room = 'there is' | 'over quota' | 'table full';

export interface PodState {
  readonly standing: Standing;
  /** Its own; a family without one is not checked. */
  readonly addresses: readonly string[];
  /** Suffixes that its resolver library appends. */
  readonly search: readonly string[];
  /** When a policy was first enforced for it. */
  readonly selectedAt: number;
}

/** Everything that a verdict hangs on. */
export interface Situation {
  readonly node: NodeSpec;
  /** Seconds. */
  readonly grandfather: number;
  readonly now: number;
  /** Absent: the endpoint is gone. */
  readonly pod: PodState | undefined;
  readonly learned: readonly Learned[];
  readonly packet: Packet;
  /** The packet's own. */
  readonly flow?: Flow | undefined;
  /** The one that an ICMP error quotes, where its quoted source is where the error goes. */
  readonly quoted?: Flow | undefined;
  /** Of a later fragment: its first was let through a moment ago, by the policies in force. */
  readonly firstPassed?: boolean;
  readonly room: { readonly flow: Room; readonly question: Room };
}

/** The same, of an IP packet of a pod that is there. */
export interface At extends Omit<Situation, 'packet' | 'pod'> {
  readonly packet: IpPacket;
  readonly pod: PodState;
}

/** Refusals are carried out, not only reported. */
export function isOn({ node }: Pick<Situation, 'node'>): boolean {
  return (node.nodeSwitch ?? 'On') === 'On';
}
