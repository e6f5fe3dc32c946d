/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "packet.h"
#include "scratch.h"
/*
 * A datagram's fragments after the first bear no ports: they take their first's verdict. What was let through is
 * remembered for a moment, by the pod's own slots, so that a pod overwrites nobody's but its own. A later fragment
 * whose first is not remembered is none of an allowed datagram.
 */
enum nw_fragment_size { NW_FRAGMENTS_PER_ENDPOINT = 16 };
const enum nw_fragment_size *nw_fragment_size_btf __attribute__((unused));
/* RFC 8200, section 4.5: 60 seconds at most; Linux keeps fragments for 30. */
#define FRAGMENT_LIFE 30000000000ULL /* nanoseconds */

/* A first fragment that was let through. What is equal of two fragments is one datagram's (RFC 791, RFC 8200). */
struct fragment {
	u32 sequence; /* odd while being written */
	u32 endpoint;
	u32 ruleset; /* that let it through; under another one nothing follows */
	u32 id; /* as in the packet */
	u64 expires;
	u8 remote[16];
	u8 local[16];
	u16 judged; /* octets of the datagram that the verdict rests on: what follows may not overwrite them */
	u8 protocol; /* IPv6: 0, later fragments may name another */
	u8 reserved[5];
};

/* By the endpoint's slot, then by the identification, which counts up for one destination. */
struct fragments {
	struct fragment slots[NW_FRAGMENTS_PER_ENDPOINT];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 256);
	__type(key, u32);
	__type(value, struct fragments);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} fragments SEC(".maps");

static __always_inline struct fragment *fragment_slot(const struct packet *p)
{
	u32 slot = p->key.endpoint & endpoint_mask;
	struct fragments *own = bpf_map_lookup_elem(&fragments, &slot);
	u32 id = p->family == 4 ? bpf_ntohs(p->fragment_id) : bpf_ntohl(p->fragment_id);

	return own ? &own->slots[id & (NW_FRAGMENTS_PER_ENDPOINT - 1)] : (void *)0;
}

static __always_inline u8 fragment_protocol(const struct packet *p)
{
	return p->family == 4 ? p->key.protocol : 0;
}

/* Octets of the transport header that a verdict rests on. */
static __always_inline u32 judged_header(u8 protocol)
{
	switch (protocol) {
	case PROTOCOL_TCP:
		return TCP_HEADER;
	case PROTOCOL_UDP:
	case PROTOCOL_SCTP:
		return UDP_HEADER;
	case PROTOCOL_ICMP:
	case PROTOCOL_ICMPV6:
		return ICMP_HEADER;
	default:
		return 0;
	}
}

/*
 * A first fragment, whose packet stands in the scratch, has been let through. One that only the node's switch has passed
 * is not: what follows it would pass when the node enforces again.
 */
__noinline int fragment_remember(const struct packet *p)
{
	struct fragment *f;
	struct judge j;
	u32 sequence;

	if (!p || !judge_again(&j))
		return 0;
	if (j.c->node_switch != NW_SWITCH_ON) {
		/* Linux 6.1 looks up no key that stands behind an argument. */
		const struct flow *flow = bpf_map_lookup_elem(&flows, &j.s->packet.key);

		if (!flow || flow->ruleset != j.rs->number)
			return 0;
	}
	f = fragment_slot(p);
	if (!f)
		return 0;
	/* Two CPUs in one slot: the second's datagram is lost, as it is when a slot is overwritten. */
	sequence = READ_ONCE(f->sequence);
	if ((sequence & 1) || __sync_val_compare_and_swap(&f->sequence, sequence, sequence + 1) != sequence)
		return 0;
	f->endpoint = p->key.endpoint;
	f->ruleset = j.rs->number;
	f->id = p->fragment_id;
	f->expires = j.s->time + FRAGMENT_LIFE;
	__builtin_memcpy(f->remote, p->key.remote, 16);
	__builtin_memcpy(f->local, p->key.local, 16);
	f->judged = p->l4 - p->fragment_at + judged_header(p->key.protocol);
	f->protocol = fragment_protocol(p);
	__sync_fetch_and_add(&f->sequence, 1);
	return 0;
}

/* Is a later fragment, whose packet stands in the scratch, one of a datagram whose first was let through? */
__noinline int fragment_follows(const struct packet *p)
{
	struct fragment *f;
	struct judge j;
	u32 sequence;
	int same;

	if (!p || !judge_again(&j))
		return 0;
	f = fragment_slot(p);
	if (!f)
		return 0;
	sequence = READ_ONCE(f->sequence);
	same = f->endpoint == p->key.endpoint && f->ruleset == j.rs->number && f->id == p->fragment_id &&
	       f->expires > j.s->time && same_address(f->remote, p->key.remote) &&
	       same_address(f->local, p->key.local) && f->protocol == fragment_protocol(p) &&
	       p->fragment_offset >= f->judged;
	return same && !(sequence & 1) && READ_ONCE(f->sequence) == sequence;
}
