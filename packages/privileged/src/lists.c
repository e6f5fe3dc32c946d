#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/if_arp.h>
#include <linux/net_namespace.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "lists.h"
#include "message.h"

/* A pod may have any number of links, and they are looked at every second. */
enum { ENOUGH = 1, SEEN_MAX = 4096 };

struct links {
	struct link *to;
	size_t count;
	size_t seen; /* listed or not */
};

static bool is_listed(const struct links *links, u32 index)
{
	return links->count && links->to[0].index == index;
}

static struct link link_of(const struct nlmsghdr *h)
{
	const struct ifinfomsg *message = NLMSG_DATA(h);
	int length = IFLA_PAYLOAD(h);
	const struct rtattr *info = attribute_find(IFLA_RTA(message), length, IFLA_LINKINFO);
	struct link link = {
		.index = message->ifi_index,
		.peer = attribute_number(attribute_find(IFLA_RTA(message), length, IFLA_LINK)),
		.elsewhere = attribute_find(IFLA_RTA(message), length, IFLA_LINK_NETNSID) != NULL,
	};

	attribute_text(attribute_find(IFLA_RTA(message), length, IFLA_IFNAME), link.name);
	if (info)
		attribute_text(attribute_find(RTA_DATA(info), RTA_PAYLOAD(info), IFLA_INFO_KIND), link.kind);
	return link;
}

static int read_one(const struct nlmsghdr *h, void *context)
{
	const struct ifinfomsg *message = NLMSG_DATA(h);
	struct links *links = context;
	struct link link;

	if (++links->seen > SEEN_MAX)
		return ENOUGH;
	if (h->nlmsg_type != RTM_NEWLINK || message->ifi_type == ARPHRD_LOOPBACK)
		return 0;
	link = link_of(h);
	if (is_listed(links, link.index) || (link.kind[0] && !link.elsewhere))
		return 0;
	if (links->count == LINKS_MAX)
		return ENOUGH;
	links->to[links->count++] = link;
	return 0;
}

int links_list(struct link *to, size_t *count)
{
	struct links links = { .to = to };
	struct message m;
	int result;

	message_begin(&m, RTM_GETLINK, NLM_F_ACK, sizeof(m.link));
	message_add(&m, IFLA_IFNAME, "eth0", sizeof("eth0"));
	result = message_ask(&m, read_one, &links);
	if (result && result != -ENODEV)
		return result;
	message_begin(&m, RTM_GETLINK, NLM_F_DUMP, sizeof(m.link));
	result = message_ask(&m, read_one, &links);
	*count = links.count;
	return result;
}

struct far {
	struct link link;
	s32 netns; /* the number of the other end's namespace in this one; -1: it has none */
};

static int read_far(const struct nlmsghdr *h, void *context)
{
	const struct ifinfomsg *message = NLMSG_DATA(h);
	const struct rtattr *netns = attribute_find(IFLA_RTA(message), IFLA_PAYLOAD(h), IFLA_LINK_NETNSID);
	struct far *far = context;

	if (h->nlmsg_type != RTM_NEWLINK)
		return 0;
	far->link = link_of(h);
	far->netns = netns ? (s32)attribute_number(netns) : -1;
	return 0;
}

static int read_netns(const struct nlmsghdr *h, void *context)
{
	const struct rtattr *first = (const void *)((const u8 *)NLMSG_DATA(h) + NLMSG_ALIGN(sizeof(struct rtgenmsg)));
	int length = NLMSG_PAYLOAD(h, sizeof(struct rtgenmsg));

	if (h->nlmsg_type == RTM_NEWNSID)
		*(s32 *)context = attribute_number(attribute_find(first, length, NETNSA_NSID));
	return 0;
}

/* The number that a namespace has in this one, or a negative errno. */
static int number_of(const char *netns)
{
	int fd = open(netns, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	s32 number = -1;
	struct message m;
	int error;

	if (fd < 0)
		return -errno;
	message_begin(&m, RTM_GETNSID, NLM_F_ACK, sizeof(struct rtgenmsg));
	message_add(&m, NETNSA_FD, &fd, sizeof(fd));
	error = message_ask(&m, read_netns, &number);
	close(fd);
	if (error)
		return error;
	return number < 0 ? -ESRCH : number;
}

int far_end(const char *netns, u32 index, u32 peer, struct link *to)
{
	struct far far = {};
	struct message m;
	int error, number;

	message_begin(&m, RTM_GETLINK, NLM_F_ACK, sizeof(m.link));
	m.link.ifi_index = index;
	error = message_ask(&m, read_far, &far);
	if (error == -ENODEV)
		return 1;
	if (error)
		return error;
	/* It has one since the answer above named it. */
	number = number_of(netns);
	if (number < 0 && number != -ESRCH)
		return number;
	*to = far.link;
	return strcmp(far.link.kind, "veth") || far.link.peer != peer || far.netns < 0 || far.netns != number;
}

struct addresses {
	const u8 (*wanted)[16];
	u32 count, held;
};

static int read_address(const struct nlmsghdr *h, void *context)
{
	const struct ifaddrmsg *message = NLMSG_DATA(h);
	int length = IFA_PAYLOAD(h);
	struct addresses *addresses = context;
	const struct rtattr *local;
	u8 octets[16] = { [10] = 0xff, [11] = 0xff };

	if (h->nlmsg_type != RTM_NEWADDR)
		return 0;
	local = attribute_find(IFA_RTA(message), length, IFA_LOCAL);
	if (!local)
		local = attribute_find(IFA_RTA(message), length, IFA_ADDRESS);
	if (local && message->ifa_family == AF_INET && RTA_PAYLOAD(local) == 4)
		memcpy(octets + 12, RTA_DATA(local), 4);
	else if (local && message->ifa_family == AF_INET6 && RTA_PAYLOAD(local) == 16)
		memcpy(octets, RTA_DATA(local), 16);
	else
		return 0;
	for (u32 i = 0; i < addresses->count; i++)
		if (!memcmp(addresses->wanted[i], octets, sizeof(octets)))
			addresses->held |= 1u << i;
	return addresses->held == (1u << addresses->count) - 1 ? ENOUGH : 0;
}

int addresses_held(const u8 (*wanted)[16], u32 count)
{
	struct addresses addresses = { wanted, count, 0 };
	struct message m;
	int result;

	message_begin(&m, RTM_GETADDR, NLM_F_DUMP, sizeof(m.address));
	result = message_ask(&m, read_address, &addresses);
	return result < 0 ? result : (int)addresses.held;
}

struct filters {
	struct entry *to;
	size_t count;
};

/* Other chains are only reached from this one. */
static bool is_elsewhere(const struct tcmsg *tc, int length)
{
	return attribute_number(attribute_find(TCA_RTA(tc), length, TCA_CHAIN)) != 0;
}

static int read_filter(const struct nlmsghdr *h, void *context)
{
	const struct tcmsg *tc = NLMSG_DATA(h);
	int length = TCA_PAYLOAD(h);
	struct filters *filters = context;
	const struct rtattr *options;
	u32 program = 0;

	if (h->nlmsg_type != RTM_NEWTFILTER || is_elsewhere(tc, length))
		return 0;
	options = attribute_find(TCA_RTA(tc), length, TCA_OPTIONS);
	if (options)
		program = attribute_number(attribute_find(RTA_DATA(options), RTA_PAYLOAD(options), TCA_BPF_ID));
	if (!program)
		return 0;
	if (filters->count == CHAIN_MAX)
		return ENOUGH;
	filters->to[filters->count++] = (struct entry){ program, tc->tcm_handle };
	return 0;
}

int filters_list(u32 ifindex, enum filter_side side, struct entry *to, size_t *count)
{
	struct filters filters = { to, 0 };
	struct message m;
	int result;

	message_begin(&m, RTM_GETTFILTER, NLM_F_DUMP, sizeof(m.tc));
	m.tc.tcm_ifindex = ifindex;
	m.tc.tcm_parent = TC_H_MAKE(TC_H_CLSACT, side);
	result = message_ask(&m, read_filter, &filters);
	*count = filters.count;
	return result < 0 ? result : 0;
}

struct qdiscs {
	u32 ifindex;
	bool found;
};

static int read_qdisc(const struct nlmsghdr *h, void *context)
{
	const struct tcmsg *tc = NLMSG_DATA(h);
	struct qdiscs *qdiscs = context;
	char kind[16];

	if (h->nlmsg_type != RTM_NEWQDISC || tc->tcm_ifindex != (int)qdiscs->ifindex)
		return 0;
	attribute_text(attribute_find(TCA_RTA(tc), TCA_PAYLOAD(h), TCA_KIND), kind);
	qdiscs->found = !strcmp(kind, "clsact");
	return qdiscs->found ? ENOUGH : 0;
}

int qdisc_find(u32 ifindex)
{
	struct qdiscs qdiscs = { ifindex, false };
	struct message m;
	int result;

	message_begin(&m, RTM_GETQDISC, NLM_F_DUMP, sizeof(m.tc));
	m.tc.tcm_ifindex = ifindex;
	result = message_ask(&m, read_qdisc, &qdiscs);
	return result < 0 ? result : qdiscs.found;
}
