#pragma once
#include <stddef.h>
#include "netlink.h"
#include "protocol.h"
/*
 * What rtnetlink lists of the current network namespace. All return a negative errno on failure.
 */

/* At most LINKS_MAX, eth0 first, without those that only lead to other links of the namespace; 1 when there are more. */
int links_list(struct link_facts *to, size_t *count);

/* Bits of the addresses that the namespace has. */
int addresses_held(const u8 (*addresses)[16], u32 count);

/* At most CHAIN_MAX filters with a program, in the order they run. */
int filters_list(u32 ifindex, enum filter_side side, struct entry *to, size_t *count);

/* 1 where the interface has a clsact qdisc, else 0. */
int qdisc_find(u32 ifindex);
