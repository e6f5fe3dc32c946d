/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "endpoint.h"
/*
 * Whose socket it is: a network namespace's cookie to the endpoint whose namespace it is. Written by the agent.
 * Namespaces that a pod makes for itself have other cookies, and so have the node's own processes.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, u64);
	__type(value, u32);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} netns SEC(".maps");
