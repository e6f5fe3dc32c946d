/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "config.h"
#include "flow.h"
#include "ranges.h"

/* Is the far end a trusted resolver? One bit of config settles it for most ports. */
static __always_inline int is_resolver(const struct config *c, const struct flow_key *flow)
{
	u32 port = bpf_ntohs(flow->remote_port) & 255;
	struct resolver_key key = { .port = flow->remote_port, .protocol = flow->protocol };

	if (likely(!(c->resolver_ports[port >> 6] >> (port & 63) & 1)))
		return 0;
	__builtin_memcpy(key.address, flow->remote, 16);
	return bpf_map_lookup_elem(&resolvers, &key) != (void *)0;
}
