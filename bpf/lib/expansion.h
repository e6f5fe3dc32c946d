/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
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

/* Bits of expansion_flags() beside those of enum nw_query_flag. */
enum { EXPANSION_ASKED = 1 << 16 };

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
