/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "dns.h"
#include "endpoint.h"
#include "expansion.h"
#include "reply.h"
#include "reverse.h"
#include "ruleset.h"
#include "select.h"
#include "wildcard.h"
/*
 * A query to a trusted resolver: matched once, remembered with what it matched, passed or refused.
 * The rows of docs/adr/0003-verdict-order.md, second table.
 */
enum {
	QUERY_ADDITIONALS_MAX = 2, /* OPT and a signature */
	QUERY_MAX = 512, /* octets: a padded question (RFC 8467) or a signed one, no file */
	QUERY_EXPANDS = 100, /* no TC action: to be judged again with what expansion_flags() says */
};

/*
 * What may stand behind the question, `at` in the frame: nothing; an OPT that ends with the message; an OPT
 * and a signature (TSIG, RFC 8945; SIG(0), RFC 2931), or a SIG(0) alone, whose octets are not ours to judge.
 * Returns the OPT's offset when its size may be changed, 0 when there is none to change, -1 for anything else.
 */
static __always_inline int query_edns(struct __sk_buff *skb, u32 end, be16 additionals, u32 at)
{
	u8 fixed[EDNS_HEADER];
	be16 type;

	if (!additionals)
		return at == end ? 0 : -1;
	if (at + EDNS_HEADER > end || bpf_skb_load_bytes(skb, at, fixed, sizeof(fixed)) || fixed[0])
		return -1;
	type = fixed[1] << 8 | fixed[2];
	if (additionals == bpf_htons(2))
		return type == DNS_TYPE_OPT ? 0 : -1;
	if (at + EDNS_HEADER + (fixed[9] << 8 | fixed[10]) != end)
		return -1;
	if (type == DNS_TYPE_SIG)
		return 0;
	return type == DNS_TYPE_OPT ? (int)at : -1;
}

/* Says where the query's message stands and makes it linear. Over TCP that is done. Returns 0 or a negative errno. */
static __always_inline int query_find(struct __sk_buff *skb, struct scratch *s)
{
	if (s->packet.key.protocol != PROTOCOL_UDP)
		return 0;
	s->message = s->packet.l4 + UDP_HEADER;
	s->message_end = s->packet.end;
	return linear_whole(skb);
}

/*
 * Is the message of a bounded size, and the datagram one and whole? One that is still to be segmented (UDP_SEGMENT)
 * is many, and those behind the first hide in what we would take for its options.
 */
static __always_inline int query_is_one(struct __sk_buff *skb, const struct scratch *s)
{
	const struct packet *p = &s->packet;
	be16 length;

	if (s->message_end > s->message + QUERY_MAX)
		return 0;
	if (p->key.protocol != PROTOCOL_UDP)
		return 1;
	if (p->fragment != FRAGMENT_NONE || skb->gso_size || bpf_skb_load_bytes(skb, p->l4 + 4, &length, 2))
		return 0;
	return p->l4 + bpf_ntohs(length) == p->end;
}

/* Lowers the answer size that the pod advertises in the OPT at `at`. */
static __always_inline void query_clamp(struct __sk_buff *skb, const struct packet *p, u32 at)
{
	be16 most = bpf_htons(EDNS_SIZE_MAX);
	u32 checksum_at = p->l4 + 6;
	be16 size, checksum;

	if (bpf_skb_load_bytes(skb, at + 3, &size, 2) || bpf_ntohs(size) <= EDNS_SIZE_MAX)
		return;
	if (bpf_skb_load_bytes(skb, checksum_at, &checksum, 2) || bpf_skb_store_bytes(skb, at + 3, &most, 2, 0))
		return;
	/* The sum is over 16-bit words; in a field at an odd offset the octets stand the other way round. */
	if ((at + 3 - p->l4) & 1) {
		size = __builtin_bswap16(size);
		most = __builtin_bswap16(most);
	}
	if (checksum)
		bpf_l4_csum_replace(skb, checksum_at, size, most, 2 | BPF_F_MARK_MANGLED_0);
	count(NW_QUERY_EDNS_CLAMPED);
}

/* Reads the one plain question into q and n, where its OPT stands into *opt. Returns 0 or NW_QUERY_NOT_PLAIN. */
static __always_inline int query_read(struct __sk_buff *skb, const struct scratch *s, const struct dns_header *dns,
				      struct pending *q, struct name_scratch *n, u32 *opt)
{
	u32 question = s->message + DNS_HEADER;
	be16 type_class[2];
	int length, edns;

	if (dns->flags & bpf_htons(DNS_QR | DNS_OPCODE))
		return NW_QUERY_NOT_PLAIN;
	if (dns->questions != bpf_htons(1) || dns->answers || dns->authorities)
		return NW_QUERY_NOT_PLAIN;
	if (bpf_ntohs(dns->additionals) > QUERY_ADDITIONALS_MAX)
		return NW_QUERY_NOT_PLAIN;
	length = name_read(skb, question, n);
	if (length <= 0 || length > NW_NAME_MAX)
		return NW_QUERY_NOT_PLAIN;
	if (bpf_skb_load_bytes(skb, question + length, type_class, 4) || type_class[1] != bpf_htons(DNS_CLASS_IN))
		return NW_QUERY_NOT_PLAIN;
	edns = query_edns(skb, s->message_end, dns->additionals, question + length + 4);
	if (edns < 0)
		return NW_QUERY_NOT_PLAIN;
	*opt = edns;
	q->qtype = type_class[0];
	q->name_length = length;
	q->labels = n->label_count;
	q->name_hash = n->hash;
	return 0;
}

static __always_inline int is_same_question(const struct pending *a, const struct pending *b)
{
	if (a->name_hash != b->name_hash || a->qtype != b->qtype || a->name_length != b->name_length)
		return 0;
	return name_equal(a->name, b->name, a->name_length);
}

/* Remembers the question. Returns 0, NW_QUERY_QUOTA or NW_QUERY_FULL. */
static __always_inline u32 query_remember(const struct config *c, const struct pending_key *key, struct pending *q,
					  u64 time)
{
	struct usage *u = usage_get(key->endpoint);
	struct pending *known;
	int error;

	if (!u)
		return NW_QUERY_QUOTA;
	q->created = time;
	q->queries = 1;
	q->answers = 0;
	/* Most are new: they are not looked up first. */
	if (quota_take(&u->pending, c->quota_pending)) {
		error = bpf_map_update_elem(&pending, key, q, BPF_NOEXIST);
		if (!error)
			return 0;
		quota_release(&u->pending);
		if (error != -EEXIST)
			return NW_QUERY_FULL;
	}
	known = bpf_map_lookup_elem(&pending, key);
	if (!known)
		return NW_QUERY_QUOTA;
	if (known->created + c->pending_age > time && known->answers < known->queries && is_same_question(known, q)) {
		__sync_fetch_and_add(&known->queries, 1); /* a retransmit races its original: both may be answered */
		return 0;
	}
	/* Not BPF_ANY: one that was swept meanwhile has given its place in the quota back. */
	return bpf_map_update_elem(&pending, key, q, BPF_EXIST) ? NW_QUERY_FULL : 0;
}

/* The outcome of a plain question by what the rules say of its name. */
static __always_inline u32 query_reason(u32 ruleset_flags, u32 flags)
{
	if (flags & NW_QUERY_DENY)
		return NW_QUERY_DENIED;
	if (!(ruleset_flags & NW_RULESET_FILTER_NAMES))
		return NW_QUERY_UNFILTERED;
	return flags & NW_QUERY_ALLOW ? NW_QUERY_ALLOWED : NW_QUERY_NO_RULE;
}

/* The same of an expansion that no rule selects, by what the rules say of the names before its suffixes. */
static __always_inline u32 expansion_reason(u32 flags)
{
	if (flags & NW_QUERY_DENY)
		return NW_QUERY_DENIED;
	return flags & NW_QUERY_ALLOW ? NW_QUERY_EXPANSION : NW_QUERY_NO_RULE;
}

static __always_inline int is_audit_refused(u32 ruleset_flags, u32 flags)
{
	if (!(ruleset_flags & NW_RULESET_HAS_AUDIT))
		return 0;
	if (flags & NW_QUERY_AUDIT_DENY)
		return 1;
	/* An enforced deny: of a name before a search suffix, where only the audited policies filter names. */
	return (ruleset_flags & NW_RULESET_AUDIT_FILTER_NAMES) &&
	       ((flags & NW_QUERY_DENY) || !(flags & (NW_QUERY_ALLOW | NW_QUERY_AUDIT_ALLOW)));
}

static __always_inline int is_refusal(u32 reason)
{
	return reason >= NW_QUERY_NO_RULE && reason <= NW_QUERY_TCP_UNSEEN;
}

static __always_inline void query_report(struct scratch *s, u64 time, u32 ruleset, u32 reason,
					 const struct query_match *m, u8 flags)
{
	struct event *e = &s->event;

	event_begin(e, NW_EVENT_QUERY, time, ruleset, &s->packet.key);
	e->reason = reason;
	e->flags = flags;
	e->handle = m->handles[0];
	e->qtype = s->pending.qtype;
	e->name_hash = s->pending.name_hash;
	event_name(e, s->pending.name, s->pending.name_length);
	event_send(e, &s->woken);
}

/*
 * The outcome of the plain question in s->pending and n by the pod's rules; into s->query what they say of its name.
 * Returns an enum nw_reason, NW_REASON_NONE where the name has to be asked about as an expansion first.
 */
static __always_inline u32 query_select(const struct judge *j, struct name_scratch *n, u32 expansion)
{
	struct query_match *m = &j->s->query;
	struct pending *q = &j->s->pending;
	const struct ruleset *rs = j->rs;
	u32 reason;

	name_copy(q->name, n->wire, q->name_length);
	if (rs->number)
		select_rules(j->s, n, rs->number, m);
	q->handle_count = m->count;
	__builtin_memcpy(q->handles, m->handles, sizeof(q->handles));
	reason = query_reason(rs->flags, m->flags);
	if (likely(reason != NW_QUERY_NO_RULE && !is_audit_refused(rs->flags, m->flags)))
		return reason;
	if (q->qtype == bpf_htons(DNS_TYPE_PTR) && is_reverse_of_learned(n, j->ep->number, j->s->time)) {
		m->flags |= NW_QUERY_AUDIT_ALLOW;
		return reason == NW_QUERY_NO_RULE ? NW_QUERY_REVERSE : reason;
	}
	if (!expansion)
		return search_endings(n, j->ep->number) ? NW_REASON_NONE : reason;
	/* Audited: only where the names would be filtered, and no audited rule allows the question itself. */
	if (!(rs->flags & NW_RULESET_AUDIT_FILTER_NAMES) || (m->flags & NW_QUERY_AUDIT_ALLOW))
		expansion &= ~NW_QUERY_AUDIT_DENY;
	m->flags |= expansion;
	m->handles[0] = m->handles[0] ?: j->s->expansion_handle;
	return reason == NW_QUERY_NO_RULE ? expansion_reason(m->flags) : reason;
}

/* Would the audited policies refuse what passes? */
static __always_inline int is_query_audited(const struct ruleset *rs, const struct query_match *m, int plain)
{
	if (!(rs->flags & NW_RULESET_HAS_AUDIT))
		return 0;
	return plain ? is_audit_refused(rs->flags, m->flags) : !!(rs->flags & NW_RULESET_AUDIT_FILTER_NAMES);
}

/* Refuses the question in its packet. plain: it is one, and goes back with its refusal. Returns a TC action. */
static __always_inline int query_refuse(struct __sk_buff *skb, const struct judge *j, const struct dns_header *dns,
					int plain, int expands)
{
	const struct scratch *s = j->s;
	struct dns_reply reply = { .ruleset = j->rs->number };

	if (s->packet.fragment != FRAGMENT_NONE || (dns->flags & bpf_htons(DNS_QR)) ||
	    s->message_end < s->message + DNS_HEADER)
		return TC_ACT_SHOT;
	if (s->packet.key.protocol != PROTOCOL_UDP)
		return TC_ACT_SHOT; /* what becomes of the stream is the caller's */
	if (plain) {
		reply.question = s->pending.name_length + 4;
		reply.edns = dns->additionals != 0;
	}
	reply.rcode = (j->rs->flags & NW_RULESET_REJECT_NXDOMAIN) || expands ? DNS_RCODE_NXDOMAIN : DNS_RCODE_REFUSED;
	return reply_dns(skb, &reply);
}

/* Counts and tells a question that passes. */
static __always_inline void query_passed(const struct judge *j, struct endpoint_counts *counts, u32 reason)
{
	const struct query_match *m = &j->s->query;
	const struct pending *q = &j->s->pending;

	if (counts)
		counts->queries++;
	if (counts && reason == NW_QUERY_ALLOWED && m->rows && !(m->exact & NW_QUERY_ALLOW))
		wildcard_count(counts, j->ep->number, q->name_hash, q->name_length);
	if (j->c->listeners)
		query_report(j->s, j->s->time, j->rs->number, reason, m, 0);
}

/*
 * query() but for the names that it may be an expansion of. expansion: what expansion_flags() said; 0 when it was not
 * asked yet, and then it may return QUERY_EXPANDS.
 */
__noinline int query_judge(struct __sk_buff *skb, u32 expansion)
{
	struct name_scratch *n = name_scratch_get();
	struct endpoint_counts *counts;
	struct dns_header dns = {};
	const struct ruleset *rs;
	u32 reason, opt = 0;
	struct scratch *s;
	struct pending *q;
	struct judge j;
	int plain;

	if (!n || !judge_again(&j))
		return TC_ACT_SHOT;
	s = j.s;
	rs = j.rs;
	q = &s->pending;
	__builtin_memset(&s->query, 0, sizeof(s->query));
	counts = endpoint_counts_get(j.ep->number);
	q->name_length = 0;
	q->qtype = 0;
	q->name_hash = 0;
	/* The header first: whether a refusal is answered hangs on it. */
	plain = !query_find(skb, s) && !bpf_skb_load_bytes(skb, s->message, &dns, sizeof(dns)) &&
		query_is_one(skb, s) && !query_read(skb, s, &dns, q, n, &opt);
	if (plain)
		reason = query_select(&j, n, expansion);
	else
		reason = rs->flags & NW_RULESET_FILTER_NAMES ? NW_QUERY_NOT_PLAIN : NW_QUERY_NOT_REMEMBERED;
	if (reason == NW_REASON_NONE)
		return QUERY_EXPANDS;
	if (!is_refusal(reason) && is_query_audited(rs, &s->query, plain)) {
		count(NW_QUERY_AUDIT_REFUSE);
		if (counts)
			counts->audit_denied++;
		query_report(s, s->time, rs->number, NW_QUERY_AUDIT_REFUSE, &s->query, NW_EVENT_AUDIT);
	}
	if (plain && (!is_refusal(reason) || j.c->node_switch == NW_SWITCH_AUDIT)) {
		u32 full;

		pending_key(&s->pending_key, &s->packet.key, dns.id);
		full = query_remember(j.c, &s->pending_key, q, s->time);
		if (full && !is_refusal(reason))
			reason = rs->flags & NW_RULESET_FILTER_NAMES ? full : NW_QUERY_NOT_REMEMBERED;
	}
	count(reason);
	if (!is_refusal(reason)) {
		query_passed(&j, counts, reason);
		if (opt && rs->number && s->packet.key.protocol == PROTOCOL_UDP)
			query_clamp(skb, &s->packet, opt);
		return TC_ACT_UNSPEC;
	}
	if (j.c->node_switch == NW_SWITCH_AUDIT) {
		query_report(s, s->time, rs->number, reason, &s->query, NW_EVENT_AUDIT);
		return TC_ACT_UNSPEC;
	}
	if (counts)
		counts->refused++;
	query_report(s, s->time, rs->number, reason, &s->query, NW_EVENT_REFUSED);
	return query_refuse(skb, &j, &dns, plain, plain && (expansion || search_endings(n, j.ep->number)));
}

/*
 * Judges the query whose packet stands in the scratch. Returns a TC action; over TCP it only says whether the message
 * may pass (TC_ACT_UNSPEC). An expansion is judged twice and not from within: Linux 6.1 counts 512 octets of stack
 * over all calls, and there is no room for one more between query_judge() and name_match().
 */
static __always_inline int query(struct __sk_buff *skb)
{
	int action = query_judge(skb, 0);

	if (unlikely(action == QUERY_EXPANDS)) {
		u32 flags = expansion_flags();

		if (!expansion_is_bare(skb))
			flags &= ~EXPANSION_ALLOWS;
		action = query_judge(skb, flags);
	}
	return action;
}
