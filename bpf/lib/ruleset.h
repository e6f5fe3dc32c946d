/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "abi.h"
/*
 * What the policies that select a pod say, merged. Immutable: an edit makes a new number, fills it, then
 * moves the endpoints over, so a ruleset's number is also the generation that flows carry.
 */
enum nw_ruleset_flag {
	NW_RULESET_ISOLATED = 1, /* what no rule decides is denied */
	NW_RULESET_FILTER_NAMES = 2, /* a name that no rule selects is refused */
	NW_RULESET_STRICT_DENY = 4,
	NW_RULESET_REJECT_NXDOMAIN = 8, /* else REFUSED */
	NW_RULESET_REJECT_SILENT = 16, /* drop denied packets without RST or ICMP */
	/* The same with Audit policies counted in; they only report. */
	NW_RULESET_AUDIT_ISOLATED = 32,
	NW_RULESET_AUDIT_FILTER_NAMES = 64,
	NW_RULESET_HAS_AUDIT = 128,
	NW_RULESET_CUT_ON_CLOSE = 256, /* flows that an edit no longer allows live until they close */
	NW_RULESET_AUDIT_ONLY = 512, /* all of its policies are audited: it enforces nothing */
};
const enum nw_ruleset_flag *nw_ruleset_flag_btf __attribute__((unused));

enum nw_row_flag { NW_ROW_DENY = 1, NW_ROW_AUDIT = 2 };
const enum nw_row_flag *nw_row_flag_btf __attribute__((unused));

enum nw_query_flag {
	NW_QUERY_ALLOW = 1,
	NW_QUERY_DENY = 2,
	NW_QUERY_AUDIT_ALLOW = 4,
	NW_QUERY_AUDIT_DENY = 8,
};
const enum nw_query_flag *nw_query_flag_btf __attribute__((unused));

/* Of all rows that fit a packet the smallest precedence decides; at equal precedence a deny. */
enum nw_precedence {
	NW_PRECEDENCE_CLUSTER_CIDR_DENY = 1000,
	NW_PRECEDENCE_CIDR_DENY = 2000,
	NW_PRECEDENCE_STRICT_NAME_DENY = 2500,
	NW_PRECEDENCE_ALLOW = 3000,
	NW_PRECEDENCE_NAME_DENY = 4000,
	NW_PRECEDENCE_NONE = 65535, /* no row fits */
};
const enum nw_precedence *nw_precedence_btf __attribute__((unused));

enum nw_rows { NW_ROWS_PER_RULE = 16 };
const enum nw_rows *nw_rows_btf __attribute__((unused));

const volatile u32 ruleset_mask = 1023;

/* A duration of 0 means the one in config. */
struct ruleset {
	u32 number;
	u32 flags; /* enum nw_ruleset_flag */
	u64 ttl_floor;
	u64 ttl_ceiling;
	u64 ttl_grace;
	u64 idle_window;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1024);
	__type(key, u32);
	__type(value, struct ruleset);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} rulesets SEC(".maps");

/* What a refused name is told in its EDE text (RFC 8914): the policy to look at. No text is none. */
enum nw_text { NW_TEXT_MAX = 64 };
const enum nw_text *nw_text_btf __attribute__((unused));

struct ruleset_text {
	u32 number;
	u32 length;
	char text[NW_TEXT_MAX];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1024);
	__type(key, u32);
	__type(value, struct ruleset_text);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} ruleset_texts SEC(".maps");

struct row {
	u16 precedence;
	u16 port_first; /* host byte order; ICMP: 0 */
	u16 port_last;
	u8 protocol; /* 0 = any; then the ports are 0-65535 */
	u8 flags; /* enum nw_row_flag */
};

struct rule {
	u16 count; /* rows in use */
	u8 query; /* enum nw_query_flag; names only */
	u8 reserved[5];
	struct row rows[NW_ROWS_PER_RULE];
};

struct rule_key {
	u32 ruleset;
	u32 handle; /* of the identity */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, struct rule_key);
	__type(value, struct rule);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} rules SEC(".maps");

/* Longest match only, so a prefix carries the rows of every prefix of its ruleset that covers it. */
struct cidr_key {
	u32 prefix_length; /* 32 for the ruleset + 0..128 */
	u32 ruleset;
	u8 address[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 16384);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct cidr_key);
	__type(value, struct rule);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} cidrs SEC(".maps");

/* User space only: which content has which number, written last, so what is here is whole. */
struct ruleset_id {
	u8 id[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct ruleset_id);
	__type(value, u32);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} ruleset_ids SEC(".maps");

/* User space only: what a handle stands for. */
struct identity {
	u8 id[16]; /* first 128 bits of SHA-256 over the canonical selector */
	u32 length;
	char selector[268]; /* canonical, e.g. v1|n|api.stripe.com */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 131072);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, u32);
	__type(value, struct identity);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} identities SEC(".maps");

static __always_inline const struct ruleset_text *ruleset_text_get(u32 number)
{
	u32 slot = number & ruleset_mask;
	const struct ruleset_text *t = bpf_map_lookup_elem(&ruleset_texts, &slot);

	return t && t->number == number ? t : (void *)0;
}

static __always_inline const struct ruleset *ruleset_get(u32 number)
{
	u32 slot = number & ruleset_mask;
	const struct ruleset *r = bpf_map_lookup_elem(&rulesets, &slot);

	return r && r->number == number ? r : (void *)0;
}

/* Does a policy hold the pod to something? Not where none selects it, nor where all that do only report. */
static __always_inline int is_enforcing(const struct ruleset *r)
{
	return r->number && !(r->flags & NW_RULESET_AUDIT_ONLY);
}
