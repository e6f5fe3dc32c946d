#define _GNU_SOURCE
#include <errno.h>
#include <linux/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include "lists.h"

/* A pod may have any number of links, and they are looked at every second. */
enum { ENOUGH = 1, SEEN_MAX = 4096 };

struct links {
	struct link_facts *to;
	size_t count;
	size_t seen; /* listed or not */
};

static bool is_listed(const struct links *links, u32 index)
{
	return links->count && links->to[0].index == index;
}

/*
 * What goes through an ifb is marked so that no program runs on it where it is received next (tc_skip_classify), which
 * is the far end of the cable. Other kinds without an end elsewhere lead to links of the same namespace.
 */
static bool may_lead_out(const struct link_facts *link)
{
	return !link->kind[0] || link->elsewhere || !strcmp(link->kind, "ifb");
}

static int read_one(const struct nlmsghdr *h, void *context)
{
	const struct ifinfomsg *message = NLMSG_DATA(h);
	struct links *links = context;
	struct link_facts link;

	if (++links->seen > SEEN_MAX)
		return ENOUGH;
	if (h->nlmsg_type != RTM_NEWLINK || message->ifi_type == ARPHRD_LOOPBACK)
		return 0;
	link = link_read(h);
	if (is_listed(links, link.index) || !may_lead_out(&link))
		return 0;
	if (links->count == LINKS_MAX)
		return ENOUGH;
	links->to[links->count++] = link;
	return 0;
}

/* How many links there are, as another interface of the kernel's counts them; at most SEEN_MAX, or a negative errno. */
static int count_devices(void)
{
	enum { HEADER = 2 };
	FILE *file = fopen("/proc/self/net/dev", "re");
	int lines = 0, c;

	if (!file)
		return -errno;
	while (lines < SEEN_MAX + HEADER && (c = getc(file)) != EOF)
		lines += c == '\n';
	fclose(file);
	return lines > HEADER ? lines - HEADER : 0;
}

/* A dump ends, without an error, at a link that has more to say of itself than fits: 1 where it did. */
static int dump(struct links *links)
{
	int devices = count_devices();
	struct message m;
	int result;

	if (devices < 0)
		return devices;
	message_begin(&m, RTM_GETLINK, NLM_F_DUMP, sizeof(m.link));
	result = message_ask(&m, read_one, links);
	return result ? result : links->seen < (size_t)devices ? ENOUGH : 0;
}

int links_list(struct link_facts *to, size_t *count)
{
	struct links links = { .to = to };
	struct message m;
	int result;

	message_begin(&m, RTM_GETLINK, NLM_F_ACK, sizeof(m.link));
	message_add(&m, IFLA_IFNAME, "eth0", sizeof("eth0"));
	result = message_ask(&m, read_one, &links);
	if (result && result != -ENODEV)
		return result;
	links.seen = 0;
	result = dump(&links);
	*count = links.count;
	return result;
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
