#define _GNU_SOURCE
#include <errno.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/uio.h>
#include <unistd.h>
#include "bpf.h"
#include "cable.h"
#include "lists.h"
#include "powers.h"
#include "protocol.h"
#include "serve.h"

enum { NONE = -1, MAP_TYPE_ARRAY_OF_MAPS = 12 };

/* An answer under construction; `descriptor` is closed once it is sent. */
struct answer {
	struct reply head;
	union {
		u64 number;
		char text[16];
		struct entry entries[CHAIN_MAX];
		struct link_facts links[LINKS_MAX];
		struct cable_counts counts;
	};
	size_t length; /* octets behind the head */
	int descriptor;
};

static enum filter_side filter_side(const struct request *q)
{
	return q->egress ? FILTER_EGRESS : FILTER_INGRESS;
}

static int list_links(struct answer *a)
{
	size_t count = 0;
	int result = links_list(a->links, &count);

	a->length = count * sizeof(*a->links);
	return result;
}

static int list_filters(const struct request *q, struct answer *a)
{
	size_t count = 0;
	int result = filters_list(q->ifindex, filter_side(q), a->entries, &count);

	a->length = count * sizeof(*a->entries);
	return result;
}

static int list_tcx(const struct request *q, struct answer *a)
{
	u32 programs[CHAIN_MAX], links[CHAIN_MAX], count = CHAIN_MAX;
	int result = bpf_list_tcx(q->ifindex, q->egress ? SIDE_EGRESS : SIDE_INGRESS, programs, links, &count);

	if (result < 0)
		return result;
	for (u32 i = 0; i < count && i < CHAIN_MAX; i++)
		a->entries[i] = (struct entry){ programs[i], links[i] };
	a->length = count * sizeof(*a->entries);
	return 0;
}

static int query_filter(const struct request *q)
{
	u32 id = 0;
	int result = filter_query(q->ifindex, filter_side(q), q->handle, &id);

	return result < 0 ? result : (int)id;
}

static int set_filter(const struct request *q, int program)
{
	int error = qdisc_make(q->ifindex);

	if (error && error != -EEXIST)
		return error;
	return filter_set(q->ifindex, filter_side(q), q->handle, program, "nw_in", q->id == 1);
}

/* What is asked of a network namespace, in it. */
static int do_there(const struct request *q, int program, struct answer *a)
{
	switch (q->operation) {
	case COOKIE:
		a->number = netns_cookie();
		a->length = sizeof(a->number);
		return a->number ? 0 : -EOPNOTSUPP;
	case LINKS:
		return list_links(a);
	case ADDRESSES:
		return q->addresses_count > ADDRESSES_MAX ? -EINVAL : addresses_held(q->addresses, q->addresses_count);
	case TCX_QUERY:
		return list_tcx(q, a);
	case TCX_ATTACH:
		a->descriptor = bpf_attach_tcx(program, q->ifindex, q->egress ? SIDE_EGRESS : SIDE_INGRESS);
		return a->descriptor < 0 ? a->descriptor : 0;
	case FILTER_QUERY:
		return query_filter(q);
	case FILTER_SET:
		return set_filter(q, program);
	case FILTER_DELETE:
		return filter_delete(q->ifindex, filter_side(q), q->handle);
	case FILTERS:
		return list_filters(q, a);
	case FILTER_COUNT:
		return filter_count(q->ifindex);
	case QDISC_QUERY:
		return qdisc_find(q->ifindex);
	case QDISC_DELETE:
		return qdisc_delete(q->ifindex);
	default:
		return -ENOSYS;
	}
}

static int do_in_netns(const struct request *q, int program, struct answer *a)
{
	int before, result;

	if (!memchr(q->netns, 0, sizeof(q->netns)))
		return -ENAMETOOLONG;
	before = netns_enter(q->netns);
	if (before < 0)
		return before;
	result = do_there(q, program, a);
	netns_leave(before);
	return result;
}

static int find_far_end(const struct request *q, struct answer *a)
{
	if (!memchr(q->netns, 0, sizeof(q->netns)))
		return -ENAMETOOLONG;
	a->length = sizeof(*a->links);
	return link_far_end(q->netns, q->id, q->ifindex, a->links);
}

static int read_received(const struct request *q, u64 *received)
{
	int before = netns_enter(q->netns);
	struct link_facts end;
	int error;

	if (before < 0)
		return before;
	error = link_find(NULL, q->ifindex, &end);
	netns_leave(before);
	*received = end.received;
	return error;
}

static int count_cable(const struct request *q, struct answer *a)
{
	struct link_facts far;
	int result;

	if (!memchr(q->netns, 0, sizeof(q->netns)))
		return -ENAMETOOLONG;
	a->length = sizeof(a->counts);
	result = read_received(q, &a->counts.received);
	if (!result)
		result = link_far_end(q->netns, q->id, q->ifindex, &far);
	a->counts.sent = result ? 0 : far.sent;
	return result ? result : read_received(q, &a->counts.received_after);
}

static int name_program(u32 id, struct answer *a)
{
	int program = bpf_program_by_id(id);
	int result;

	if (program < 0)
		return program;
	result = bpf_program_name(program, a->text);
	close(program);
	a->length = sizeof(a->text);
	return result;
}

/* Of a map that the agent holds, so none but its own. */
static int open_inner(int maps, struct answer *a)
{
	struct map_facts facts;
	u32 zero = 0, id = 0;
	int result = bpf_map_facts(maps, &facts);

	if (!result && facts.type != MAP_TYPE_ARRAY_OF_MAPS)
		result = -EINVAL;
	if (!result)
		result = bpf_lookup(maps, &zero, &id);
	if (result)
		return result;
	a->descriptor = bpf_map_by_id(id);
	return a->descriptor < 0 ? a->descriptor : 0;
}

static int mount_bpffs(void)
{
	static const char at[] = "/sys/fs/bpf";
	struct statfs facts;

	if (!statfs(at, &facts) && facts.f_type == BPF_FS_MAGIC)
		return 0;
	return mount("bpf", at, "bpf", 0, "mode=0700") ? -errno : 0;
}

static int answer(const struct request *q, int descriptor, struct answer *a)
{
	switch (q->operation) {
	case HELD:
		a->number = powers_held();
		a->length = sizeof(a->number);
		return 0;
	case PROGRAM_NAME:
		return name_program(q->id, a);
	case INNER_MAP:
		return open_inner(descriptor, a);
	case MOUNT_BPFFS:
		return mount_bpffs();
	case FAR_END:
		return find_far_end(q, a);
	case CABLE_COUNTS:
		return count_cable(q, a);
	default:
		return do_in_netns(q, descriptor, a);
	}
}

union one_descriptor {
	struct cmsghdr header;
	u8 room[CMSG_SPACE(sizeof(int))];
};

/* Octets, 0 at the end, or -1; *descriptor is NONE where none came with it. */
static ssize_t receive(int socket, struct request *q, int *descriptor)
{
	struct iovec octets = { q, sizeof(*q) };
	union one_descriptor control;
	struct msghdr message = {
		.msg_iov = &octets,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	const struct cmsghdr *header;
	ssize_t length;

	*descriptor = NONE;
	do
		length = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
	while (length < 0 && errno == EINTR);
	header = length > 0 ? CMSG_FIRSTHDR(&message) : NULL;
	if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
	    header->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(descriptor, CMSG_DATA(header), sizeof(int));
	return length;
}

static bool send_answer(int socket, struct answer *a)
{
	struct iovec octets[] = { { &a->head, sizeof(a->head) }, { a->links, a->length } };
	union one_descriptor control = {};
	struct msghdr message = { .msg_iov = octets, .msg_iovlen = 2 };

	if (a->descriptor >= 0) {
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
		control.header = (struct cmsghdr){ .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS };
		control.header.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.header), &a->descriptor, sizeof(int));
	}
	return sendmsg(socket, &message, MSG_NOSIGNAL) >= 0;
}

int serve(int socket)
{
	static struct answer a;

	for (;;) {
		struct request q;
		int descriptor;
		ssize_t length = receive(socket, &q, &descriptor);

		if (length <= 0)
			return length < 0;
		a = (struct answer){ .descriptor = NONE };
		a.head.number = q.number;
		a.head.result = length == sizeof(q) ? answer(&q, descriptor, &a) : -EBADMSG;
		if (a.head.result < 0)
			a.length = 0;
		if (!send_answer(socket, &a))
			return 1;
		if (descriptor >= 0)
			close(descriptor);
		if (a.descriptor >= 0)
			close(a.descriptor);
	}
}
