/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "config.h"
#include "flow.h"
#include "ranges.h"

/* Does a trusted resolver listen there? One bit of config settles it for most ports. */
static __always_inline int resolver_at(const struct config *c, const u8 *address, be16 at, u8 protocol)
{
	u32 port = bpf_ntohs(at) & 255;
	struct resolver_key key = { .port = at, .protocol = protocol };

	if (likely(!(c->resolver_ports[port >> 6] >> (port & 63) & 1)))
		return 0;
	__builtin_memcpy(key.address, address, 16);
	return bpf_map_lookup_elem(&resolvers, &key) != (void *)0;
}

/* Is the far end a trusted resolver? */
static __always_inline int is_resolver(const struct config *c, const struct flow_key *flow)
{
	return resolver_at(c, flow->remote, flow->remote_port, flow->protocol);
}

/*
 * Does the pod claim to be one? A node without a strict reverse-path filter would route such an answer
 * back to the pod, where it teaches what the pod likes. Pods behind a resolver are never selected.
 */
static __always_inline int poses_as_resolver(const struct config *c, const struct flow_key *flow)
{
	return resolver_at(c, flow->local, flow->local_port, flow->protocol);
}
