/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "abi.h"
/* Where the node stands in the network. */
enum nw_range_flag {
	NW_RANGE_CLUSTER = 1, /* services and pods: not ours unless a rule says so */
	NW_RANGE_API_SERVER = 2, /* endpoints of default/kubernetes: the same */
	NW_RANGE_RESERVED = 4, /* may not be learned */
	NW_RANGE_METADATA = 8, /* never exempt */
};
const enum nw_range_flag *nw_range_flag_btf __attribute__((unused));

struct range_key {
	u32 prefix_length; /* 0..128 */
	u8 address[16];
};

/* Longest match only: user space lets a prefix inherit the flags of those that cover it. */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 4096);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct range_key);
	__type(value, u32);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} ranges SEC(".maps");

struct resolver_key {
	u8 address[16];
	be16 port;
	u8 protocol;
	u8 reserved;
};

enum nw_resolver {
	NW_RESOLVER_NONE = 0, /* no entry */
	NW_RESOLVER_PLAIN = 1, /* questions there are read, answers from there teach */
	NW_RESOLVER_ENCRYPTED = 2, /* DNS over TLS or QUIC (port 853): no rule on names reaches it */
};
const enum nw_resolver *nw_resolver_btf __attribute__((unused));

/* The trusted resolvers; the value is an enum nw_resolver. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct resolver_key);
	__type(value, u32);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} resolvers SEC(".maps");
