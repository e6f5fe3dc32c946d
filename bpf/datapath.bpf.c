/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include "lib/answer.h"
#include "lib/backfill.h"
#include "lib/connection.h"
#include "lib/control.h"
#include "lib/fragment.h"
#include "lib/inbound.h"
#include "lib/netns.h"
#include "lib/programs.h"
#include "lib/query.h"
#include "lib/source.h"
#include "lib/stream_in.h"
#include "lib/stream_out.h"
#include "lib/sweep.h"
/*
 * The programs that every pod's cable shares. docs/adr/0003-verdict-order.md numbers the order; the
 * endpoint's number stands in skb->cb[0], put there by its trampoline.
 */
char _license[] SEC("license") = "Dual BSD/GPL";

/* Read each time: kept in a variable it takes room in pod_out's frame. */
static __always_inline int is_on(const struct config *c)
{
	return READ_ONCE(c->node_switch) == NW_SWITCH_ON;
}

static __always_inline int deny(u32 reason)
{
	count(reason);
	return TC_ACT_SHOT;
}

static __always_inline int pass(u32 reason)
{
	count(reason);
	return TC_ACT_UNSPEC;
}

/* The same where the node may only audit: then it is counted, and passes. */
static __always_inline int deny_unless_audited(const struct config *c, u32 reason)
{
	count(reason);
	return is_on(c) ? TC_ACT_SHOT : pass(NW_PASS_SWITCHED_AUDIT);
}

/* Names are filtered, and these questions cannot be read: over TCP, or encrypted. */
static __always_inline void report_unseen(const struct judge *j, u32 reason)
{
	struct decision none = {};

	count(reason);
	report(j->s, &j->s->packet, j->s->time, j->rs->number, reason, &none,
	       is_on(j->c) ? NW_EVENT_REFUSED : NW_EVENT_AUDIT);
}

/* Rows 7 to 14: by where the packet goes. */
static __always_inline int addressed(struct __sk_buff *skb, const struct judge *j)
{
	struct packet *p = &j->s->packet;
	u32 resolver = far_resolver(j->c, &p->key);

	if (unlikely(resolver)) {
		if (resolver == NW_RESOLVER_PLAIN && p->key.protocol == PROTOCOL_UDP)
			return query(skb);
		if (resolver == NW_RESOLVER_PLAIN && p->key.protocol == PROTOCOL_TCP)
			bpf_tail_call(skb, &programs, NW_PROGRAM_STREAM_OUT);
		if ((j->rs->flags & NW_RULESET_FILTER_NAMES) && (is_on(j->c) || !is_known_flow(p, j->s->time))) {
			report_unseen(j, resolver == NW_RESOLVER_PLAIN ? NW_QUERY_TCP_UNSEEN : NW_QUERY_ENCRYPTED);
			if (is_on(j->c))
				return refuse(skb, p, j->rs->flags);
		}
	}
	return connection(skb, j);
}

/* From the pod: its queries and connections. */
SEC("tc")
int pod_out(struct __sk_buff *skb)
{
	const struct config *c = config_get();
	struct packet *p;
	enum source source;
	int kind, posing, action;
	struct judge j;

	if (!c)
		return TC_ACT_SHOT;
	if (unlikely(c->node_switch == NW_SWITCH_OFF))
		return pass(NW_PASS_SWITCHED_OFF);
	if (unlikely(!judge_get(&j, skb->cb[0])))
		return deny(NW_DENY_NO_ENDPOINT);
	p = &j.s->packet;
	__builtin_memset(p, 0, sizeof(*p));
	kind = packet_parse(skb, p, 0);
	p->key.endpoint = j.ep->number;
	if (unlikely(kind == PACKET_ARP) && skb->len <= NEIGHBOUR_FRAME_MAX)
		return pass(NW_PASS_NOT_IP);
	if (unlikely(kind == PACKET_ARP || kind == PACKET_NOT_IP))
		return j.rs->flags & NW_RULESET_ISOLATED ? deny_unless_audited(c, NW_DENY_NOT_IP) :
							   pass(NW_PASS_NOT_IP);
	if (unlikely(kind == PACKET_MALFORMED))
		return is_enforcing(j.rs) ? deny_unless_audited(c, NW_DENY_MALFORMED) : pass(NW_PASS_UNSELECTED);
	j.s->time = now(c);
	if (is_control(skb, p))
		return pass(NW_PASS_CONTROL);
	source = source_of(j.ep, p);
	posing = poses_as_resolver(c, &p->key);
	if (unlikely(posing || source == SOURCE_FOREIGN)) {
		if (is_enforcing(j.rs) || (posing && source == SOURCE_FOREIGN)) {
			count(posing ? NW_DENY_POSES_AS_RESOLVER : NW_DENY_SOURCE);
			if (is_on(c))
				return TC_ACT_SHOT;
		}
		if (source == SOURCE_FOREIGN)
			source_foreign(j.ep->number);
	}
	if (unlikely(p->fragment == FRAGMENT_LATER)) {
		if (!(j.rs->flags & NW_RULESET_ISOLATED))
			return pass(NW_PASS_NOT_ISOLATED);
		return fragment_follows(p) ? pass(NW_PASS_FRAGMENT) : deny_unless_audited(c, NW_DENY_FRAGMENT);
	}
	action = addressed(skb, &j);
	if (unlikely(p->fragment == FRAGMENT_FIRST) && action == TC_ACT_UNSPEC)
		fragment_remember(p);
	return action;
}

/* To the pod: answers teach, what else arrives may be replied to. Everything passes. */
SEC("tc")
int pod_in(struct __sk_buff *skb)
{
	struct endpoint_counts *counts;
	struct packet *p;
	struct judge j;

	if (unlikely(!judge_get(&j, skb->cb[0])))
		return TC_ACT_UNSPEC;
	p = &j.s->packet;
	__builtin_memset(p, 0, sizeof(*p));
	if (packet_parse(skb, p, 1) != PACKET_PARSED)
		return TC_ACT_UNSPEC;
	p->key.endpoint = j.ep->number;
	counts = endpoint_counts_get(j.ep->number);
	if (counts)
		counts->inbound++;
	if (unlikely(p->fragment == FRAGMENT_LATER))
		return pass(p->key.protocol == PROTOCOL_UDP ? NW_ANSWER_FRAGMENT : NW_PASS_INBOUND);
	j.s->time = now(j.c);
	if (p->key.protocol == PROTOCOL_UDP && far_resolver(j.c, &p->key) == NW_RESOLVER_PLAIN) {
		answer_all(skb, j.s);
		return TC_ACT_UNSPEC;
	}
	if (p->key.protocol == PROTOCOL_TCP && far_resolver(j.c, &p->key) == NW_RESOLVER_PLAIN)
		bpf_tail_call(skb, &programs, NW_PROGRAM_STREAM_IN);
	if (!is_believed(&j))
		return pass(NW_PASS_INBOUND);
	inbound_flow(j.c, p, j.rs->number, j.s->time);
	return TC_ACT_UNSPEC;
}

/* What pod_out and pod_in jump to for connections to trusted resolvers: DNS over TCP. */
SEC("tc")
int stream_out(struct __sk_buff *skb)
{
	return stream_from_pod(skb);
}

SEC("tc")
int stream_in(struct __sk_buff *skb)
{
	return stream_to_pod(skb);
}

/* What stays when pod_out cannot be loaded: unselected pods go on, selected ones are cut off. */
SEC("tc")
int fallback_out(struct __sk_buff *skb)
{
	const struct config *c = config_get();
	const struct endpoint *ep = endpoint_get(skb->cb[0]);
	const struct ruleset *rs;

	if (c && c->node_switch != NW_SWITCH_ON)
		return pass(NW_PASS_SWITCHED_OFF);
	if (!ep)
		return deny(NW_DENY_NO_ENDPOINT);
	rs = ruleset_get(ep->ruleset);
	return !rs || is_enforcing(rs) ? deny(NW_DENY_FALLBACK) : pass(NW_PASS_UNSELECTED);
}

SEC("tc")
int fallback_in(struct __sk_buff *skb)
{
	return pass(NW_PASS_INBOUND);
}

/* Run once, by test-run: starts the kernel timer, which needs nobody afterwards. */
SEC("tc")
int sweep_start(struct __sk_buff *skb)
{
	return sweep_begin();
}

/* Run by test-run: struct backfill stands behind the Ethernet header. */
SEC("tc")
int backfill(struct __sk_buff *skb)
{
	struct backfill b;

	return bpf_skb_load_bytes(skb, 14, &b, sizeof(b)) ? NW_REASON_NONE : backfill_learn(&b);
}
