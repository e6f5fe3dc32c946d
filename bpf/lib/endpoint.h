/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "abi.h"
/*
 * A policed pod. Its number is never reused while anything refers to it; the slot is number & mask, so
 * a number that does not stand in its own slot is one of a pod that is gone.
 */
enum nw_endpoint_flag {
	NW_ENDPOINT_UNKNOWN = 1, /* attached before any policy was known for it */
};
const enum nw_endpoint_flag *nw_endpoint_flag_btf __attribute__((unused));

const volatile u32 endpoint_mask = 255; /* slots - 1, a power of two less one */

enum nw_endpoint_size { NW_ENDPOINT_ADDRESSES = 2 };
const enum nw_endpoint_size *nw_endpoint_size_btf __attribute__((unused));

/* Written by the agent alone. */
struct endpoint {
	u32 number;
	u32 ruleset; /* 0 = not selected */
	u32 flags; /* enum nw_endpoint_flag */
	u32 reserved;
	u64 netns_cookie;
	u64 selected_at; /* now() when its ruleset became one that enforces; 0 = it does not */
	u8 addresses[NW_ENDPOINT_ADDRESSES][16]; /* the pod's own; zeros where not known: no check in that family */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 256);
	__type(key, u32);
	__type(value, struct endpoint);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} endpoints SEC(".maps");

/* What an endpoint holds of the shared tables; written by the programs, zeroed by the agent with a new number. */
struct usage {
	u32 pending;
	u32 learned;
	u32 flows_out;
	u32 flows_in;
	u32 foreign; /* it has sent, while that was let, from addresses that are not its own */
	u32 grandfathered; /* flows older than its selection that live on; by the sweeper's last round */
	u32 until_close; /* flows that an edit leaves to close by themselves; by the sweeper's last round */
	u32 round_grandfathered; /* the same, while a round lasts */
	u32 round_until_close;
	u32 streams; /* connections to resolvers */
	u32 stream_parts; /* answers on those of which the end is still to come */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 256);
	__type(key, u32);
	__type(value, struct usage);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} usage SEC(".maps");

/* Counts for people and for the proof that both hooks see the pod's traffic; zeroed by the agent with a new number. */
struct endpoint_counts {
	u64 queries; /* sent on to a resolver */
	u64 refused;
	u64 answers; /* that matched a pending query */
	u64 learned; /* addresses, new */
	u64 allowed; /* new flows */
	u64 denied;
	u64 audit_denied;
	u64 inbound; /* packets that the pod-in hook saw */
	u64 wildcard_queries; /* sent on only because a policy's pattern selects the name */
	u64 wildcard_octets; /* of their names */
	u64 replies; /* refusals sent back to the pod, past the host's end of its cable */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 256);
	__type(key, u32);
	__type(value, struct endpoint_counts);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} endpoint_count SEC(".maps");

static __always_inline const struct endpoint *endpoint_get(u32 number)
{
	u32 slot = number & endpoint_mask;
	const struct endpoint *ep = bpf_map_lookup_elem(&endpoints, &slot);

	return ep && ep->number == number && number ? ep : (void *)0;
}

static __always_inline struct usage *usage_get(u32 number)
{
	u32 slot = number & endpoint_mask;

	return bpf_map_lookup_elem(&usage, &slot);
}

static __always_inline struct endpoint_counts *endpoint_counts_get(u32 number)
{
	u32 slot = number & endpoint_mask;

	return bpf_map_lookup_elem(&endpoint_count, &slot);
}

/* Takes one of a quota. False: none left, nothing taken. */
static __always_inline int quota_take(u32 *used, u32 quota)
{
	if (__sync_fetch_and_add(used, 1) < quota)
		return 1;
	__sync_fetch_and_add(used, -1);
	return 0;
}

static __always_inline void quota_release(u32 *used)
{
	__sync_fetch_and_add(used, -1);
}

/*
 * The endpoint's search list: a refused name that ends in one of these is an expansion of the resolver
 * library's making and gets NXDOMAIN, since musl and c-ares give up at REFUSED. By the endpoint's slot.
 */
enum nw_search { NW_SEARCH_MAX = 16 };
const enum nw_search *nw_search_btf __attribute__((unused));

struct search_list {
	u32 endpoint;
	u32 count;
	u8 lengths[NW_SEARCH_MAX]; /* wire octets of each suffix, without the root label */
	u64 hashes[NW_SEARCH_MAX]; /* name_hash of each */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 256);
	__type(key, u32);
	__type(value, struct search_list);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} searches SEC(".maps");

static __always_inline const struct search_list *search_list_get(u32 number)
{
	u32 slot = number & endpoint_mask;
	const struct search_list *l = bpf_map_lookup_elem(&searches, &slot);

	return l && l->endpoint == number ? l : (void *)0;
}

/* User space only: who is who when no agent runs, and what the CNI plugin finds. */
struct pod_key {
	char uid[64];
};

struct pod {
	u32 endpoint;
	u32 ruleset;
	u32 ifindex; /* host end of its cable */
	u32 flags; /* enum nw_endpoint_flag */
	char namespace[64];
	char name[256];
	char netns[128]; /* path */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct pod_key);
	__type(value, struct pod);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} pods SEC(".maps");

/* User space only: the next numbers to give out; atomic add through a mapping. 0 is never given. */
struct allocator {
	u32 next_endpoint;
	u32 next_ruleset;
	u32 next_handle;
	u32 reserved;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, u32);
	__type(value, struct allocator);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} allocator SEC(".maps");
