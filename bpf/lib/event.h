/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "abi.h"
#include "config.h"
#include "flow.h"
#include "pending.h"
#include "reasons.h"
/* What happened, for whoever listens. Refusals always; what passed only with config.listeners. */
enum nw_event_kind {
	NW_EVENT_QUERY = 1,
	NW_EVENT_ANSWER = 2,
	NW_EVENT_CONNECTION = 3,
	NW_EVENT_INBOUND = 4,
};
const enum nw_event_kind *nw_event_kind_btf __attribute__((unused));

enum nw_event_flag { NW_EVENT_REFUSED = 1, NW_EVENT_AUDIT = 2 };
const enum nw_event_flag *nw_event_flag_btf __attribute__((unused));

/* On the ring it is cut behind the name: 80 + name_length octets. */
struct event {
	u64 time; /* now() */
	u32 endpoint;
	u32 ruleset;
	u32 handle; /* identity that decided; 0 = none */
	u16 reason; /* enum nw_reason */
	u8 kind; /* enum nw_event_kind */
	u8 flags; /* enum nw_event_flag */
	u8 remote[16]; /* resolver or destination */
	u8 local[16];
	be16 remote_port;
	be16 local_port;
	u8 protocol;
	u8 name_length; /* wire octets; 0 = no name */
	be16 qtype;
	u16 precedence;
	u16 count; /* answers: addresses */
	u32 rcode;
	u64 name_hash; /* connections: the recent answer behind the address; 0 = none */
	u8 name[256];
};
const struct event *event_btf __attribute__((unused));

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} events SEC(".maps");

enum { NW_EVENT_HEADER = 80, EVENT_PACE = 10000000 /* nanoseconds */ };

/* Clears e but for its name and fills in where the packet comes from and goes to. */
static __always_inline void event_begin(struct event *e, u8 kind, u64 time, u32 ruleset, const struct flow_key *key)
{
	__builtin_memset(e, 0, NW_EVENT_HEADER);
	e->kind = kind;
	e->time = time;
	e->ruleset = ruleset;
	e->endpoint = key->endpoint;
	__builtin_memcpy(e->remote, key->remote, 16);
	__builtin_memcpy(e->local, key->local, 16);
	e->remote_port = key->remote_port;
	e->local_port = key->local_port;
	e->protocol = key->protocol;
}

/* Copies a folded wire name. */
static __always_inline void event_name(struct event *e, const u8 *name, u32 length)
{
	e->name_length = length;
	name_copy(e->name, name, length);
}

/*
 * Waking the reader costs more than the packet: a CPU wakes it once in EVENT_PACE at most, and the reader looks
 * again by itself a little later (packages/datapath/src/events.ts). woken: when this CPU last did.
 */
static __always_inline void event_send(struct event *e, u64 *woken)
{
	u32 size = NW_EVENT_HEADER + e->name_length;
	u64 flags = BPF_RB_NO_WAKEUP;

	if (e->time - *woken >= EVENT_PACE) {
		*woken = e->time;
		flags = BPF_RB_FORCE_WAKEUP;
	}
	if (bpf_ringbuf_output(&events, e, size, flags))
		count(NW_EVENT_LOST);
}
