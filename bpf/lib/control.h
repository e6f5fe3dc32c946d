/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "source.h"
/*
 * What a pod needs to be on the network at all. Each is bounded so that it is no way out: ARP and
 * neighbour discovery by length, the latter also by hop limit 255 (RFC 4861, section 7.1.1) and by who it is
 * for, multicast listener reports, IGMP and DHCP by destinations that routers do not forward, ICMP errors by
 * the flow they quote.
 */
enum { NEIGHBOUR_FRAME_MAX = 128 };

static __always_inline int is_link_multicast(const struct packet *p)
{
	const u8 *remote = p->key.remote;

	if (p->family == 4)
		return remote[12] == 224 && remote[13] == 0 && remote[14] == 0;
	return remote[0] == 0xff && remote[1] == 0x02;
}

/*
 * Is neighbour discovery for somebody on the link? A router would send what is for a global address on its
 * way: only an address that has itself sent discovery with hop limit 255, so from this link, gets any.
 */
static __always_inline int is_for_neighbour(const struct packet *p)
{
	struct flow_key key = {};

	if (is_link_multicast(p) || is_link_local(p->key.remote))
		return 1;
	neighbour_key(&key, &p->key);
	return bpf_map_lookup_elem(&flows, &key) != (void *)0;
}

static __always_inline int is_icmp_error(const struct packet *p)
{
	if (p->family == 4)
		return p->key.protocol == PROTOCOL_ICMP &&
		       (p->icmp_type == 3 || p->icmp_type == 11 || p->icmp_type == 12);
	return p->key.protocol == PROTOCOL_ICMPV6 && p->icmp_type >= 1 && p->icmp_type <= 4;
}

/*
 * Does the ICMP error whose packet stands in the scratch quote a flow that the rules in force let through, and
 * go where the quoted packet came from? A function of its own keeps its key off the stack of queries.
 */
__noinline int quotes_flow(struct __sk_buff *skb)
{
	struct flow_key key = {};
	const struct packet *p;
	const struct flow *f;
	be16 ports[2] = {};
	struct judge j;
	u32 inner, l4;

	if (!judge_again(&j))
		return 0;
	p = &j.s->packet;
	key.endpoint = p->key.endpoint;
	inner = p->l4 + ICMP_HEADER;
	if (p->family == 4) {
		struct ipv4_header ip;

		if (bpf_skb_load_bytes(skb, inner, &ip, sizeof(ip)))
			return 0;
		key.protocol = ip.protocol;
		mapped_address(key.remote, ip.source);
		mapped_address(key.local, ip.destination);
		l4 = inner + (ip.version_length & 15) * 4;
	} else {
		struct ipv6_header ip;

		if (bpf_skb_load_bytes(skb, inner, &ip, sizeof(ip)))
			return 0;
		key.protocol = ip.next_header;
		copy_address(key.remote, ip.source);
		copy_address(key.local, ip.destination);
		l4 = inner + IPV6_HEADER;
	}
	if (key.protocol != PROTOCOL_TCP && key.protocol != PROTOCOL_UDP && key.protocol != PROTOCOL_SCTP)
		return 0;
	if (bpf_skb_load_bytes(skb, l4, ports, sizeof(ports)))
		return 0;
	key.remote_port = ports[0];
	key.local_port = ports[1];
	if (!same_address(key.remote, p->key.remote) || !same_address(key.local, p->key.local))
		return 0;
	f = bpf_map_lookup_elem(&flows, &key);
	return f && f->ruleset == j.rs->number && f->expires > j.s->time;
}

static __always_inline int is_control(struct __sk_buff *skb, const struct packet *p)
{
	if (p->key.protocol == PROTOCOL_UDP) {
		if (p->family == 4)
			return p->key.local_port == bpf_htons(68) && p->key.remote_port == bpf_htons(67) &&
			       *(u32 *)&p->key.remote[12] == 0xffffffff;
		return p->key.local_port == bpf_htons(546) && p->key.remote_port == bpf_htons(547) &&
		       is_link_multicast(p);
	}
	if (p->key.protocol == PROTOCOL_IGMP)
		return p->family == 4 && is_link_multicast(p);
	if (p->key.protocol == PROTOCOL_ICMPV6 && p->family == 6) {
		/* Solicitations and advertisements of neighbours; a pod is no router. */
		if (p->icmp_type == 133 || is_neighbour_discovery(p))
			return p->hop_limit == 255 && skb->len <= NEIGHBOUR_FRAME_MAX && is_for_neighbour(p);
		if (p->icmp_type == 131 || p->icmp_type == 132 || p->icmp_type == 143)
			return p->hop_limit == 1 && is_link_multicast(p);
	}
	return is_icmp_error(p) && quotes_flow(skb);
}
