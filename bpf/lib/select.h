/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "match.h"
#include "reasons.h"
#include "ruleset.h"
#include "scratch.h"
/*
 * Which of a ruleset's rules select a name, and what they say together.
 */

/* Asks the rules about the name that stands ready in n. Exact hits of the index may belong to other rulesets. */
static __always_inline void select_rules(struct scratch *s, struct name_scratch *n, u32 ruleset, struct query_match *m)
{
	struct name_matches *found = &s->matches;

	name_match(n, ruleset, found);
	if (found->overflow)
		count(NW_QUERY_IDENTITIES);
	for (u32 i = 0; i <= NW_IDENTITIES_PER_NAME; i++) {
		struct rule_key key = { .ruleset = ruleset, .handle = found->handles[i] };
		const struct rule *r;

		if (i >= found->count)
			break;
		r = bpf_map_lookup_elem(&rules, &key);
		if (!r)
			continue;
		m->flags |= r->query;
		m->rows |= r->count;
		if (!i && found->exact)
			m->exact = r->query;
		if (m->count < NW_IDENTITIES_PER_NAME)
			m->handles[m->count++ & (NW_IDENTITIES_PER_NAME - 1)] = key.handle;
	}
}

/* The same into s->shorter, for a name less a search suffix. Returns the number of its identities. */
static __always_inline u32 select_shorter(struct scratch *s, struct name_scratch *n, u32 ruleset)
{
	__builtin_memset(&s->shorter, 0, sizeof(s->shorter));
	select_rules(s, n, ruleset, &s->shorter);
	return s->shorter.count;
}
