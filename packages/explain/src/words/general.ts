/** What a reason means whatever the packet: for counters, and where nothing more is known. */
import { NwReason } from '@namewall/datapath';

const { QUERY_NOT_PLAIN: NOT_PLAIN } = NwReason;
const UDP_FIX = 'let the client ask over UDP to port 53, or set dns.queries: All in a policy of the pod';

/** Refusals of whole packets that carry no name and no port, and what the answers' reasons say. */
export const GENERAL: Readonly<Record<number, readonly [why: string, fix: string]>> = {
  [NOT_PLAIN]: [
    'it is not exactly one plain question (one name, class IN, opcode QUERY, at most 512 octets, nothing behind it)',
    'let the client ask with an ordinary resolver library, or set dns.queries: All in a policy of the pod',
  ],
  [NwReason.QUERY_TCP_UNSEEN]: [
    'the connection to the resolver is not followed, it may be older than the hook; names are filtered',
    'let the client connect to the resolver again',
  ],
  [NwReason.STREAM_URGENT]: ['urgent data in a connection to a resolver', 'let the client send questions without it'],
  [NwReason.STREAM_FAST_OPEN]: [
    'data in the first packet to a resolver (TCP Fast Open)',
    'switch it off in the client',
  ],
  [NwReason.QUERY_ENCRYPTED]: ['DNS over TLS or QUIC hides the name, and names are filtered', UDP_FIX],
  [NwReason.DENY_MALFORMED]: ['the packet is malformed or carries IP options', 'look at what builds it'],
  [NwReason.DENY_FRAGMENT]: [
    'a later fragment whose first was not let through',
    'see what refuses its first; more than 16 datagrams at once, out of order, need to be smaller',
  ],
  [NwReason.DENY_NO_ENDPOINT]: ['the pod behind this cable is gone', 'start the agent: it detaches what is left'],
  [NwReason.DENY_FALLBACK]: ['only the fallback program is there', 'start an agent of this version again'],
  [NwReason.DENY_POSES_AS_RESOLVER]: [
    'sent from the address and port of a trusted resolver',
    "give the pod its own address; a resolver's pods are listed in NamewallConfig, resolvers",
  ],
  [NwReason.DENY_NOT_IP]: ['neither IP nor ARP, and the pod is isolated', 'use IP'],
  [NwReason.DENY_SOURCE]: [
    "the source address is not the pod's own",
    "send from the address in the pod's status; nested networks need masquerading inside the pod",
  ],
  [NwReason.PASS_SWITCHED_OFF]: ['the node is switched off: nothing is judged', ''],
  [NwReason.PASS_CONTROL]: ['control traffic: neighbour discovery, DHCP, errors of known flows', ''],
  [NwReason.PASS_FLOW]: ['it belongs to a known flow', ''],
  [NwReason.PASS_RANGE]: ['cluster traffic or API server: left to NetworkPolicy, and no rule says otherwise', ''],
  [NwReason.PASS_NOT_ISOLATED]: ['no rule decides, and no policy isolates the pod', ''],
  [NwReason.PASS_GRANDFATHERED]: [
    "the flow is older than the pod's first enforced policy, and its grandfather time runs",
    '',
  ],
  [NwReason.PASS_UNTIL_CLOSE]: ['an edit left the flow to close by itself (cutFlows: OnClose)', ''],
  [NwReason.PASS_FRAGMENT]: ['a later fragment of a datagram whose first was let through', ''],
  [NwReason.PASS_UNSELECTED]: ['no policy selects the pod', ''],
  [NwReason.PASS_NOT_TRACKED]: [
    'no room for its flow; the pod is not isolated, or the node only audits, so it passes untracked',
    '',
  ],
  [NwReason.QUERY_UNFILTERED]: ["the pod's names are not filtered", ''],
  [NwReason.QUERY_REVERSE]: ['it is the reverse of an address that the pod has learned', ''],
  [NwReason.QUERY_NOT_REMEMBERED]: ['it passed, but its answer can teach nothing: not plain, or no room', ''],
  [NwReason.ANSWER_LEARNED]: ['the answer taught its addresses', ''],
  [NwReason.ANSWER_NO_ADDRESS]: ["the answer holds no address of the question's type", ''],
  [NwReason.LEARN_SHARED]: [
    'an address was learned for a name while another name of the pod has it: connections are not told apart',
    '',
  ],
  [NwReason.ANSWER_RCODE]: ['the resolver answered with an error', ''],
};

/** Of refusals that are otherwise told by the rule behind them. */
const BRIEF: Readonly<Record<number, string>> = {
  [NwReason.QUERY_NO_RULE]: 'no rule selects the name',
  [NwReason.QUERY_DENIED]: 'an egressDeny rule selects the name',
  [NwReason.QUERY_QUOTA]: 'the pod has as many open questions as its quota allows',
  [NwReason.QUERY_FULL]: 'the table of open questions is full',
  [NwReason.DENY_CIDR]: 'an egressDeny rule holds the address',
  [NwReason.DENY_UNKNOWN]: 'the pod never learned the address, and no CIDR rule allows it',
  [NwReason.DENY_EXPIRED]: 'what the pod learned of the address has expired',
  [NwReason.DENY_PORT]: 'a rule allows the address, but not this protocol and port',
  [NwReason.DENY_NAME]: 'an egressDeny rule selects the name behind the address',
  [NwReason.DENY_FLOW_QUOTA]: 'the pod has as many flows as its quota allows',
  [NwReason.DENY_FLOW_FULL]: 'the table of flows is full',
  [NwReason.STREAM_QUOTA]: 'the pod has as many connections to resolvers as its quota allows',
  [NwReason.STREAM_FULL]: 'the table of connections to resolvers is full',
  [NwReason.STREAM_REUSED]: 'a connection to a resolver on the ports of one that has not ended',
  [NwReason.STREAM_HANDSHAKE]: 'other numbers than those of the handshake, of a connection to a resolver',
};

/** What a counter of refusals, or of something unusual that passed, counts; '' for all others. */
export const reasonMeaning = (reason: number): string => BRIEF[reason] ?? GENERAL[reason]?.[0] ?? '';
