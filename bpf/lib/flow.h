/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "abi.h"
/* Connections and the like that were let through, from either side. */
enum nw_flow_flag {
	NW_FLOW_INBOUND = 1, /* opened from outside */
	NW_FLOW_GRANDFATHERED = 2, /* older than the pod's first enforced policy, which would not allow it */
	NW_FLOW_TCP_OPEN = 4, /* the pod has acknowledged something: past the handshake */
	NW_FLOW_TCP_CLOSING = 8, /* FIN or RST seen */
	NW_FLOW_UNTIL_CLOSE = 32, /* an edit would not allow it, but leaves it to close by itself */
	NW_FLOW_TCP_RESET = 64, /* RST seen from outside, and nothing from the pod since: it believes it */
	NW_FLOW_AUDITED = 128, /* let through last by a ruleset that enforces nothing */
	NW_FLOW_NEIGHBOUR = 16, /* no flow: the address has sent neighbour discovery from the pod's own link */
};
const enum nw_flow_flag *nw_flow_flag_btf __attribute__((unused));

enum { NW_KEPT_SHIFT = 30 }; /* nanoseconds to a little more than seconds */

/*
 * struct flow.ruleset where none lets it through: refused, or passed by the node's switch alone. It is judged anew
 * with each packet, and what comes from outside does not make it a flow of its own. No ruleset has this number.
 */
enum nw_flow_ruleset { NW_FLOW_CUT = 0x7fffffff };
const enum nw_flow_ruleset *nw_flow_ruleset_btf __attribute__((unused));

struct flow_key {
	u32 endpoint;
	u8 remote[16];
	u8 local[16];
	be16 remote_port; /* ICMP echo: 0 */
	be16 local_port; /* ICMP echo: identifier */
	u8 protocol;
	u8 reserved[3];
};

struct flow {
	u64 expires;
	u64 created;
	u32 ruleset; /* that last let it through, or NW_FLOW_CUT; another one re-evaluates */
	u32 handle; /* identity that let it through; 0 = none */
	u16 reason; /* enum nw_reason of that verdict */
	u8 flags; /* enum nw_flow_flag */
	u8 claimed; /* the sweeper saw it expired and will delete it at its next run unless it lives again */
	u32 kept; /* now() >> NW_KEPT_SHIFT of the packet that last extended its address's life */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 131072);
	__type(key, struct flow_key);
	__type(value, struct flow);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} flows SEC(".maps");
