/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "abi.h"
#include "flow.h"
/*
 * Where a packet comes from and goes to. Everything is read by direct access after the headers have been
 * made linear; offsets are from the start of the frame.
 */
enum {
	ETH_HEADER = 14,
	VLAN_HEADER = 4,
	IPV4_HEADER = 20,
	IPV6_HEADER = 40,
	UDP_HEADER = 8,
	TCP_HEADER = 20,
	ICMP_HEADER = 8,
	LINEAR_HEADERS = 128, /* pulled at once when the frame is that long */
	VLAN_TAGS_MAX = 2,
	IPV6_EXTENSIONS_MAX = 6,
};

enum { ETH_P_ARP = 0x0806, ETH_P_IP = 0x0800, ETH_P_IPV6 = 0x86dd, ETH_P_8021Q = 0x8100, ETH_P_8021AD = 0x88a8 };
enum {
	PROTOCOL_HOP_BY_HOP = 0,
	PROTOCOL_ICMP = 1,
	PROTOCOL_IGMP = 2,
	PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17,
	PROTOCOL_ROUTING = 43,
	PROTOCOL_FRAGMENT = 44,
	PROTOCOL_ICMPV6 = 58,
	PROTOCOL_DESTINATION = 60,
	PROTOCOL_SCTP = 132,
};
enum { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_ACK = 16, TCP_URG = 32 };

enum packet_kind { PACKET_PARSED = 0, PACKET_NOT_IP = 1, PACKET_MALFORMED = 2, PACKET_ARP = 3 };
enum packet_fragment { FRAGMENT_NONE = 0, FRAGMENT_FIRST = 1, FRAGMENT_LATER = 2 };

struct packet {
	struct flow_key key; /* endpoint is left to the caller; ICMP other than echo has no ports */
	u16 l3; /* offset of the IP header */
	u16 l4; /* offset of the transport header */
	u16 end; /* offset behind the IP packet */
	u8 family; /* 4 or 6 */
	u8 fragment; /* enum packet_fragment */
	u8 hop_limit;
	u8 icmp_type;
	u8 tcp_flags;
	u8 reserved;
	u16 fragment_at; /* offset of what the datagram is cut from; 0 = no fragment */
	u16 fragment_offset; /* octets of it before this piece */
	u32 fragment_id; /* as in the packet */
};

struct ipv4_header {
	u8 version_length;
	u8 tos;
	be16 total_length;
	be16 id;
	be16 fragment;
	u8 ttl;
	u8 protocol;
	be16 checksum;
	be32 source;
	be32 destination;
};

struct ipv6_header {
	be32 version_class_flow;
	be16 payload_length;
	u8 next_header;
	u8 hop_limit;
	u32 source[4];
	u32 destination[4];
};

static __always_inline void mapped_address(u8 address[16], be32 v4)
{
	u32 *words = (u32 *)address;

	words[0] = 0;
	words[1] = 0;
	words[2] = bpf_htonl(0xffff);
	words[3] = v4;
}

static __always_inline void copy_address(u8 to[16], const u32 from[4])
{
	u32 *words = (u32 *)to;

	words[0] = from[0];
	words[1] = from[1];
	words[2] = from[2];
	words[3] = from[3];
}

static __always_inline int same_address(const u8 *a, const u8 *b)
{
	const u32 *x = (const u32 *)a; /* addresses in keys are aligned no better */
	const u32 *y = (const u32 *)b;

	return !((x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2]) | (x[3] ^ y[3]));
}

/* Neighbour solicitations and advertisements (RFC 4861). */
static __always_inline int is_neighbour_discovery(const struct packet *p)
{
	return p->family == 6 && p->key.protocol == PROTOCOL_ICMPV6 && (p->icmp_type == 135 || p->icmp_type == 136);
}

/* Under which flows remembers that the far end is on the pod's link: no packet has this port. */
static __always_inline void neighbour_key(struct flow_key *to, const struct flow_key *from)
{
	*to = *from;
	to->remote_port = bpf_htons(135);
	to->local_port = 0;
}

/* Makes the first LINEAR_HEADERS octets (or the whole shorter frame) directly readable. */
static __always_inline void linear_headers(struct __sk_buff *skb)
{
	u32 linear = skb->data_end - skb->data;

	if (unlikely(linear < LINEAR_HEADERS && linear < skb->len))
		bpf_skb_pull_data(skb, skb->len < LINEAR_HEADERS ? skb->len : LINEAR_HEADERS);
}

static __always_inline int linear_whole(struct __sk_buff *skb)
{
	if (likely(skb->data_end - skb->data >= skb->len))
		return 0;
	return bpf_skb_pull_data(skb, skb->len);
}

/* Reads ports, flags and ICMP type at p->l4. */
static __always_inline int packet_parse_l4(struct packet *p, const u8 *l4, const u8 *data_end, int inbound)
{
	be16 source = 0;
	be16 destination = 0;

	switch (p->key.protocol) {
	case PROTOCOL_TCP:
		if (l4 + TCP_HEADER > data_end)
			return PACKET_MALFORMED;
		p->tcp_flags = l4[13];
		source = *(be16 *)l4;
		destination = *(be16 *)(l4 + 2);
		break;
	case PROTOCOL_UDP:
	case PROTOCOL_SCTP:
		if (l4 + UDP_HEADER > data_end)
			return PACKET_MALFORMED;
		source = *(be16 *)l4;
		destination = *(be16 *)(l4 + 2);
		break;
	case PROTOCOL_ICMP:
	case PROTOCOL_ICMPV6:
		if (l4 + ICMP_HEADER > data_end)
			return PACKET_MALFORMED;
		p->icmp_type = l4[0];
		if ((p->family == 4 && (l4[0] == 8 || l4[0] == 0)) ||
		    (p->family == 6 && (l4[0] == 128 || l4[0] == 129)))
			p->key.local_port = *(be16 *)(l4 + 4);
		return PACKET_PARSED;
	default:
		return PACKET_PARSED;
	}
	p->key.local_port = inbound ? destination : source;
	p->key.remote_port = inbound ? source : destination;
	return PACKET_PARSED;
}

static __always_inline int packet_parse_v4(struct packet *p, const u8 *data, const u8 *data_end, u32 frame, int inbound)
{
	const struct ipv4_header *ip = (void *)(data + p->l3);
	u32 header, total, fragment;

	if ((void *)(ip + 1) > (void *)data_end)
		return PACKET_MALFORMED;
	header = (ip->version_length & 15) * 4;
	total = bpf_ntohs(ip->total_length);
	if (ip->version_length >> 4 != 4 || header < IPV4_HEADER || total < header || p->l3 + total > frame)
		return PACKET_MALFORMED;
	p->family = 4;
	p->l4 = p->l3 + header;
	p->end = p->l3 + total;
	p->hop_limit = ip->ttl;
	p->key.protocol = ip->protocol;
	/*
	 * Options can name another destination than the one we would judge (RFC 791, source routes), and pods
	 * have no use for others but IGMP's router alert (RFC 7126).
	 */
	if (!inbound && header > IPV4_HEADER && ip->protocol != PROTOCOL_IGMP)
		return PACKET_MALFORMED;
	mapped_address(p->key.local, inbound ? ip->destination : ip->source);
	mapped_address(p->key.remote, inbound ? ip->source : ip->destination);
	fragment = bpf_ntohs(ip->fragment);
	if (unlikely(fragment & 0x3fff)) {
		p->fragment_at = p->l4;
		p->fragment_offset = (fragment & 0x1fff) * 8;
		p->fragment_id = ip->id;
	}
	if (fragment & 0x1fff) {
		p->fragment = FRAGMENT_LATER;
		return PACKET_PARSED;
	}
	if (fragment & 0x2000)
		p->fragment = FRAGMENT_FIRST;
	return packet_parse_l4(p, data + p->l3 + header, data_end, inbound);
}

/*
 * Follows extension headers (RFC 8200, section 4.1). A routing header that still has segments left names
 * another destination than the one we would judge: malformed to us.
 */
static __always_inline int packet_parse_v6(struct packet *p, const u8 *data, const u8 *data_end, u32 frame, int inbound)
{
	const struct ipv6_header *ip = (void *)(data + p->l3);
	u32 offset = p->l3 + IPV6_HEADER;
	u8 next;

	if ((void *)(ip + 1) > (void *)data_end)
		return PACKET_MALFORMED;
	if ((*(u8 *)ip) >> 4 != 6)
		return PACKET_MALFORMED;
	p->end = offset + bpf_ntohs(ip->payload_length);
	if (offset + bpf_ntohs(ip->payload_length) > frame)
		return PACKET_MALFORMED;
	p->family = 6;
	p->hop_limit = ip->hop_limit;
	copy_address(p->key.local, inbound ? ip->destination : ip->source);
	copy_address(p->key.remote, inbound ? ip->source : ip->destination);
	next = ip->next_header;
	for (int i = 0; i < IPV6_EXTENSIONS_MAX; i++) {
		const u8 *extension = data + offset;

		if (likely(next != PROTOCOL_HOP_BY_HOP && next != PROTOCOL_ROUTING && next != PROTOCOL_FRAGMENT &&
			   next != PROTOCOL_DESTINATION))
			break;
		if (offset > 1024 || extension + 8 > data_end)
			return PACKET_MALFORMED;
		if (next == PROTOCOL_ROUTING && extension[3])
			return PACKET_MALFORMED;
		if (next == PROTOCOL_FRAGMENT) {
			u32 fragment = bpf_ntohs(*(be16 *)(extension + 2));

			if (p->fragment_at)
				return PACKET_MALFORMED;
			p->fragment = fragment & 0xfff8 ? FRAGMENT_LATER :
				      fragment & 1	? FRAGMENT_FIRST :
							  FRAGMENT_NONE;
			offset += 8;
			p->fragment_at = offset;
			p->fragment_offset = fragment & 0xfff8;
			p->fragment_id = *(be32 *)(extension + 4);
		} else {
			offset += (extension[1] + 1) * 8;
		}
		next = extension[0];
		if (p->fragment == FRAGMENT_LATER)
			break;
	}
	p->key.protocol = next;
	p->l4 = offset;
	if (p->fragment == FRAGMENT_LATER)
		return PACKET_PARSED;
	if (next == PROTOCOL_HOP_BY_HOP || next == PROTOCOL_ROUTING || next == PROTOCOL_FRAGMENT ||
	    next == PROTOCOL_DESTINATION || offset > 4096)
		return PACKET_MALFORMED; /* more extension headers than we follow */
	return packet_parse_l4(p, data + offset, data_end, inbound);
}

/*
 * Fills *p, which must be zero. inbound: towards the pod. Nested VLAN tags are read, since the kernel
 * strips priority tags (VID 0) behind this hook and would route what is inside.
 */
static __always_inline int packet_parse(struct __sk_buff *skb, struct packet *p, int inbound)
{
	const u8 *data, *data_end;
	u32 offset = ETH_HEADER;
	u16 type;

	linear_headers(skb);
	data = (void *)(u64)skb->data;
	data_end = (void *)(u64)skb->data_end;
	if (data + ETH_HEADER > data_end)
		return PACKET_MALFORMED;
	type = bpf_ntohs(*(be16 *)(data + 12));
	for (int i = 0; i < VLAN_TAGS_MAX; i++) {
		if (likely(type != ETH_P_8021Q && type != ETH_P_8021AD))
			break;
		if (data + offset + VLAN_HEADER > data_end)
			return PACKET_MALFORMED;
		type = bpf_ntohs(*(be16 *)(data + offset + 2));
		offset += VLAN_HEADER;
	}
	p->l3 = offset;
	if (type == ETH_P_IP)
		return packet_parse_v4(p, data, data_end, skb->len, inbound);
	if (type == ETH_P_IPV6)
		return packet_parse_v6(p, data, data_end, skb->len, inbound);
	if (type == ETH_P_ARP)
		return PACKET_ARP;
	return type == ETH_P_8021Q || type == ETH_P_8021AD ? PACKET_MALFORMED : PACKET_NOT_IP;
}
