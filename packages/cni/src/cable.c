#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "cable.h"
#include "netlink.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

int netns_enter(const char *path)
{
	int before = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int there, error = 0;

	if (before < 0)
		return -errno;
	/* Whatever stands there: never waited for, never the controlling terminal. */
	there = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (there < 0 || setns(there, CLONE_NEWNET))
		error = -errno;
	if (there >= 0)
		close(there);
	if (!error)
		return before;
	close(before);
	return error;
}

void netns_leave(int before)
{
	/* What follows would be done to the pod's interfaces: nothing may. */
	if (setns(before, CLONE_NEWNET))
		abort();
	close(before);
}

u64 netns_cookie(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	u64 cookie = 0;
	socklen_t length = sizeof(cookie);

	if (fd < 0)
		return 0;
	if (getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &length))
		cookie = 0;
	close(fd);
	return cookie;
}

int cable_find(const char *netns, const char *ifname, struct cable *cable, struct failure *f)
{
	struct link_facts pod, host;
	int before = netns_enter(netns);
	int error;

	if (before < 0)
		return fail(f, FAILURE_ATTACH, -before, "cannot enter the network namespace %s", netns);
	error = link_find(ifname, 0, &pod);
	cable->netns_cookie = netns_cookie();
	netns_leave(before);
	if (error)
		return fail(f, FAILURE_ATTACH, -error, "no interface %s in %s", ifname, netns);
	if (strcmp(pod.kind, "veth") || !pod.elsewhere)
		return fail(f, FAILURE_UNSUPPORTED, 0, "%s in %s is %s: only pods on a veth cable can be policed",
			    ifname, netns, pod.kind[0] ? pod.kind : "no virtual interface");
	if (link_far_end(netns, pod.peer, pod.index, &host))
		return fail(f, FAILURE_UNSUPPORTED, 0,
			    "the other end of %s in %s (interface %u) is not in the runtime's network namespace",
			    ifname, netns, pod.peer);
	cable->host_ifindex = host.index;
	cable->pod_ifindex = pod.index;
	return 0;
}
