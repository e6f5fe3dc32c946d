/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "abi.h"
#include "flow.h"
/*
 * Which identities an address stands for, for one pod, and until when. A slot whose handle is 0 or whose
 * expiry has passed is free.
 */
enum nw_learned_size { NW_IDENTITIES_PER_ADDRESS = 8 };
const enum nw_learned_size *nw_learned_size_btf __attribute__((unused));
enum nw_learned_state {
	NW_LEARNED_LIVE = 0,
	NW_LEARNED_CLAIMED = 1, /* by the sweeper, until its next run; an answer may claim it back */
	NW_LEARNED_DELETING = 2, /* gone within the microsecond */
};
const enum nw_learned_state *nw_learned_state_btf __attribute__((unused));

struct learned_key {
	u32 endpoint;
	u8 address[16];
};

struct learned {
	u32 state; /* enum nw_learned_state: the sweeper's claim */
	u32 reserved;
	u64 used; /* now() of the last new connection */
	u32 handles[NW_IDENTITIES_PER_ADDRESS];
	u64 expires[NW_IDENTITIES_PER_ADDRESS];
	u64 names[NW_IDENTITIES_PER_ADDRESS]; /* name_hash of the recent answer that taught it */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, struct learned_key);
	__type(value, struct learned);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} learned SEC(".maps");

/* The pod's entry for the far end of a flow. */
static __always_inline void learned_key(struct learned_key *to, const struct flow_key *flow)
{
	to->endpoint = flow->endpoint;
	__builtin_memcpy(to->address, flow->remote, 16);
}

/*
 * The pod's entry for an address, safe to write for the rest of this run: it is live, or was claimed by
 * the sweeper and is claimed back. NULL: there is none, or it is just being deleted (*busy).
 */
static __always_inline struct learned *learned_live(const struct learned_key *key, u32 *busy)
{
	struct learned *l = bpf_map_lookup_elem(&learned, key);

	*busy = 0;
	if (!l || likely(READ_ONCE(l->state) == NW_LEARNED_LIVE))
		return l;
	if (__sync_val_compare_and_swap(&l->state, NW_LEARNED_CLAIMED, NW_LEARNED_LIVE) == NW_LEARNED_CLAIMED)
		return l;
	*busy = 1;
	return (void *)0;
}

/*
 * Recent answers of each endpoint, selected or not: what a new selector is back-filled from and where
 * the names of learned addresses stand. One array, answers_per_endpoint records an endpoint; a name may stand in the
 * NW_ANSWER_WAYS records from name_hash & mask & ~(NW_ANSWER_WAYS - 1) on.
 */
enum nw_answer_size { NW_ADDRESSES_PER_ANSWER = 16, NW_ANSWER_WAYS = 4 };
const enum nw_answer_size *nw_answer_size_btf __attribute__((unused));

enum { NW_WRITTEN_SHIFT = 30 };

const volatile u32 answer_mask = 63; /* recent answers of an endpoint - 1, a power of two less one */

struct recent_answer {
	u32 sequence; /* odd while being written */
	u32 endpoint;
	u64 name_hash;
	u8 name_length; /* wire octets with the root label; 0 = empty */
	u8 count; /* addresses in use */
	u16 cursor; /* the next to overwrite */
	u32 written; /* now() of the last answer >> NW_WRITTEN_SHIFT: the oldest of a set makes room */
	u8 name[256]; /* wire form, folded; only name_length octets mean something */
	u8 addresses[NW_ADDRESSES_PER_ANSWER][16];
	u64 expires[NW_ADDRESSES_PER_ANSWER]; /* by TTL, floor, ceiling and grace of config */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 256 * 64);
	__type(key, u32);
	__type(value, struct recent_answer);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} answers SEC(".maps");
