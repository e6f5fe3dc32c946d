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
 * Rows 11 to 14: what the rules say of the packet, which may belong to a known flow (or NULL). Returns NW_PASS_… or
 * NW_DENY_…; what audited policies alone would deny is counted and told.
 */
static __always_inline u32 rules_reason(const struct judge *j, const struct flow *known, struct endpoint_counts *counts,
					struct decision *d)
{
	const struct packet *p = &j->s->packet;
	const struct ruleset *rs = j->rs;
	u32 reason, range;

	decide(&p->key, rs->number, j->s->time, d);
	/* A connection lives whatever expires: an edit that still allows its name does not cut it. */
	if (known && known->handle)
		apply_identity(rs->number, known->handle, d);
	range = d->rank == RANK_NONE && !encapsulates(&p->key) ? range_flags(p->key.remote) : 0;
	reason = reason_of(d, d->rank, rs->flags & NW_RULESET_ISOLATED, range);
	if ((rs->flags & NW_RULESET_HAS_AUDIT) && !is_denial(reason) &&
	    is_denial(reason_of(d, d->audit_rank, rs->flags & NW_RULESET_AUDIT_ISOLATED, range))) {
		count(NW_PASS_AUDIT_DENY);
		if (counts)
			counts->audit_denied++;
		report(j->s, p, j->s->time, rs->number, NW_PASS_AUDIT_DENY, d, NW_EVENT_AUDIT);
	}
	return reason;
}

/*
 * Remembers that a flow has been let through: f, which may have ended, or a new one where it is NULL. Returns 0, or
 * NW_DENY_FLOW_QUOTA / NW_DENY_FLOW_FULL with nothing remembered.
 */
static __always_inline u32 flow_grant(const struct judge *j, struct flow *f, int ended, u32 reason, u32 handle)
{
	const struct packet *p = &j->s->packet;
	u64 time = j->s->time;
	struct flow fresh = {};
	u32 full;

	if (j->rs->flags & NW_RULESET_AUDIT_ONLY)
		fresh.flags = NW_FLOW_AUDITED;
	fresh.ruleset = reason == NW_PASS_SWITCHED_AUDIT ? NW_FLOW_CUT : j->rs->number;
	fresh.handle = handle;
	fresh.reason = reason;
	fresh.kept = time >> NW_KEPT_SHIFT;
	if (!f)
		return flow_open(j->c, p, &fresh, time);
	full = ended ? flow_reopen(j->c, p, f, time) : 0;
	if (full)
		return full;
	f->ruleset = fresh.ruleset;
	f->handle = handle;
	f->reason = reason;
	f->flags &= ~(NW_FLOW_GRANDFATHERED | NW_FLOW_UNTIL_CLOSE | NW_FLOW_AUDITED);
	f->flags |= fresh.flags;
	f->kept = fresh.kept;
	flow_refresh(f, j->c, p, time);
	return 0;
}

/* A packet passes and its flow is remembered: the address that let it through lives on, observers are told. */
static __always_inline void connection_passed(const struct judge *j, const struct decision *d, u32 reason)
{
	struct scratch *s = j->s;

	if (d->handle) {
		learned_key(&s->learned_key, &s->packet.key);
		keep_address(&s->learned_key, d->handle, s->time, s->time + idle_window(j->c, j->rs));
	}
	count(reason);
	if (j->c->listeners)
		report(s, &s->packet, s->time, j->rs->number, reason, d, 0);
}

/* Only reports a denial, once for each flow: the node is switched to audit. Returns what lets the packet pass. */
static __always_inline u32 pass_by_switch(const struct judge *j, const struct flow *known, u32 denial,
					  struct decision *d)
{
	if (!known || known->reason != NW_PASS_SWITCHED_AUDIT) {
		count(denial);
		report(j->s, &j->s->packet, j->s->time, j->rs->number, denial, d, NW_EVENT_AUDIT);
	}
	d->handle = 0; /* of the row that denies it */
	return NW_PASS_SWITCHED_AUDIT;
}

/*
 * Rows 9 to 14 for a packet without a valid flow. Returns a TC action; what is let through has a flow.
 */
__noinline int connection_decide(struct __sk_buff *skb)
{
	struct endpoint_counts *counts;
	const struct ruleset *rs;
	struct decision d = {};
	struct flow *f, *known;
	u32 reason;
	struct packet *p;
	struct judge j;
	u64 time;

	if (!judge_again(&j))
		return TC_ACT_SHOT;
	rs = j.rs;
	p = &j.s->packet;
	time = j.s->time;
	counts = endpoint_counts_get(j.ep->number);
	f = bpf_map_lookup_elem(&flows, &p->key);
	known = f && f->expires > time && !opens_connection(p) ? f : (void *)0;
	if (!rs->number) {
		reason = NW_PASS_UNSELECTED;
	} else if (known && (known->flags & NW_FLOW_INBOUND)) {
		/* A reply: who may call the pod is not ours to say. */
		known->ruleset = rs->number;
		flow_refresh(known, j.c, p, time);
		count(NW_PASS_FLOW);
		return TC_ACT_UNSPEC;
	} else {
		reason = rules_reason(&j, known, counts, &d);
		if (is_denial(reason) && known && outlives(&j, known, p))
			return TC_ACT_UNSPEC;
	}
	if (is_denial(reason) && j.c->node_switch == NW_SWITCH_AUDIT)
		reason = pass_by_switch(&j, known, reason, &d);
	if (!is_denial(reason)) {
		u32 full = flow_grant(&j, f, f != known, reason, d.handle);

		if (likely(!full)) {
			if (!f && counts)
				counts->allowed++;
			connection_passed(&j, &d, reason);
			return TC_ACT_UNSPEC;
		}
		if (!(rs->flags & NW_RULESET_ISOLATED) || j.c->node_switch == NW_SWITCH_AUDIT) {
			count(NW_PASS_NOT_TRACKED);
			return TC_ACT_UNSPEC;
		}
		reason = full;
	}
	if (known)
		flow_cut(j.c, p, known, reason, time);
	count(reason);
	if (counts)
		counts->denied++;
	report(j.s, p, time, rs->number, reason, &d, NW_EVENT_REFUSED);
	return refuse(skb, p, rs->flags);
}

/* Has a packet of the flow passed before? */
static __always_inline int is_known_flow(const struct packet *p, u64 time)
{
	const struct flow *f = bpf_map_lookup_elem(&flows, &p->key);

	return f && f->expires > time && !opens_connection(p);
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
