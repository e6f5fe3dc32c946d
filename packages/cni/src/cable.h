#pragma once
#include "failure.h"

/* The two ends of a pod's cable. */
struct cable {
	u32 host_ifindex;
	u32 pod_ifindex;
	u64 netns_cookie;
};

/* Moves this process into a network namespace, and back: returns a descriptor of the one before, or a negative errno. */
int netns_enter(const char *path);
void netns_leave(int before);

/* Of the current network namespace; 0 where the kernel does not say. */
u64 netns_cookie(void);

/* FAILURE_UNSUPPORTED where the interface is no veth whose other end is in this network namespace. */
int cable_find(const char *netns, const char *ifname, struct cable *cable, struct failure *f);
