/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include "../lib/abi.h"
/* Another one's program on a pod's cable: counts what it sees, and ends the chain with "pass". */
char _license[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} neighbour_seen SEC(".maps");

SEC("tc")
int neighbour(struct __sk_buff *skb)
{
	u32 zero = 0;
	u64 *seen = bpf_map_lookup_elem(&neighbour_seen, &zero);

	if (seen)
		__sync_fetch_and_add(seen, 1);
	return TC_ACT_OK;
}
