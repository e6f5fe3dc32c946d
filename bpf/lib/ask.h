/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "query.h"
/*
 * A question in memory, before it is sent: judged as query_judge() judges one in a packet, and turned into its own
 * refusal. What it lets through the cable judges again, and remembers.
 *
 * It runs in the process that sends, where another one may come between: the scratch is this object's own, and whoever
 * finds it taken leaves the question to the cable.
 */
enum {
	ASK_MAX = QUERY_MAX,
	ASK_ROOM = DNS_HEADER + REPLY_QUESTION_MAX + 17 + NW_TEXT_MAX, /* of a refusal */
};

struct ask {
	u32 taken;
	u32 length; /* of the message */
	u32 reason; /* enum nw_reason of ask_judge() */
	u8 octets[640];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct ask);
} ask SEC(".maps");

static __always_inline struct ask *ask_get(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&ask, &zero);
}

/* What query_edns() asks, of a message in memory. */
static __always_inline int ask_has_plain_edns(const struct ask *a, be16 additionals, u32 at)
{
	const u8 *fixed = a->octets + (at & 511);
	be16 type;

	if (!additionals)
		return at == a->length;
	if (at + EDNS_HEADER > a->length || fixed[0])
		return 0;
	type = fixed[1] << 8 | fixed[2];
	if (additionals == bpf_htons(2))
		return type == DNS_TYPE_OPT;
	return at + EDNS_HEADER + (fixed[9] << 8 | fixed[10]) == a->length &&
	       (type == DNS_TYPE_SIG || type == DNS_TYPE_OPT);
}

/* Copies the question's name into n, folded. Returns its octets without the root label; 0: bad, or the root. */
static __always_inline u32 ask_name(const struct ask *a, struct name_scratch *n)
{
	u32 at = 0;

	for (u32 i = 0; i < 256; i += 8)
		*(u64 *)(n->wire + i) = name_fold(*(const u64 *)(a->octets + DNS_HEADER + i));
	for (u32 labels = 0; labels <= NW_NAME_LABELS; labels++) {
		u32 length = n->wire[at & 255];

		if (!length)
			return at;
		at += length + 1;
		if (length > 63 || at > 254)
			return 0;
	}
	return 0;
}

/* Reads the one plain question into s->pending and n. Returns whether it is one. */
static __always_inline int ask_read(const struct ask *a, struct scratch *s, struct name_scratch *n)
{
	const struct dns_header *dns = (void *)a->octets;
	const be16 *type_class;
	u32 length;

	if (a->length < DNS_HEADER || (dns->flags & bpf_htons(DNS_QR | DNS_OPCODE)) || dns->questions != bpf_htons(1) ||
	    dns->answers || dns->authorities || bpf_ntohs(dns->additionals) > QUERY_ADDITIONALS_MAX)
		return 0;
	length = ask_name(a, n);
	if (!length || DNS_HEADER + length + 5 > a->length || !name_cut(n, length))
		return 0;
	type_class = (void *)(a->octets + ((DNS_HEADER + length + 1) & 511));
	if (type_class[1] != bpf_htons(DNS_CLASS_IN) ||
	    !ask_has_plain_edns(a, dns->additionals, DNS_HEADER + length + 5))
		return 0;
	s->pending.qtype = type_class[0];
	s->pending.name_length = length + 1;
	s->pending.name_hash = n->hash;
	name_copy(s->pending.name, n->wire, length + 1);
	return 1;
}

/* As expansion_is_bare(). On its own: Linux 6.1 allows 512 octets of stack from socket_query() down to name_match(). */
__noinline int ask_is_bare(void)
{
	struct scratch *s = scratch_get();
	const struct ask *a = ask_get();
	const struct pending *q;
	u32 at;

	if (!a || !s)
		return 0;
	q = &s->pending;
	at = DNS_HEADER + q->name_length + 4;
	return is_address_type(q->qtype) && is_bare_tail(a->octets + (at & 511), a->length - at) &&
	       is_folded(a->octets + DNS_HEADER, q->name, q->name_length);
}

/* The outcome of the question that stands in s->pending and n. */
static __always_inline u32 ask_reason(const struct judge *j, struct name_scratch *n)
{
	struct query_match *m = &j->s->query;
	u32 reason;

	select_rules(j->s, n, j->rs->number, m);
	reason = query_reason(j->rs->flags, m->flags);
	if (reason != NW_QUERY_NO_RULE)
		return reason;
	if (j->s->pending.qtype == bpf_htons(DNS_TYPE_PTR) && is_reverse_of_learned(n, j->ep->number, j->s->time))
		return NW_QUERY_REVERSE;
	if (!search_endings(n, j->ep->number))
		return reason;
	j->s->ruleset_flags |= NW_RULESET_REJECT_NXDOMAIN;
	m->flags |= expansion_flags() & (ask_is_bare() ? ~0U : ~EXPANSION_ALLOWS);
	m->handles[0] = m->handles[0] ?: j->s->expansion_handle;
	return expansion_reason(m->flags);
}

/* Makes the message its own refusal. question: octets of the question that it goes on with. */
static __always_inline void ask_refuse(struct ask *a, const struct judge *j, u32 question)
{
	struct dns_header *dns = (void *)a->octets;
	int edns = question && dns->additionals;
	u32 rcode = j->s->ruleset_flags & NW_RULESET_REJECT_NXDOMAIN ? DNS_RCODE_NXDOMAIN : DNS_RCODE_REFUSED;

	dns->flags = (dns->flags & bpf_htons(DNS_REPLY_KEEPS)) | bpf_htons(DNS_REPLY_SETS | rcode);
	dns->questions = question ? bpf_htons(1) : 0;
	dns->answers = 0;
	dns->authorities = 0;
	dns->additionals = edns ? bpf_htons(1) : 0;
	a->length = DNS_HEADER + question;
	if (edns)
		a->length = reply_ede(a->octets, a->length, j->rs->number);
}

/*
 * Judges the message in the CPU's struct ask, which is a question of an endpoint's with this flow key in the scratch.
 * Returns 1 when it is forbidden and can be answered.
 */
__noinline int ask_judge(void)
{
	struct name_scratch *n = name_scratch_get();
	struct ask *a = ask_get();
	struct judge j;

	if (!n || !a || !judge_again(&j) || !j.rs->number || j.c->node_switch != NW_SWITCH_ON)
		return 0;
	j.s->time = now(j.c);
	j.s->ruleset_flags = j.rs->flags;
	j.s->pending.name_length = 0;
	j.s->pending.qtype = 0;
	j.s->pending.name_hash = 0;
	__builtin_memset(&j.s->query, 0, sizeof(j.s->query));
	if (ask_read(a, j.s, n))
		a->reason = ask_reason(&j, n);
	else
		a->reason = j.rs->flags & NW_RULESET_FILTER_NAMES ? NW_QUERY_NOT_PLAIN : NW_QUERY_NOT_REMEMBERED;
	/* What has no header, or is an answer, has no refusal. */
	return is_refusal(a->reason) && a->length >= DNS_HEADER && !(a->octets[2] & (DNS_QR >> 8));
}

/* Makes what ask_judge() found forbidden its own refusal, and counts it. Returns its octets; 0: it cannot be. */
__noinline int ask_refused(void)
{
	struct endpoint_counts *counts;
	struct ask *a = ask_get();
	struct judge j;

	if (!a || !judge_again(&j))
		return 0;
	count(a->reason);
	counts = endpoint_counts_get(j.ep->number);
	if (counts)
		__sync_fetch_and_add(&counts->refused, 1);
	query_report(j.s, j.s->time, j.rs->number, a->reason, &j.s->query, NW_EVENT_REFUSED);
	ask_refuse(a, &j, j.s->pending.name_length ? j.s->pending.name_length + 4 : 0);
	return a->length;
}
