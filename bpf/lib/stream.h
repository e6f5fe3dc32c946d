/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "endpoint.h"
#include "flow.h"
#include "framing.h"
#include "reasons.h"
#include "scratch.h"
/*
 * A pod's TCP connection to a trusted resolver, followed at the pod's cable (docs/adr/0004-dns-over-tcp.md). Only what
 * comes in order passes, so what is read here is what the far end reads.
 */
enum nw_stream_size {
	NW_STREAM_WINDOW = 2048, /* octets from the pod that are kept: what is sent again must be the same */
	NW_STREAM_BOUNDARIES = 8,
	NW_STREAM_SHORT = 512, /* segments up to this take a shorter way */
	NW_STREAM_MESSAGE = 4095, /* octets of an answer that are read: as many as bpf_skb_adjust_room() gives */
};
const enum nw_stream_size *nw_stream_size_btf __attribute__((unused));

/* One direction. Who holds it is alone with it; to delete a stream takes both. */
struct stream_way {
	u32 held;
	u32 next; /* sequence number behind what has passed */
	struct framing framing; /* at `next` */
	u32 ended; /* a FIN has passed */
};

struct stream {
	u64 expires; /* now() */
	u32 opening; /* sequence number behind the pod's latest SYN before it was opened */
	u32 opened; /* the one that the resolver took up */
	u32 opened_in; /* sequence number behind its answer to that */
	u32 acknowledged; /* by the resolver: it passes over what the pod sends again of before that */
	u32 open; /* the resolver has taken it up; all but expires and opening hold only then */
	u32 lost; /* cannot be followed any more, until it is forgotten */
	u32 refused; /* a question of it was: over for the pod, which has been told so and will not end it */
	u32 reserved;
	struct stream_way out; /* from the pod */
	struct stream_way in;
	u32 boundary; /* counts those below */
	u32 boundaries[NW_STREAM_BOUNDARIES]; /* in: sequence numbers at which the latest messages began */
	u8 sent[NW_STREAM_WINDOW +
		NW_STREAM_SHORT]; /* by the pod; an octet stands at its sequence number & (NW_STREAM_WINDOW - 1) */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct flow_key);
	__type(value, struct stream);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} streams SEC(".maps");

/* The beginning of an answer whose end is still to come; by its stream. */
struct stream_part {
	u32 length;
	u8 octets[NW_STREAM_MESSAGE + 1];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct flow_key);
	__type(value, struct stream_part);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} stream_parts SEC(".maps");

/* Of each endpoint. */
const volatile u32 stream_quota = 256;
const volatile u32 stream_part_quota = 64;

/* A TCP segment. */
struct segment {
	u32 sequence; /* of its first octet */
	u32 acknowledgement;
	u32 payload; /* where it begins in the frame */
	u32 length; /* of the payload */
	u32 flags;
};

/* What a segment needs on its way; one a CPU. */
struct stream_work {
	struct segment segment;
	u32 strict; /* what cannot be followed may not pass */
	u32 audited; /* it may, and is reported */
	struct framing framing;
	u32 begin; /* where in the frame the octets begin that are new */
	u32 at; /* the next of them to be framed */
	u32 end; /* behind the last */
	u32 sequence; /* number of the octet at `at` */
	u32 room; /* octets behind the Ethernet header in which a message stands; 0 = none */
	u32 refused; /* a message may not pass */
	struct flow_key key;
	struct stream_part part;
	u8 sent[NW_STREAM_WINDOW + 8];
	struct stream fresh;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct stream_work);
} stream_work SEC(".maps");

static __always_inline struct stream_work *stream_work_get(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&stream_work, &zero);
}

/* Reads the segment whose packet stands in the scratch. Returns 0 when it does not fit the packet, or has a VLAN tag. */
static __always_inline int segment_read(struct __sk_buff *skb, const struct packet *p, struct segment *t)
{
	u8 tcp[TCP_HEADER];
	u32 end, header;

	if (p->fragment != FRAGMENT_NONE || p->l3 != ETH_HEADER || bpf_skb_load_bytes(skb, p->l4, tcp, sizeof(tcp)))
		return 0;
	header = (tcp[12] >> 4) * 4;
	t->sequence = bpf_ntohl(*(be32 *)(tcp + 4));
	t->acknowledgement = bpf_ntohl(*(be32 *)(tcp + 8));
	t->flags = tcp[13];
	t->payload = p->l4 + header;
	end = p->l3 + (u16)(p->end - p->l3); /* what is still to be segmented may be longer than p->end can say */
	if (header < TCP_HEADER || t->payload > end || end > skb->len)
		return 0;
	t->length = end - t->payload;
	return 1;
}

enum { HOLD_SPINS = 64 };

static __always_inline int way_hold(struct stream_way *way)
{
	for (u32 i = 0; i < HOLD_SPINS; i++)
		if (!__sync_lock_test_and_set(&way->held, 1))
			return 1;
	return 0;
}

static __always_inline void way_release(struct stream_way *way)
{
	__sync_lock_test_and_set(&way->held, 0);
}

static __always_inline struct stream_way *stream_way(struct stream *st, int inward)
{
	return inward ? &st->in : &st->out;
}

/*
 * The stream, with one way held. NULL: there is none, or another CPU is long at it (*busy). Between the look-up and
 * the hold it may have been deleted and its memory given to another: so it is looked up again.
 */
static __always_inline struct stream *stream_hold(const struct flow_key *key, int inward, u32 *busy)
{
	struct stream *st = bpf_map_lookup_elem(&streams, key);

	*busy = 0;
	if (!st)
		return st;
	if (!way_hold(stream_way(st, inward))) {
		*busy = 1;
		return (void *)0;
	}
	if (bpf_map_lookup_elem(&streams, key) == st)
		return st;
	way_release(stream_way(st, inward));
	return (void *)0;
}

static __always_inline void stream_part_delete(const struct flow_key *key, struct usage *u)
{
	if (!bpf_map_delete_elem(&stream_parts, key) && u)
		quota_release(&u->stream_parts);
}

/* Deletes a stream of which both ways are held. */
static __always_inline void stream_delete(const struct flow_key *key, struct usage *u)
{
	stream_part_delete(key, u);
	if (!bpf_map_delete_elem(&streams, key) && u)
		quota_release(&u->streams);
}

/* Ends a stream of which one way is held; it is held no more then. */
static __always_inline void stream_end(const struct flow_key *key, struct stream *st, int inward)
{
	if (way_hold(stream_way(st, !inward))) {
		stream_delete(key, usage_get(key->endpoint));
		return;
	}
	st->expires = 0; /* left to the sweeper */
	way_release(stream_way(st, inward));
}

/* Leaves a stream, of which one way is held, to the next segment. */
static __always_inline void stream_leave(const struct config *c, const struct flow_key *key, struct stream *st,
					 int inward, u64 time)
{
	if (st->out.ended && st->in.ended) {
		stream_end(key, st, inward);
		return;
	}
	st->expires = time + (st->lost || st->refused || st->out.ended || st->in.ended ? c->tcp_closing :
			      !st->open						       ? c->tcp_opening :
											 c->tcp_idle);
	way_release(stream_way(st, inward));
}

/*
 * A reset, of a stream of which one way is held. Where the resolver has not taken it up its answer to a SYN may be on its
 * way, and would open a stream that is not the resolver's: then it stays for a while, lost.
 */
static __always_inline void stream_reset(const struct config *c, const struct flow_key *key, struct stream *st,
					 int inward, u64 time)
{
	if (st->open && !st->lost) {
		stream_end(key, st, inward);
		return;
	}
	st->lost = 1;
	stream_leave(c, key, st, inward, time);
}

/* Remembers where, on the way in, a message begins. */
static __always_inline void stream_boundary(struct stream *st, u32 sequence)
{
	st->boundaries[st->boundary & (NW_STREAM_BOUNDARIES - 1)] = sequence;
	st->boundary++;
}

/* Octets of the segment that have passed before, at most its length; negative: what is before it is missing. */
static __always_inline s32 segment_old(const struct stream_way *way, const struct segment *t)
{
	s32 old = way->next - t->sequence;

	return old > (s32)t->length ? (s32)t->length : old;
}

static __always_inline void work_begin(struct stream_work *w, const struct stream_way *way, u32 old)
{
	const struct segment *t = &w->segment;

	w->framing = way->framing;
	w->begin = t->payload + old;
	w->at = w->begin;
	w->end = t->payload + t->length;
	w->sequence = way->next;
	w->room = 0;
	w->refused = 0;
}

/* Takes the next length, or what there is of the message. Returns whether a message is whole. */
static __always_inline int work_take(struct __sk_buff *skb, struct stream_work *w)
{
	u32 n = w->end - w->at, whole;
	be16 head = 0;

	if (w->framing.seen != 2) {
		if (n == 1)
			bpf_skb_load_bytes(skb, w->at, &head, 1);
		else
			bpf_skb_load_bytes(skb, w->at, &head, 2);
	}
	n = framing_take(&w->framing, bpf_ntohs(head), n, &whole);
	w->at += n;
	w->sequence += n;
	return whole;
}
