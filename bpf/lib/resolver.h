/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "config.h"
#include "flow.h"
#include "ranges.h"

/* What a trusted resolver does there: an enum nw_resolver. One bit of config settles it for most ports. */
static __always_inline u32 resolver_at(const struct config *c, const u8 *address, be16 at, u8 protocol)
{
	u32 port = bpf_ntohs(at) & 255;
	struct resolver_key key = { .port = at, .protocol = protocol };
	u32 *kind;

	if (likely(!(c->resolver_ports[port >> 6] >> (port & 63) & 1)))
		return NW_RESOLVER_NONE;
	__builtin_memcpy(key.address, address, 16);
	kind = bpf_map_lookup_elem(&resolvers, &key);
	return kind ? *kind : NW_RESOLVER_NONE;
}

/* What a trusted resolver does at the far end. */
static __always_inline u32 far_resolver(const struct config *c, const struct flow_key *flow)
{
	return resolver_at(c, flow->remote, flow->remote_port, flow->protocol);
}

/*
 * Does the pod claim to be one? A node without a strict reverse-path filter would route such an answer
 * back to the pod, or to another, where it teaches what the pod likes. Pods behind a resolver are never selected.
 */
static __always_inline int poses_as_resolver(const struct config *c, const struct flow_key *flow)
{
	return resolver_at(c, flow->local, flow->local_port, flow->protocol) != NW_RESOLVER_NONE;
}
