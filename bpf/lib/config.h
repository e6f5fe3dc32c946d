/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "abi.h"

enum nw_layout { NW_LAYOUT = 3 }; /* of every pinned map together; see docs/adr/0001-pinned-maps.md */
const enum nw_layout *nw_layout_btf __attribute__((unused));

enum nw_switch { NW_SWITCH_ON = 0, NW_SWITCH_AUDIT = 1, NW_SWITCH_OFF = 2 };
const enum nw_switch *nw_switch_btf __attribute__((unused));

/* Everything that may change while the programs run. Durations in nanoseconds. */
struct config {
	u32 layout; /* NW_LAYOUT */
	u32 node_switch; /* enum nw_switch */
	u32 listeners; /* somebody wants events of what passed, not only of what was refused */
	u32 names_version; /* counts swaps of the name index; for people */
	u64 clock_offset; /* added to the monotonic clock; tests move time with it */

	u64 ttl_floor;
	u64 ttl_ceiling;
	u64 ttl_grace;
	u64 idle_window;

	u64 pending_age;
	u64 tcp_idle;
	u64 tcp_opening;
	u64 tcp_closing;
	u64 udp_idle;
	u64 icmp_idle;
	u64 grandfather; /* how long flows older than the pod's selection go on; 0 = not at all */

	/* Entries for each endpoint. */
	u32 quota_pending;
	u32 quota_learned;
	u32 quota_flows_out;
	u32 quota_flows_in;

	/* Bit (port & 255) is set for each port of a trusted resolver: most packets need no look-up in resolvers. */
	u64 resolver_ports[4];

	/*
	 * Bit (first octet) is set where no reserved range has an address that begins so: most addresses are learned
	 * without a look-up in ranges. Zeros are always right.
	 */
	u64 unreserved_v4[4];
	u64 unreserved_v6[4];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct config);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} config SEC(".maps");

/* NULL never happens (an array's only element); the verifier wants the check all the same. */
static __always_inline const struct config *config_get(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&config, &zero);
}

/* Monotonic nanoseconds (late by suspended time), moved by the test offset; 4 ms resolution at worst. */
static __always_inline u64 now(const struct config *c)
{
	return bpf_ktime_get_coarse_ns() + c->clock_offset;
}
