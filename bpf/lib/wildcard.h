/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "endpoint.h"
/*
 * How many different names a pod asks for under wildcards. What a wildcard lets pass may carry anything in its
 * labels to whoever runs the zone: a tunnel shows in queries, octets and names that never come again.
 *
 * Names are counted by a HyperLogLog (Flajolet et al., 2007): a register, chosen by eight bits of the name's hash,
 * keeps the longest run of zeros that the other bits ended in. User space computes the estimate (distinct.ts); its
 * standard error is 1.04 / sqrt(256) = 6.5 %. The hash is keyed, so nobody can choose names that meet in one register.
 * Two CPUs may store at once and the smaller rank may stay: the estimate is low by a little until that name, or one
 * like it, comes again.
 */
enum nw_wildcard { NW_WILDCARD_REGISTERS = 256 };
const enum nw_wildcard *nw_wildcard_btf __attribute__((unused));

/* By the endpoint's slot; zeroed by the agent with a new number. */
struct wildcard_names {
	u8 ranks[NW_WILDCARD_REGISTERS];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 256);
	__type(key, u32);
	__type(value, struct wildcard_names);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} wildcard_names SEC(".maps");

static __always_inline u32 trailing_zeros(u64 w)
{
	u32 zeros = 0;

#pragma unroll
	for (u32 step = 32; step; step >>= 1) {
		u32 none = !(w & ((1ULL << step) - 1)) * step;

		zeros += none;
		w >>= none;
	}
	return zeros;
}

static __always_inline void wildcard_count(struct endpoint_counts *counts, u32 endpoint, u64 name_hash, u32 octets)
{
	u32 slot = endpoint & endpoint_mask;
	struct wildcard_names *names = bpf_map_lookup_elem(&wildcard_names, &slot);
	u8 *rank;

	counts->wildcard_queries++;
	counts->wildcard_octets += octets;
	if (!names)
		return;
	rank = &names->ranks[name_hash >> 56];
	/* Most names raise nothing: a longer run has zeros in as many places at least. */
	if (name_hash & ((1ULL << (READ_ONCE(*rank) & 63)) - 1))
		return;
	WRITE_ONCE(*rank, 1 + trailing_zeros(name_hash | 1ULL << 56)); /* 57 at most */
}
