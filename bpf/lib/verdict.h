/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "config.h"
#include "learned.h"
#include "packet.h"
#include "ranges.h"
#include "reasons.h"
#include "ruleset.h"
/*
 * What a ruleset says of one destination. Rows are sets: of all that fit, the smallest rank decides, and
 * a deny ranks before an allow of its precedence. Audited rows take part in a second decision alone.
 */
enum { RANK_NONE = NW_PRECEDENCE_NONE * 2 + 1 };

struct decision {
	u64 name_hash; /* of the recent answer behind the last identity met; 0 = none */
	u32 rank; /* precedence * 2, + 1 for an allow; RANK_NONE = no row fits */
	u32 audit_rank; /* the same, audited rows counted in */
	u32 handle; /* identity whose row decided; 0 = a CIDR's or none */
	u32 candidate; /* identity whose rows are being applied */
	u16 allowed; /* a row allows the address, be it for other ports: told apart from an unknown one */
	be16 port;
	u8 protocol;
	u8 expired; /* the address was learned, but too long ago */
	u8 reserved[6];
};

/* Applies one rule's rows. r may be NULL: nothing. A function of its own keeps the verifier's states few. */
__noinline int apply_rule(const struct rule *r, struct decision *d)
{
	u32 port;

	if (!r || !d)
		return 0;
	port = bpf_ntohs(d->port);
	for (u32 i = 0; i < NW_ROWS_PER_RULE; i++) {
		const struct row *row = &r->rows[i];
		u32 rank = row->precedence * 2 + !(row->flags & NW_ROW_DENY);

		if (i >= r->count)
			break;
		if (!(row->flags & (NW_ROW_DENY | NW_ROW_AUDIT)))
			d->allowed = 1;
		if (row->protocol && row->protocol != d->protocol)
			continue;
		if (port < row->port_first || port > row->port_last)
			continue;
		if (rank < d->audit_rank)
			d->audit_rank = rank;
		if (rank < d->rank && !(row->flags & NW_ROW_AUDIT)) {
			d->rank = rank;
			d->handle = d->candidate;
		}
	}
	return 0;
}

/* Every rule of every live identity that this pod learned for the address. */
static __always_inline void apply_learned(const struct flow_key *key, u32 ruleset, u64 time, struct decision *d)
{
	struct learned_key at;
	struct learned *l;

	learned_key(&at, key);
	l = bpf_map_lookup_elem(&learned, &at);
	if (!l)
		return;
	for (int i = 0; i < NW_IDENTITIES_PER_ADDRESS; i++) {
		struct rule_key id = { .ruleset = ruleset, .handle = READ_ONCE(l->handles[i]) };
		struct rule *r;

		if (!id.handle)
			continue;
		if (READ_ONCE(l->expires[i]) <= time) {
			d->expired = 1;
			d->name_hash = l->names[i];
			continue;
		}
		r = bpf_map_lookup_elem(&rules, &id);
		if (!r)
			continue;
		d->candidate = id.handle;
		d->name_hash = l->names[i];
		apply_rule(r, d);
	}
	l->used = time;
}

/* The rules of one identity, whatever the pod knows of the address now. */
static __always_inline void apply_identity(u32 ruleset, u32 handle, struct decision *d)
{
	struct rule_key id = { .ruleset = ruleset, .handle = handle };

	d->candidate = handle;
	apply_rule(bpf_map_lookup_elem(&rules, &id), d);
}

static __always_inline u32 range_flags(const u8 address[16])
{
	struct range_key key = { .prefix_length = 128 };
	u32 *flags;

	__builtin_memcpy(key.address, address, 16);
	flags = bpf_map_lookup_elem(&ranges, &key);
	return flags ? *flags : 0;
}

static __always_inline int is_left_alone(u32 range)
{
	return (range & (NW_RANGE_CLUSTER | NW_RANGE_API_SERVER)) && !(range & NW_RANGE_METADATA);
}

/* Collects what the ruleset's rows say. *d must be zero. */
static __always_inline void decide(const struct flow_key *key, u32 ruleset, u64 time, struct decision *d)
{
	struct cidr_key at = { .prefix_length = 160, .ruleset = ruleset };

	d->rank = RANK_NONE;
	d->audit_rank = RANK_NONE;
	d->protocol = key->protocol;
	d->port = key->remote_port;
	__builtin_memcpy(at.address, key->remote, 16);
	apply_rule(bpf_map_lookup_elem(&cidrs, &at), d);
	apply_learned(key, ruleset, time, d);
}

/* The reason of a decision: NW_PASS_… or NW_DENY_…. isolated: what no row decides is denied. */
static __always_inline u32 reason_of(const struct decision *d, u32 rank, int isolated, u32 range)
{
	if (rank != RANK_NONE && (rank & 1))
		return d->handle ? NW_PASS_NAME : NW_PASS_CIDR;
	if (rank != RANK_NONE)
		return d->handle ? NW_DENY_NAME : NW_DENY_CIDR;
	if (is_left_alone(range))
		return NW_PASS_RANGE;
	if (!isolated)
		return NW_PASS_NOT_ISOLATED;
	if (d->allowed)
		return NW_DENY_PORT;
	return d->expired ? NW_DENY_EXPIRED : NW_DENY_UNKNOWN;
}

static __always_inline int is_denial(u32 reason)
{
	return reason >= NW_DENY_CIDR && reason <= NW_DENY_POSES_AS_RESOLVER;
}
