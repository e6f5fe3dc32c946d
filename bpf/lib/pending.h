/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "abi.h"
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
	u32 reserved;
	u8 name[256]; /* wire form, folded to lower case, zeros behind */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct pending_key);
	__type(value, struct pending);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} pending SEC(".maps");
