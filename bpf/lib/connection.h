/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "cut.h"
#include "endpoint.h"
#include "idle.h"
#include "reply.h"
#include "resolver.h"
#include "verdict.h"
/*
 * Everything that is no look-up. The rows of docs/adr/0003-verdict-order.md, in its order.
 */

static __always_inline u8 tcp_progress(u8 flags, const struct packet *p)
{
	if (p->key.protocol != PROTOCOL_TCP)
		return flags;
	flags &= ~NW_FLOW_TCP_RESET;
	if (p->tcp_flags & (TCP_FIN | TCP_RST))
		return flags | NW_FLOW_TCP_CLOSING;
	return p->tcp_flags & TCP_SYN ? flags : flags | NW_FLOW_TCP_OPEN;
}

/* A pod's SYN is a new connection whatever flow its ports had before; it never rides on an inbound one. */
static __always_inline int opens_connection(const struct packet *p)
{
	return p->key.protocol == PROTOCOL_TCP && (p->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
}

static __always_inline void flow_refresh(struct flow *f, const struct config *c, const struct packet *p, u64 time)
{
	u8 flags = tcp_progress(f->flags, p);

	if (flags != f->flags)
		f->flags = flags;
	f->expires = time + idle_timeout(c, p->key.protocol, flags);
}

/*
 * Remembers a flow that has been let through. Returns 0, or NW_DENY_FLOW_QUOTA / NW_DENY_FLOW_FULL with
 * nothing remembered.
 */
static __always_inline u32 flow_open(const struct config *c, const struct packet *p, struct flow *f, u64 time)
{
	struct usage *u = usage_get(p->key.endpoint);
	int inbound = f->flags & NW_FLOW_INBOUND;
	u32 *used;
	int error;

	if (!u)
		return NW_DENY_FLOW_QUOTA;
	used = inbound ? &u->flows_in : &u->flows_out;
	if (!quota_take(used, inbound ? c->quota_flows_in : c->quota_flows_out))
		return NW_DENY_FLOW_QUOTA;
	f->flags = tcp_progress(f->flags, p);
	f->created = time;
	f->expires = time + idle_timeout(c, p->key.protocol, f->flags);
	error = bpf_map_update_elem(&flows, &p->key, f, BPF_NOEXIST);
	if (!error)
		return 0;
	quota_release(used);
	if (error == -EEXIST) /* another CPU was first */
		return 0;
	return NW_DENY_FLOW_FULL;
}

/*
 * Does the packet carry another one, whose destination is not judged? The node or a pod may unpack it: that is
 * not cluster traffic. 4789 VXLAN, 8472 VXLAN as Linux has it by default, 6081 Geneve.
 */
static __always_inline int encapsulates(const struct flow_key *key)
{
	switch (key->protocol) {
	case PROTOCOL_TCP:
	case PROTOCOL_SCTP:
	case PROTOCOL_ICMP:
	case PROTOCOL_ICMPV6:
		return 0;
	case PROTOCOL_UDP:
		return key->remote_port == bpf_htons(4789) || key->remote_port == bpf_htons(8472) ||
		       key->remote_port == bpf_htons(6081);
	default:
		return 1; /* IP in IP, GRE, ESP, ... */
	}
}

/* Refuses a packet at once, in the way its protocol understands, unless the ruleset wants silence. */
static __always_inline int refuse(struct __sk_buff *skb, const struct packet *p, u32 ruleset_flags)
{
	if (ruleset_flags & NW_RULESET_REJECT_SILENT)
		return TC_ACT_SHOT;
	if (p->fragment != FRAGMENT_NONE && p->key.protocol == PROTOCOL_TCP)
		return TC_ACT_SHOT; /* how much a reset acknowledges is not known */
	return p->key.protocol == PROTOCOL_TCP ? reply_reset(skb) : reply_unreachable(skb);
}

static __always_inline void report(struct scratch *s, const struct packet *p, u64 time, u32 ruleset, u32 reason,
				   const struct decision *d, u8 flags)
{
	struct event *e = &s->event;

	event_begin(e, NW_EVENT_CONNECTION, time, ruleset, &p->key);
	e->reason = reason;
	e->flags = flags;
	e->handle = d->handle;
	e->precedence = d->rank >> 1;
	e->name_hash = d->name_hash;
	event_send(e, &s->woken);
}

/* A flow that has ended gives its place, and its side's share of the quota, to a new connection of the pod. */
static __always_inline u32 flow_reopen(const struct config *c, const struct packet *p, struct flow *f, u64 time)
{
	struct usage *u = usage_get(p->key.endpoint);

	if (!u)
		return NW_DENY_FLOW_QUOTA;
	if (f->flags & NW_FLOW_INBOUND) {
		if (!quota_take(&u->flows_out, c->quota_flows_out))
			return NW_DENY_FLOW_QUOTA;
		quota_release(&u->flows_in);
	}
	f->flags = 0;
	f->created = time;
	return 0;
}

/* Does a flow that the ruleset would not allow go on all the same? If so it has been refreshed and counted. */
static __always_inline int outlives(const struct judge *j, struct flow *f, const struct packet *p)
{
	u64 time = j->s->time;

	if (is_grandfathered(j->c, j->ep, f, time)) {
		/* Asked again with each packet until it ends or its time is over. */
		f->flags |= NW_FLOW_GRANDFATHERED;
		count(NW_PASS_GRANDFATHERED);
	} else if (is_left_to_close(j->rs, f)) {
		/* Known from now on; the next edit asks again. */
		f->flags |= NW_FLOW_UNTIL_CLOSE;
		f->ruleset = j->rs->number;
		count(NW_PASS_UNTIL_CLOSE);
	} else {
		return 0;
	}
	flow_refresh(f, j->c, p, time);
	return 1;
}

/*
 * A flow has been refused. It is remembered as such while either end goes on: what the far end still sends is no
 * call from outside. It keeps no address and no later ruleset leaves it to close.
 */
static __always_inline void flow_cut(const struct config *c, const struct packet *p, struct flow *f, u32 reason,
				     u64 time)
{
	f->ruleset = NW_FLOW_CUT;
	f->flags &= ~NW_FLOW_AUDITED;
	f->reason = reason;
	f->handle = 0;
	f->expires = time + idle_timeout(c, p->key.protocol, NW_FLOW_TCP_CLOSING);
}

/*
 * Rows 9 to 14 for a packet without a valid flow. Returns a TC action; what is let through has a flow.
 */
__noinline int connection_decide(struct __sk_buff *skb)
{
	struct endpoint_counts *counts;
	const struct ruleset *rs;
	const struct endpoint *ep;
	const struct config *c;
	u32 reason, range, full, granted;
	struct decision d = {};
	struct flow fresh = {};
	struct scratch *s;
	struct packet *p;
	struct judge j;
	struct flow *f;
	u64 time;
	int ended;

	if (!judge_again(&j))
		return TC_ACT_SHOT;
	s = j.s;
	c = j.c;
	ep = j.ep;
	rs = j.rs;
	p = &s->packet;
	time = s->time;
	counts = endpoint_counts_get(ep->number);
	f = bpf_map_lookup_elem(&flows, &p->key);
	ended = f && (f->expires <= time || opens_connection(p));
	granted = rs->number;
	if (!rs->number) {
		reason = NW_PASS_UNSELECTED;
	} else {
		if (f && !ended && (f->flags & NW_FLOW_INBOUND)) {
			/* A reply: who may call the pod is not ours to say. */
			f->ruleset = rs->number;
			flow_refresh(f, c, p, time);
			count(NW_PASS_FLOW);
			return TC_ACT_UNSPEC;
		}
		decide(&p->key, rs->number, time, &d);
		/* A connection lives whatever expires: an edit that still allows its name does not cut it. */
		if (f && !ended && f->handle)
			apply_identity(rs->number, f->handle, &d);
		range = d.rank == RANK_NONE && !encapsulates(&p->key) ? range_flags(p->key.remote) : 0;
		reason = reason_of(&d, d.rank, rs->flags & NW_RULESET_ISOLATED, range);
		if ((rs->flags & NW_RULESET_HAS_AUDIT) && !is_denial(reason) &&
		    is_denial(reason_of(&d, d.audit_rank, rs->flags & NW_RULESET_AUDIT_ISOLATED, range))) {
			count(NW_PASS_AUDIT_DENY);
			if (counts)
				counts->audit_denied++;
			report(s, p, time, rs->number, NW_PASS_AUDIT_DENY, &d, NW_EVENT_AUDIT);
		}
		if (is_denial(reason) && f && !ended && outlives(&j, f, p))
			return TC_ACT_UNSPEC;
		if (is_denial(reason) && c->node_switch == NW_SWITCH_AUDIT) {
			/* Once for each flow. */
			if (!f || ended || f->reason != NW_PASS_SWITCHED_AUDIT) {
				count(reason);
				report(s, p, time, rs->number, reason, &d, NW_EVENT_AUDIT);
			}
			reason = NW_PASS_SWITCHED_AUDIT;
			granted = NW_FLOW_CUT;
			d.handle = 0; /* of the row that refuses it */
		}
	}
	if (!is_denial(reason)) {
		if (rs->flags & NW_RULESET_AUDIT_ONLY)
			fresh.flags = NW_FLOW_AUDITED;
		fresh.ruleset = granted;
		fresh.handle = d.handle;
		fresh.reason = reason;
		fresh.kept = time >> NW_KEPT_SHIFT;
		if (f) {
			full = ended ? flow_reopen(c, p, f, time) : 0;
			if (!full) {
				f->ruleset = granted;
				f->handle = d.handle;
				f->reason = reason;
				f->flags &= ~(NW_FLOW_GRANDFATHERED | NW_FLOW_UNTIL_CLOSE | NW_FLOW_AUDITED);
				f->flags |= fresh.flags;
				f->kept = time >> NW_KEPT_SHIFT;
				flow_refresh(f, c, p, time);
			}
		} else {
			full = flow_open(c, p, &fresh, time);
			if (!full && counts)
				counts->allowed++;
		}
		if (likely(!full)) {
			if (d.handle) {
				learned_key(&s->learned_key, &p->key);
				keep_address(&s->learned_key, d.handle, time, time + idle_window(c, rs));
			}
			count(reason);
			if (c->listeners)
				report(s, p, time, rs->number, reason, &d, 0);
			return TC_ACT_UNSPEC;
		}
		if (!(rs->flags & NW_RULESET_ISOLATED) || c->node_switch == NW_SWITCH_AUDIT) {
			count(NW_PASS_NOT_TRACKED);
			return TC_ACT_UNSPEC;
		}
		reason = full;
	}
	if (f && !ended)
		flow_cut(c, p, f, reason, time);
	count(reason);
	if (counts)
		counts->denied++;
	report(s, p, time, rs->number, reason, &d, NW_EVENT_REFUSED);
	return refuse(skb, p, rs->flags);
}

/* Row 8: a known flow passes with one look-up and one store. */
static __always_inline int connection(struct __sk_buff *skb, const struct judge *j)
{
	struct packet *p = &j->s->packet;
	struct flow *f = bpf_map_lookup_elem(&flows, &p->key);

	if (likely(f && f->ruleset == j->rs->number && f->expires > j->s->time && !opens_connection(p))) {
		flow_refresh(f, j->c, p, j->s->time);
		count(NW_PASS_FLOW);
		return TC_ACT_UNSPEC;
	}
	return connection_decide(skb);
}

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
