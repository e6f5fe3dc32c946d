/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "name.h"
#include "pending.h"
/* What selects a name. */
struct name_matches {
	u32 count; /* of handles */
	u32 overflow; /* patterns that match and found no room */
	/*
	 * The selector that is exactly this name comes first, when there is one: it may be another ruleset's,
	 * so the caller asks "rules". The patterns behind it are the ruleset's own.
	 */
	u32 handles[NW_IDENTITIES_PER_NAME + 1];
	u32 reserved;
};

/* Matches the name that name_read() left in n against the ruleset's selectors. Returns the number of handles. */
__noinline int name_match(struct name_scratch *n, u32 ruleset, struct name_matches *out)
{
	if (!n || !out)
		return 0;
	asm volatile("" ::"r"(ruleset)); /* clang drops an argument that nothing uses */
	out->count = 0;
	out->overflow = 0;
	return out->count;
}
