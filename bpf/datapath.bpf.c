/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include "lib/answer.h"
#include "lib/connection.h"
#include "lib/control.h"
#include "lib/programs.h"
#include "lib/query.h"
#include "lib/sweep.h"
/*
 * The programs that every pod's cable shares. docs/adr/0003-verdict-order.md numbers the order; the
 * endpoint's number stands in skb->cb[0], put there by its trampoline.
 */
char _license[] SEC("license") = "Dual BSD/GPL";

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

/* From the pod: its queries and connections. */
SEC("tc")
int pod_out(struct __sk_buff *skb)
{
	const struct config *c = config_get();
	struct scratch *s = scratch_get();
	const struct endpoint *ep;
	const struct ruleset *rs;
	struct packet *p;
	int kind, isolated;
	u64 time;

	if (!c || !s)
		return TC_ACT_SHOT;
	if (unlikely(c->node_switch == NW_SWITCH_OFF))
		return pass(NW_PASS_SWITCHED_OFF);
	ep = endpoint_get(skb->cb[0]);
	if (unlikely(!ep))
		return deny(NW_DENY_NO_ENDPOINT);
	rs = ruleset_get(ep->ruleset);
	if (unlikely(!rs))
		return deny(NW_DENY_NO_ENDPOINT);
	p = &s->packet;
	__builtin_memset(p, 0, sizeof(*p));
	kind = packet_parse(skb, p, 0);
	p->key.endpoint = ep->number;
	if (unlikely(kind == PACKET_NOT_IP))
		return pass(NW_PASS_NOT_IP);
	isolated = (rs->flags & NW_RULESET_ISOLATED) && c->node_switch == NW_SWITCH_ON;
	if (unlikely(kind == PACKET_MALFORMED))
		return rs->number && c->node_switch == NW_SWITCH_ON ? deny(NW_DENY_MALFORMED) : pass(NW_PASS_UNSELECTED);
	if (is_control(skb, p))
		return pass(NW_PASS_CONTROL);
	if (unlikely(p->fragment == FRAGMENT_LATER))
		return isolated ? deny(NW_DENY_FRAGMENT) : pass(NW_PASS_NOT_ISOLATED);
	time = now(c);
	if (unlikely(is_resolver(c, &p->key))) {
		if (p->key.protocol == PROTOCOL_UDP)
			return query(skb, s, c, ep, rs, time);
		if ((rs->flags & NW_RULESET_FILTER_NAMES) && c->node_switch == NW_SWITCH_ON) {
			count(NW_QUERY_TCP_UNSEEN);
			return refuse(skb, p, rs->flags);
		}
	}
	return connection(skb, s, c, ep, rs, time);
}

/* To the pod: answers teach, what else arrives may be replied to. Everything passes. */
SEC("tc")
int pod_in(struct __sk_buff *skb)
{
	const struct config *c = config_get();
	struct endpoint_counts *counts;
	struct scratch *s = scratch_get();
	const struct endpoint *ep;
	const struct ruleset *rs;
	struct packet *p;
	u64 time;

	if (!c || !s)
		return TC_ACT_UNSPEC;
	ep = endpoint_get(skb->cb[0]);
	if (unlikely(!ep))
		return TC_ACT_UNSPEC;
	rs = ruleset_get(ep->ruleset);
	if (unlikely(!rs))
		return TC_ACT_UNSPEC;
	p = &s->packet;
	__builtin_memset(p, 0, sizeof(*p));
	if (packet_parse(skb, p, 1) != PACKET_PARSED)
		return TC_ACT_UNSPEC;
	p->key.endpoint = ep->number;
	counts = endpoint_counts_get(ep->number);
	if (counts)
		counts->inbound++;
	time = now(c);
	if (p->key.protocol == PROTOCOL_UDP && is_resolver(c, &p->key)) {
		count(p->fragment == FRAGMENT_LATER ? NW_ANSWER_FRAGMENT : answer(skb, s, c, ep, rs, time));
		return TC_ACT_UNSPEC;
	}
	if (p->fragment != FRAGMENT_LATER)
		inbound_flow(c, p, rs->number, time);
	return TC_ACT_UNSPEC;
}

/* What stays when pod_out cannot be loaded: unselected pods go on, selected ones are cut off. */
SEC("tc")
int fallback_out(struct __sk_buff *skb)
{
	const struct config *c = config_get();
	const struct endpoint *ep = endpoint_get(skb->cb[0]);

	if (c && c->node_switch != NW_SWITCH_ON)
		return pass(NW_PASS_SWITCHED_OFF);
	if (!ep)
		return deny(NW_DENY_NO_ENDPOINT);
	return ep->ruleset ? deny(NW_DENY_FALLBACK) : pass(NW_PASS_UNSELECTED);
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
