/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "abi.h"
#include "name_index.h"
#include "reasons.h"
/*
 * A name from a packet, made ready to be looked up: folded, cut into words from its right end, and summed
 * so that the hash of every suffix of whole labels is one multiplication away.
 */
enum nw_name {
	NW_NAME_WORDS = 32, /* of 8 octets: 254 without the root label */
	NW_NAME_LABELS = 127,
	NW_NAME_ROOM = 8, /* octets of packet that a caller guarantees before the name */
};

/* Work space, one a CPU; what is here holds until the next name_read(). */
struct name_scratch {
	u8 before[8]; /* keeps loads that end inside the name inside the map */
	u8 wire[264]; /* wire form, folded, root label included, zeros behind */
	u64 words[NW_NAME_WORDS]; /* from the right end, without the root label; 0 left of the name in its last word */
	u64 sums[NW_NAME_WORDS + 1]; /* sums[i]: hash terms of words 0..i-1 */
	u64 hash; /* of the whole name */
	u8 starts[NW_NAME_LABELS + 1]; /* of each label's length octet in wire, then of the root label's */
	u32 length; /* octets without the root label, 0..254 */
	u32 size; /* octets with it */
	u32 label_count;
	/* The rest is match.h's. */
	u32 ruleset;
	u32 bucket_base; /* as in the header of the index in use */
	u32 bucket_mask;
	u32 plain; /* no octet but [-0-9a-z_]; known once there is a list */
	u32 list_count;
	u32 list_next;
	u32 list; /* block being read; 0 = take the next of lists */
	u32 at; /* in it */
	u32 left; /* labels left of its suffix */
	u32 glob_rest; /* labels of the glob that are still to be compared, from the right */
	u32 glob_text; /* block of the next one */
	u32 glob_handle;
	u32 glob_label; /* the label that positions describes, from 1; 0 = none */
	u32 lists[NW_NAME_LABELS + 1];
	u8 lefts[NW_NAME_LABELS + 1];
	u64 positions[64]; /* where each letter stands in glob_label, one bit an octet */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct name_scratch);
} name_scratch SEC(".maps");

/* NULL never happens (an array's only element); the verifier wants the check all the same. */
static __always_inline struct name_scratch *name_scratch_get(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&name_scratch, &zero);
}

#define NW_EACH(octet) (0x0101010101010101ULL * (octet))

/* A-Z to a-z in 8 octets at once; all else, octets over 127 included, stays. Length octets are below 'A'. */
static __always_inline u64 name_fold(u64 w)
{
	u64 low = w & NW_EACH(0x7f);
	u64 upper = (low + NW_EACH(0x80 - 'A')) & ~(low + NW_EACH(0x7f - 'Z')) & ~w & NW_EACH(0x80);

	return w | upper >> 2;
}

static __always_inline u64 name_hash_term(u64 word, u32 i)
{
	u32 lo = (u32)word + hash_key_words[2 * i];
	u32 hi = (u32)(word >> 32) + hash_key_words[2 * i + 1];

	return (u64)lo * hi;
}

static __always_inline u64 name_hash_mix(u64 h)
{
	h ^= h >> 32;
	h *= 0x9E3779B97F4A7C15ULL;
	return h ^ h >> 29;
}

static __always_inline u64 name_hash_end(u64 sum, u32 length)
{
	return name_hash_mix(sum + length * (hash_key_words[64] | (u64)hash_key_words[65] << 32 | 1));
}

/* The last n (0..7) octets of a word from the right. */
static __always_inline u64 name_last(u64 word, u32 n)
{
	return word & ~(~0ULL >> (8 * n));
}

/* Hash of the suffix that has length octets (at most n->length). */
static __always_inline u64 name_suffix_hash(const struct name_scratch *n, u32 length)
{
	u32 i = length >> 3 & (NW_NAME_WORDS - 1);

	return name_hash_end(n->sums[i] + name_hash_term(name_last(n->words[i], length & 7), i), length);
}

/* The verifier wants packet offsets below 32 Ki in the very register it sees added (clang 16 moves a C mask). */
static __always_inline u64 name_packet_offset(u32 offset)
{
	u64 masked = offset;

	asm volatile("%0 &= 0x7fff" : "+r"(masked));
	return masked;
}

static __always_inline void name_clear(struct name_scratch *n)
{
	u32 i;

#pragma unroll
	for (i = 0; i < sizeof(n->wire) / 8; i++)
		*(u64 *)(n->wire + 8 * i) = 0;
}

/* Walks the labels. Returns 0 when the name is bad. */
static __always_inline int name_walk(void *data, void *data_end, u32 offset, struct name_scratch *n)
{
	u32 at = 0, labels;

	for (labels = 0; labels <= NW_NAME_LABELS; labels++) {
		u8 *p = data + name_packet_offset(offset + at);
		u8 length;

		if ((void *)(p + 1) > data_end)
			return 0;
		length = *p;
		n->starts[labels] = at;
		if (!length) {
			n->label_count = labels;
			n->length = at;
			n->size = at + 1;
			return 1;
		}
		at += length + 1;
		if (length > 63 || at > 254)
			return 0;
	}
	return 0;
}

/*
 * Reads the uncompressed name at offset (NW_NAME_ROOM..0x7000) of a linear packet. Returns the octets it takes
 * with its root label, or -NW_ANSWER_BAD_NAME: a label of a type other than 00 (pointers included), a
 * label or name past the packet's end, a name over 255 octets.
 */
__noinline int name_read(struct __sk_buff *skb, u32 offset, struct name_scratch *n)
{
	void *data, *data_end;
	u64 hash = 0, word, *p;
	u32 length, end, last, i;

	if (!n || offset < NW_NAME_ROOM || offset > 0x7000)
		return -NW_ANSWER_BAD_NAME;
	/* clang 16 turns the check into one of (offset - 0x8000), which teaches the verifier (6.18) nothing. */
	asm volatile("%0 &= 0x7fff" : "+r"(offset));
	data = (void *)(u64)skb->data;
	data_end = (void *)(u64)skb->data_end;
	name_clear(n);
	if (!name_walk(data, data_end, offset, n))
		return -NW_ANSWER_BAD_NAME;
	/* Read back: what the walk knew of it would have the verifier go on once for each length. */
	length = READ_ONCE(n->length);
	end = offset + length;
	last = length >> 3 & (NW_NAME_WORDS - 1);

	for (i = 0; i < NW_NAME_WORDS - 1; i++) {
		u64 *p = data + name_packet_offset(end - 8 - 8 * i);

		if (i >= last || (void *)(p + 1) > data_end)
			break; /* the second never: the walk was there */
		word = name_fold(*p);
		*(u64 *)(n->before + ((length - 8 * i) & 0xff)) = word;
		n->words[i] = word;
		n->sums[i] = hash;
		hash += name_hash_term(word, i);
	}
	p = data + name_packet_offset(end - 8 - 8 * last);
	if ((void *)(p + 1) > data_end)
		return -NW_ANSWER_BAD_NAME; /* never */
	word = name_last(name_fold(*p), length & 7);
	*(u64 *)(n->before + (length & 7)) = word;
	n->words[last] = word;
	n->sums[last] = hash;
	hash += name_hash_term(word, last);
	n->hash = name_hash_end(hash, length);
	return length + 1;
}

/* The same walk over the first length octets of n->wire. Returns 0 when they are not whole labels. */
static __always_inline int name_walk_again(struct name_scratch *n, u32 length)
{
	u32 at = 0, labels;

	for (labels = 0; labels < NW_NAME_LABELS; labels++) {
		n->starts[labels] = at;
		if (at >= length)
			break;
		at += n->wire[at & 0xff] + 1;
	}
	n->starts[labels & NW_NAME_LABELS] = at;
	n->label_count = labels;
	n->length = length;
	n->size = length + 1;
	return at == length;
}

/*
 * Makes of the first length octets (1..254) of a name that stands in n->wire, folded, a name of their own, as
 * name_read() leaves it. Returns its octets with the root label, or 0 when they do not end with a label.
 */
__noinline int name_cut(struct name_scratch *n, u32 length)
{
	u64 hash = 0, word;
	u32 last, i;

	if (!n || !length || length > 254)
		return 0;
	asm volatile("%0 &= 0xff" : "+r"(length)); /* as in name_read() */
	*(u64 *)(n->wire + length) = 0;
	if (!name_walk_again(n, length))
		return 0;
	length = READ_ONCE(n->length); /* as there */
	last = length >> 3 & (NW_NAME_WORDS - 1);
	for (i = 0; i < NW_NAME_WORDS - 1; i++) {
		if (i >= last)
			break;
		word = *(u64 *)(n->before + ((length - 8 * i) & 0xff));
		n->words[i] = word;
		n->sums[i] = hash;
		hash += name_hash_term(word, i);
	}
	word = name_last(*(u64 *)(n->before + (length & 7)), length & 7);
	n->words[last] = word;
	n->sums[last] = hash;
	hash += name_hash_term(word, last);
	n->hash = name_hash_end(hash, length);
	return length + 1;
}
