#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include "message.h"

/* A link tells of all its names: attributes are 64 KiB at most. */
enum { ANSWER = 131072 };

void message_begin(struct message *m, u16 type, u16 flags, size_t body)
{
	memset(m, 0, sizeof(*m));
	m->header.nlmsg_len = NLMSG_LENGTH(body);
	m->header.nlmsg_type = type;
	m->header.nlmsg_flags = NLM_F_REQUEST | flags;
}

struct rtattr *message_add(struct message *m, u16 type, const void *value, size_t size)
{
	struct rtattr *a = (struct rtattr *)((u8 *)m + NLMSG_ALIGN(m->header.nlmsg_len));

	a->rta_type = type;
	a->rta_len = RTA_LENGTH(size);
	if (size)
		memcpy(RTA_DATA(a), value, size);
	m->header.nlmsg_len = NLMSG_ALIGN(m->header.nlmsg_len) + RTA_ALIGN(a->rta_len);
	return a;
}

/* A dump that could not be ended says so in its last message. */
static int dump_result(const struct nlmsghdr *done)
{
	return NLMSG_PAYLOAD(done, 0) >= sizeof(int) ? *(const int *)NLMSG_DATA(done) : 0;
}

/* Reads until an acknowledgement, an error or the end of a dump. */
static int receive(int fd, message_reader read, void *context)
{
	static u8 buffer[ANSWER] __attribute__((aligned(NLMSG_ALIGNTO)));

	for (;;) {
		/* With MSG_TRUNC: how long it was, whatever there was room for. */
		ssize_t length = recv(fd, buffer, sizeof(buffer), MSG_TRUNC);
		struct nlmsghdr *h = (struct nlmsghdr *)buffer;

		if (length < 0)
			return -errno;
		if ((size_t)length > sizeof(buffer))
			return -EMSGSIZE;
		for (; NLMSG_OK(h, (size_t)length); h = NLMSG_NEXT(h, length)) {
			int error = 0;

			if (h->nlmsg_type == NLMSG_ERROR)
				return ((struct nlmsgerr *)NLMSG_DATA(h))->error;
			if (h->nlmsg_type == NLMSG_DONE)
				return dump_result(h);
			if (read)
				error = read(h, context);
			if (error)
				return error;
		}
	}
}

int message_ask(struct message *m, message_reader read, void *context)
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

const struct rtattr *attribute_find(const struct rtattr *a, int length, u16 type)
{
	for (; RTA_OK(a, length); a = RTA_NEXT(a, length))
		if ((a->rta_type & NLA_TYPE_MASK) == type)
			return a;
	return NULL;
}

u32 attribute_number(const struct rtattr *a)
{
	return a && RTA_PAYLOAD(a) >= 4 ? *(u32 *)RTA_DATA(a) : 0;
}

void attribute_text(const struct rtattr *a, char to[16])
{
	size_t length = a ? RTA_PAYLOAD(a) : 0;

	if (length > 15)
		length = 15;
	memset(to, 0, 16);
	if (length)
		memcpy(to, RTA_DATA(a), length);
}
