/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts what passes a pod's interface, apart from anything that Namewall counts: DNS questions that leave and answers
 * that come, by RCODE; TCP connections tried; resets and ICMP "prohibited" that no router has touched, which are those
 * of the pod's own cable. Each line on stdin is answered with one line of JSON.
 *
 *   tap INTERFACE
 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TTL_FRESH = 64, PORT_DNS = 53, TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_ACK = 16, ROOM = 64 << 20 };

static struct {
	unsigned questions, answered, refused, nxdomain, failed, syns, resets, prohibited;
} seen;

static uint16_t u16(const uint8_t *at)
{
	return at[0] << 8 | at[1];
}

static void dns_answer(const uint8_t *at)
{
	switch (at[3] & 15) {
	case 0:
		seen.answered++;
		break;
	case 3:
		seen.nxdomain++;
		break;
	case 5:
		seen.refused++;
		break;
	default:
		seen.failed++;
	}
}

static void transport(const uint8_t *at, const uint8_t *end, int protocol, int out, int ttl)
{
	if (protocol == IPPROTO_UDP && end - at >= 20) {
		if (out && u16(at + 2) == PORT_DNS)
			seen.questions++;
		else if (!out && u16(at) == PORT_DNS)
			dns_answer(at + 8);
	} else if (protocol == IPPROTO_TCP && end - at >= 20) {
		int flags = at[13] & (TCP_SYN | TCP_RST | TCP_ACK);

		if (out && flags == TCP_SYN)
			seen.syns++;
		else if (!out && (flags & TCP_RST) && ttl == TTL_FRESH)
			seen.resets++;
	} else if (!out && end - at >= 8 && ttl == TTL_FRESH) {
		if (protocol == IPPROTO_ICMP && at[0] == 3 && (at[1] == 9 || at[1] == 10 || at[1] == 13))
			seen.prohibited++;
		else if (protocol == IPPROTO_ICMPV6 && at[0] == 1 && at[1] == 1)
			seen.prohibited++;
	}
}

static void frame(const uint8_t *at, const uint8_t *end, int out)
{
	const uint8_t *ip = at + ETH_HLEN;

	if (end - ip < 20)
		return;
	if (u16(at + 12) == ETH_P_IP)
		transport(ip + (ip[0] & 15) * 4, end, ip[9], out, ip[8]);
	else if (u16(at + 12) == ETH_P_IPV6 && end - ip >= 40)
		transport(ip + 40, end, ip[6], out, ip[7]);
}

static void drain(int fd)
{
	uint8_t bytes[2048];
	struct sockaddr_ll from;
	socklen_t length = sizeof(from);
	ssize_t n;

	while ((n = recvfrom(fd, bytes, sizeof(bytes), MSG_DONTWAIT, (void *)&from, &length)) > 0)
		if (n >= ETH_HLEN)
			frame(bytes, bytes + n, from.sll_pkttype == PACKET_OUTGOING);
}

static unsigned missed(int fd)
{
	static unsigned sum;
	struct tpacket_stats stats = { 0 };
	socklen_t length = sizeof(stats);

	getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &stats, &length);
	return sum += stats.tp_drops;
}

int main(int argc, char **argv)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	int room = ROOM, fd = socket(AF_PACKET, SOCK_RAW, 0);
	struct pollfd ready[] = { { .fd = 0, .events = POLLIN }, { .fd = fd, .events = POLLIN } };
	char line[64];

	if (argc != 2 || !(at.sll_ifindex = if_nametoindex(argv[1]))) {
		fprintf(stderr, "usage: tap INTERFACE\n");
		return 2;
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	if (bind(fd, (void *)&at, sizeof(at))) {
		perror("tap");
		return 1;
	}
	while (poll(ready, 2, -1) > 0) {
		drain(fd);
		if (!ready[0].revents)
			continue;
		if (read(0, line, sizeof(line)) <= 0)
			return 0;
		printf("{\"questions\":%u,\"answered\":%u,\"refused\":%u,\"nxdomain\":%u,\"failed\":%u,\"syns\":%u,"
		       "\"resets\":%u,\"prohibited\":%u,\"missed\":%u}\n",
		       seen.questions, seen.answered, seen.refused, seen.nxdomain, seen.failed, seen.syns, seen.resets,
		       seen.prohibited, missed(fd));
		fflush(stdout);
	}
	return 0;
}
