/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "abi.h"
/* The kernel timer that removes what has expired; it fires with no process of ours left. */
struct sweeper {
	struct bpf_timer timer;
	u64 runs;
	u64 last; /* now() of the last run */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct sweeper);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} sweeper SEC(".maps");
