#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/net_namespace.h>
#include <string.h>
#include <unistd.h>
#include "message.h"
#include "netlink.h"

enum { PRIORITY = 1, ETHERTYPE_ALL = 0x0003 };

struct link_facts link_read(const struct nlmsghdr *h)
{
	const struct ifinfomsg *link = NLMSG_DATA(h);
	int length = IFLA_PAYLOAD(h);
	const struct rtattr *info = attribute_find(IFLA_RTA(link), length, IFLA_LINKINFO);
	const struct rtattr *counts = attribute_find(IFLA_RTA(link), length, IFLA_STATS64);
	struct link_facts facts = {
		.index = link->ifi_index,
		.peer = attribute_number(attribute_find(IFLA_RTA(link), length, IFLA_LINK)),
		.elsewhere = attribute_find(IFLA_RTA(link), length, IFLA_LINK_NETNSID) != NULL,
	};

	attribute_text(attribute_find(IFLA_RTA(link), length, IFLA_IFNAME), facts.name);
	if (counts && RTA_PAYLOAD(counts) >= sizeof(u64[2])) {
		/* struct rtnl_link_stats64, which is not aligned here. */
		memcpy(&facts.received, RTA_DATA(counts), sizeof(u64));
		memcpy(&facts.sent, (const u8 *)RTA_DATA(counts) + sizeof(u64), sizeof(u64));
	}
	if (info)
		attribute_text(attribute_find(RTA_DATA(info), RTA_PAYLOAD(info), IFLA_INFO_KIND), facts.kind);
	return facts;
}

static int read_link(const struct nlmsghdr *h, void *context)
{
	if (h->nlmsg_type == RTM_NEWLINK)
		*(struct link_facts *)context = link_read(h);
	return 0;
}

int link_find(const char *name, u32 index, struct link_facts *facts)
{
	struct message m;

	memset(facts, 0, sizeof(*facts));
	message_begin(&m, RTM_GETLINK, NLM_F_ACK, sizeof(m.link));
	m.link.ifi_index = index;
	if (name)
		message_add(&m, IFLA_IFNAME, name, strlen(name) + 1);
	return message_ask(&m, read_link, facts);
}

struct far {
	struct link_facts link;
	s32 netns; /* the number of the other end's namespace in this one; -1: it has none */
};

static int read_far(const struct nlmsghdr *h, void *context)
{
	const struct ifinfomsg *message = NLMSG_DATA(h);
	const struct rtattr *netns = attribute_find(IFLA_RTA(message), IFLA_PAYLOAD(h), IFLA_LINK_NETNSID);
	struct far *far = context;

	if (h->nlmsg_type != RTM_NEWLINK)
		return 0;
	far->link = link_read(h);
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

int link_far_end(const char *netns, u32 index, u32 peer, struct link_facts *facts)
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
	*facts = far.link;
	return strcmp(far.link.kind, "veth") || far.link.peer != peer || far.netns < 0 || far.netns != number;
}

static void begin_qdisc(struct message *m, u16 type, u16 flags, u32 ifindex)
{
	message_begin(m, type, NLM_F_ACK | flags, sizeof(m->tc));
	m->tc.tcm_ifindex = ifindex;
	m->tc.tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0);
	m->tc.tcm_parent = TC_H_CLSACT;
	message_add(m, TCA_KIND, "clsact", sizeof("clsact"));
}

int qdisc_make(u32 ifindex)
{
	struct message m;

	begin_qdisc(&m, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, ifindex);
	return message_ask(&m, NULL, NULL);
}

int qdisc_delete(u32 ifindex)
{
	struct message m;

	begin_qdisc(&m, RTM_DELQDISC, 0, ifindex);
	return message_ask(&m, NULL, NULL);
}

static void begin_filter(struct message *m, u16 type, u16 flags, u32 ifindex, enum filter_side side, u32 handle)
{
	message_begin(m, type, flags, sizeof(m->tc));
	m->tc.tcm_ifindex = ifindex;
	m->tc.tcm_handle = handle;
	m->tc.tcm_parent = TC_H_MAKE(TC_H_CLSACT, side);
	m->tc.tcm_info = TC_H_MAKE(PRIORITY << 16, htons(ETHERTYPE_ALL));
	message_add(m, TCA_KIND, "bpf", sizeof("bpf"));
}

int filter_set(u32 ifindex, enum filter_side side, u32 handle, int program, const char *name, bool replace)
{
	u32 fd = program, flags = TCA_BPF_FLAG_ACT_DIRECT;
	struct rtattr *options;
	struct message m;

	begin_filter(&m, RTM_NEWTFILTER, NLM_F_ACK | NLM_F_CREATE | (replace ? NLM_F_REPLACE : NLM_F_EXCL), ifindex,
		     side, handle);
	options = message_add(&m, TCA_OPTIONS, NULL, 0);
	message_add(&m, TCA_BPF_FD, &fd, sizeof(fd));
	message_add(&m, TCA_BPF_NAME, name, strlen(name) + 1);
	message_add(&m, TCA_BPF_FLAGS, &flags, sizeof(flags));
	options->rta_len = (u8 *)&m + m.header.nlmsg_len - (u8 *)options;
	return message_ask(&m, NULL, NULL);
}

int filter_delete(u32 ifindex, enum filter_side side, u32 handle)
{
	struct message m;

	begin_filter(&m, RTM_DELTFILTER, NLM_F_ACK, ifindex, side, handle);
	return message_ask(&m, NULL, NULL);
}

static int read_filter(const struct nlmsghdr *h, void *context)
{
	const struct tcmsg *tc = NLMSG_DATA(h);
	const struct rtattr *options;

	if (h->nlmsg_type != RTM_NEWTFILTER)
		return 0;
	options = attribute_find(TCA_RTA(tc), TCA_PAYLOAD(h), TCA_OPTIONS);
	if (options)
		*(u32 *)context = attribute_number(attribute_find(RTA_DATA(options), RTA_PAYLOAD(options), TCA_BPF_ID));
	return 0;
}

int filter_query(u32 ifindex, enum filter_side side, u32 handle, u32 *program_id)
{
	struct message m;
	int error;

	*program_id = 0;
	begin_filter(&m, RTM_GETTFILTER, NLM_F_ACK, ifindex, side, handle);
	error = message_ask(&m, read_filter, program_id);
	return error == -ENOENT || error == -EINVAL ? 0 : error;
}

static int count_filter(const struct nlmsghdr *h, void *context)
{
	if (h->nlmsg_type == RTM_NEWTFILTER)
		++*(int *)context;
	return 0;
}

int filter_count(u32 ifindex)
{
	static const enum filter_side sides[] = { FILTER_INGRESS, FILTER_EGRESS };
	int count = 0;

	for (int i = 0; i < 2; i++) {
		struct message m;
		int error;

		message_begin(&m, RTM_GETTFILTER, NLM_F_DUMP, sizeof(m.tc));
		m.tc.tcm_ifindex = ifindex;
		m.tc.tcm_parent = TC_H_MAKE(TC_H_CLSACT, sides[i]);
		error = message_ask(&m, count_filter, &count);
		if (error)
			return error;
	}
	return count;
}
