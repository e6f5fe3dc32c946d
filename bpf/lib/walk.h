/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "expand.h"
/*
 * The walk over an answer section: collects the addresses on the question's CNAME chain and judges every
 * record, so that one bad record makes the whole message teach nothing.
 *
 * Most answers are a run of addresses whose owner is a pointer to the chain's end: walk_plain() takes
 * those by direct packet access. What it does not know it leaves to walk_record(), which knows all forms.
 */
enum {
	RECORD_FIXED = 10, /* type, class, TTL, RDLENGTH */
	WALK_BUDGET = 4096,
	PLAIN_RECORDS = 32,
	WALK_READS = 4 * NW_RECORDS_PER_MESSAGE, /* a chain out of order is walked again */
};

static __always_inline void walk_add(struct scratch *s, u32 type, const u8 *address, u32 ttl)
{
	struct walk *w = &s->walk;
	struct found_address *a;

	if (s->address_count >= NW_ADDRESSES_PER_MESSAGE) {
		w->error = NW_ANSWER_TOO_MANY_ADDRESSES;
		return;
	}
	a = &s->addresses[s->address_count++ & (NW_ADDRESSES_PER_MESSAGE - 1)];
	/* A TTL with its top bit set means 0 (RFC 2181, section 8). */
	if (ttl >> 31)
		ttl = 0;
	a->ttl = ttl < w->ttl ? ttl : w->ttl;
	if (type == DNS_TYPE_A)
		mapped_address(a->address, *(be32 *)address);
	else
		__builtin_memcpy(a->address, address, 16);
}

/*
 * Takes records of the common form until the first that is not. The first of a message are free; where the chain
 * has gone on each costs what walk_record() would have taken for it.
 */
__noinline int walk_plain(struct __sk_buff *skb)
{
	struct scratch *s = scratch_get();
	struct walk *w;
	u32 offset, end;

	if (!s)
		return 0;
	w = &s->walk;
	offset = w->message + w->offset;
	end = w->message + w->end; /* a frame may be longer than its packet */
	for (u32 i = 0; i < PLAIN_RECORDS; i++) {
		const u8 *data = (void *)(u64)skb->data;
		const u8 *data_end = (void *)(u64)skb->data_end;
		const u8 *record;
		u32 type, size;

		if (!w->left || w->error || offset > DIRECT_OFFSET)
			break;
		if (w->budget < w->owner_steps || (w->owner_steps && !w->reads))
			break;
		asm volatile("%0 &= 0x7fff" : "+r"(offset));
		record = data + offset;
		if (record + 16 > data_end || offset + 16 > end)
			break;
		if (*(be16 *)record != bpf_htons(DNS_POINTER | w->target))
			break;
		if (*(be16 *)(record + 4) != bpf_htons(DNS_CLASS_IN))
			break;
		type = bpf_ntohs(*(be16 *)(record + 2));
		size = bpf_ntohs(*(be16 *)(record + 10));
		if (type == DNS_TYPE_A && size == 4) {
			if (w->qtype == bpf_htons(DNS_TYPE_A))
				walk_add(s, type, record + 12, bpf_ntohl(*(be32 *)(record + 6)));
		} else if (type == DNS_TYPE_AAAA && size == 16 && record + 28 <= data_end && offset + 28 <= end) {
			if (w->qtype == bpf_htons(DNS_TYPE_AAAA))
				walk_add(s, type, record + 12, bpf_ntohl(*(be32 *)(record + 6)));
		} else {
			break;
		}
		offset += 12 + size;
		w->left--;
		w->budget -= w->owner_steps;
		w->reads -= !!w->owner_steps;
	}
	w->offset = offset - w->message;
	return 0;
}

static __always_inline int is_chain_end(const struct walk *w, const struct expansion *x)
{
	return x->length == w->name_length && name_equal(x->name, w->name, x->length);
}

static __always_inline u64 name_digest(const u8 *name, u32 length)
{
	u64 digest = length;

	for (u32 i = 0; i < 256; i += 8) {
		if (i >= length)
			break;
		digest = (digest ^ *(const u64 *)(name + i)) * 0x9E3779B97F4A7C15ULL;
		digest ^= digest >> 29;
	}
	return digest;
}

/* May the target be the beginning of the name that it is the CNAME of? Tells most that are not: autopath.h asks on. */
static __always_inline int is_beginning(const struct expansion *target, const struct walk *w)
{
	return target->length < w->name_length && *(const u16 *)target->name == *(const u16 *)w->name;
}

/* Moves the chain's end to the name in s->expansion. Returns 0 or an enum nw_reason. */
static __always_inline u32 follow(struct walk *w, const struct expansion *x, u32 rdata, u32 ttl)
{
	u64 digest = name_digest(x->name, x->length);

	if (w->chain >= NW_CHAIN_MAX)
		return NW_ANSWER_CHAIN_LONG;
	for (u32 i = 0; i <= NW_CHAIN_MAX; i++) {
		if (i > w->chain)
			break;
		if (w->seen[i] == digest)
			return NW_ANSWER_BAD_CHAIN;
	}
	if (!w->chain && is_beginning(x, w))
		w->shorter = rdata;
	w->moved = 1;
	w->chain++;
	if (w->chain <= NW_CHAIN_MAX)
		w->seen[w->chain] = digest;
	w->target = rdata;
	/* Of a pointer there the last jump would be one too many: such an owner is read, and refused. */
	w->owner_steps = x->jumps < POINTER_JUMPS_MAX ? x->steps + 1 : WALK_BUDGET + 1;
	w->name_length = x->length;
	if (ttl >> 31)
		ttl = 0;
	if (ttl < w->ttl)
		w->ttl = ttl;
	name_copy(w->name, x->name, x->length);
	return 0;
}

/*
 * Is the owner at w->offset the chain's end? Sets *end behind it. One that is a pointer to where that name stands
 * is not read again. Returns 0 or an enum nw_reason.
 */
static __always_inline u32 walk_owner(struct __sk_buff *skb, struct scratch *s, u32 *end, int *on_chain)
{
	struct walk *w = &s->walk;
	u32 error;
	u8 head[2];

	if (w->owner_steps && w->budget >= w->owner_steps && w->offset + 2 <= w->end &&
	    walk_peek(skb, w, w->offset, head) && (u32)(head[0] << 8 | head[1]) == (DNS_POINTER | w->target)) {
		w->budget -= w->owner_steps;
		*end = w->offset + 2;
		*on_chain = 1;
		return 0;
	}
	error = expand(skb, w->offset);
	if (error) {
		w->cut = s->expansion.cut;
		return error;
	}
	*end = s->expansion.end;
	*on_chain = is_chain_end(w, &s->expansion);
	return 0;
}

/* One record of any form. Returns 0 or an enum nw_reason. */
__noinline int walk_record(struct __sk_buff *skb)
{
	struct scratch *s = scratch_get();
	u32 type, ttl, size, fixed_at, rdata, error;
	struct {
		be16 type;
		be16 class;
		u16 ttl[2];
		be16 size;
	} fixed;
	struct walk *w;
	u8 address[16];
	int on_chain;

	if (!s)
		return NW_ANSWER_CUT_RECORD;
	w = &s->walk;
	w->cut = 1;
	if (w->offset >= w->end)
		return NW_ANSWER_CUT_RECORD;
	error = walk_owner(skb, s, &fixed_at, &on_chain);
	if (error)
		return error;
	rdata = fixed_at + RECORD_FIXED;
	if (rdata > w->end || bpf_skb_load_bytes(skb, w->message + fixed_at, &fixed, sizeof(fixed)))
		return NW_ANSWER_CUT_RECORD;
	type = bpf_ntohs(fixed.type);
	size = bpf_ntohs(fixed.size);
	ttl = (u32)bpf_ntohs(fixed.ttl[0]) << 16 | bpf_ntohs(fixed.ttl[1]);
	if (rdata + size > w->end)
		return NW_ANSWER_BAD_RDLENGTH;
	w->cut = 0;
	w->offset = rdata + size;
	if (fixed.class != bpf_htons(DNS_CLASS_IN))
		return 0;
	switch (type) {
	case DNS_TYPE_A:
		if (size != 4 || bpf_skb_load_bytes(skb, w->message + rdata, address, 4))
			return NW_ANSWER_BAD_RDLENGTH;
		break;
	case DNS_TYPE_AAAA:
		if (size != 16 || bpf_skb_load_bytes(skb, w->message + rdata, address, 16))
			return NW_ANSWER_BAD_RDLENGTH;
		break;
	case DNS_TYPE_CNAME:
		error = expand(skb, rdata);
		if (error)
			return error;
		if (s->expansion.end != rdata + size)
			return NW_ANSWER_BAD_RDLENGTH;
		w->skipped += !on_chain;
		return on_chain ? follow(w, &s->expansion, rdata, ttl) : 0;
	default:
		return 0;
	}
	w->skipped += !on_chain;
	if (on_chain && fixed.type == w->qtype)
		walk_add(s, type, address, ttl);
	return w->error;
}

static long walk_step(u32 index, void *context)
{
	struct step_context *step = context;
	struct scratch *s = scratch_get();
	struct walk *w;
	u32 error, chain;

	if (!s)
		return 1;
	w = &s->walk;
	if (w->error)
		return 1;
	if (!w->left) {
		/* A chain out of order: what was passed over may belong to where it ends now. */
		if (!w->moved || !w->skipped)
			return 1;
		w->moved = 0;
		w->skipped = 0;
		w->offset = w->begin;
		w->left = w->count;
		s->address_count = 0; /* those that count are met again */
	}
	if (!w->reads) {
		w->error = NW_ANSWER_TOO_MANY;
		return 1;
	}
	w->reads--;
	chain = w->chain;
	error = walk_record(step->skb);
	/* A truncated section ends inside a record: what is complete stands (RFC 2181, section 9). */
	if (w->truncated && w->cut) {
		w->count -= w->left;
		w->left = 1;
	} else if (error) {
		w->error = error;
	}
	w->left--;
	if (chain != w->chain)
		walk_plain(step->skb); /* what the chain leads to, most often */
	return 0;
}

/*
 * Walks the whole section; s->walk and s->address_count are set up by the caller. Returns 0 with the
 * addresses in s->addresses, or the reason why the message teaches nothing.
 */
static __always_inline u32 walk_answers(struct __sk_buff *skb, struct scratch *s, const struct pending *q)
{
	struct step_context step = { .skb = skb };

	walk_plain(skb);
	if (s->walk.left && !s->walk.error) {
		s->walk.shorter = 0;
		s->walk.owner_steps = q->labels ? q->labels + 2 : 0; /* with the root and the pointer */
		name_copy(s->walk.name, q->name, q->name_length);
		s->walk.seen[0] = name_digest(s->walk.name, s->walk.name_length);
		bpf_loop(WALK_READS + 1, walk_step, &step, 0);
		if (!s->walk.error && (s->walk.left || (s->walk.moved && s->walk.skipped)))
			return NW_ANSWER_TOO_MANY;
	}
	return s->walk.error;
}
