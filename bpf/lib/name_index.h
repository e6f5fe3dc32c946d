/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "abi.h"
/*
 * The name index: every selector in use on the node. User space builds it (packages/policy/src/index),
 * the programs only read it, and it is swapped whole: "names" holds one inner array of 64-byte blocks.
 *
 *   block 0            struct index_header
 *   bucket_base ..     2^n buckets of 8 {tag, block}; block 0 = empty, empty ones last
 *   the rest           nodes, lists, patterns, texts of globs
 *
 * A *node* stands for a name or a suffix of whole labels. Every suffix of a pattern's literal end has
 * one, so a walk from the right may stop at the first that is absent. A *list* stands for (ruleset,
 * node) and names the patterns of that ruleset which end in that suffix, so a pod's query only ever
 * meets patterns of its own rules. The root has a node where a pattern has no literal end; only the
 * header names it. Names and suffixes are in wire form, folded, without the root label, and compared in
 * 8-octet words from their *right* end: word 0 is the last 8 octets (little-endian load, so the last
 * octet is the most significant); in the last word the octets left of the name are zero.
 *
 * Selectors have no octet but [-0-9a-z_] (the builder refuses others), and neither has what a wildcard
 * stands for; so a name with any other is matched by none but the lone "*", which is every name. That,
 * asked once a name, is the whole class check.
 *
 * Hash (keyed NH, mod 2^64): word i gives (u32)(lo_i + key[2i]) * (u32)(hi_i + key[2i+1]) as u64; the sum
 * over words 0..length/8, the last of them possibly empty, plus length * (key[64] | (u64)key[65] << 32 | 1).
 * Then mixed: h ^= h >> 32; h *= 0x9E3779B97F4A7C15; h ^= h >> 29. That is name_hash everywhere.
 * For a list h = mix(node_hash ^ (ruleset * 0xC2B2AE3D27D4EB4F)).
 *
 * Bucket = h & mask, tag = h >> 32 (0 stored as 1). What finds its bucket full is in the next one
 * (circular), never further, and no two entries that one look-up could meet have the same tag: the
 * builder takes more buckets until both hold. So a look-up meets at most one candidate.
 */
enum nw_index {
	NW_INDEX_MAGIC = 0x314E574E,
	NW_INDEX_BLOCK = 64,
	NW_INDEX_SLOTS = 8, /* in a bucket */
	NW_INDEX_PROBES = 2, /* buckets that a look-up visits at most */
	NW_INDEX_HAS_PATTERNS = 1 << 30, /* in a slot's block: the node has lists */
	NW_NODE_NAME = 48, /* octets of a name in its node's own block; the rest in the blocks behind it */
	NW_LIST_PATTERNS = 12,
	NW_PATTERN_LABELS = 4,
	NW_PATTERN_BLOCKS = 2,
	NW_GLOB_LABEL_BLOCKS = 2,
	NW_GLOB_LABEL_TEXT = 127, /* 63 letters and as many stars between and around */
	NW_PATTERNS_PER_LIST_MAX = 64, /* of one ruleset under one suffix; more is refused as policy */
	NW_HASH_WORDS = 68,
};
const enum nw_index *nw_index_btf __attribute__((unused));

struct index_header {
	u32 magic;
	u32 bucket_base;
	u32 bucket_mask;
	u32 root_node; /* patterns without a literal end; 0 = none */
	u32 blocks; /* in use */
	u32 selectors;
	u8 version[16]; /* of the content, for adoption */
	u8 reserved[24];
};

struct index_slot {
	u32 tag;
	u32 block;
};

struct index_bucket {
	struct index_slot slots[NW_INDEX_SLOTS];
};

struct index_node {
	u32 handle; /* of the selector that is exactly this name; 0 = none */
	u8 length; /* octets, without the root label */
	u8 reserved[11];
	u64 words[NW_NODE_NAME / 8]; /* from the right end */
};

struct index_list {
	u32 ruleset;
	u32 node; /* block of the suffix's node: what makes a hit certain */
	u16 count; /* patterns in this block */
	u16 reserved;
	u32 next; /* block of the next part; 0 = last */
	u32 patterns[NW_LIST_PATTERNS]; /* blocks */
};

enum nw_pattern_kind { NW_PATTERN_TYPED = 0, NW_PATTERN_GLOB = 1 };
const enum nw_pattern_kind *nw_pattern_kind_btf __attribute__((unused));

/* What a pattern allows left of the labels that it spells out. */
enum nw_pattern_many {
	NW_MANY_NONE = 0,
	NW_MANY_LABELS = 1, /* a leading double star: one or more */
	NW_MANY_ANY = 2, /* the lone "*": every name, the root too */
};
const enum nw_pattern_many *nw_pattern_many_btf __attribute__((unused));

/* A label: its length in min..max, begins with prefix, ends with suffix. A literal of up to 16 octets is one. */
struct pattern_label {
	u8 min_length;
	u8 max_length;
	u8 prefix_length; /* 0..8 */
	u8 suffix_length; /* 0..8 */
	u8 reserved[4];
	u64 prefix; /* little-endian load of its octets, zeros behind */
	u64 suffix; /* the last octet is the most significant, zeros before */
};

/* What stands left of the literal end, one entry a label, from the right. */
struct index_pattern {
	u32 handle;
	u8 kind; /* enum nw_pattern_kind */
	u8 label_count; /* labels spelled out left of the literal end: 0..4, of a glob 1..127 */
	u8 many; /* enum nw_pattern_many */
	u8 reserved;
	u32 text; /* NW_PATTERN_GLOB: first block of its index_glob_labels, from the right */
	u32 reserved2;
	struct pattern_label labels[NW_PATTERN_LABELS]; /* two in each block */
	u8 reserved3[16];
};

/* A label that the typed form cannot say: letters, and '*' for any number of octets. */
struct index_glob_label {
	u8 length; /* of text */
	u8 text[NW_GLOB_LABEL_TEXT];
};

struct index_block {
	u8 bytes[NW_INDEX_BLOCK];
};

/* Keeps the layouts in the object's BTF, for the builder in user space. */
const struct index_header *index_header_btf __attribute__((unused));
const struct index_bucket *index_bucket_btf __attribute__((unused));
const struct index_node *index_node_btf __attribute__((unused));
const struct index_list *index_list_btf __attribute__((unused));
const struct index_pattern *index_pattern_btf __attribute__((unused));
const struct index_glob_label *index_glob_label_btf __attribute__((unused));

const volatile u32 index_blocks = 131072;
const volatile u32 hash_key_words[NW_HASH_WORDS] = {};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, u32);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__array(
		values, struct {
			__uint(type, BPF_MAP_TYPE_ARRAY);
			__uint(max_entries, 131072);
			__uint(map_flags, BPF_F_MMAPABLE);
			__uint(key_size, 4);
			__uint(value_size, NW_INDEX_BLOCK);
		});
} names SEC(".maps");

/* User space only: the random hash key, drawn once; programs get it as constants when they are loaded. */
struct hash_key {
	u32 words[NW_HASH_WORDS];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct hash_key);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} hash_key SEC(".maps");
