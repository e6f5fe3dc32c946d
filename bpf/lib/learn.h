/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "endpoint.h"
#include "learned.h"
#include "reasons.h"
#include "scratch.h"
#include "verdict.h"
/*
 * Writing down what an answer said, before the pod sees it.
 */
enum { CLAIM_SPINS = 4096 };

/* Does another name hold the address too? Connections to it are not told apart by name. */
static __always_inline int is_shared(const struct learned *l, u64 time, u64 name_hash)
{
	for (int i = 0; i < NW_IDENTITIES_PER_ADDRESS; i++)
		if (READ_ONCE(l->handles[i]) && READ_ONCE(l->expires[i]) > time && l->names[i] != name_hash)
			return 1;
	return 0;
}

/* Makes a live entry hold the identity until `expires`. Returns 0 or NW_LEARN_IDENTITIES. */
__noinline int learned_put(struct learned *l, u32 handle, u64 expires, u64 time, u64 name_hash)
{
	if (!l)
		return 0;
	for (int i = 0; i < NW_IDENTITIES_PER_ADDRESS; i++) {
		if (READ_ONCE(l->handles[i]) != handle)
			continue;
		if (l->expires[i] < expires) {
			WRITE_ONCE(l->expires[i], expires);
			l->names[i] = name_hash; /* the name by which it lives so long: back-fill counts on it */
		}
		return 0;
	}
	for (int i = 0; i < NW_IDENTITIES_PER_ADDRESS; i++) {
		u32 old = READ_ONCE(l->handles[i]);

		if (old && READ_ONCE(l->expires[i]) > time)
			continue;
		/* Two CPUs may want the same free slot: the loser takes the next. */
		if (__sync_val_compare_and_swap(&l->handles[i], old, handle) != old)
			continue;
		l->names[i] = name_hash;
		WRITE_ONCE(l->expires[i], expires);
		if (is_shared(l, time, name_hash))
			count(NW_LEARN_SHARED);
		return 0;
	}
	return NW_LEARN_IDENTITIES;
}

struct wait_context {
	u32 busy;
};

/* The sweeper deletes within the microsecond; whatever then stands there is somebody's fresh entry. */
static long wait_step(u32 index, void *context)
{
	struct wait_context *wait = context;
	struct scratch *s = scratch_get();

	if (!s)
		return 1;
	learned_live(&s->learned_key, &wait->busy);
	return !wait->busy;
}

static __always_inline u64 expiry(const struct lesson *l, u32 ttl)
{
	u64 life = (u64)ttl * 1000000000ULL;

	if (life < l->floor)
		life = l->floor;
	if (life > l->ceiling)
		life = l->ceiling;
	return l->time + life + l->grace;
}

/* A new entry with all of the question's identities. Returns 0 or an enum nw_reason. */
static __always_inline u32 learned_insert(struct scratch *s, u64 expires)
{
	struct lesson *lesson = &s->lesson;
	struct learned *fresh = &s->learned;
	int error;

	if (lesson->created >= lesson->reserved_places)
		return NW_LEARN_QUOTA;
	__builtin_memset(fresh, 0, sizeof(*fresh));
	for (u32 i = 0; i < NW_IDENTITIES_PER_NAME; i++) {
		if (i >= lesson->handle_count)
			break;
		fresh->handles[i] = lesson->handles[i];
		fresh->expires[i] = expires;
		fresh->names[i] = lesson->name_hash;
	}
	error = bpf_map_update_elem(&learned, &s->learned_key, fresh, BPF_NOEXIST);
	if (!error) {
		lesson->created++;
		return 0;
	}
	return error == -EEXIST ? NW_LEARN_CLAIMED : NW_LEARN_FULL; /* another CPU was first */
}

/* Does a reserved range hold the address? */
static __always_inline int is_in_reserved(const struct config *c, const u8 *address)
{
	const u32 *words = (const u32 *)address;
	int v4 = !words[0] && !words[1] && words[2] == bpf_htonl(0xffff);
	u32 first = v4 ? address[12] : address[0];
	u64 bits = v4 ? c->unreserved_v4[first >> 6] : c->unreserved_v6[first >> 6];

	return !(bits >> (first & 63) & 1) && (range_flags(address) & NW_RANGE_RESERVED);
}

/*
 * May the address not be learned? An IPv6 address that carries an IPv4 one, NAT64 (RFC 6052, 64:ff9b::/96) or
 * 6to4 (RFC 3056, 2002::/16), is judged by that too: a translator would lead there. A mapped one has the
 * form of an IPv4 address already.
 */
static __always_inline int is_reserved(const struct config *c, const u8 *address)
{
	const u32 *words = (const u32 *)address;
	u8 carried[16];

	if (is_in_reserved(c, address))
		return 1;
	if (words[0] == bpf_htonl(0x0064ff9b) && !words[1] && !words[2])
		mapped_address(carried, words[3]);
	else if (*(const be16 *)address == bpf_htons(0x2002))
		mapped_address(carried, *(const be16 *)(address + 2) | (u32) * (const be16 *)(address + 4) << 16);
	else
		return 0;
	return is_in_reserved(c, carried);
}

/* Writes every identity of the question to one address. */
static __always_inline u32 learn_address(struct scratch *s, const struct config *c, const struct found_address *a)
{
	struct lesson *lesson = &s->lesson;
	u64 expires = expiry(lesson, a->ttl);
	struct learned *l;
	u32 reason = NW_LEARN_REFRESHED;
	u32 busy;

	s->learned_key.endpoint = lesson->endpoint;
	__builtin_memcpy(s->learned_key.address, a->address, 16);
	l = learned_live(&s->learned_key, &busy);
	if (unlikely(!l)) {
		if (is_reserved(c, a->address))
			return NW_ANSWER_RESERVED_ADDRESS;
		if (busy) {
			struct wait_context wait = { .busy = 1 };

			bpf_loop(CLAIM_SPINS, wait_step, &wait, 0);
			if (wait.busy)
				return NW_LEARN_CLAIMED;
		}
		reason = learned_insert(s, expires);
		if (!reason)
			return NW_LEARN_NEW;
		if (reason != NW_LEARN_CLAIMED)
			return reason;
		l = learned_live(&s->learned_key, &busy);
		if (!l)
			return NW_LEARN_CLAIMED;
		reason = NW_LEARN_REFRESHED;
	}
	for (u32 i = 0; i < NW_IDENTITIES_PER_NAME; i++) {
		if (i >= lesson->handle_count)
			break;
		if (learned_put(l, lesson->handles[i], expires, lesson->time, lesson->name_hash))
			reason = NW_LEARN_IDENTITIES;
	}
	return reason;
}

__noinline int learn_one(u32 index)
{
	const struct config *c = config_get();
	struct scratch *s = scratch_get();

	if (!s || !c)
		return 1;
	count(learn_address(s, c, &s->addresses[index & (NW_ADDRESSES_PER_MESSAGE - 1)]));
	return 0;
}

static long learn_step(u32 index, void *context)
{
	learn_one(index);
	return 0;
}

/*
 * The name, from the packet: it is the question's, or its beginning, and stays so, while the pending query's
 * element may be another question's by now.
 */
static __always_inline void record_name(struct __sk_buff *skb, struct recent_answer *r, u32 length, u32 question)
{
	u32 last = length - 1;

	r->name_length = 0;
	/* Linux 6.1 learns from a check that this is small, not from length != 0 that length is not 0. */
	barrier_var(last);
	if (last > 254 || bpf_skb_load_bytes(skb, question, r->name, last + 1))
		return;
	r->name_length = length;
	r->name[last & 0xff] = 0;
	for (u32 i = 0; i < 256; i += 8) {
		if (i >= length)
			break;
		*(u64 *)(r->name + i) = name_fold(*(u64 *)(r->name + i));
	}
}

/* The record of a name: the one it has, else that of its set which nobody has or nobody has asked for the longest. */
static __always_inline struct recent_answer *answer_record(const struct lesson *lesson)
{
	u32 first = (u32)lesson->name_hash & answer_mask & ~(NW_ANSWER_WAYS - 1);
	struct recent_answer *oldest = (void *)0;
	u32 age = 0;

	for (u32 way = 0; way < NW_ANSWER_WAYS && way <= answer_mask; way++) {
		u32 slot = (lesson->endpoint & endpoint_mask) * (answer_mask + 1) + first + way;
		struct recent_answer *r = bpf_map_lookup_elem(&answers, &slot);
		u32 written;

		if (!r)
			break;
		if (r->name_hash == lesson->name_hash && r->endpoint == lesson->endpoint)
			return r;
		written = r->endpoint == lesson->endpoint ? r->written : 0;
		if (!oldest || written < age) {
			oldest = r;
			age = written;
		}
	}
	return oldest;
}

/* Keeps the name's latest addresses, for every pod, selected or not. question: offset of the name in the frame. */
static __always_inline void record_answer(struct __sk_buff *skb, struct scratch *s, u32 question)
{
	struct lesson *lesson = &s->lesson;
	struct recent_answer *r = answer_record(lesson);
	u32 sequence, at;

	if (!r)
		return;
	sequence = READ_ONCE(r->sequence);
	if ((sequence & 1) || __sync_val_compare_and_swap(&r->sequence, sequence, sequence + 1) != sequence) {
		count(NW_LEARN_RECORD_BUSY);
		return;
	}
	if (r->name_hash != lesson->name_hash || r->endpoint != lesson->endpoint) {
		r->name_hash = lesson->name_hash;
		r->endpoint = lesson->endpoint;
		r->count = 0;
		r->cursor = 0;
		record_name(skb, r, lesson->name_length, question);
	}
	r->written = lesson->time >> NW_WRITTEN_SHIFT;
	at = r->cursor;
	/* The same answer again, the common case, takes the places it had. */
	if (at >= s->address_count && r->count >= s->address_count &&
	    same_address(r->addresses[(at - s->address_count) & (NW_ADDRESSES_PER_ANSWER - 1)],
			 s->addresses[0].address))
		at -= s->address_count;
	for (u32 i = 0; i < NW_ADDRESSES_PER_ANSWER; i++) {
		u32 place = (at + i) & (NW_ADDRESSES_PER_ANSWER - 1);

		if (i >= s->address_count)
			break;
		__builtin_memcpy(r->addresses[place], s->addresses[i].address, 16);
		r->expires[place] = expiry(lesson, s->addresses[i].ttl);
	}
	at += s->address_count;
	if (at > r->count)
		r->count = at < NW_ADDRESSES_PER_ANSWER ? at : NW_ADDRESSES_PER_ANSWER;
	r->cursor = at & (NW_ADDRESSES_PER_ANSWER - 1);
	__sync_fetch_and_add(&r->sequence, 1);
}

/* Teaches s->addresses to the pod. Returns how many entries are new. */
static __always_inline u32 learn(struct __sk_buff *skb, struct scratch *s, const struct config *c, u32 question)
{
	struct lesson *lesson = &s->lesson;
	struct usage *u = usage_get(lesson->endpoint);

	record_answer(skb, s, question);
	if (!lesson->handle_count || !u)
		return 0;
	/* Room is set aside before the first write; what was not needed is given back. */
	lesson->created = 0;
	lesson->reserved_places = s->address_count;
	if (__sync_fetch_and_add(&u->learned, s->address_count) + s->address_count > c->quota_learned) {
		__sync_fetch_and_add(&u->learned, -s->address_count);
		lesson->reserved_places = 0;
	}
	if (likely(s->address_count == 1))
		learn_one(0);
	else
		bpf_loop(s->address_count, learn_step, (void *)0, 0);
	if (lesson->created < lesson->reserved_places)
		__sync_fetch_and_add(&u->learned, lesson->created - lesson->reserved_places);
	return lesson->created;
}
