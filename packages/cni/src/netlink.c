#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "netlink.h"

enum { HANDLE = 0x4e57, PRIORITY = 1, ETHERTYPE_ALL = 0x0003, ROOM = 512, ANSWER = 32768 };

struct message {
	struct nlmsghdr header;
	union {
		struct ifinfomsg link;
		struct tcmsg tc;
		u8 room[ROOM];
	};
};

/* What is made of each message of an answer; a negative errno ends it. */
typedef int (*reader)(const struct nlmsghdr *header, void *context);

static void begin(struct message *m, u16 type, u16 flags, size_t body)
{
	memset(m, 0, sizeof(*m));
	m->header.nlmsg_len = NLMSG_LENGTH(body);
	m->header.nlmsg_type = type;
	m->header.nlmsg_flags = NLM_F_REQUEST | flags;
}

static struct rtattr *add(struct message *m, u16 type, const void *value, size_t size)
{
	struct rtattr *a = (struct rtattr *)((u8 *)m + NLMSG_ALIGN(m->header.nlmsg_len));

	a->rta_type = type;
	a->rta_len = RTA_LENGTH(size);
	if (size)
		memcpy(RTA_DATA(a), value, size);
	m->header.nlmsg_len = NLMSG_ALIGN(m->header.nlmsg_len) + RTA_ALIGN(a->rta_len);
	return a;
}

/* Reads until an acknowledgement, an error or the end of a dump. */
static int receive(int fd, reader read, void *context)
{
	static u8 buffer[ANSWER] __attribute__((aligned(NLMSG_ALIGNTO)));

	for (;;) {
		ssize_t length = recv(fd, buffer, sizeof(buffer), 0);
		struct nlmsghdr *h = (struct nlmsghdr *)buffer;

		if (length < 0)
			return -errno;
		for (; NLMSG_OK(h, (size_t)length); h = NLMSG_NEXT(h, length)) {
			int error = 0;

			if (h->nlmsg_type == NLMSG_ERROR)
				return ((struct nlmsgerr *)NLMSG_DATA(h))->error;
			if (h->nlmsg_type == NLMSG_DONE)
				return 0;
			if (read)
				error = read(h, context);
			if (error)
				return error;
		}
	}
}

static int ask(struct message *m, reader read, void *context)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	int result;

	if (fd < 0)
		return -errno;
	if (send(fd, m, m->header.nlmsg_len, 0) < 0)
		result = -errno;
	else
		result = receive(fd, read, context);
	close(fd);
	return result;
}

/* Looks for an attribute among those from `a` on. */
static const struct rtattr *find(const struct rtattr *a, int length, u16 type)
{
	for (; RTA_OK(a, length); a = RTA_NEXT(a, length))
		if ((a->rta_type & NLA_TYPE_MASK) == type)
			return a;
	return NULL;
}

static u32 number(const struct rtattr *a)
{
	return a && RTA_PAYLOAD(a) >= 4 ? *(u32 *)RTA_DATA(a) : 0;
}

static void text(const struct rtattr *a, char to[16])
{
	size_t length = a ? RTA_PAYLOAD(a) : 0;

	if (length > 15)
		length = 15;
	memset(to, 0, 16);
	if (length)
		memcpy(to, RTA_DATA(a), length);
}

static int read_link(const struct nlmsghdr *h, void *context)
{
	struct link_facts *facts = context;
	const struct ifinfomsg *link = NLMSG_DATA(h);
	int length = IFLA_PAYLOAD(h);
	const struct rtattr *info;

	if (h->nlmsg_type != RTM_NEWLINK)
		return 0;
	facts->index = link->ifi_index;
	facts->peer = number(find(IFLA_RTA(link), length, IFLA_LINK));
	facts->elsewhere = find(IFLA_RTA(link), length, IFLA_LINK_NETNSID);
	text(find(IFLA_RTA(link), length, IFLA_IFNAME), facts->name);
	info = find(IFLA_RTA(link), length, IFLA_LINKINFO);
	if (info)
		text(find(RTA_DATA(info), RTA_PAYLOAD(info), IFLA_INFO_KIND), facts->kind);
	return 0;
}

int link_find(const char *name, u32 index, struct link_facts *facts)
{
	struct message m;

	memset(facts, 0, sizeof(*facts));
	begin(&m, RTM_GETLINK, NLM_F_ACK, sizeof(m.link));
	m.link.ifi_index = index;
	if (name)
		add(&m, IFLA_IFNAME, name, strlen(name) + 1);
	return ask(&m, read_link, facts);
}

static void begin_qdisc(struct message *m, u16 type, u16 flags, u32 ifindex)
{
	begin(m, type, NLM_F_ACK | flags, sizeof(m->tc));
	m->tc.tcm_ifindex = ifindex;
	m->tc.tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0);
	m->tc.tcm_parent = TC_H_CLSACT;
	add(m, TCA_KIND, "clsact", sizeof("clsact"));
}

int qdisc_make(u32 ifindex)
{
	struct message m;

	begin_qdisc(&m, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, ifindex);
	return ask(&m, NULL, NULL);
}

int qdisc_delete(u32 ifindex)
{
	struct message m;

	begin_qdisc(&m, RTM_DELQDISC, 0, ifindex);
	return ask(&m, NULL, NULL);
}

static void begin_filter(struct message *m, u16 type, u16 flags, u32 ifindex, enum filter_side side)
{
	begin(m, type, flags, sizeof(m->tc));
	m->tc.tcm_ifindex = ifindex;
	m->tc.tcm_handle = HANDLE;
	m->tc.tcm_parent = TC_H_MAKE(TC_H_CLSACT, side);
	m->tc.tcm_info = TC_H_MAKE(PRIORITY << 16, htons(ETHERTYPE_ALL));
	add(m, TCA_KIND, "bpf", sizeof("bpf"));
}

int filter_add(u32 ifindex, enum filter_side side, int program, const char *name)
{
	u32 fd = program, flags = TCA_BPF_FLAG_ACT_DIRECT;
	struct rtattr *options;
	struct message m;

	begin_filter(&m, RTM_NEWTFILTER, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, ifindex, side);
	options = add(&m, TCA_OPTIONS, NULL, 0);
	add(&m, TCA_BPF_FD, &fd, sizeof(fd));
	add(&m, TCA_BPF_NAME, name, strlen(name) + 1);
	add(&m, TCA_BPF_FLAGS, &flags, sizeof(flags));
	options->rta_len = (u8 *)&m + m.header.nlmsg_len - (u8 *)options;
	return ask(&m, NULL, NULL);
}

int filter_delete(u32 ifindex, enum filter_side side)
{
	struct message m;

	begin_filter(&m, RTM_DELTFILTER, NLM_F_ACK, ifindex, side);
	return ask(&m, NULL, NULL);
}

static int read_filter(const struct nlmsghdr *h, void *context)
{
	const struct tcmsg *tc = NLMSG_DATA(h);
	const struct rtattr *options;

	if (h->nlmsg_type != RTM_NEWTFILTER)
		return 0;
	options = find(TCA_RTA(tc), TCA_PAYLOAD(h), TCA_OPTIONS);
	if (options)
		*(u32 *)context = number(find(RTA_DATA(options), RTA_PAYLOAD(options), TCA_BPF_ID));
	return 0;
}

int filter_query(u32 ifindex, enum filter_side side, u32 *program_id)
{
	struct message m;
	int error;

	*program_id = 0;
	begin_filter(&m, RTM_GETTFILTER, NLM_F_ACK, ifindex, side);
	error = ask(&m, read_filter, program_id);
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

		begin(&m, RTM_GETTFILTER, NLM_F_DUMP, sizeof(m.tc));
		m.tc.tcm_ifindex = ifindex;
		m.tc.tcm_parent = TC_H_MAKE(TC_H_CLSACT, sides[i]);
		error = ask(&m, count_filter, &count);
		if (error)
			return error;
	}
	return count;
}
