/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "learned.h"
#include "name.h"
#include "packet.h"
/*
 * Reverse names: a pod may ask what stands behind an address that it has learned (RFC 1035, section 3.5;
 * RFC 3596, section 2.5). Those of cluster addresses are selectors of its ruleset.
 */
enum {
	REVERSE_V4_LABELS = 6, /* 4.3.2.1.in-addr.arpa */
	REVERSE_V6_LABELS = 34, /* 32 nibbles, ip6.arpa */
	REVERSE_V6_ZONE = 64, /* offset of "\3ip6\4arpa" */
	REVERSE_V6_LENGTH = 73,
	DNS_TYPE_PTR = 12,
};

/* A decimal label of one to three digits at `at`, or -1. */
static __always_inline int reverse_octet(const struct name_scratch *n, u32 at)
{
	u32 digits = n->wire[at & 255];
	u32 value = 0;

	if (digits < 1 || digits > 3)
		return -1;
	for (u32 i = 1; i <= 3; i++) {
		u32 digit;

		if (i > digits)
			break;
		digit = n->wire[(at + i) & 255] - '0';
		if (digit > 9)
			return -1;
		value = value * 10 + digit;
	}
	return value <= 255 ? (int)value : -1;
}

static __always_inline int reverse_v4(const struct name_scratch *n, u8 address[16])
{
	static const char zone[] = "\7in-addr\4arpa";
	u32 at = n->starts[4];
	u32 v4 = 0;

	for (u32 i = 0; i < sizeof(zone); i++)
		if (n->wire[(at + i) & 255] != (u8)zone[i])
			return 0;
	for (u32 i = 0; i < 4; i++) {
		int octet = reverse_octet(n, n->starts[i]);

		if (octet < 0)
			return 0;
		v4 |= (u32)octet << 8 * i; /* the last octet comes first */
	}
	mapped_address(address, bpf_htonl(v4));
	return 1;
}

static __always_inline int reverse_nibble(const struct name_scratch *n, u32 i)
{
	u8 c = n->wire[2 * i + 1];

	if (n->wire[2 * i] != 1)
		return -1;
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static __always_inline int reverse_v6(const struct name_scratch *n, u8 address[16])
{
	static const char zone[] = "\3ip6\4arpa";

	if (n->length != REVERSE_V6_LENGTH)
		return 0;
	for (u32 i = 0; i < sizeof(zone); i++)
		if (n->wire[REVERSE_V6_ZONE + i] != (u8)zone[i])
			return 0;
	for (u32 i = 0; i < 16; i++) {
		int low = reverse_nibble(n, 2 * i);
		int high = reverse_nibble(n, 2 * i + 1);

		if (low < 0 || high < 0)
			return 0;
		address[15 - i] = high << 4 | low;
	}
	return 1;
}

/* Is the name the reverse of an address that the pod has learned and that lives? */
__noinline int is_reverse_of_learned(struct name_scratch *n, u32 endpoint, u64 time)
{
	struct learned_key key = { .endpoint = endpoint };
	struct learned *l;

	if (!n)
		return 0;
	if (n->label_count == REVERSE_V4_LABELS ? !reverse_v4(n, key.address) :
						  n->label_count != REVERSE_V6_LABELS || !reverse_v6(n, key.address))
		return 0;
	l = bpf_map_lookup_elem(&learned, &key);
	if (!l)
		return 0;
	for (int i = 0; i < NW_IDENTITIES_PER_ADDRESS; i++)
		if (l->handles[i] && l->expires[i] > time)
			return 1;
	return 0;
}
