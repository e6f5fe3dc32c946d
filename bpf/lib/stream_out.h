/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "connection.h"
#include "query.h"
#include "stand.h"
/*
 * From the pod to a resolver over TCP. A segment passes when every question that ends in it may be asked; the beginning
 * of a question passes, since without its end the resolver has nothing to answer.
 *
 * The pod may send octets again, and others in their place, where the first ones did not reach the resolver: what it has
 * not acknowledged must be the same as before.
 */
enum { QUERY_STAND_MAX = 600 }; /* octets of a split question that are put together; over QUERY_MAX is none anyway */

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

/* Puts a question together of which the first octets, `before` of them, have passed in earlier segments. */
static __always_inline long question_join(struct __sk_buff *skb, struct stream_work *w, u32 length, u32 before)
{
	struct stream *st = bpf_map_lookup_elem(&streams, &w->key);
	u32 last;

	if (before > length)
		before = length; /* longer than questions are: none, whatever it says */
	if (!st || sent_read(st, w->part.octets, w->sequence - w->framing.length, before))
		return -22;
	last = length - before - 1;
	barrier_var(last);
	barrier_var(before);
	if (last >= QUERY_STAND_MAX)
		return 0;
	return bpf_skb_load_bytes(skb, w->begin, &w->part.octets[before & 1023], last + 1);
}

/* Makes the question that ends at w->at readable. Returns 0 or a negative errno. */
static __always_inline long question_stand(struct __sk_buff *skb, struct scratch *s, struct stream_work *w)
{
	u32 length = w->framing.length;
	u32 here = w->at - w->begin;

	if (length > QUERY_STAND_MAX)
		length = QUERY_STAND_MAX;
	if (w->framing.length <= here)
		return stand_in_frame(skb, s, w, w->at - w->framing.length, length);
	if (question_join(skb, w, length, w->framing.length - here))
		return -22;
	return stand_in_room(skb, s, w, w->part.octets, length);
}

/* Judges the question that ends at w->at. Returns whether it may pass. */
static __always_inline int stream_query(struct __sk_buff *skb)
{
	struct stream_work *w = stream_work_get();
	struct scratch *s = scratch_get();
	int action = TC_ACT_SHOT;

	if (!w || !s)
		return 0;
	if (question_stand(skb, s, w))
		count(NW_STREAM_UNREADABLE);
	else
		action = query(skb);
	stand_end(skb, w);
	return action == TC_ACT_UNSPEC;
}

static long question_step(u32 index, void *context)
{
	struct step_context *step = context;
	struct stream_work *w = stream_work_get();

	if (!w || w->at >= w->end)
		return 1;
	if (!work_take(step->skb, w) || stream_query(step->skb))
		return 0;
	w->refused = 1;
	return 1;
}

/* A stream that cannot be followed any more: where names are filtered that ends it. */
static __always_inline u32 stream_lose(struct stream *st, int strict, u32 reason)
{
	if (strict)
		return reason;
	st->lost = 1;
	return 0;
}

/*
 * Begins to let the segment's octets into a stream whose out is held. Returns 0, or the enum nw_reason why they may not
 * pass. w->at < w->end: there are new ones to be read.
 */
static __always_inline u32 out_feed(struct __sk_buff *skb, struct stream_work *w, struct stream *st)
{
	s32 old = segment_old(&st->out, &w->segment);

	if (old < 0)
		return stream_lose(st, w->strict, NW_STREAM_GAP);
	if (old && !stream_same(skb, old))
		return stream_lose(st, w->strict, NW_STREAM_CHANGED);
	if (old == (s32)w->segment.length)
		return 0;
	work_begin(w, &st->out, old);
	return 0;
}

/* The pod's SYN: it passes, and the stream opens with the resolver's answer. Returns 0 or an enum nw_reason. */
static __always_inline u32 out_syn(const struct config *c, struct stream_work *w, u64 time)
{
	struct usage *u = usage_get(w->key.endpoint);
	struct stream *st;
	u32 busy;
	int error;

	if (w->segment.length)
		return NW_STREAM_FAST_OPEN;
	st = stream_hold(&w->key, 0, &busy);
	if (st) {
		st->opening = w->segment.sequence + 1;
		if (st->expires < time + c->tcp_opening)
			st->expires = time + c->tcp_opening;
		way_release(&st->out);
		return 0;
	}
	if (busy || !u)
		return NW_STREAM_BUSY;
	if (!quota_take(&u->streams, stream_quota))
		return NW_STREAM_QUOTA;
	__builtin_memset(&w->fresh, 0, offsetof(struct stream, sent));
	w->fresh.opening = w->segment.sequence + 1;
	w->fresh.expires = time + c->tcp_opening;
	error = bpf_map_update_elem(&streams, &w->key, &w->fresh, BPF_NOEXIST);
	if (!error)
		return 0;
	quota_release(&u->streams);
	return error == -EEXIST ? NW_STREAM_BUSY : NW_STREAM_FULL;
}

static __always_inline int is_followed(const struct stream *st)
{
	return st && st->open && !st->lost;
}

/* A segment in a stream, up to its questions; with them w->at < w->end, and out stays held. Returns as out_feed(). */
static __always_inline u32 out_segment(struct __sk_buff *skb, const struct judge *j, struct stream_work *w)
{
	u32 busy, reason = 0;
	struct stream *st = stream_hold(&w->key, 0, &busy);

	if (busy)
		return w->segment.length ? NW_STREAM_BUSY : 0;
	if (st && (w->segment.flags & TCP_RST)) {
		stream_end(&w->key, st, 0);
		return 0;
	}
	if (is_followed(st) && (w->segment.flags & TCP_URG))
		reason = stream_lose(st, w->strict, NW_STREAM_URGENT);
	if (!reason && w->segment.length) {
		if (is_followed(st))
			reason = out_feed(skb, w, st);
		else if (w->strict)
			reason = NW_QUERY_TCP_UNSEEN;
		else
			count(NW_STREAM_LOST);
	}
	if (!st || (!reason && w->at < w->end))
		return reason;
	if (!reason && (w->segment.flags & TCP_FIN) && w->segment.sequence + w->segment.length == st->out.next)
		st->out.ended = 1;
	stream_leave(j->c, &w->key, st, 0, j->s->time);
	return reason;
}

static __always_inline int is_sent_again(u32 reason)
{
	return reason == NW_STREAM_GAP || reason == NW_STREAM_BUSY || reason == NW_STREAM_CHANGED;
}

/*
 * A segment from the pod, whose packet stands in the scratch, up to its questions. Returns a TC action; with questions
 * to be read w->at < w->end.
 */
__noinline int out_begin(struct __sk_buff *skb)
{
	struct stream_work *w = stream_work_get();
	struct decision none = {};
	struct packet *p;
	struct judge j;
	u32 reason;

	if (!w || !judge_again(&j))
		return TC_ACT_SHOT;
	p = &j.s->packet;
	__builtin_memcpy(&w->key, &p->key, sizeof(w->key));
	w->strict = (j.rs->flags & NW_RULESET_FILTER_NAMES) && j.c->node_switch == NW_SWITCH_ON;
	w->at = 0;
	w->end = 0;
	if (!segment_read(skb, p, &w->segment))
		reason = NW_QUERY_TCP_UNSEEN;
	else if ((w->segment.flags & (TCP_SYN | TCP_RST)) == TCP_SYN)
		reason = out_syn(j.c, w, j.s->time);
	else
		reason = out_segment(skb, &j, w);
	if (!reason)
		return TC_ACT_UNSPEC;
	w->at = w->end;
	count(reason);
	if (!w->strict)
		return TC_ACT_UNSPEC;
	if (is_sent_again(reason))
		return TC_ACT_SHOT;
	report(j.s, p, j.s->time, j.rs->number, reason, &none, NW_EVENT_REFUSED);
	return refuse(skb, p, j.rs->flags);
}

/* The same when its questions have been read. */
__noinline int out_end(struct __sk_buff *skb)
{
	struct stream_work *w = stream_work_get();
	struct stream *st;
	struct judge j;
	int refused;

	if (!w || !judge_again(&j))
		return TC_ACT_SHOT;
	st = bpf_map_lookup_elem(&streams, &w->key);
	if (!st)
		return TC_ACT_SHOT;
	refused = w->refused || w->at != w->end;
	if (!refused) {
		if (stream_keep(skb, w, st))
			st->lost = 1;
		st->out.next += w->end - w->begin;
		st->out.framing = w->framing;
		if (w->segment.flags & TCP_FIN)
			st->out.ended = 1;
		count(NW_STREAM_SEGMENT);
	}
	stream_leave(j.c, &w->key, st, 0, j.s->time);
	return refused ? refuse(skb, &j.s->packet, j.rs->flags) : TC_ACT_UNSPEC;
}

/* In three functions, so that little stands on the stack while a question is judged. */
static __always_inline int stream_from_pod(struct __sk_buff *skb)
{
	struct step_context step = { .skb = skb };
	struct stream_work *w = stream_work_get();
	int action = out_begin(skb);

	if (!w || w->at >= w->end)
		return action;
	bpf_loop(w->segment.length, question_step, &step, 0);
	return out_end(skb);
}
