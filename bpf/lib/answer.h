/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "autopath.h"
#include "learn.h"
#include "source.h"
#include "walk.h"
/*
 * An answer from a trusted resolver. It always passes; it teaches only when it answers a question that
 * this pod asked, and only as a whole.
 */

/*
 * Is the packet's question the pending one? Names are compared in words with the case folded away; the
 * last, overlapping word covers the rest. question: offset in the frame.
 */
static __always_inline int is_question(struct __sk_buff *skb, u32 question, const struct pending *q)
{
	const u8 *data_end = (void *)(u64)skb->data_end;
	u32 length = q->name_length;
	const u8 *at;
	u32 tail;

	/* Below 8 Ki by packet_parse(); the verifier wants to see it, and no packet offset over 64 Ki. */
	asm volatile("%0 &= 0x1fff" : "+r"(question));
	at = (void *)(u64)skb->data + question;
	if (length < 8) {
		for (u32 i = 0; i < 8; i++) {
			if (i >= length)
				break;
			if (at + i + 1 > data_end || (u8)name_fold(at[i]) != q->name[i])
				return 0;
		}
	} else {
		for (u32 i = 0; i < 248; i += 8) {
			if (i + 8 > length)
				break;
			if (at + i + 8 > data_end || name_fold(*(const u64 *)(at + i)) != *(const u64 *)(q->name + i))
				return 0;
		}
		tail = length - 8;
		asm volatile("%0 &= 0xff" : "+r"(tail));
		if (tail > 247 || at + tail + 8 > data_end ||
		    name_fold(*(const u64 *)(at + tail)) != *(const u64 *)(q->name + tail))
			return 0;
	}
	asm volatile("%0 &= 0xff" : "+r"(length));
	at += length;
	if (at + 4 > data_end)
		return 0;
	return *(const be16 *)at == q->qtype && *(const be16 *)(at + 2) == bpf_htons(DNS_CLASS_IN);
}

/* Takes from the pending query what teaching needs, before anything is read from the packet. */
static __always_inline void lesson_begin(struct scratch *s, const struct config *c, const struct endpoint *ep,
					 const struct ruleset *rs, const struct pending *q, u64 time)
{
	struct lesson *l = &s->lesson;

	l->time = time;
	l->endpoint = ep->number;
	l->floor = rs->ttl_floor ?: c->ttl_floor;
	l->ceiling = rs->ttl_ceiling ?: c->ttl_ceiling;
	l->grace = rs->ttl_grace ?: c->ttl_grace;
	l->name_hash = q->name_hash;
	l->name_length = q->name_length;
	l->handle_count = q->handle_count;
	__builtin_memcpy(l->handles, q->handles, sizeof(l->handles));
	l->created = 0;
}

/* Everything up to the walk. Returns 0, or the outcome of a message that is not walked. */
static __always_inline u32 answer_check(struct __sk_buff *skb, struct scratch *s, const struct config *c,
					const struct dns_header *dns, const struct pending *q, u32 message, u64 time)
{
	if ((dns->flags & bpf_htons(DNS_QR | DNS_OPCODE)) != bpf_htons(DNS_QR))
		return NW_ANSWER_NOT_RESPONSE;
	if (dns->questions != bpf_htons(1))
		return NW_ANSWER_QDCOUNT;
	/* Not past the packet's end: a frame may be longer than its packet. */
	if (message + DNS_HEADER + q->name_length + 4 > s->message_end || !is_question(skb, message + DNS_HEADER, q))
		return NW_ANSWER_OTHER_QUESTION;
	if (q->created + c->pending_age < time)
		return NW_ANSWER_LATE;
	if (READ_ONCE(q->answers) >= READ_ONCE(q->queries))
		return NW_ANSWER_REPEATED;
	if (dns->flags & bpf_htons(DNS_RCODE))
		return NW_ANSWER_RCODE;
	if (bpf_ntohs(dns->answers) > NW_RECORDS_PER_MESSAGE)
		return NW_ANSWER_TOO_MANY;
	return 0;
}

static __always_inline void walk_begin(struct scratch *s, const struct dns_header *dns, const struct pending *q,
				       u32 message, u32 end)
{
	struct walk *w = &s->walk;

	w->message = message;
	w->end = end - message;
	w->offset = DNS_HEADER + q->name_length + 4;
	w->left = bpf_ntohs(dns->answers);
	w->begin = w->offset;
	w->count = w->left;
	w->skipped = 0;
	w->moved = 0;
	w->target = DNS_HEADER;
	w->owner_steps = 0; /* the first records are free */
	w->reads = WALK_READS;
	w->ttl = 0x7fffffff;
	w->chain = 0;
	w->budget = WALK_BUDGET;
	w->error = 0;
	w->truncated = dns->flags & bpf_htons(DNS_TC);
	w->qtype = q->qtype;
	w->name_length = q->name_length;
	s->address_count = 0;
}

/*
 * An answered question may go: at once when the pod holds many, else with the sweeper's next run, which
 * costs the answer nothing.
 */
static __always_inline void pending_done(const struct config *c, struct scratch *s, struct pending *q)
{
	struct usage *u = usage_get(s->pending_key.endpoint);

	if (!u || READ_ONCE(q->answers) < READ_ONCE(q->queries) || u->pending < c->quota_pending / 2)
		return;
	if (!bpf_map_delete_elem(&pending, &s->pending_key))
		quota_release(&u->pending);
}

static __always_inline void answer_report(struct scratch *s, u64 time, u32 ruleset, u32 reason, u32 rcode)
{
	struct event *e = &s->event;

	event_begin(e, NW_EVENT_ANSWER, time, ruleset, &s->packet.key);
	e->reason = reason;
	e->handle = s->lesson.handles[0];
	e->qtype = s->walk.qtype;
	e->count = s->address_count;
	e->rcode = rcode;
	e->name_hash = s->lesson.name_hash;
	event_send(e, &s->woken);
}

/*
 * Says where the datagram's message stands; over TCP that is done. Returns 0, or the enum nw_reason why there is none
 * to be read.
 */
static __always_inline u32 answer_find(struct __sk_buff *skb, struct scratch *s)
{
	const struct packet *p = &s->packet;
	be16 length;

	if (p->key.protocol != PROTOCOL_UDP)
		return 0;
	if (p->fragment != FRAGMENT_NONE)
		return NW_ANSWER_FRAGMENT;
	if (linear_whole(skb) || bpf_skb_load_bytes(skb, p->l4 + 4, &length, 2) || p->l4 + bpf_ntohs(length) != p->end)
		return NW_ANSWER_MALFORMED;
	s->message = p->l4 + UDP_HEADER + s->segment;
	s->message_end = p->end;
	if (skb->gso_size && s->message + skb->gso_size < p->end)
		s->message_end = s->message + skb->gso_size;
	return 0;
}

/* Reads the addresses of an answer that has passed every check. Returns NW_ANSWER_LEARNED, _NO_ADDRESS or a fault. */
static __always_inline u32 answer_walk(struct __sk_buff *skb, struct scratch *s, const struct dns_header *dns,
				       struct pending *q)
{
	u32 message = s->message;
	u32 fault;

	walk_begin(s, dns, q, message, s->message_end);
	/* The question's element may have been given to another one meanwhile: then it was not ours. */
	if (q->name_hash != s->lesson.name_hash)
		return NW_ANSWER_UNSOLICITED;
	fault = walk_answers(skb, s, q);
	if (fault)
		return fault;
	if (!dns->authorities && !dns->additionals && !s->walk.truncated && message + s->walk.offset < s->message_end)
		count(NW_ANSWER_TRAILING);
	return s->address_count ? NW_ANSWER_LEARNED : NW_ANSWER_NO_ADDRESS;
}

/* Teaches what was read. Returns how many addresses are new to the pod. */
static __always_inline u32 answer_teach(struct __sk_buff *skb, const struct judge *j)
{
	struct scratch *s = j->s;
	u32 question = s->message + DNS_HEADER;

	if (!s->address_count)
		return 0;
	if (unlikely(s->walk.chain) && s->walk.shorter && autopath(skb, question, j->rs->number))
		count(NW_ANSWER_AUTOPATH);
	return learn(skb, s, j->c, question);
}

/* Judges the answer that the scratch points to, and learns from it. Returns its enum nw_reason. */
__noinline int answer(struct __sk_buff *skb)
{
	struct endpoint_counts *counts;
	struct dns_header dns;
	u32 reason, created;
	struct scratch *s;
	struct pending *q;
	struct judge j;

	if (!judge_again(&j))
		return NW_ANSWER_UNSOLICITED;
	s = j.s;
	counts = endpoint_counts_get(j.ep->number);
	reason = answer_find(skb, s);
	if (reason)
		return reason;
	if (s->message + DNS_HEADER > s->message_end || bpf_skb_load_bytes(skb, s->message, &dns, sizeof(dns)))
		return NW_ANSWER_SHORT;
	pending_key(&s->pending_key, &s->packet.key, dns.id);
	q = bpf_map_lookup_elem(&pending, &s->pending_key);
	if (!q)
		return NW_ANSWER_UNSOLICITED;
	if (unlikely(!is_believed(&j)))
		return NW_ANSWER_NOT_BELIEVED;
	lesson_begin(s, j.c, j.ep, j.rs, q, s->time);
	reason = answer_check(skb, s, j.c, &dns, q, s->message, s->time);
	if (reason == NW_ANSWER_RCODE) {
		s->address_count = 0;
		s->walk.qtype = q->qtype;
	} else {
		reason = reason ?: answer_walk(skb, s, &dns, q);
		if (reason != NW_ANSWER_LEARNED && reason != NW_ANSWER_NO_ADDRESS)
			return reason;
	}
	/* n identical queries permit n answers to teach; two CPUs with the last one: one is too many. */
	if (__sync_fetch_and_add(&q->answers, 1) >= q->queries) {
		__sync_fetch_and_add(&q->answers, -1);
		return NW_ANSWER_REPEATED;
	}
	created = answer_teach(skb, &j);
	if (counts) {
		counts->answers++;
		counts->learned += created;
	}
	if (j.c->listeners)
		answer_report(s, s->time, j.rs->number, reason, bpf_ntohs(dns.flags) & DNS_RCODE);
	pending_done(j.c, s, q);
	return reason;
}

/* What packet offsets are masked with allows no more; a packet cut into datagrams of 1,232 octets has six before. */
enum { ANSWER_OFFSET_MAX = 8192, ANSWER_SEGMENTS_MAX = 128 /* UDP_MAX_SEGMENTS */ };

/*
 * Judges the answers of a UDP packet and counts them: one, or each where several datagrams of one sender are still in
 * one packet (its UDP_SEGMENT, or GRO on their way).
 */
static __always_inline void answer_all(struct __sk_buff *skb, struct scratch *s)
{
	s->segment = 0;
	count(answer(skb));
	if (likely(!skb->gso_size))
		return;
	for (u32 i = 1; i < ANSWER_SEGMENTS_MAX; i++) {
		u32 end;

		s->segment += skb->gso_size;
		end = s->packet.l4 + UDP_HEADER + s->segment + skb->gso_size;
		if (end - skb->gso_size >= s->packet.end)
			return;
		count(end > ANSWER_OFFSET_MAX ? NW_ANSWER_BEYOND : (u32)answer(skb));
	}
}
