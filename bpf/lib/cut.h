/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "config.h"
#include "endpoint.h"
#include "flow.h"
#include "ruleset.h"
/*
 * What becomes of a flow that the ruleset in force would not allow: one older than the pod's first enforced policy is
 * grandfathered for a time, one that an edit has overtaken lives until it closes where all the pod's policies say
 * so (cutFlows: OnClose), all others are cut at their next packet.
 */

/* Nothing was enforced when the flow was let through last. */
static __always_inline int was_free(const struct flow *f)
{
	return !f->ruleset || (f->flags & NW_FLOW_AUDITED);
}

/* A flow older than the pod's first enforced policy goes on for a while under a ruleset that would not allow it. */
static __always_inline int is_grandfathered(const struct config *c, const struct endpoint *ep, const struct flow *f,
					    u64 time)
{
	return was_free(f) && f->created < ep->selected_at && time < ep->selected_at + c->grandfather;
}

/* A ruleset has let the flow through, and the one in force lets such flows close by themselves. */
static __always_inline int is_left_to_close(const struct ruleset *rs, const struct flow *f)
{
	return !was_free(f) && f->ruleset != NW_FLOW_CUT && (rs->flags & NW_RULESET_CUT_ON_CLOSE);
}

/* Counts the flow, which lives, among those of its kind in the sweeper's round. */
static __always_inline void tally_flow(u32 endpoint, const struct flow *f, u64 time)
{
	const struct endpoint *ep = endpoint_get(endpoint);
	const struct config *c = config_get();
	struct usage *u = usage_get(endpoint);

	if (!ep || !c || !u)
		return;
	if ((f->flags & NW_FLOW_GRANDFATHERED) && is_grandfathered(c, ep, f, time))
		u->round_grandfathered++;
	if ((f->flags & NW_FLOW_UNTIL_CLOSE) && f->ruleset == ep->ruleset)
		u->round_until_close++;
}

/* The round is over: its counts are what people read. */
static long tally_publish(void *map, u32 *slot, struct usage *u, void *context)
{
	u->grandfathered = u->round_grandfathered;
	u->until_close = u->round_until_close;
	u->round_grandfathered = 0;
	u->round_until_close = 0;
	return 0;
}
