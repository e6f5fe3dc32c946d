/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "answer.h"
#include "stand.h"
/*
 * From a resolver to the pod over TCP. An answer is read in the run that lets its last octet pass. What comes out of
 * order is dropped where a policy selects the pod: TCP sends it again, behind what is missing.
 */

/* Keeps the beginning of an answer: length octets from an offset in the frame on. Where there is no room it is missed later. */
static __always_inline void part_begin(struct __sk_buff *skb, struct stream_work *w, u32 from, u32 length)
{
	struct usage *u = usage_get(w->key.endpoint);
	u32 last = (length < NW_STREAM_MESSAGE ? length : NW_STREAM_MESSAGE) - 1;

	barrier_var(last);
	if (!u || last >= NW_STREAM_MESSAGE || bpf_skb_load_bytes(skb, from, w->part.octets, last + 1))
		return;
	w->part.length = last + 1;
	if (!quota_take(&u->stream_parts, stream_part_quota))
		return;
	if (bpf_map_update_elem(&stream_parts, &w->key, &w->part, BPF_NOEXIST))
		quota_release(&u->stream_parts);
}

/* Adds what this segment has of it. */
static __always_inline void part_add(struct __sk_buff *skb, struct stream_work *w)
{
	struct stream_part *part = bpf_map_lookup_elem(&stream_parts, &w->key);
	u32 length = w->at - w->begin, room, last;
	struct bpf_dynptr octets;

	if (!part || part->length >= NW_STREAM_MESSAGE)
		return;
	room = NW_STREAM_MESSAGE - part->length;
	last = (length < room ? length : room) - 1;
	barrier_var(last);
	if (last >= NW_STREAM_MESSAGE || bpf_skb_load_bytes(skb, w->begin, w->part.octets, last + 1))
		return;
	if (bpf_dynptr_from_mem(part->octets, sizeof(part->octets), 0, &octets))
		return;
	if (!bpf_dynptr_write(&octets, part->length, w->part.octets, last + 1, 0))
		part->length += last + 1;
}

/* Keeps what the segment has of an answer that goes on behind it. */
static __noinline int part_keep(struct __sk_buff *skb)
{
	struct stream_work *w = stream_work_get();
	u32 have;

	if (!w || w->framing.seen != 2)
		return 0;
	have = w->framing.length - w->framing.left;
	if (!have)
		return 0;
	if (have <= w->at - w->begin)
		part_begin(skb, w, w->at - have, have);
	else
		part_add(skb, w);
	return 0;
}

/* Makes the answer that ends at w->at readable, or as much of it as is read. Returns 0 or an enum nw_reason. */
static __always_inline u32 answer_stand(struct __sk_buff *skb, struct scratch *s, struct stream_work *w)
{
	u32 length = w->framing.length;
	struct stream_part *part;

	if (length > NW_STREAM_MESSAGE)
		length = NW_STREAM_MESSAGE;
	if (w->framing.length <= w->at - w->begin)
		return stand_in_frame(skb, s, w, w->at - w->framing.length, length) ? NW_STREAM_UNREADABLE : 0;
	part_add(skb, w);
	part = bpf_map_lookup_elem(&stream_parts, &w->key);
	if (!part)
		return NW_STREAM_PART;
	return stand_in_room(skb, s, w, part->octets, part->length) ? NW_STREAM_UNREADABLE : 0;
}

/* Reads the answer that ends at w->at. */
static __always_inline int stream_answer(struct __sk_buff *skb)
{
	struct stream_work *w = stream_work_get();
	struct scratch *s = scratch_get();
	u32 reason;

	if (!w || !s)
		return 0;
	if (!w->framing.length) {
		count(NW_ANSWER_SHORT);
		return 0;
	}
	reason = answer_stand(skb, s, w);
	count(reason ?: (u32)answer(skb));
	stand_end(skb, w);
	if (w->framing.length > NW_STREAM_MESSAGE)
		count(NW_STREAM_LONG);
	if (w->framing.length > w->at - w->begin)
		stream_part_delete(&w->key, usage_get(w->key.endpoint));
	return 0;
}

static long answer_step(u32 index, void *context)
{
	struct step_context *step = context;
	struct stream_work *w = stream_work_get();
	struct stream *st;

	if (!w || w->at >= w->end)
		return 1;
	if (!work_take(step->skb, w))
		return 0;
	stream_answer(step->skb);
	st = bpf_map_lookup_elem(&streams, &w->key);
	if (st)
		stream_boundary(st, w->sequence);
	return 0;
}

/* The resolver takes up what the pod's SYN opened. Returns 0, or the enum nw_reason why it may not pass. */
static __always_inline u32 in_open(struct stream_work *w, struct stream *st, int believed)
{
	const struct segment *t = &w->segment;

	if (st->open) {
		/* Sent again; or to another SYN, and with which of the two the pod goes on is not known. */
		if (st->opened != t->acknowledgement || st->opened_in != t->sequence + 1)
			st->lost = 1;
		return 0;
	}
	if (t->acknowledgement != st->opening)
		return 0;
	if (!way_hold(&st->out))
		return NW_STREAM_BUSY;
	stream_part_delete(&w->key, usage_get(w->key.endpoint));
	st->opened = t->acknowledgement;
	st->opened_in = t->sequence + 1;
	st->acknowledged = st->opened;
	st->lost |= t->length || !believed;
	st->out.next = st->opened;
	st->in.next = st->opened_in;
	__builtin_memset(&st->out.framing, 0, sizeof(st->out.framing));
	__builtin_memset(&st->in.framing, 0, sizeof(st->in.framing));
	st->out.ended = 0;
	st->in.ended = 0;
	stream_boundary(st, st->in.next);
	st->open = 1;
	way_release(&st->out);
	count(NW_STREAM_OPENED);
	return 0;
}

/* What the resolver acknowledges the pod cannot change any more. What it has and we have not seen cannot be followed. */
static __always_inline void in_acknowledge(struct stream *st, const struct segment *t)
{
	s32 beyond = t->acknowledgement - READ_ONCE(st->out.next);

	if (!(t->flags & TCP_ACK))
		return;
	if (beyond > !!READ_ONCE(st->out.ended))
		st->lost = 1;
	else if (beyond <= 0 && (s32)(t->acknowledgement - st->acknowledged) > 0)
		st->acknowledged = t->acknowledgement;
}

/* Finds what is new. Returns 0, or the enum nw_reason why it may not pass. w->at < w->end: there are octets to be read. */
static __always_inline u32 in_feed(struct stream_work *w, struct stream *st)
{
	s32 old = segment_old(&st->in, &w->segment);

	if (old < 0 && w->strict)
		return NW_STREAM_GAP;
	if (old < 0)
		st->lost = 1;
	else if (old < (s32)w->segment.length)
		work_begin(w, &st->in, old);
	return 0;
}

/* A segment in an open stream. Returns as in_feed(). */
static __always_inline u32 in_segment(struct stream_work *w, struct stream *st, int believed)
{
	const struct segment *t = &w->segment;
	u32 reason;

	in_acknowledge(st, t);
	if (!believed || (t->flags & TCP_URG))
		st->lost = 1;
	if (st->lost) {
		if (t->length)
			count(NW_STREAM_LOST);
		return 0;
	}
	reason = t->length ? in_feed(w, st) : 0;
	if (!reason && w->at >= w->end && (t->flags & TCP_FIN) && t->sequence + t->length == st->in.next)
		st->in.ended = 1;
	return reason;
}

/*
 * A segment to the pod, whose packet stands in the scratch, up to its answers. Returns a TC action; with octets to be
 * read w->at < w->end, and in stays held.
 */
__noinline int in_begin(struct __sk_buff *skb)
{
	struct stream_work *w = stream_work_get();
	struct stream *st;
	u32 reason = 0, busy;
	struct judge j;

	if (!w || !judge_again(&j))
		return TC_ACT_UNSPEC;
	__builtin_memcpy(&w->key, &j.s->packet.key, sizeof(w->key));
	w->strict = is_enforcing(j.rs) && j.c->node_switch == NW_SWITCH_ON;
	w->at = 0;
	w->end = 0;
	st = stream_hold(&w->key, 1, &busy);
	if (!st) {
		count(busy ? NW_STREAM_BUSY : NW_STREAM_LOST);
		return busy ? TC_ACT_SHOT : TC_ACT_UNSPEC;
	}
	if (!segment_read(skb, &j.s->packet, &w->segment)) {
		st->lost = 1;
	} else if (w->segment.flags & TCP_RST) {
		stream_reset(j.c, &w->key, st, 1, j.s->time);
		return TC_ACT_UNSPEC;
	} else if (w->segment.flags & TCP_SYN) {
		reason = in_open(w, st, is_believed(&j));
	} else if (st->open) {
		reason = in_segment(w, st, is_believed(&j));
	}
	if (!reason && w->at < w->end)
		return TC_ACT_UNSPEC;
	stream_leave(j.c, &w->key, st, 1, j.s->time);
	if (!reason)
		return TC_ACT_UNSPEC;
	count(reason);
	return TC_ACT_SHOT;
}

/* The same when its answers have been read. */
__noinline int in_end(struct __sk_buff *skb)
{
	struct stream_work *w = stream_work_get();
	struct stream *st;
	struct judge j;

	part_keep(skb);
	st = w ? bpf_map_lookup_elem(&streams, &w->key) : (void *)0;
	if (!st)
		return 0;
	if (!judge_again(&j)) {
		way_release(&st->in); /* the endpoint has gone meanwhile: the stream is the sweeper's */
		return 0;
	}
	st->in.next += w->end - w->begin;
	st->in.framing = w->framing;
	if (w->segment.flags & TCP_FIN)
		st->in.ended = 1;
	stream_leave(j.c, &w->key, st, 1, j.s->time);
	return 0;
}

/* In three functions, as stream_from_pod(). */
static __always_inline int stream_to_pod(struct __sk_buff *skb)
{
	struct step_context step = { .skb = skb };
	struct stream_work *w = stream_work_get();
	int action = in_begin(skb);

	if (!w || w->at >= w->end)
		return action;
	bpf_loop(w->segment.length, answer_step, &step, 0);
	in_end(skb);
	return TC_ACT_UNSPEC;
}
