/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "learn.h"
/*
 * What user space teaches: an address of a recent answer that a new ruleset selects. Done by a program,
 * run by test-run, so that it counts against the quota and meets answers and the sweeper as an answer does.
 * It uses no scratch: a packet may interrupt it.
 */
struct backfill {
	u32 endpoint;
	u32 handle;
	u64 expires; /* now() */
	u64 name_hash;
	u8 address[16];
};
const struct backfill *backfill_btf __attribute__((unused));

/* A new entry that holds one identity. Returns NW_LEARN_NEW, _QUOTA, _FULL, or _CLAIMED: another was first. */
static __always_inline int backfill_insert(const struct config *c, const struct learned_key *key,
					   const struct backfill *b)
{
	struct usage *u = usage_get(key->endpoint);
	struct learned fresh = {};
	int error;

	if (!u || !quota_take(&u->learned, c->quota_learned))
		return NW_LEARN_QUOTA;
	fresh.handles[0] = b->handle;
	fresh.expires[0] = b->expires;
	fresh.names[0] = b->name_hash;
	error = bpf_map_update_elem(&learned, key, &fresh, BPF_NOEXIST);
	if (!error)
		return NW_LEARN_NEW;
	quota_release(&u->learned);
	return error == -EEXIST ? NW_LEARN_CLAIMED : NW_LEARN_FULL;
}

/* Returns an enum nw_reason; NW_LEARN_CLAIMED: the entry is just changing hands, ask again. */
static __always_inline int backfill_learn(const struct backfill *b)
{
	const struct config *c = config_get();
	struct learned_key key = {};
	struct learned *l;
	u32 busy;

	if (!c || !endpoint_get(b->endpoint) || !b->handle)
		return NW_REASON_NONE;
	if (is_reserved(c, b->address))
		return NW_ANSWER_RESERVED_ADDRESS;
	key.endpoint = b->endpoint;
	__builtin_memcpy(key.address, b->address, 16);
	l = learned_live(&key, &busy);
	if (busy)
		return NW_LEARN_CLAIMED;
	if (!l)
		return backfill_insert(c, &key, b);
	return learned_put(l, b->handle, b->expires, now(c), b->name_hash) ? NW_LEARN_IDENTITIES : NW_LEARN_REFRESHED;
}
