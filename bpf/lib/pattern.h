/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "name.h"
/*
 * Does one pattern fit the labels of a name? Functions of their own to the verifier, so each is walked once;
 * they get blocks of the index, never the index.
 */

/* Has the name no octet but [-0-9a-z_]? Length octets can be in that class too, so both kinds are counted. */
__noinline int name_is_plain(struct name_scratch *n)
{
	u32 plain = 0, want, i;

	if (!n)
		return 0;
	want = n->length - n->label_count;
	for (i = 0; i < NW_NAME_LABELS; i++) {
		u32 length;

		if (i >= n->label_count)
			break;
		length = n->wire[n->starts[i]];
		want += length == '-' || length - '0' < 10;
	}
	for (i = 0; i < NW_NAME_WORDS; i++) {
		u64 word, low, in;

		if (8 * i >= n->length)
			break;
		word = n->words[i];
		low = word & NW_EACH(0x7f);
		in = (low + NW_EACH(0x80 - 'a')) & ~(low + NW_EACH(0x7f - 'z'));
		in |= (low + NW_EACH(0x80 - '0')) & ~(low + NW_EACH(0x7f - '9'));
		in |= ~((low ^ NW_EACH('-')) + NW_EACH(0x7f));
		in |= ~((low ^ NW_EACH('_')) + NW_EACH(0x7f));
		in &= ~word & NW_EACH(0x80);
		plain += (in >> 7) * NW_EACH(1) >> 56;
	}
	return plain == want;
}

static __always_inline int pattern_label_fits(const struct name_scratch *n, const struct pattern_label *l, u32 label)
{
	u32 start = n->starts[label & NW_NAME_LABELS];
	u32 length = n->wire[start];
	u64 head = *(u64 *)(n->wire + 1 + start);
	u64 tail = *(u64 *)(n->before + 1 + start + length); /* ends where the label ends */
	u32 head_rest = 32 - 4 * l->prefix_length, tail_rest = 32 - 4 * l->suffix_length;

	if (length < l->min_length || length > l->max_length)
		return 0;
	/* In two halves: a shift by 64 is none. */
	head = (head ^ l->prefix) << head_rest << head_rest;
	tail = (tail ^ l->suffix) >> tail_rest >> tail_rest;
	return !(head | tail);
}

/* Does a typed pattern (its two blocks) fit the labels left of its suffix? */
__noinline int pattern_typed(struct name_scratch *n, const struct index_block *first, const struct index_block *second,
			     u32 left)
{
	const struct index_pattern *p = (const void *)first;
	const struct pattern_label *more = (const void *)second;
	u32 i;

	if (!n || !first || !second)
		return 0;
	for (i = 0; i < NW_PATTERN_LABELS; i++) {
		if (i >= p->label_count)
			return 1;
		if (!pattern_label_fits(n, i < 2 ? &p->labels[i] : &more[i - 2], left - 1 - i))
			return 0;
	}
	return 1;
}

/* A number below 64 of its own for each of [-0-9a-z_]. */
static __always_inline u32 pattern_letter(u8 octet)
{
	return (octet ^ octet >> 1) & 63;
}

static __always_inline u64 pattern_glob_octet(const struct name_scratch *n, u64 reached, u8 octet)
{
	if (octet == '*')
		return reached | -reached; /* all from the first on */
	return (reached & n->positions[pattern_letter(octet)]) << 1;
}

static __always_inline void pattern_glob_prepare(struct name_scratch *n, u32 label, u32 start, u32 length)
{
	u32 i;

	for (i = 0; i < 64; i++)
		n->positions[i] = 0;
	for (i = 0; i < 63; i++) {
		if (i >= length)
			break;
		n->positions[pattern_letter(n->wire[1 + start + i])] |= 1ULL << i;
	}
	n->glob_label = label + 1;
}

/*
 * Does a label fit a glob's (its two blocks)? One bit for each place in the label that the text read so far
 * can end at; so the time is the text's length, however many stars it has.
 */
__noinline int pattern_glob_label(struct name_scratch *n, const struct index_block *first,
				  const struct index_block *second, u32 label)
{
	u32 start, length, i;
	u64 reached = 1;

	if (!n || !first || !second)
		return 0;
	start = n->starts[label & NW_NAME_LABELS];
	length = n->wire[start];
	if (n->glob_label != label + 1)
		pattern_glob_prepare(n, label, start, length);
	for (i = 0; i < NW_GLOB_LABEL_TEXT; i++) {
		if (i >= first->bytes[0])
			break;
		reached = pattern_glob_octet(n, reached, i < 63 ? first->bytes[1 + i] : second->bytes[(i - 63) & 63]);
	}
	return reached >> (length & 63) & 1;
}
