/** What a verdict is made from: everything that the programs look at, read beforehand. */
import type { RecentFact } from '@namewall/datapath';
import type { PolicyRef } from '@namewall/protocol';

export interface PortRow {
  readonly precedence: number;
  /** IANA's number; 0 = any. */
  readonly protocol: number;
  readonly portFirst: number;
  readonly portLast: number;
  /** enum nw_row_flag */
  readonly flags: number;
  /** Index into the ruleset's policies; the pins do not have it. */
  readonly policy?: number;
}

export interface NameRule {
  /** Canonical. */
  readonly selector: string;
  /** enum nw_query_flag */
  readonly query: number;
  readonly rows: readonly PortRow[];
}

export interface CidrRule {
  readonly prefix: Uint8Array;
  readonly prefixLength: number;
  readonly rows: readonly PortRow[];
}

/** A ruleset as the kernel has it, with its policies' names where they are known. */
export interface Rules {
  readonly number: number;
  /** Content id, 32 hex digits. */
  readonly id: string;
  /** enum nw_ruleset_flag */
  readonly flags: number;
  readonly names: readonly NameRule[];
  readonly cidrs: readonly CidrRule[];
  /** undefined: read from the pins, which do not name them. */
  readonly policies: readonly PolicyRef[] | undefined;
}

/** One identity that the pod learned for the address. */
export interface LearnedIdentity {
  /** Canonical; '' when nobody knows its handle any more. */
  readonly selector: string;
  /** As it was asked; '' when the recent answer behind it was overwritten. */
  readonly name: string;
  readonly address: Uint8Array;
  /** now() */
  readonly expires: bigint;
}

export interface KnownFlow {
  readonly localPort: number;
  readonly remotePort: number;
  readonly protocol: number;
  readonly expires: bigint;
  readonly created: bigint;
  /** That last let it through. */
  readonly ruleset: number;
  /** Canonical, of the identity that let it through; '' = none did. */
  readonly selector: string;
  /** enum nw_flow_flag */
  readonly flags: number;
}

/** What the pod holds of a table that all pods share. */
export interface Share {
  readonly held: number;
  readonly quota: number;
  /** By all pods. */
  readonly taken: number;
  readonly entries: number;
}

/** Of the node and the pod, whatever is asked. */
export interface PodFacts {
  /** now() at which it is judged. */
  readonly time: bigint;
  /** enum nw_switch */
  readonly nodeSwitch: number;
  /** undefined: the trampoline's endpoint is gone, or its ruleset is. */
  readonly pod: { readonly selectedAt: bigint; readonly rules: Rules | undefined } | undefined;
}

export interface ConnectionFacts extends PodFacts {
  /** enum nw_resolver at the far end. */
  readonly resolver: number;
  readonly learned: readonly LearnedIdentity[];
  /** Recent answers that had the address, for words: no verdict comes of them. */
  readonly recent: () => readonly RecentFact[];
  /** enum nw_range_flag of the address. */
  readonly range: number;
  /** Nanoseconds. */
  readonly grandfather: bigint;
  readonly flows: Share;
  /** Connections to resolvers. */
  readonly streams: Share;
  /** Live flows of the pod to the address, protocol and port. */
  readonly known: readonly KnownFlow[];
}

export interface QueryFacts extends PodFacts {
  /** The name is the reverse of an address that the pod has learned and that lives. */
  readonly reverse: boolean;
  /** The name less each suffix of the pod's search list that it ends in; wire form, folded. */
  readonly shorter: readonly Uint8Array[];
  readonly pending: Share;
}

export interface ConnectionQuestion {
  readonly address: Uint8Array;
  readonly protocol: number;
  readonly port: number;
  /** The packet belongs to this flow; undefined: it opens a new one. */
  readonly flow?: KnownFlow | undefined;
}

export interface QueryQuestion {
  /** Uncompressed wire form, folded. */
  readonly wire: Uint8Array;
  readonly text: string;
  /** Host byte order. */
  readonly qtype: number;
}
