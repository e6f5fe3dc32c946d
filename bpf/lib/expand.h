/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "dns.h"
#include "name.h"
#include "reasons.h"
#include "scratch.h"
/*
 * A name of a message, put together from its labels and pointers (RFC 1035, section 4.1.4) under rules of our own: a
 * pointer leads behind the header and strictly backwards, and only so many are followed.
 */
enum {
	POINTER_JUMPS_MAX = 16,
	NAME_STEPS = 160, /* 127 labels, the root and the jumps between them */
	NAME_QUICK_STEPS = 8, /* before the rest goes through bpf_loop */
	DIRECT_OFFSET = 0x7f00, /* octets of a frame that are read directly; those behind, by bpf_skb_load_bytes() */
};

/* The two octets at `offset` of the message, the second only where it is there. Returns 0 when there is none. */
static __always_inline int walk_peek(struct __sk_buff *skb, const struct walk *w, u32 offset, u8 head[2])
{
	u32 at = w->message + offset;
	const u8 *p;

	if (offset >= w->end)
		return 0;
	if (likely(at <= DIRECT_OFFSET)) {
		asm volatile("%0 &= 0x7fff" : "+r"(at));
		p = (void *)(u64)skb->data + at;
		if (likely(p + 2 <= (const u8 *)(u64)skb->data_end)) {
			head[0] = p[0];
			head[1] = p[1];
			return 1;
		}
	}
	head[1] = 0;
	return !bpf_skb_load_bytes(skb, w->message + offset, head, offset + 2 > w->end ? 1 : 2);
}

struct step_context {
	struct __sk_buff *skb;
};

/* The name is bad. cut: the message ends inside it, where it stands. Returns 1. */
static __always_inline long expand_bad(struct expansion *x, u32 error, u32 cut)
{
	x->error = error;
	x->cut = cut;
	return 1;
}

/* Follows the pointer at the position. Returns 1 when it is bad. */
static __always_inline long expand_jump(struct expansion *x, const struct walk *w, const u8 head[2])
{
	u32 target = (u32)(head[0] & ~DNS_LABEL_TYPE) << 8 | head[1];

	if (x->position + 2 > w->end)
		return expand_bad(x, NW_ANSWER_BAD_POINTER, !x->jumps);
	if (!x->end)
		x->end = x->position + 2;
	if (target < DNS_HEADER || target >= x->limit)
		return expand_bad(x, NW_ANSWER_BAD_POINTER, 0);
	if (++x->jumps > POINTER_JUMPS_MAX)
		return expand_bad(x, NW_ANSWER_POINTER_CHAIN, 0);
	x->position = target;
	x->limit = target;
	return 0;
}

/* One label or pointer (RFC 1035, section 4.1.4). Returns 1 when the name is done or bad. */
static __always_inline long expand_one(struct __sk_buff *skb, struct scratch *s)
{
	struct expansion *x = &s->expansion;
	struct walk *w = &s->walk;
	u32 at, length;
	u8 head[2];

	if (!w->budget)
		return expand_bad(x, NW_ANSWER_POINTER_CHAIN, 0);
	w->budget--;
	x->steps++;
	if (!walk_peek(skb, w, x->position, head))
		return expand_bad(x, NW_ANSWER_BAD_NAME, !x->jumps);
	length = head[0];
	if ((length & DNS_LABEL_TYPE) == DNS_LABEL_TYPE)
		return expand_jump(x, w, head);
	at = x->length;
	if ((length & DNS_LABEL_TYPE) || at + length + 2 > NW_NAME_MAX + !length)
		return expand_bad(x, NW_ANSWER_BAD_NAME, 0);
	if (x->position + 1 + length > w->end)
		return expand_bad(x, NW_ANSWER_BAD_NAME, !x->jumps);
	length = (length & 63) + 1;
	if (at > 255 || bpf_skb_load_bytes(skb, w->message + x->position, &x->name[at & 255], length))
		return expand_bad(x, NW_ANSWER_BAD_NAME, 0);
	x->position += length;
	x->length = at + length;
	if (length > 1)
		return 0;
	if (!x->end)
		x->end = x->position;
	*(u64 *)&x->name[x->length & 255] = 0;
	x->done = 1;
	return 1;
}

static long expand_step(u32 index, void *context)
{
	struct step_context *step = context;
	struct scratch *s = scratch_get();

	return !s || expand_one(step->skb, s);
}

static __always_inline void expand_all(struct __sk_buff *skb, struct scratch *s)
{
	struct step_context step = { .skb = skb };

	for (u32 i = 0; i < NAME_QUICK_STEPS; i++)
		if (expand_one(skb, s))
			return;
	bpf_loop(NAME_STEPS - NAME_QUICK_STEPS, expand_step, &step, 0);
}

/* Reads the name at `offset` into s->expansion, folded. Returns 0 or an enum nw_reason. */
__noinline int expand(struct __sk_buff *skb, u32 offset)
{
	struct scratch *s = scratch_get();
	struct expansion *x;

	if (!s)
		return NW_ANSWER_BAD_NAME;
	x = &s->expansion;
	x->position = offset;
	x->limit = offset;
	x->end = 0;
	x->length = 0;
	x->jumps = 0;
	x->steps = 0;
	x->error = 0;
	x->cut = 0;
	x->done = 0;
	expand_all(skb, s);
	if (x->error)
		return x->error;
	if (!x->done)
		return NW_ANSWER_POINTER_CHAIN;
	for (u32 i = 0; i < 256; i += 8) {
		if (i >= x->length)
			break;
		*(u64 *)(x->name + i) = name_fold(*(u64 *)(x->name + i));
	}
	return 0;
}
