/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "config.h"
#include "cut.h"
#include "endpoint.h"
#include "flow.h"
#include "idle.h"
#include "learned.h"
#include "pending.h"
#include "reasons.h"
#include "stream.h"
/* The kernel timer that removes what has expired; it fires with no process of ours left. */
struct sweeper {
	struct bpf_timer timer;
	u64 runs;
	u64 last; /* now() of the last run */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct sweeper);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} sweeper SEC(".maps");

enum { SWEEP_PERIOD = 250000000 }; /* nanoseconds between ticks; each map has every fourth */

struct sweep_context {
	u64 time;
	u64 pending_age;
};

/* NULL for an endpoint that is gone: its slot may be another's by now. */
static __always_inline struct usage *sweep_usage(u32 endpoint)
{
	return endpoint_get(endpoint) ? usage_get(endpoint) : (void *)0;
}

static long sweep_pending(void *map, struct pending_key *key, struct pending *q, struct sweep_context *at)
{
	struct usage *u;

	if (q->created + at->pending_age > at->time && q->answers < q->queries)
		return 0;
	u = sweep_usage(key->endpoint);
	if (!bpf_map_delete_elem(&pending, key)) {
		count(NW_SWEPT_PENDING);
		if (u)
			quota_release(&u->pending);
	}
	return 0;
}

static __always_inline int is_learned_expired(const struct learned *l, u64 time)
{
	for (int i = 0; i < NW_IDENTITIES_PER_ADDRESS; i++)
		if (READ_ONCE(l->handles[i]) && READ_ONCE(l->expires[i]) > time)
			return 0;
	return 1;
}

static long sweep_learned(void *map, struct learned_key *key, struct learned *l, struct sweep_context *at)
{
	struct usage *u;

	if (READ_ONCE(l->state) == NW_LEARNED_LIVE) {
		if (is_learned_expired(l, at->time))
			__sync_val_compare_and_swap(&l->state, NW_LEARNED_LIVE, NW_LEARNED_CLAIMED);
		return 0;
	}
	if (!is_learned_expired(l, at->time)) {
		__sync_val_compare_and_swap(&l->state, NW_LEARNED_CLAIMED, NW_LEARNED_LIVE);
		return 0;
	}
	if (__sync_val_compare_and_swap(&l->state, NW_LEARNED_CLAIMED, NW_LEARNED_DELETING) != NW_LEARNED_CLAIMED)
		return 0;
	u = sweep_usage(key->endpoint);
	if (!bpf_map_delete_elem(&learned, key)) {
		count(NW_SWEPT_LEARNED);
		if (u)
			quota_release(&u->learned);
	}
	return 0;
}

static long sweep_flow(void *map, struct flow_key *key, struct flow *f, struct sweep_context *at)
{
	u8 inbound = f->flags & NW_FLOW_INBOUND;
	struct usage *u;

	if (f->expires > at->time) {
		if (f->claimed)
			f->claimed = 0;
		flow_keeps(key, f, at->time, 0);
		if (f->flags & (NW_FLOW_GRANDFATHERED | NW_FLOW_UNTIL_CLOSE))
			tally_flow(key->endpoint, f, at->time);
		return 0;
	}
	if (!f->claimed) {
		f->claimed = 1;
		flow_keeps(key, f, at->time, 1);
		return 0;
	}
	u = sweep_usage(key->endpoint);
	if (!bpf_map_delete_elem(&flows, key)) {
		count(NW_SWEPT_FLOW);
		if (u)
			quota_release(inbound ? &u->flows_in : &u->flows_out);
	}
	return 0;
}

/* A stream is nobody's once both of its ways are held. */
static long sweep_stream(void *map, struct flow_key *key, struct stream *st, struct sweep_context *at)
{
	struct usage *u;

	if (st->expires > at->time || __sync_lock_test_and_set(&st->out.held, 1))
		return 0;
	if (__sync_lock_test_and_set(&st->in.held, 1)) {
		way_release(&st->out);
		return 0;
	}
	if (st->expires > at->time) {
		way_release(&st->in);
		way_release(&st->out);
		return 0;
	}
	u = sweep_usage(key->endpoint);
	stream_delete(key, u);
	count(NW_SWEPT_STREAM);
	return 0;
}

/*
 * Functions of their own: clang 16 makes one call of three in a switch, and Linux 6.1 refuses a
 * bpf_for_each_map_elem() that is given more than one map ("tail_call abusing map_ptr").
 */
static __noinline long sweep_every_pending(struct sweep_context *at)
{
	return bpf_for_each_map_elem(&pending, sweep_pending, at, 0);
}

static __noinline long sweep_every_learned(struct sweep_context *at)
{
	return bpf_for_each_map_elem(&learned, sweep_learned, at, 0);
}

static __noinline long sweep_every_flow(struct sweep_context *at)
{
	return bpf_for_each_map_elem(&flows, sweep_flow, at, 0);
}

static __noinline long sweep_every_usage(void)
{
	return bpf_for_each_map_elem(&usage, tally_publish, (void *)0, 0);
}

static __noinline long sweep_every_stream(struct sweep_context *at)
{
	return bpf_for_each_map_elem(&streams, sweep_stream, at, 0);
}

static int sweep_tick(void *map, u32 *zero, struct sweeper *s)
{
	const struct config *c = config_get();
	struct sweep_context at = {};

	if (c) {
		at.time = now(c);
		at.pending_age = c->pending_age;
		switch (s->runs & 3) {
		case 0:
			sweep_every_pending(&at);
			break;
		case 1:
			sweep_every_learned(&at);
			break;
		case 2:
			sweep_every_flow(&at);
			break;
		default:
			sweep_every_usage();
			sweep_every_stream(&at);
			break;
		}
		s->last = at.time;
	}
	s->runs++;
	bpf_timer_start(&s->timer, SWEEP_PERIOD, 0);
	return 0;
}

/* Starts the timer, or moves a running one over to this program's code. Returns 0 or a negative errno. */
static __always_inline int sweep_begin(void)
{
	u32 zero = 0;
	struct sweeper *s = bpf_map_lookup_elem(&sweeper, &zero);
	long error;

	if (!s)
		return -2;
	error = bpf_timer_init(&s->timer, &sweeper, 1 /* CLOCK_MONOTONIC */);
	if (error && error != -16) /* EBUSY: it is there already */
		return error;
	error = bpf_timer_set_callback(&s->timer, sweep_tick);
	if (error)
		return error;
	return bpf_timer_start(&s->timer, SWEEP_PERIOD, 0);
}
