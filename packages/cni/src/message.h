#pragma once
#include <linux/if_link.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include "types.h"
/*
 * A request to rtnetlink of the current network namespace, and what its answer is made of.
 */
enum { MESSAGE_ROOM = 512 };

struct message {
	struct nlmsghdr header;
	union {
		struct ifinfomsg link;
		struct ifaddrmsg address;
		struct tcmsg tc;
		u8 room[MESSAGE_ROOM];
	};
};

/* What is made of each message of an answer: 0 goes on, anything else ends it and is the result. */
typedef int (*message_reader)(const struct nlmsghdr *header, void *context);

/* `body`: octets of the fixed part. */
void message_begin(struct message *m, u16 type, u16 flags, size_t body);
struct rtattr *message_add(struct message *m, u16 type, const void *value, size_t size);

/* Sends it and reads until an acknowledgement, an error or the end of a dump; a negative errno on failure. */
int message_ask(struct message *m, message_reader read, void *context);

/* Looks for an attribute among those from `a` on. */
const struct rtattr *attribute_find(const struct rtattr *a, int length, u16 type);
/* 0 where there is none. */
u32 attribute_number(const struct rtattr *a);
/* At most 15 octets, the rest zeros. */
void attribute_text(const struct rtattr *a, char to[16]);
