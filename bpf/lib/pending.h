/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "abi.h"
#include "flow.h"
/* A question that went out, waiting for its answer. */
enum nw_pending_size { NW_IDENTITIES_PER_NAME = 8, NW_NAME_MAX = 255 };
const enum nw_pending_size *nw_pending_size_btf __attribute__((unused));

struct pending_key {
	u32 endpoint;
	u8 server[16];
	be16 server_port;
	be16 pod_port;
	be16 id; /* DNS message ID */
	u8 protocol;
	u8 reserved;
};

struct pending {
	u64 created; /* now() of the first query */
	u64 name_hash; /* of the folded name */
	u32 queries; /* identical ones seen */
	u32 answers; /* that taught */
	u32 handles[NW_IDENTITIES_PER_NAME]; /* 0 = none */
	be16 qtype;
	u8 name_length; /* wire octets with the root label */
	u8 handle_count;
	u32 labels; /* of the name, without the root label; 0 = not known */
	u8 name[256]; /* wire form, folded to lower case, zeros behind to the next word */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct pending_key);
	__type(value, struct pending);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} pending SEC(".maps");

/* The question with this ID that the flow's far end, a resolver, is asked. */
static __always_inline void pending_key(struct pending_key *to, const struct flow_key *flow, be16 id)
{
	to->endpoint = flow->endpoint;
	__builtin_memcpy(to->server, flow->remote, 16);
	to->server_port = flow->remote_port;
	to->pod_port = flow->local_port;
	to->id = id;
	to->protocol = flow->protocol;
	to->reserved = 0;
}

/* Copies a folded name and the zeros up to its next word; what is behind stays. Most names are four words. */
static __always_inline void name_copy(u8 *to, const u8 *from, u32 length)
{
	for (u32 i = 0; i < 256; i += 8) {
		if (i >= length)
			break;
		*(u64 *)(to + i) = *(const u64 *)(from + i);
	}
}

static __always_inline int name_equal(const u8 *a, const u8 *b, u32 length)
{
	for (u32 i = 0; i < 256; i += 8) {
		if (i >= length)
			break;
		if (*(const u64 *)(a + i) != *(const u64 *)(b + i))
			return 0;
	}
	return 1;
}
