#pragma once
#include "message.h"
/*
 * Links and clsact filters of the current network namespace, by rtnetlink. All return a negative errno on failure.
 */

/* 64 octets, the same on every machine: packages/privileged sends it. */
struct link_facts {
	u64 received,
		sent; /* packets, as the kernel counts them: bpf_redirect_peer adds to `received` alone (Linux 6.7) */
	u32 index;
	u32 peer; /* the other end's index, in its own namespace; 0 = none */
	u32 elsewhere; /* 1: that is another namespace */
	char kind[16]; /* "veth", "macvlan", ...; empty for a device of hardware, or loopback */
	char name[16];
	u32 reserved;
};

/* What an RTM_NEWLINK says. */
struct link_facts link_read(const struct nlmsghdr *message);

/* By name where it is not NULL, else by index. */
int link_find(const char *name, u32 index, struct link_facts *facts);

/*
 * The link `index`, where it is a veth whose other end is `peer` in the namespace at a path; 1 where it is not. The
 * kernel's number of that namespace is compared: whoever is in it chooses the numbers of its links.
 */
int link_far_end(const char *netns, u32 index, u32 peer, struct link_facts *facts);

enum filter_side { FILTER_INGRESS = 0xfff2, FILTER_EGRESS = 0xfff3 };

/* Makes the clsact qdisc; -EEXIST where it is there. */
int qdisc_make(u32 ifindex);
int qdisc_delete(u32 ifindex);

/* Our place in a clsact chain, as packages/datapath/src/hooks/clsact.ts has it: this handle, priority 1. */
enum { FILTER_HANDLE = 0x4e57 };
/* -EEXIST: somebody has that handle, and it is not to be replaced. */
int filter_set(u32 ifindex, enum filter_side side, u32 handle, int program, const char *name, bool replace);
int filter_delete(u32 ifindex, enum filter_side side, u32 handle);
/* The program at this place; 0 = nobody has it. */
int filter_query(u32 ifindex, enum filter_side side, u32 handle, u32 *program_id);
/* Filters on both sides, whoever's, or a negative errno. */
int filter_count(u32 ifindex);
