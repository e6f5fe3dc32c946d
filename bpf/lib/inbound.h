/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "connection.h"
/*
 * What comes from outside always passes; it opens a flow, so that the pod's reply is a known one.
 */

/*
 * An ended flow whose place what comes from outside takes over, with its side's share of the quota. Returns 0
 * or NW_DENY_FLOW_QUOTA.
 */
static __always_inline u32 flow_turn(const struct config *c, const struct packet *p, struct flow *f, u64 time)
{
	struct usage *u = usage_get(p->key.endpoint);

	if (!u)
		return NW_DENY_FLOW_QUOTA;
	if (!(f->flags & NW_FLOW_INBOUND)) {
		if (!quota_take(&u->flows_in, c->quota_flows_in))
			return NW_DENY_FLOW_QUOTA;
		quota_release(&u->flows_out);
	}
	f->handle = 0;
	f->reason = NW_PASS_INBOUND_FLOW;
	f->created = time;
	return 0;
}

/*
 * A reset ends a connection without a word from the pod. Its flow goes soon: those that lasted would use up the
 * pod's quota. One that the pod does not believe (RFC 5961) does no harm: its next packet makes up for it.
 */
static __always_inline void flow_reset(const struct config *c, const struct packet *p, u64 time)
{
	struct flow *f = bpf_map_lookup_elem(&flows, &p->key);

	if (!f || f->expires <= time + c->tcp_closing)
		return;
	f->flags |= NW_FLOW_TCP_RESET;
	f->expires = time + c->tcp_closing;
}

/* Lets the reply to what came from outside be a known flow. */
static __always_inline void inbound_flow(const struct config *c, struct packet *p, u32 ruleset, u64 time)
{
	struct flow fresh = { .ruleset = ruleset, .flags = NW_FLOW_INBOUND, .reason = NW_PASS_INBOUND_FLOW };
	struct flow *f;

	switch (p->key.protocol) {
	case PROTOCOL_TCP:
		if ((p->tcp_flags & (TCP_SYN | TCP_ACK)) != TCP_SYN) {
			if (unlikely(p->tcp_flags & TCP_RST))
				flow_reset(c, p, time);
			count(NW_PASS_INBOUND);
			return;
		}
		break;
	case PROTOCOL_ICMP:
		if (p->icmp_type != 8)
			return;
		break;
	case PROTOCOL_ICMPV6:
		if (is_neighbour_discovery(p) && p->hop_limit == 255) {
			fresh.flags |= NW_FLOW_NEIGHBOUR;
			p->key.remote_port = bpf_htons(135);
		} else if (p->icmp_type != 128) {
			return;
		}
		break;
	case PROTOCOL_UDP:
	case PROTOCOL_SCTP:
		break;
	default:
		count(NW_PASS_INBOUND);
		return;
	}
	f = bpf_map_lookup_elem(&flows, &p->key);
	if (f && f->expires > time && (f->ruleset != NW_FLOW_CUT || p->key.protocol != PROTOCOL_TCP)) {
		if (f->flags & NW_FLOW_NEIGHBOUR)
			f->expires = time + c->tcp_idle;
		if (f->ruleset == NW_FLOW_CUT)
			f->expires = time + idle_timeout(c, p->key.protocol, 0);
		count(NW_PASS_INBOUND);
		return;
	}
	if (f) {
		/* Expired, not swept yet; or refused, and the far end calls anew. */
		if (flow_turn(c, p, f, time)) {
			count(NW_PASS_INBOUND_QUOTA);
			return;
		}
		f->flags = fresh.flags;
		f->ruleset = ruleset;
		f->expires = time + idle_timeout(c, p->key.protocol, fresh.flags);
		count(NW_PASS_INBOUND_FLOW);
		return;
	}
	count(flow_open(c, p, &fresh, time) ? NW_PASS_INBOUND_QUOTA : NW_PASS_INBOUND_FLOW);
}
