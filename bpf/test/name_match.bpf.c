/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include "../lib/match.h"
/*
 * name_read() and name_match() on a packet that is an Ethernet header and a raw wire name, for tests and
 * measurements. "exchange" carries what no packet does: the ruleset in, the outcome out.
 */
char _license[] SEC("license") = "Dual BSD/GPL";

struct exchange {
	u32 ruleset;
	s32 size; /* what name_read() returned */
	u64 hash;
	struct name_matches matches;
	u8 wire[256];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, u32);
	__type(value, struct exchange);
} exchange SEC(".maps");

enum { ETHERNET = 14 };

SEC("tc")
int read_and_match(struct __sk_buff *skb)
{
	struct name_scratch *n = name_scratch_get();
	struct name_matches matches = {};
	struct exchange *x;
	u32 zero = 0;

	x = bpf_map_lookup_elem(&exchange, &zero);
	if (!n || !x)
		return 0;
	x->size = name_read(skb, ETHERNET, n);
	if (x->size < 0)
		return 0;
	x->hash = n->hash;
	__builtin_memcpy(x->wire, n->wire, sizeof(x->wire));
	name_match(n, x->ruleset, &matches);
	x->matches = matches;
	return 0;
}

/* Many names at once: they stand one behind the other in the packet. */
enum { BATCH_NAMES = 64 };

struct outcome {
	s32 size;
	u32 reserved;
	u64 hash;
	struct name_matches matches;
};

struct batch {
	u32 ruleset;
	u32 count;
	struct outcome outcomes[BATCH_NAMES];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, u32);
	__type(value, struct batch);
} batch SEC(".maps");

struct batch_context {
	struct __sk_buff *skb;
	u32 offset;
};

static long batch_step(u32 i, struct batch_context *at)
{
	struct name_scratch *n = name_scratch_get();
	struct outcome *o;
	struct batch *b;
	u32 zero = 0;

	b = bpf_map_lookup_elem(&batch, &zero);
	if (!n || !b || i >= b->count || i >= BATCH_NAMES)
		return 1;
	o = &b->outcomes[i & (BATCH_NAMES - 1)];
	o->matches.count = 0;
	o->matches.overflow = 0;
	o->size = name_read(at->skb, at->offset, n);
	if (o->size < 0)
		return 1;
	o->hash = n->hash;
	name_match(n, b->ruleset, &o->matches);
	at->offset += o->size;
	return 0;
}

SEC("tc")
int read_and_match_batch(struct __sk_buff *skb)
{
	struct batch_context at = { .skb = skb, .offset = ETHERNET };

	bpf_loop(BATCH_NAMES, batch_step, &at, 0);
	return 0;
}

/* The rest are for measuring: what costs what. */
SEC("tc")
int empty(struct __sk_buff *skb)
{
	return 0;
}

SEC("tc")
int read_only(struct __sk_buff *skb)
{
	struct name_scratch *n = name_scratch_get();

	return n ? name_read(skb, ETHERNET, n) : 0;
}

SEC("tc")
int read_match_only(struct __sk_buff *skb)
{
	struct name_scratch *n = name_scratch_get();
	struct name_matches matches = {};

	if (!n || name_read(skb, ETHERNET, n) < 0)
		return 0;
	return name_match(n, skb->mark, &matches);
}
