/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "config.h"
#include "endpoint.h"
#include "flow.h"
#include "learned.h"
#include "packet.h"
#include "ruleset.h"
/*
 * How long a flow may be silent, and how long the address behind one outlives its last packet: clients keep
 * addresses longer than their TTLs, and whoever is connected to one may connect again.
 */
enum { KEEP_AHEAD = 2000000000 }; /* nanoseconds: the sweeper looks at each flow once a second */

static __always_inline u64 idle_timeout(const struct config *c, u8 protocol, u8 flags)
{
	switch (protocol) {
	case PROTOCOL_TCP:
		if (flags & (NW_FLOW_TCP_CLOSING | NW_FLOW_TCP_RESET))
			return c->tcp_closing;
		return flags & NW_FLOW_TCP_OPEN ? c->tcp_idle : c->tcp_opening;
	case PROTOCOL_ICMP:
	case PROTOCOL_ICMPV6:
		/* What discovery finds stays found for long (RFC 4861, section 7.3). */
		return flags & NW_FLOW_NEIGHBOUR ? c->tcp_idle : c->icmp_idle;
	default:
		return c->udp_idle;
	}
}

static __always_inline u64 idle_window(const struct config *c, const struct ruleset *rs)
{
	return rs->idle_window ?: c->idle_window;
}

/*
 * The identity that let a flow through holds the flow's address until `until` at least; others do not. One that
 * has expired stays so: its place may be another's.
 */
__noinline int keep_address(const struct learned_key *at, u32 handle, u64 time, u64 until)
{
	struct learned_key key;
	struct learned *l;
	u32 busy;

	if (!at)
		return 0;
	key = *at; /* Linux 6.1 looks up no key that stands behind an argument */
	l = learned_live(&key, &busy);
	if (!l)
		return 0;
	for (int i = 0; i < NW_IDENTITIES_PER_ADDRESS; i++) {
		u64 expires = READ_ONCE(l->expires[i]);

		if (READ_ONCE(l->handles[i]) != handle)
			continue;
		/* An exchange: had the place been given away since it was read, the newcomer's expiry stays. */
		if (expires > time && expires < until)
			__sync_val_compare_and_swap(&l->expires[i], expires, until);
		break;
	}
	return 0;
}

/* now() of the flow's last packet from the pod. */
static __always_inline u64 last_packet(const struct config *c, const struct flow_key *key, const struct flow *f,
				       u64 time)
{
	u64 last = f->expires - idle_timeout(c, key->protocol, f->flags);

	/* The timeout may have been another one when the packet passed. */
	if (last > f->expires || last < f->created)
		return f->created;
	return last < time ? last : time;
}

/*
 * Once a second for each flow, while it lives and once when it has ended: its address is kept for the idle window
 * from its last packet. Looked up when that moves the expiry by a quarter, when the time granted runs out and at
 * the end.
 */
static __always_inline void flow_keeps(const struct flow_key *key, struct flow *f, u64 time, int ended)
{
	const struct config *c = config_get();
	const struct ruleset *rs;
	const struct endpoint *ep;
	struct learned_key at;
	u64 last, kept, window;

	if (!f->handle || !c)
		return;
	last = last_packet(c, key, f, time);
	kept = (u64)f->kept << NW_KEPT_SHIFT;
	if (last >> NW_KEPT_SHIFT == f->kept)
		return;
	ep = endpoint_get(key->endpoint);
	rs = ep ? ruleset_get(ep->ruleset) : (void *)0;
	if (!rs)
		return;
	window = idle_window(c, rs);
	if (window < KEEP_AHEAD / 2) /* over before it is looked at again, or none */
		return;
	if (!ended && last < kept + window / 4 && kept + window > time + KEEP_AHEAD)
		return;
	learned_key(&at, key);
	keep_address(&at, f->handle, time, last + window);
	f->kept = last >> NW_KEPT_SHIFT;
}
