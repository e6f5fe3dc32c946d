#pragma once
#include <stddef.h>
#include "netlink.h"
#include "protocol.h"
/*
 * What rtnetlink lists of the current network namespace. All return a negative errno on failure.
 */

/* At most LINKS_MAX, eth0 first, without those that only lead to other links of the namespace; 1 when there are more. */
int links_list(struct link *to, size_t *count);

/*
 * The link `index` of the current network namespace, where it is a veth whose other end is `peer` in the namespace at a path;
 * 1 where it is not. The kernel's number of that namespace is compared: a pod chooses the numbers of its links itself.
 */
int far_end(const char *netns, u32 index, u32 peer, struct link *to);

/* Bits of the addresses that the namespace has. */
int addresses_held(const u8 (*addresses)[16], u32 count);

/* At most CHAIN_MAX filters with a program, in the order they run. */
int filters_list(u32 ifindex, enum filter_side side, struct entry *to, size_t *count);

/* 1 where the interface has a clsact qdisc, else 0. */
int qdisc_find(u32 ifindex);
