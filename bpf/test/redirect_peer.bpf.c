/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include "../lib/abi.h"
/*
 * As network plugins with host routing do: what comes in for the pod goes straight to its end of the cable, past the
 * host's end. For the ingress of the node's uplink.
 */
char _license[] SEC("license") = "Dual BSD/GPL";

#define ETH_P_IPV4 0x0800
#define ETHERNET_HEADER 14
#define IPV4_DESTINATION 16

struct peer {
	u32 ifindex; /* of the host's end */
	be32 address;
	u8 mac[6]; /* of the pod's end */
	u8 unused[2];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct peer);
} redirect_to SEC(".maps");

SEC("tc")
int redirect(struct __sk_buff *skb)
{
	u32 zero = 0;
	struct peer *peer = bpf_map_lookup_elem(&redirect_to, &zero);
	be32 destination;

	if (!peer || !peer->ifindex || skb->protocol != bpf_htons(ETH_P_IPV4) ||
	    bpf_skb_load_bytes(skb, ETHERNET_HEADER + IPV4_DESTINATION, &destination, sizeof(destination)) ||
	    destination != peer->address || bpf_skb_store_bytes(skb, 0, peer->mac, sizeof(peer->mac), 0))
		return TC_ACT_UNSPEC;
	return bpf_redirect_peer(peer->ifindex, 0);
}
