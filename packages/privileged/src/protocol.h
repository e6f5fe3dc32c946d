#pragma once
#include "netlink.h"
/*
 * What the agent asks over a socket of whole messages (SOCK_SEQPACKET), one at a time: a request, at most one
 * descriptor with it, and a reply, at most one descriptor with it. Both ends are of one build, on one machine.
 * packages/privileged/src/operations.ts has the same.
 */
enum operation {
	HELD = 1, /* u64 of this process's effective capabilities */
	COOKIE = 2, /* u64 of a namespace */
	LINKS = 3, /* struct link_facts of each that may lead out, eth0 first; the result is 1 when there may be more */
	ADDRESSES = 4, /* the result has bit i set where the namespace has addresses[i] */
	TCX_QUERY = 5, /* struct entry of a chain, in the order it runs */
	TCX_ATTACH = 6, /* of the program that comes with it, at the head; a link comes back */
	FILTER_QUERY = 7, /* the result is the id of the program of a handle */
	FILTER_SET = 8, /* of the program that comes with it; id 1: replaces what has the handle */
	FILTER_DELETE = 9,
	FILTERS = 10, /* struct entry of chain 0, in the order it runs: program and handle */
	FILTER_COUNT = 11, /* the result is how many there are on both sides, whoever's */
	QDISC_QUERY = 12, /* the result is 1 where there is a clsact */
	QDISC_DELETE = 13,
	PROGRAM_NAME = 14, /* 16 octets, of any program's id */
	INNER_MAP = 15, /* what stands at 0 of the map of maps that comes with it comes back */
	MOUNT_BPFFS = 16, /* at /sys/fs/bpf, where none is */
	/* struct link_facts in our own namespace: the other end of the namespace's veth `ifindex`, if `id` is that; else 1 */
	FAR_END = 17,
	/* struct cable_counts, where `ifindex` in the namespace and `id` in our own are the ends of one veth; else 1 */
	CABLE_COUNTS = 18,
};

enum { ADDRESSES_MAX = 4, NETNS_MAX = 160, LINKS_MAX = 1024, CHAIN_MAX = 64 };

/* 256 octets. */
struct request {
	u32 number; /* the reply has it too */
	u32 operation;
	u32 ifindex;
	u32 egress; /* 0 or 1 */
	u32 handle;
	u32 id;
	u32 addresses_count;
	u32 reserved;
	u8 addresses[ADDRESSES_MAX][16]; /* IPv4 as ::ffff:a.b.c.d */
	char netns[NETNS_MAX]; /* a path; operations 2 to 13 are done there */
};

/* Packets. */
struct cable_counts {
	u64 received; /* by the end in the namespace, before */
	u64 sent; /* by ours, after that was read */
	u64 received_after;
};

struct reply {
	u32 number;
	s32 result; /* a negative errno, or what the operation says */
};

struct entry {
	u32 program_id;
	u32 id; /* of a link, or a filter's handle */
};
