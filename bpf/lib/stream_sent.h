/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "stream.h"
/*
 * What a pod has sent lately in a stream. It may send octets again, and others in their place, where the first ones did
 * not reach the resolver: what it has not acknowledged must be the same as before.
 */

/* Puts a run of octets into w->part from where they were kept; at most NW_STREAM_WINDOW. */
static __always_inline long sent_read(struct stream *st, u8 *to, u32 sequence, u32 length)
{
	u32 at = sequence & (NW_STREAM_WINDOW - 1);
	u32 first = NW_STREAM_WINDOW - at;
	struct bpf_dynptr ring;
	u32 rest;

	if (first > length)
		first = length;
	rest = length - first;
	/* clang 16 knows these bounds and would leave the masks out; Linux 6.1 does not. */
	barrier_var(first);
	barrier_var(rest);
	first &= 2 * NW_STREAM_WINDOW - 1;
	rest &= NW_STREAM_WINDOW - 1;
	if (bpf_dynptr_from_mem(st->sent, NW_STREAM_WINDOW, 0, &ring))
		return -22;
	if (first <= NW_STREAM_WINDOW && bpf_dynptr_read(to, first, &ring, at, 0))
		return -22;
	return rest && first < NW_STREAM_WINDOW ? bpf_dynptr_read(to + first, rest, &ring, 0, 0) : 0;
}

static __always_inline void sent_write(struct stream *st, u8 *from, u32 sequence, u32 length)
{
	u32 at = sequence & (NW_STREAM_WINDOW - 1);
	u32 first = NW_STREAM_WINDOW - at;
	struct bpf_dynptr ring;
	u32 rest;

	if (first > length)
		first = length;
	rest = length - first;
	first &= 2 * NW_STREAM_WINDOW - 1;
	rest &= NW_STREAM_WINDOW - 1;
	if (bpf_dynptr_from_mem(st->sent, NW_STREAM_WINDOW, 0, &ring) || first > NW_STREAM_WINDOW)
		return;
	bpf_dynptr_write(&ring, at, from, first, 0);
	if (rest && first < NW_STREAM_WINDOW)
		bpf_dynptr_write(&ring, 0, from + first, rest, 0);
}

/*
 * Keeps the last octets of a segment that passes. Not before: its first question may begin with octets that are kept,
 * and what a refused one brings may not take their place. Returns 0 or a negative errno.
 */
static __noinline long stream_keep(struct __sk_buff *skb, struct stream_work *w, struct stream *st)
{
	u32 length = w->end - w->begin;
	u32 at = st->out.next & (NW_STREAM_WINDOW - 1);
	u32 last = length - 1;

	/* Most are short and do not go round the end. */
	barrier_var(last);
	if (likely(last < NW_STREAM_SHORT && at + length <= NW_STREAM_WINDOW))
		return bpf_skb_load_bytes(skb, w->begin, st->sent + at, last + 1);
	last = (length < NW_STREAM_WINDOW ? length : NW_STREAM_WINDOW) - 1;
	barrier_var(last);
	if (last >= NW_STREAM_WINDOW)
		return -22;
	if (bpf_skb_load_bytes(skb, w->end - last - 1, w->part.octets, last + 1))
		return -22;
	sent_write(st, w->part.octets, st->out.next + length - last - 1, last + 1);
	return 0;
}

/*
 * Are the octets that the pod sends again, `old` of them from the segment's beginning, those that have passed? What is
 * no longer kept is not.
 */
static __noinline int stream_same(struct __sk_buff *skb, u32 old)
{
	struct stream_work *w = stream_work_get();
	const struct segment *t;
	struct stream *st;
	u32 skip, last, from;

	if (!w)
		return 0;
	t = &w->segment;
	st = bpf_map_lookup_elem(&streams, &w->key);
	if (!st)
		return 0;
	skip = st->acknowledged - t->sequence;
	if ((s32)skip < 0)
		skip = 0;
	if (skip >= old)
		return 1;
	from = t->sequence + skip;
	last = old - skip - 1;
	barrier_var(last);
	if (last >= NW_STREAM_WINDOW || st->out.next - from > NW_STREAM_WINDOW)
		return 0;
	if (bpf_skb_load_bytes(skb, t->payload + skip, w->part.octets, last + 1) ||
	    sent_read(st, w->sent, from, last + 1))
		return 0;
	/* The compare is by words. */
	*(u64 *)(w->part.octets + last + 1) = 0;
	*(u64 *)(w->sent + last + 1) = 0;
	for (u32 i = 0; i < NW_STREAM_WINDOW; i += 8) {
		if (i > last)
			break;
		if (*(u64 *)(w->part.octets + i) != *(u64 *)(w->sent + i))
			return 0;
	}
	return 1;
}
