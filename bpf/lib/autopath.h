/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "expansion.h"
#include "select.h"
#include "walk.h"
/*
 * Autopath (a plugin of CoreDNS): the server walks the pod's search list for it. Asked for <name>.<suffix> it
 * answers with a CNAME from there to <name> and whatever that leads to. Such an answer is one to <name>, and
 * counts for it: that name's identities are learned and its name is what recent answers keep. Nothing is believed
 * that asking for <name> would not have been told by the same resolver.
 *
 * Only the first CNAME counts and only when its target is exactly the question less a suffix of the pod's own
 * list. Where no rule selects the shorter name, the question keeps its identities. A shorter name that a rule
 * denies teaches that deny alone: its question would have been refused, so no allow may come of it.
 */

/* Of the identities in s->shorter those whose rules deny the name. */
static __always_inline void keep_denies(struct query_match *m, u32 ruleset)
{
	u32 kept = 0;

	for (u32 i = 0; i < NW_IDENTITIES_PER_NAME; i++) {
		struct rule_key key = { .ruleset = ruleset, .handle = m->handles[i] };
		const struct rule *r;

		if (i >= m->count)
			break;
		r = bpf_map_lookup_elem(&rules, &key);
		if (r && (r->query & NW_QUERY_DENY))
			m->handles[kept++ & (NW_IDENTITIES_PER_NAME - 1)] = key.handle;
	}
	m->count = kept;
}

/*
 * Moves the lesson to the shorter name when the answer's first CNAME, at s->walk.shorter, leads there.
 * question: offset of the question's name in the frame. Returns whether it does.
 */
__noinline int autopath(struct __sk_buff *skb, u32 question, u32 ruleset)
{
	struct name_scratch *n = name_scratch_get();
	struct scratch *s = scratch_get();
	struct lesson *lesson;
	u32 length;

	if (!n || !s || name_read(skb, question, n) < 0 || expand(skb, s->walk.shorter))
		return 0;
	lesson = &s->lesson;
	length = s->expansion.length - 1;
	if (length >= n->length || !is_search_suffix(n, lesson->endpoint, n->length - length))
		return 0;
	if (!name_cut(n, length) || !name_equal(n->wire, s->expansion.name, s->expansion.length))
		return 0;
	lesson->name_hash = n->hash;
	lesson->name_length = n->size;
	if (!ruleset || !select_shorter(s, n, ruleset))
		return 1;
	if (s->shorter.flags & NW_QUERY_DENY)
		keep_denies(&s->shorter, ruleset);
	lesson->handle_count = s->shorter.count;
	__builtin_memcpy(lesson->handles, s->shorter.handles, sizeof(lesson->handles));
	return 1;
}
