/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "name.h"
#include "pattern.h"
#include "pending.h"
/*
 * Which selectors match a name. The index is described in name_index.h.
 *
 * 1. The whole name: at most one selector is exactly it.
 * 2. Its suffixes from the right, up to the first that the index does not know; of each the ruleset's
 *    list of patterns, where it has one.
 * 3. The patterns of those lists, against the labels left of the suffix.
 *
 * The inner array is looked up once: the index may be swapped at any time, and a block's number means
 * something only in the array it is from.
 */
/* Rounds before the rest goes through bpf_loop, which is dearer by 15 ns a round but verified once. */
enum { MATCH_QUICK_LABELS = 6, MATCH_QUICK_STEPS = 8 };

/* What selects a name. */
struct name_matches {
	u32 count; /* of handles */
	u32 overflow; /* patterns that match and found no room */
	/*
	 * The selector that is exactly this name comes first, when there is one: it may be another ruleset's,
	 * so the caller asks "rules". The patterns behind it are the ruleset's own.
	 */
	u32 handles[NW_IDENTITIES_PER_NAME + 1];
	u32 exact; /* there is one */
};

struct match {
	void *index; /* the inner array */
	struct name_scratch *n;
	struct name_matches *out;
};

static __always_inline const void *match_block(const struct match *m, u32 block)
{
	return bpf_map_lookup_elem(m->index, &block);
}

/* Returns the block of the only candidate with its NW_INDEX_HAS_PATTERNS, or 0. No branch a slot: tags are random. */
static __always_inline u32 match_find(const struct match *m, u64 hash)
{
	u32 tag = hash >> 32, probe, i;

	tag += !tag;
	for (probe = 0; probe < NW_INDEX_PROBES; probe++) {
		const u64 *slots = match_block(m, m->n->bucket_base + ((u32)(hash + probe) & m->n->bucket_mask));
		u64 found = 0;

		if (!slots)
			return 0;
#pragma unroll
		for (i = 0; i < NW_INDEX_SLOTS; i++) {
			u64 slot = slots[i] ^ tag; /* lower half 0 where the tag is the same, upper half the block */
			u64 same = (u64)(u32)slot - 1; /* all ones there, else upper half 0 */

			found |= slot & same;
		}
		found >>= 32;
		if (found)
			return found;
		if (!(slots[NW_INDEX_SLOTS - 1] >> 32))
			return 0;
	}
	return 0;
}

/* Do words first.. of the suffix that has length octets differ from the block's? The end of a long name. */
__noinline int match_block_differs(struct name_scratch *n, const struct index_block *b, u32 first, u32 length)
{
	u32 i;

	if (!n || !b)
		return 1;
	for (i = 0; i < NW_INDEX_BLOCK / 8; i++) {
		u32 at = first + i;
		u64 word;

		if (8 * at >= length || at >= NW_NAME_WORDS)
			return 0;
		word = n->words[at];
		if (8 * at + 8 > length)
			word = name_last(word, length & 7);
		if (word != *(u64 *)(b->bytes + 8 * i))
			return 1;
	}
	return 0;
}

/* The node, if it is really the suffix that has length octets. */
static __always_inline const struct index_node *match_node(const struct match *m, u32 block, u32 length)
{
	const struct index_node *node = match_block(m, block);
	u32 whole = length >> 3, i;

	if (!node || node->length != length)
		return 0;
	for (i = 0; i < NW_NODE_NAME / 8; i++) {
		if (i >= whole)
			return node->words[i] == name_last(m->n->words[i], length & 7) ? node : 0;
		if (node->words[i] != m->n->words[i])
			return 0;
	}
	for (i = 0; i < NW_NAME_WORDS / 8; i++) {
		const struct index_block *more = match_block(m, block + 1 + i);

		if (!more || match_block_differs(m->n, more, NW_NODE_NAME / 8 + 8 * i, length))
			return 0;
		if (NW_NODE_NAME + NW_INDEX_BLOCK * (i + 1) >= length)
			return node;
	}
	return 0;
}

/* Keeps the ruleset's list of a node for later. The node is still to be verified, the list is certain. */
static __always_inline void match_list(const struct match *m, u32 node, u64 hash, u32 left)
{
	u32 block = match_find(m, name_hash_mix(hash ^ m->n->ruleset * 0xC2B2AE3D27D4EB4FULL));
	u32 at = m->n->list_count;
	const struct index_list *list;

	if (!block || at > NW_NAME_LABELS)
		return;
	list = match_block(m, block);
	if (!list || list->ruleset != m->n->ruleset || list->node != node)
		return;
	m->n->lists[at] = block;
	m->n->lefts[at] = left;
	m->n->list_count = at + 1;
}

/* One suffix, of n->left labels less than the name has. Returns 1 when the walk is over. */
static __always_inline int match_suffix(const struct match *m)
{
	struct name_scratch *n = m->n;
	u32 left = n->left - 1, block;
	u64 hash;

	if (left - 1 >= NW_NAME_LABELS - 1)
		return 1; /* what is left is the whole name */
	n->left = left;
	/* clang 16 checks another register than it indexes with; Linux 6.1 sees no bound without this mask. */
	barrier_var(left);
	hash = name_suffix_hash(n, n->length - n->starts[left & NW_NAME_LABELS]);
	block = match_find(m, hash);
	if (!block)
		return 1;
	if (block & NW_INDEX_HAS_PATTERNS)
		match_list(m, block & ~NW_INDEX_HAS_PATTERNS, hash, left);
	return 0;
}

static long match_suffix_further(u32 i, struct match *m)
{
	return match_suffix(m);
}

static __always_inline void match_walk(struct match *m)
{
	u32 i;

	m->n->left = m->n->label_count;
	for (i = 0; i < MATCH_QUICK_LABELS; i++) {
		if (match_suffix(m))
			return;
	}
	bpf_loop(NW_NAME_LABELS, match_suffix_further, m, 0);
}

static __always_inline void match_add(struct name_matches *out, u32 handle)
{
	u32 at = out->count;

	if (at > NW_IDENTITIES_PER_NAME) {
		out->overflow++;
		return;
	}
	out->handles[at] = handle;
	out->count = at + 1;
}

static __always_inline void match_glob_step(const struct match *m)
{
	struct name_scratch *n = m->n;
	u32 label = n->left - 1, text = n->glob_text;
	const struct index_block *first = match_block(m, text), *second = first;

	if (first && first->bytes[0] > 63)
		second = match_block(m, text + 1);
	n->left = label;
	n->glob_text = text + NW_GLOB_LABEL_BLOCKS;
	n->glob_rest--;
	if (!pattern_glob_label(n, first, second, label))
		n->glob_rest = 0;
	else if (!n->glob_rest)
		match_add(m->out, n->glob_handle);
}

static __always_inline void match_pattern(const struct match *m, u32 block)
{
	const struct index_block *first = match_block(m, block), *second = first;
	const struct index_pattern *p = (const void *)first;
	struct name_scratch *n = m->n;
	u32 left = n->lefts[n->list_next - 1 & NW_NAME_LABELS];

	if (!first)
		return;
	if (p->many == NW_MANY_ANY) {
		match_add(m->out, p->handle);
		return;
	}
	if (!n->plain)
		return;
	if (p->many == NW_MANY_NONE ? left != p->label_count : p->many == NW_MANY_LABELS && left <= p->label_count)
		return;
	if (p->kind == NW_PATTERN_GLOB) {
		n->left = left;
		n->glob_rest = p->label_count;
		n->glob_text = p->text;
		n->glob_handle = p->handle;
		return;
	}
	if (p->label_count > 2)
		second = match_block(m, block + 1);
	if (pattern_typed(n, first, second, left))
		match_add(m->out, p->handle);
}

/* One label of a glob, or one pattern. Returns 1 when nothing is left. */
static __always_inline int match_step(const struct match *m)
{
	struct name_scratch *n = m->n;
	const struct index_list *list;
	u32 at = n->at;

	if (n->glob_rest) {
		match_glob_step(m);
		return 0;
	}
	if (!n->list) {
		u32 next = n->list_next;

		if (next >= n->list_count || next > NW_NAME_LABELS)
			return 1;
		n->list_next = next + 1;
		list = match_block(m, n->lists[next]);
		if (!list || !match_node(m, list->node, n->length - n->starts[n->lefts[next] & NW_NAME_LABELS]))
			return 0;
		n->list = n->lists[next];
		at = 0;
	} else {
		list = match_block(m, n->list);
	}
	if (!list || at >= NW_LIST_PATTERNS) {
		n->list = 0;
		return 0;
	}
	n->at = at + 1;
	if (n->at >= list->count) {
		n->list = list->next;
		n->at = 0;
	}
	match_pattern(m, list->patterns[at]);
	return 0;
}

static long match_further(u32 i, struct match *m)
{
	return match_step(m);
}

/* Every pattern of every list, a glob's labels one by one. */
static __always_inline void match_patterns(struct match *m)
{
	enum { MOST = (NW_NAME_LABELS + 1) * (NW_PATTERNS_PER_LIST_MAX * (1 + NW_NAME_LABELS) + 1) };
	u32 i;

	for (i = 0; i < MATCH_QUICK_STEPS; i++) {
		if (match_step(m))
			return;
	}
	bpf_loop(MOST, match_further, m, 0);
}

/*
 * Matches the name that name_read() left in n against the selectors in use. Returns the number of handles.
 * No index, no match: then nothing is selected and what is filtered is refused.
 */
__noinline int name_match(struct name_scratch *n, u32 ruleset, struct name_matches *out)
{
	struct match m = {};
	const struct index_header *h;
	const struct index_node *node;
	u32 zero = 0, block;

	if (!n || !out)
		return 0;
	out->count = 0;
	out->overflow = 0;
	out->exact = 0;
	m.index = bpf_map_lookup_elem(&names, &zero);
	if (!m.index)
		return 0;
	m.n = n;
	m.out = out;
	n->ruleset = ruleset;
	h = match_block(&m, 0);
	if (!h || h->magic != NW_INDEX_MAGIC)
		return 0;
	n->bucket_base = h->bucket_base;
	n->bucket_mask = h->bucket_mask;
	n->list_count = 0;
	n->list_next = 0;
	n->list = 0;
	n->at = 0;
	n->glob_rest = 0;
	n->glob_label = 0;

	block = match_find(&m, n->hash) & ~NW_INDEX_HAS_PATTERNS;
	node = block ? match_node(&m, block, n->length) : 0;
	if (node && node->handle) {
		match_add(out, node->handle);
		out->exact = 1;
	}
	if (h->root_node)
		match_list(&m, h->root_node, name_suffix_hash(n, 0), n->label_count);
	match_walk(&m);
	if (n->list_count) {
		n->plain = name_is_plain(n);
		match_patterns(&m);
	}
	return out->count;
}
