/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "packet.h"
#include "scratch.h"
/*
 * Whose address a packet of the pod's bears. One that bears another's may come round by the node or be answered
 * to that other: it would open a flow "from outside", or be an answer of the resolver's.
 */
enum source { SOURCE_OWN, SOURCE_NOT_KNOWN, SOURCE_FOREIGN };

static __always_inline int is_link_local(const u8 *address)
{
	return address[0] == 0xfe && (address[1] & 0xc0) == 0x80;
}

static __always_inline enum source source_of(const struct endpoint *ep, const struct packet *p)
{
	int known = 0;

	for (u32 i = 0; i < NW_ENDPOINT_ADDRESSES; i++) {
		const u32 *own = (const u32 *)ep->addresses[i];

		if (same_address(ep->addresses[i], p->key.local))
			return SOURCE_OWN;
		known |= p->family == 4 ? own[2] == bpf_htonl(0xffff) && !own[0] && !own[1] : own[0] != 0;
	}
	if (!known)
		return SOURCE_NOT_KNOWN;
	return p->family == 6 && is_link_local(p->key.local) ? SOURCE_OWN : SOURCE_FOREIGN;
}

/* The pod has sent what bears another's address, and was let. */
static __always_inline void source_foreign(u32 endpoint)
{
	struct usage *u = usage_get(endpoint);

	if (u && !u->foreign)
		u->foreign = 1;
}

/*
 * Can what arrives at the pod be its own doing? Not when it never bore another's address, nor since a policy has
 * kept it from that for as long as a question may be open.
 */
static __always_inline int is_believed(const struct judge *j)
{
	const struct usage *u = usage_get(j->ep->number);

	if (likely(u && !u->foreign))
		return 1;
	return is_enforcing(j->rs) && j->c->node_switch == NW_SWITCH_ON &&
	       j->s->time >= j->ep->selected_at + j->c->pending_age;
}
