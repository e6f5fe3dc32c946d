/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "scratch.h"
/*
 * What a pod needs to be on the network at all. Each is bounded so that it is no way out: neighbour
 * discovery by hop limit 255 (RFC 4861, section 7.1.1) and length, multicast listener reports, IGMP and
 * DHCP by destinations that routers do not forward, ICMP errors by the flow they quote.
 */
enum { ND_FRAME_MAX = 128 };

static __always_inline int is_link_multicast(const struct packet *p)
{
	const u8 *remote = p->key.remote;

	if (p->family == 4)
		return remote[12] == 224 && remote[13] == 0 && remote[14] == 0;
	return remote[0] == 0xff && remote[1] == 0x02;
}

static __always_inline int is_icmp_error(const struct packet *p)
{
	if (p->family == 4)
		return p->key.protocol == PROTOCOL_ICMP &&
		       (p->icmp_type == 3 || p->icmp_type == 11 || p->icmp_type == 12);
	return p->key.protocol == PROTOCOL_ICMPV6 && p->icmp_type >= 1 && p->icmp_type <= 4;
}

/*
 * Does the ICMP error whose packet stands in the scratch quote a flow? The quoted packet came to the pod.
 * A function of its own keeps its key off the stack of queries.
 */
__noinline int quotes_flow(struct __sk_buff *skb)
{
	struct scratch *s = scratch_get();
	struct flow_key key = {};
	const struct packet *p;
	be16 ports[2] = {};
	u32 inner, l4;

	if (!s)
		return 0;
	p = &s->packet;
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
	return bpf_map_lookup_elem(&flows, &key) != (void *)0;
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
		if (p->icmp_type >= 133 && p->icmp_type <= 137)
			return p->hop_limit == 255 && skb->len <= ND_FRAME_MAX;
		if (p->icmp_type == 131 || p->icmp_type == 132 || p->icmp_type == 143)
			return p->hop_limit == 1 && is_link_multicast(p);
	}
	return is_icmp_error(p) && quotes_flow(skb);
}
