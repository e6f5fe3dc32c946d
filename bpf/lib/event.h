/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "abi.h"
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
