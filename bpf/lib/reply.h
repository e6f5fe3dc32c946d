/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "dns.h"
#include "reasons.h"
#include "scratch.h"
/*
 * Refusals, built from the refused packet and handed back to the pod by bpf_redirect_peer, behind every
 * other program on the cable: nobody's connection tracking sees an answer nobody asked for.
 *
 * Whatever goes back is a new header over the old one. Its checksum is computed in full: a packet that
 * left the pod with its checksum still partial is accepted by the pod as such, one without is verified.
 */

/* Swaps the Ethernet addresses and sends the frame back into the pod. Counted first: see packages/agent/src/endpoints/way.ts. */
static __always_inline int reply_deliver(struct __sk_buff *skb, const struct scratch *s, u32 reason)
{
	struct endpoint_counts *counts = endpoint_counts_get(s->packet.key.endpoint);
	u8 mac[12];

	if (bpf_skb_load_bytes(skb, 0, mac, 12) || bpf_skb_store_bytes(skb, 0, mac + 6, 6, 0) ||
	    bpf_skb_store_bytes(skb, 6, mac, 6, 0)) {
		count(NW_REPLY_FAILED);
		return TC_ACT_SHOT;
	}
	count(reason);
	if (counts)
		counts->replies++;
	return bpf_redirect_peer(skb->ifindex, 0);
}

static __always_inline u16 checksum_fold(u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

/* The sum over the addresses, which is the same whichever way they stand, the protocol and the length. */
static __always_inline u64 pseudo_header_sum(const struct packet *p, u8 protocol, u32 length)
{
	const u32 *remote = (const u32 *)p->key.remote;
	const u32 *local = (const u32 *)p->key.local;
	u64 sum = bpf_htonl(length + protocol);

	if (p->family == 4)
		return sum + remote[3] + local[3];
	for (int i = 0; i < 4; i++)
		sum += (u64)remote[i] + local[i];
	return sum;
}

/* Writes the IP header of a reply from the remote to the pod at `at`; returns its length. */
static __always_inline u32 reply_ip(u8 *at, const struct packet *p, u8 protocol, u32 payload)
{
	if (p->family == 4) {
		struct ipv4_header *ip = (void *)at;
		u64 sum = 0;

		__builtin_memset(ip, 0, sizeof(*ip));
		ip->version_length = 0x45;
		ip->total_length = bpf_htons(IPV4_HEADER + payload);
		ip->fragment = bpf_htons(0x4000);
		ip->ttl = 64;
		ip->protocol = protocol;
		ip->source = *(be32 *)&p->key.remote[12];
		ip->destination = *(be32 *)&p->key.local[12];
		for (u32 i = 0; i < IPV4_HEADER / 4; i++)
			sum += ((u32 *)at)[i];
		ip->checksum = checksum_fold(sum);
		return IPV4_HEADER;
	} else {
		struct ipv6_header *ip = (void *)at;

		ip->version_class_flow = bpf_htonl(0x60000000);
		ip->payload_length = bpf_htons(payload);
		ip->next_header = protocol;
		ip->hop_limit = 64;
		copy_address((u8 *)ip->source, (u32 *)p->key.remote);
		copy_address((u8 *)ip->destination, (u32 *)p->key.local);
		return IPV6_HEADER;
	}
}

struct tcp_header {
	be16 source;
	be16 destination;
	be32 sequence;
	be32 acknowledgement;
	u8 offset;
	u8 flags;
	be16 window;
	be16 checksum;
	be16 urgent;
};

/* RFC 9293, section 3.10.7.1: a reset that the sender of this segment accepts. */
static __noinline __maybe_unused int reply_reset(struct __sk_buff *skb)
{
	struct scratch *s = scratch_get();
	struct tcp_header tcp;
	struct tcp_header *reset;
	const struct packet *p;
	u32 header, payload, sequence;
	u64 sum = 0;

	if (!s)
		return TC_ACT_SHOT;
	p = &s->packet;
	if (bpf_skb_load_bytes(skb, p->l4, &tcp, sizeof(tcp)))
		goto failed;
	if (tcp.flags & TCP_RST)
		return TC_ACT_SHOT;
	header = p->l4 + (tcp.offset >> 4) * 4;
	payload = p->end > header ? p->end - header : 0;
	sequence = bpf_ntohl(tcp.sequence) + payload + !!(tcp.flags & TCP_SYN) + !!(tcp.flags & TCP_FIN);

	header = p->family == 4 ? IPV4_HEADER : IPV6_HEADER;
	if (bpf_skb_change_tail(skb, p->l3 + header + TCP_HEADER, 0))
		goto failed;
	reply_ip(s->reply, p, PROTOCOL_TCP, TCP_HEADER);
	reset = p->family == 4 ? (void *)(s->reply + IPV4_HEADER) : (void *)(s->reply + IPV6_HEADER);
	reset->source = p->key.remote_port;
	reset->destination = p->key.local_port;
	reset->sequence = tcp.flags & TCP_ACK ? tcp.acknowledgement : 0;
	reset->acknowledgement = bpf_htonl(sequence);
	reset->offset = TCP_HEADER / 4 << 4;
	reset->flags = TCP_RST | TCP_ACK;
	reset->window = 0;
	reset->checksum = 0;
	reset->urgent = 0;
	for (u32 i = 0; i < TCP_HEADER / 4; i++)
		sum += ((u32 *)reset)[i];
	reset->checksum = checksum_fold(sum + pseudo_header_sum(p, PROTOCOL_TCP, TCP_HEADER));
	if (p->family == 4 ? bpf_skb_store_bytes(skb, p->l3, s->reply, IPV4_HEADER + TCP_HEADER, BPF_F_RECOMPUTE_CSUM) :
			     bpf_skb_store_bytes(skb, p->l3, s->reply, IPV6_HEADER + TCP_HEADER, BPF_F_RECOMPUTE_CSUM))
		goto failed;
	return reply_deliver(skb, s, NW_REPLY_RESET);
failed:
	count(NW_REPLY_FAILED);
	return TC_ACT_SHOT;
}

enum {
	FRAGMENT_HEADER = 8,
	ICMP_QUOTE_V4 = IPV4_HEADER + 8,
	ICMP_QUOTE_V6 = IPV6_HEADER + 8,
	ICMP_QUOTE_V6_FRAGMENT = IPV6_HEADER + FRAGMENT_HEADER + 8,
};

/* The part of reply_unreachable that depends on the family's constant sizes. */
static __always_inline int reply_icmp(struct __sk_buff *skb, struct scratch *s, u32 ip_length, u32 quote, u8 protocol,
				      u8 type, u8 code)
{
	const struct packet *p = &s->packet;
	u8 *icmp = s->reply + ip_length;
	u64 sum = 0;

	if (bpf_skb_change_tail(skb, p->l3 + quote, 0) ||
	    bpf_skb_adjust_room(skb, ip_length + ICMP_HEADER, BPF_ADJ_ROOM_MAC, BPF_F_ADJ_ROOM_NO_CSUM_RESET) ||
	    bpf_skb_load_bytes(skb, p->l3 + ip_length + ICMP_HEADER, icmp + ICMP_HEADER, quote))
		return -1;
	reply_ip(s->reply, p, protocol, ICMP_HEADER + quote);
	*(u32 *)icmp = 0;
	*(u32 *)(icmp + 4) = 0;
	icmp[0] = type;
	icmp[1] = code;
	for (u32 i = 0; i < (ICMP_HEADER + quote) / 4; i++)
		sum += ((u32 *)icmp)[i];
	if (p->family == 6)
		sum += pseudo_header_sum(p, protocol, ICMP_HEADER + quote);
	*(u16 *)(icmp + 2) = checksum_fold(sum);
	return bpf_skb_store_bytes(skb, p->l3, s->reply, ip_length + ICMP_HEADER, BPF_F_RECOMPUTE_CSUM);
}

/* RFC 1812, section 5.2.7.1 (3/13) and RFC 4443, section 3.1 (1/1): administratively prohibited. */
static __noinline __maybe_unused int reply_unreachable(struct __sk_buff *skb)
{
	struct scratch *s = scratch_get();
	const struct packet *p;
	int failed, fragment;
	u32 header;

	if (!s)
		return TC_ACT_SHOT;
	p = &s->packet;
	fragment = p->family == 6 && p->fragment == FRAGMENT_FIRST;
	header = p->family == 4 ? IPV4_HEADER : fragment ? IPV6_HEADER + FRAGMENT_HEADER : IPV6_HEADER;
	if (p->l4 != p->l3 + header)
		return TC_ACT_SHOT; /* options or other extension headers: dropped in silence */
	if (p->key.remote[0] == 0xff || (p->family == 4 && p->key.remote[12] >= 224))
		return TC_ACT_SHOT; /* multicast and broadcast get no errors (RFC 1122, section 3.2.2) */
	if (p->end - p->l4 < 8 || p->key.protocol == PROTOCOL_ICMP || p->key.protocol == PROTOCOL_ICMPV6)
		return TC_ACT_SHOT;
	failed = p->family == 4 ? reply_icmp(skb, s, IPV4_HEADER, ICMP_QUOTE_V4, PROTOCOL_ICMP, 3, 13) :
		 fragment	? reply_icmp(skb, s, IPV6_HEADER, ICMP_QUOTE_V6_FRAGMENT, PROTOCOL_ICMPV6, 1, 1) :
				  reply_icmp(skb, s, IPV6_HEADER, ICMP_QUOTE_V6, PROTOCOL_ICMPV6, 1, 1);
	if (failed) {
		count(NW_REPLY_FAILED);
		return TC_ACT_SHOT;
	}
	return reply_deliver(skb, s, NW_REPLY_UNREACHABLE);
}

/* What a refused name is answered with. */
struct dns_reply {
	u32 question; /* octets of the question that stands in the packet; 0 = do not echo one */
	u32 rcode;
	u32 edns; /* the query carried an OPT: say why (RFC 8914) */
	u32 ruleset;
};

enum {
	REPLY_HEADERS = 48, /* room before the DNS message: IPv6 and UDP headers, ending where it begins */
	REPLY_QUESTION_MAX = 259,
	EDE_CODE = 15,
	EDE_BLOCKED = 15,
};

/* Appends an OPT with EDE 15 "Blocked" and the policy's text behind `length` octets of message. */
static __always_inline u32 reply_ede(u8 *message, u32 length, u32 ruleset)
{
	const struct ruleset_text *t = ruleset_text_get(ruleset);
	u32 text = t && t->length <= NW_TEXT_MAX ? t->length : 0;
	u8 *opt = message + (length & 511);

	if (length > DNS_HEADER + REPLY_QUESTION_MAX)
		return length;
	__builtin_memset(opt, 0, EDNS_HEADER);
	opt[2] = DNS_TYPE_OPT;
	opt[3] = EDNS_SIZE_MAX >> 8;
	opt[4] = EDNS_SIZE_MAX & 255;
	opt[10] = 6 + text;
	opt[11] = 0;
	opt[12] = EDE_CODE;
	opt[13] = 0;
	opt[14] = 2 + text;
	opt[15] = 0;
	opt[16] = EDE_BLOCKED;
	if (t)
		__builtin_memcpy(opt + 17, t->text, NW_TEXT_MAX);
	return length + 17 + text;
}

/*
 * Answers the query whose packet stands in the scratch. The message is built anew, so nothing that the pod
 * put behind its question comes back.
 */
__noinline int reply_dns(struct __sk_buff *skb, struct dns_reply *r)
{
	struct scratch *s = scratch_get();
	const struct packet *p;
	struct dns_header *dns;
	u32 length, size, ip;
	be16 *udp;
	u8 *message;
	u64 sum;

	if (!s || !r)
		return TC_ACT_SHOT;
	p = &s->packet;
	message = s->reply + REPLY_HEADERS;
	length = r->question;
	if (length > REPLY_QUESTION_MAX)
		goto failed;
	length += DNS_HEADER;
	if (bpf_skb_load_bytes(skb, p->l4 + UDP_HEADER, message, length))
		goto failed;
	dns = (void *)message;
	dns->flags = (dns->flags & bpf_htons(DNS_REPLY_KEEPS)) | bpf_htons(DNS_REPLY_SETS | r->rcode);
	dns->questions = r->question ? bpf_htons(1) : 0;
	dns->answers = 0;
	dns->authorities = 0;
	dns->additionals = r->edns ? bpf_htons(1) : 0;
	if (r->edns)
		length = reply_ede(message, length, r->ruleset);
	if (length > 384)
		goto failed;
	*(u32 *)(message + (length & 511)) = 0; /* the sum is over whole words */

	udp = (void *)(message - UDP_HEADER);
	udp[0] = p->key.remote_port;
	udp[1] = p->key.local_port;
	udp[2] = bpf_htons(UDP_HEADER + length);
	udp[3] = 0;
	sum = bpf_csum_diff((void *)0, 0, (void *)udp, (UDP_HEADER + length + 3) & 0x1fc, 0);
	udp[3] = checksum_fold((u32)sum + pseudo_header_sum(p, PROTOCOL_UDP, UDP_HEADER + length)) ?: 0xffff;

	ip = p->family == 4 ? IPV4_HEADER : IPV6_HEADER;
	size = ip + UDP_HEADER + length;
	if (bpf_skb_change_tail(skb, p->l3 + size, 0))
		goto failed;
	if (p->family == 4) {
		reply_ip(s->reply + REPLY_HEADERS - UDP_HEADER - IPV4_HEADER, p, PROTOCOL_UDP, UDP_HEADER + length);
		if (bpf_skb_store_bytes(skb, p->l3, s->reply + REPLY_HEADERS - UDP_HEADER - IPV4_HEADER, size & 511,
					BPF_F_RECOMPUTE_CSUM))
			goto failed;
	} else {
		reply_ip(s->reply + REPLY_HEADERS - UDP_HEADER - IPV6_HEADER, p, PROTOCOL_UDP, UDP_HEADER + length);
		if (bpf_skb_store_bytes(skb, p->l3, s->reply + REPLY_HEADERS - UDP_HEADER - IPV6_HEADER, size & 511,
					BPF_F_RECOMPUTE_CSUM))
			goto failed;
	}
	return reply_deliver(skb, s, NW_REPLY_REFUSED);
failed:
	count(NW_REPLY_FAILED);
	return TC_ACT_SHOT;
}
