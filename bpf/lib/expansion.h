/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "dns.h"
#include "endpoint.h"
#include "name.h"
#include "pending.h"
#include "select.h"
/*
 * Names that a resolver library makes of another: that name and a suffix of the search list (resolv.conf(5)).
 * They are asked before or after the name itself, and one that is refused ends the search in some libraries.
 *
 * Where names are filtered, an expansion that no rule selects passes when the name before the suffix is a rule's
 * own name: what a policy spells out says nothing more to whoever runs the suffix's zone than that it is asked
 * for. What only a pattern selects is not extended: its labels could carry anything there. A deny of the name
 * before the suffix denies the expansion too, and before an allow.
 */

enum {
	EXPANSION_ASKED = 1 << 16, /* a bit of expansion_flags() beside those of enum nw_query_flag */
	EXPANSION_ALLOWS = NW_QUERY_ALLOW | NW_QUERY_AUDIT_ALLOW,
	EXPANSION_TAIL = 15, /* octets: an OPT's header and its first option's */
	EDNS_COOKIE = 10, /* RFC 7873: between the client and its server */
};

/* Is what stands behind a question, `octets` long and beginning so, an OPT with nothing in it but a cookie, or nothing? */
static __always_inline int is_bare_tail(const u8 *tail, u32 octets)
{
	if (!octets || octets == EDNS_HEADER)
		return 1;
	return octets >= EXPANSION_TAIL && tail[2] == DNS_TYPE_OPT && !tail[1] && !tail[11] &&
	       tail[12] == EDNS_COOKIE && (u32)(tail[13] << 8 | tail[14]) + EXPANSION_TAIL == octets;
}

/* Is a name, as it came, in lower case? */
static __always_inline int is_folded(const u8 *name, const u8 *folded, u32 length)
{
	for (u32 i = 0; i < 256; i += 8) {
		u32 over = i + 8 > length ? i + 8 - length : 0;

		if (i >= length)
			break;
		if ((*(const u64 *)(name + i) ^ *(const u64 *)(folded + i)) << 8 * (over & 7))
			return 0;
	}
	return 1;
}

static __always_inline int is_address_type(be16 qtype)
{
	return qtype == bpf_htons(DNS_TYPE_A) || qtype == bpf_htons(DNS_TYPE_AAAA);
}

/*
 * Does the question in s->pending, whose packet this is, say nothing but its name? Its type, its letters' case and
 * EDNS options (a client subnet) would reach the suffix's servers and could carry something there.
 */
__noinline int expansion_is_bare(struct __sk_buff *skb)
{
	struct scratch *s = scratch_get();
	u8 tail[EXPANSION_TAIL + 1] = {};
	const struct pending *q;
	u32 at, rest, last;

	if (!s)
		return 0;
	q = &s->pending;
	last = q->name_length - 1;
	barrier_var(last);
	at = s->message + DNS_HEADER;
	if (last > 254 || !is_address_type(q->qtype) || bpf_skb_load_bytes(skb, at, s->expansion.name, last + 1))
		return 0;
	at += q->name_length + 4;
	rest = s->message_end - at;
	if (rest >= EXPANSION_TAIL && bpf_skb_load_bytes(skb, at, tail, EXPANSION_TAIL))
		return 0;
	return is_bare_tail(tail, rest) && is_folded(s->expansion.name, q->name, q->name_length);
}

/* Which suffixes of the pod's search list the name ends in, with something before them: one bit for each. */
__noinline int search_endings(struct name_scratch *n, u32 endpoint)
{
	const struct search_list *l = search_list_get(endpoint);
	u32 endings = 0;

	if (!n || !l)
		return 0;
	for (u32 i = 0; i < NW_SEARCH_MAX; i++) {
		if (i >= l->count)
			break;
		if (l->lengths[i] && n->length > l->lengths[i] && name_suffix_hash(n, l->lengths[i]) == l->hashes[i])
			endings |= 1 << i;
	}
	return endings;
}

/* Is what the name ends in, length octets long, a suffix of the pod's search list? */
__noinline int is_search_suffix(struct name_scratch *n, u32 endpoint, u32 length)
{
	const struct search_list *l = search_list_get(endpoint);
	u64 hash;

	if (!n || !l || !length || length > n->length)
		return 0;
	hash = name_suffix_hash(n, length);
	for (u32 i = 0; i < NW_SEARCH_MAX; i++) {
		if (i >= l->count)
			break;
		if (l->lengths[i] == length && l->hashes[i] == hash)
			return 1;
	}
	return 0;
}

/*
 * What the rules say of the names that the question in s->pending is an expansion of: allows of a rule's own name,
 * and every deny. Returns enum nw_query_flag of all together and EXPANSION_ASKED; s->expansion_handle is for whoever
 * asks why. name_scratch holds the question before, another name afterwards.
 */
__noinline int expansion_flags(void)
{
	struct name_scratch *n = name_scratch_get();
	const struct search_list *l;
	u32 flags = EXPANSION_ASKED;
	u32 endings, more;
	struct scratch *s;
	struct judge j;

	if (!n || !judge_again(&j))
		return flags;
	l = search_list_get(j.ep->number);
	if (!l)
		return flags;
	s = j.s;
	s->expansion_handle = 0;
	endings = search_endings(n, j.ep->number); /* a function of its own to the verifier, or it tries every set */
	for (u32 i = 0; i < NW_SEARCH_MAX; i++) {
		if (!(endings >> i & 1))
			continue;
		name_copy(n->wire, s->pending.name, s->pending.name_length);
		if (!name_cut(n, s->pending.name_length - 1 - l->lengths[i]))
			continue;
		select_shorter(s, n, j.rs->number);
		more = s->shorter.flags & (NW_QUERY_DENY | NW_QUERY_AUDIT_DENY);
		more |= s->shorter.exact & (NW_QUERY_ALLOW | NW_QUERY_AUDIT_ALLOW);
		if (more)
			s->expansion_handle = s->shorter.handles[0];
		flags |= more;
	}
	return flags;
}
