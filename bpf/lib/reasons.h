/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "abi.h"
/*
 * Every outcome of the datapath. A number is never reused: counters, events, docs and peers refer to it.
 * "counters" holds one per-CPU count for each.
 */
enum nw_reason {
	NW_REASON_NONE = 0,

	/* Queries to a trusted resolver. */
	NW_QUERY_ALLOWED = 1, /* a rule selects the name */
	NW_QUERY_UNFILTERED = 2, /* the pod's names are not filtered */
	NW_QUERY_NO_RULE = 3, /* refused: no rule selects the name */
	NW_QUERY_DENIED = 4, /* refused: an egressDeny rule selects the name */
	NW_QUERY_NOT_PLAIN = 5, /* refused: not exactly one plain question */
	NW_QUERY_QUOTA = 6, /* refused: too many of the pod's questions are open */
	NW_QUERY_FULL = 7, /* refused: the pending table is full */
	NW_QUERY_TCP_UNSEEN = 8, /* refused: DNS over TCP in a stream that is not followed, names are filtered */
	NW_QUERY_NOT_REMEMBERED = 9, /* passed, but its answer can teach nothing: not plain, quota or full */
	NW_QUERY_AUDIT_REFUSE = 10, /* passed; the audited policies would have refused it */
	NW_QUERY_EDNS_CLAMPED = 11, /* counted beside the outcome: the answer size it advertises was lowered */
	NW_QUERY_ENCRYPTED = 12, /* refused: DNS over TLS or QUIC to a resolver, names are filtered */
	NW_QUERY_REVERSE = 13, /* no rule selects it, but it is the reverse of an address the pod has learned */
	NW_QUERY_EXPANSION = 14, /* passed: no rule selects it, but one does less a search suffix of the pod */

	/* Answers from a trusted resolver. All pass; only LEARNED and NO_ADDRESS are sound. */
	NW_ANSWER_LEARNED = 20,
	NW_ANSWER_NO_ADDRESS = 21,
	NW_ANSWER_UNSOLICITED = 22, /* no pending query has its server, ports and ID */
	NW_ANSWER_OTHER_QUESTION = 23, /* the pending query asked something else; it stays pending */
	NW_ANSWER_LATE = 24, /* the pending query is over its age limit */
	NW_ANSWER_REPEATED = 25, /* as many answers as queries have taught already */
	NW_ANSWER_RCODE = 26, /* not NOERROR */
	NW_ANSWER_SHORT = 27, /* no complete DNS header */
	NW_ANSWER_NOT_RESPONSE = 28, /* QR = 0 or an opcode other than QUERY */
	NW_ANSWER_QDCOUNT = 29, /* not exactly one question */
	NW_ANSWER_BAD_NAME = 31, /* label type 01 or 10, a label or name past the end, over 255 octets */
	NW_ANSWER_BAD_POINTER = 32, /* to itself, forward, into the header, past the end */
	NW_ANSWER_POINTER_CHAIN = 33, /* more jumps than we follow */
	NW_ANSWER_BAD_RDLENGTH = 34, /* past the end, or not what the type needs */
	NW_ANSWER_CUT_RECORD = 35, /* ANCOUNT promises a record that is not there */
	NW_ANSWER_TOO_MANY = 36, /* more answer records than we walk */
	NW_ANSWER_CHAIN_LONG = 37, /* more CNAMEs than we follow */
	NW_ANSWER_BAD_CHAIN = 38, /* a CNAME loop; of two CNAMEs of one owner the first counts */
	NW_ANSWER_FRAGMENT = 39, /* an IP fragment is never parsed; of later ones each UDP fragment counts */
	NW_ANSWER_RESERVED_ADDRESS = 40, /* counted for each address that may not be learned */
	NW_ANSWER_TRAILING = 41, /* counted beside the outcome: bytes after the last record */
	NW_ANSWER_MALFORMED = 42, /* UDP length does not fit the packet */
	NW_ANSWER_TOO_MANY_ADDRESSES = 43, /* more addresses than one message can teach */
	NW_ANSWER_NOT_BELIEVED = 44, /* the pod has sent from addresses not its own: it may be its own doing */
	NW_ANSWER_AUTOPATH = 45, /* counted beside the outcome: it counts for the question less a search suffix */
	NW_ANSWER_BEYOND = 46, /* of several datagrams in one packet one that ends beyond its first 8,192 octets */

	/* Learning. */
	NW_LEARN_NEW = 50,
	NW_LEARN_REFRESHED = 51,
	NW_LEARN_QUOTA = 52, /* refused: the pod has learned as much as it may */
	NW_LEARN_FULL = 53, /* refused: the table is full */
	NW_LEARN_IDENTITIES = 54, /* refused: the address holds NW_IDENTITIES_PER_ADDRESS live identities */
	NW_LEARN_RECORD_BUSY = 55, /* two CPUs met in one recent-answer slot: one was not recorded */
	NW_QUERY_IDENTITIES = 56, /* a name matched more selectors than one question keeps */
	NW_LEARN_CLAIMED = 57, /* an answer waited for the sweeper in vain: not learned */
	NW_LEARN_SHARED = 58, /* counted beside: an address got an identity while it holds a live one of another name */

	/* Connections: passed. */
	NW_PASS_CONTROL = 70,
	NW_PASS_FLOW = 71,
	NW_PASS_RANGE = 72, /* cluster traffic, API server */
	NW_PASS_CIDR = 73,
	NW_PASS_NAME = 74,
	NW_PASS_NOT_ISOLATED = 75, /* no rule decides and no policy isolates the pod */
	NW_PASS_GRANDFATHERED = 76,
	NW_PASS_UNSELECTED = 77,
	NW_PASS_SWITCHED_OFF = 78,
	NW_PASS_INBOUND_FLOW = 79, /* opened a flow from outside */
	NW_PASS_INBOUND = 80,
	NW_PASS_NOT_IP = 81,
	NW_PASS_AUDIT_DENY = 82, /* passed; the audited policies would have denied it */
	NW_PASS_NOT_TRACKED = 83, /* passed without a flow, for lack of room: not isolated, or the node only audits */
	NW_PASS_SWITCHED_AUDIT = 84, /* would be denied, the node is switched to audit */
	NW_PASS_INBOUND_QUOTA = 85, /* passed in, but no flow for the reply: quota or table full */
	NW_PASS_UNTIL_CLOSE = 86, /* an edit would not allow the flow, but leaves it to close by itself */
	NW_PASS_FRAGMENT = 87, /* a non-first fragment whose first was let through */

	/* Connections: denied. */
	NW_DENY_CIDR = 90, /* a CIDR deny */
	NW_DENY_UNKNOWN = 91, /* isolated, and the pod never learned this address */
	NW_DENY_EXPIRED = 92, /* isolated, and what the pod learned of this address has expired */
	NW_DENY_PORT = 93, /* a rule allows the address, but not this protocol and port */
	NW_DENY_NAME = 94, /* a name deny, and no allowed name holds the address (or strictDeny) */
	NW_DENY_MALFORMED = 95,
	NW_DENY_FRAGMENT = 96, /* a non-first fragment whose first was not allowed */
	NW_DENY_FLOW_QUOTA = 97,
	NW_DENY_FLOW_FULL = 98,
	NW_DENY_NO_ENDPOINT = 99, /* the trampoline's endpoint is gone */
	NW_DENY_FALLBACK = 100, /* selected pod, and only the fallback program is there */
	NW_DENY_POSES_AS_RESOLVER = 101, /* sent from a trusted resolver's address and port, which is not the pod's */
	NW_DENY_NOT_IP = 102, /* isolated pod: neither IP nor ARP */
	NW_DENY_SOURCE = 103, /* selected pod: the source address is not its own */

	/* Refusals delivered. */
	NW_REPLY_REFUSED = 120,
	NW_REPLY_RESET = 121,
	NW_REPLY_UNREACHABLE = 122,
	NW_REPLY_FAILED = 123, /* could not be built: dropped silently */

	NW_EVENT_LOST = 130,

	NW_SWEPT_PENDING = 140,
	NW_SWEPT_LEARNED = 141,
	NW_SWEPT_FLOW = 142,
	NW_SWEPT_STREAM = 143,

	/* DNS over TCP: what becomes of segments beside their questions and answers. */
	NW_STREAM_OPENED = 150, /* a resolver has taken up a connection */
	NW_STREAM_SEGMENT = 151, /* passed, with octets */
	NW_STREAM_GAP = 152, /* dropped, to be sent again: what is before it is missing */
	NW_STREAM_BUSY = 153, /* dropped, to be sent again: another CPU was long at its stream */
	NW_STREAM_CHANGED = 154, /* dropped: sent again with other octets */
	NW_STREAM_URGENT = 155, /* refused: urgent data, which readers take out of the stream */
	NW_STREAM_FAST_OPEN = 156, /* refused: data before the resolver has taken up the connection */
	NW_STREAM_QUOTA = 157, /* refused where names are filtered: too many of the pod's connections to resolvers */
	NW_STREAM_FULL = 158, /* refused where names are filtered: the table is full */
	NW_STREAM_LOST = 159, /* passed, in a stream that is not followed: it teaches nothing */
	NW_STREAM_PART = 160, /* no room for the beginning of an answer: it teaches nothing */
	NW_STREAM_LONG = 161, /* counted beside the outcome: an answer of which only the beginning is read */
	NW_STREAM_UNREADABLE = 162, /* the kernel had no memory to read a message */
	NW_SOCKET_SEEN = 163, /* a pod's socket is connected to a resolver, and its questions are answered there */
	NW_SOCKET_FULL = 164, /* no room for such a socket: what it may not ask ends its connection */
	NW_STREAM_REUSED = 165, /* dropped, to be sent again: a SYN on the ports of a connection that has not ended */
	NW_STREAM_HANDSHAKE = 166, /* dropped: what no pod sends before the resolver has acknowledged something */

	NW_REASONS = 256,
};
const enum nw_reason *nw_reason_btf __attribute__((unused));

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, NW_REASONS);
	__type(key, u32);
	__type(value, u64);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} counters SEC(".maps");

static __always_inline void count(u32 reason)
{
	u64 *n = bpf_map_lookup_elem(&counters, &reason);

	if (!n)
		return;
#ifdef NW_COUNT_ATOMIC
	__sync_fetch_and_add(n, 1);
#else
	*n += 1;
#endif
}
