/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "abi.h"
/*
 * What the trampolines jump to. A trampoline puts its endpoint's number into skb->cb[0], tail-calls its
 * direction's slot, then its fallback's slot, then passes the packet on (TC_ACT_UNSPEC).
 */
enum nw_program {
	NW_PROGRAM_POD_OUT = 0,
	NW_PROGRAM_POD_IN = 1,
	NW_PROGRAM_FALLBACK_OUT = 2,
	NW_PROGRAM_FALLBACK_IN = 3,
	NW_PROGRAM_ANSWER = 4,
	NW_PROGRAM_QUERY = 5,
	NW_PROGRAM_STREAM_OUT = 6,
	NW_PROGRAM_STREAM_IN = 7,
	NW_PROGRAMS = 16,
};
const enum nw_program *nw_program_btf __attribute__((unused));

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, NW_PROGRAMS);
	__type(key, u32);
	__type(value, u32);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} programs SEC(".maps");
