/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "connection.h"
#include "query.h"
#include "stand.h"
#include "stream_sent.h"
/*
 * From the pod to a resolver over TCP. A segment passes when every question that ends in it may be asked; the beginning
 * of a question passes, since without its end the resolver has nothing to answer.
 */
enum {
	QUERY_STAND_MAX = 600, /* octets of a split question that are put together; over QUERY_MAX is none anyway */
	COOKIE_SLACK = 8, /* more than SYN cookies are off by */
};

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
	/* An end before what has passed: a resolver that missed that would end what we follow. */
	if ((w->segment.flags & TCP_FIN) && (s32)(w->segment.sequence + w->segment.length - st->out.next) < 0)
		return stream_lose(st, w->strict, NW_STREAM_CHANGED);
	if (old == (s32)w->segment.length)
		return 0;
	work_begin(w, &st->out, old);
	return 0;
}

/*
 * A SYN on the ports of a stream. It may be another one as long as none was answered. Later the resolver could take up a
 * connection while we follow the one before.
 */
static __always_inline u32 out_syn_again(const struct config *c, struct stream_work *w, struct stream *st, u64 time)
{
	u32 reason = 0;

	if (st->open || st->lost) {
		reason = NW_STREAM_REUSED;
		st->lost |= !w->strict;
	} else {
		st->opening = w->segment.sequence + 1;
		st->expires = time + c->tcp_opening;
	}
	way_release(&st->out);
	return reason;
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
	if (st)
		return out_syn_again(c, w, st, time);
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

/*
 * Can the resolver take the segment for another connection's beginning than the one that we follow? One that answers SYNs
 * with cookies (Linux when its backlog is full) keeps none in mind: it believes any acknowledgement with a good cookie,
 * of another SYN of the pod's, and with numbers that are off by up to three. So until it has acknowledged an octet, which
 * it does of a connection that it has, the pod says the handshake's numbers.
 */
static __always_inline int is_handshake(const struct stream *st, const struct segment *t)
{
	s32 off = t->sequence - st->opened;

	if (!st->open)
		return 0;
	if ((s32)(t->acknowledgement - (st->in.next + st->in.ended)) > 0)
		return 0; /* of an end that we have not seen: with it the resolver would forget what we follow */
	if (st->acknowledged != st->opened)
		return 1;
	return (!off || off >= COOKIE_SLACK || off <= -COOKIE_SLACK) && (s32)(t->acknowledgement - st->opened_in) >= 0;
}

/* A segment that cannot be read: none may pass, or it cannot be followed what is behind it. */
static __always_inline u32 out_unread(struct stream_work *w)
{
	struct stream *st;
	u32 busy;

	if (w->strict)
		return NW_QUERY_TCP_UNSEEN;
	st = stream_hold(&w->key, 0, &busy);
	if (st) {
		st->lost = 1;
		way_release(&st->out);
	}
	return busy ? NW_STREAM_BUSY : NW_QUERY_TCP_UNSEEN;
}

/* A segment in a stream, up to its questions; with them w->at < w->end, and out stays held. Returns as out_feed(). */
static __always_inline u32 out_segment(struct __sk_buff *skb, const struct judge *j, struct stream_work *w)
{
	u32 busy, reason = 0;
	struct stream *st = stream_hold(&w->key, 0, &busy);

	if (busy)
		return w->segment.flags & TCP_RST ? 0 : NW_STREAM_BUSY;
	if (st && (w->segment.flags & TCP_RST)) {
		stream_reset(j->c, &w->key, st, 0, j->s->time);
		return 0;
	}
	if (is_followed(st) && (w->segment.flags & TCP_URG))
		reason = stream_lose(st, w->strict, NW_STREAM_URGENT);
	if (!reason && st && !st->lost && !is_handshake(st, &w->segment))
		reason = stream_lose(st, w->strict, NW_STREAM_HANDSHAKE);
	if (!reason && (w->segment.length || (is_followed(st) && (w->segment.flags & TCP_FIN)))) {
		if (is_followed(st))
			reason = out_feed(skb, w, st);
		else if (w->strict || w->audited)
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
	return reason == NW_STREAM_GAP || reason == NW_STREAM_BUSY || reason == NW_STREAM_CHANGED ||
	       reason == NW_STREAM_REUSED || reason == NW_STREAM_HANDSHAKE;
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
	w->audited = (j.rs->flags & NW_RULESET_FILTER_NAMES) && j.c->node_switch == NW_SWITCH_AUDIT;
	w->strict = (j.rs->flags & NW_RULESET_FILTER_NAMES) && j.c->node_switch == NW_SWITCH_ON;
	w->at = 0;
	w->end = 0;
	if (!segment_read(skb, p, &w->segment))
		reason = out_unread(w);
	else if ((w->segment.flags & (TCP_SYN | TCP_RST)) == TCP_SYN)
		reason = out_syn(j.c, w, j.s->time);
	else
		reason = out_segment(skb, &j, w);
	if (!reason)
		return TC_ACT_UNSPEC;
	w->at = w->end;
	count(reason);
	if (is_sent_again(reason) || !(w->strict || w->audited))
		return w->strict || reason == NW_STREAM_BUSY ? TC_ACT_SHOT : TC_ACT_UNSPEC;
	report(j.s, p, j.s->time, j.rs->number, reason, &none, w->strict ? NW_EVENT_REFUSED : NW_EVENT_AUDIT);
	return w->strict ? refuse(skb, p, j.rs->flags) : TC_ACT_UNSPEC;
}

/* The same when its questions have been read. */
__noinline int out_end(struct __sk_buff *skb)
{
	struct stream_work *w = stream_work_get();
	struct stream *st;
	struct judge j;
	int refused;

	st = w ? bpf_map_lookup_elem(&streams, &w->key) : (void *)0;
	if (!st)
		return TC_ACT_SHOT;
	if (!judge_again(&j)) {
		way_release(&st->out); /* the endpoint has gone meanwhile: the stream is the sweeper's */
		return TC_ACT_SHOT;
	}
	refused = w->refused || w->at != w->end;
	if (refused) {
		st->refused = 1;
	} else {
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
