/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looks a name up, over UDP or at "tcp:RESOLVER" over one TCP connection, and connects straight after recv(), as fast as a program can, and counts what
 * came of it. Each round asks for a name whose address no earlier round used (until SPAN rounds have
 * passed), so each connection depends on what its own answer taught. At an IPv6 resolver all is IPv6: the
 * question is for AAAA, the connection to 2001:db8:cafe:1::/64.
 *
 *   race connect RESOLVER ROUNDS FIRST SPAN PORT   rounds of "new-198-18-x-y.fresh.example" or
 *                                                  "new-2001-db8-cafe-1-0-0-x-y.fresh.example", one line of JSON
 *   race lookup  RESOLVER ROUNDS FIRST PACE NAME   look-ups of one name, PACE microseconds apart; how many each
 *                                                  took, one a line
 *   race names   RESOLVER ROUNDS FIRST SPAN SUFFIX a look-up each of "nFIRST.SUFFIX", "nFIRST+1.SUFFIX", …
 *   race sink    PORT                              accepts and closes; the far end of `connect`
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define DNS_HEADER 12
#define ADDRESSES (32768 + 65536)
#define TYPE_A 1
#define TYPE_AAAA 28

struct tally {
	unsigned rounds, connected, refused, timed_out, other, unanswered, refused_names;
};

static double microseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

/* A query for the dotted name; returns its length. */
static size_t build_query(uint8_t *out, uint16_t id, const char *name, uint8_t type)
{
	const uint8_t tail[] = { 0, 0, type, 0, 1 };
	const uint8_t header[DNS_HEADER] = { id >> 8, id & 255, 1, 0, 0, 1 };
	uint8_t *at = out + DNS_HEADER;

	memcpy(out, header, DNS_HEADER);
	while (*name) {
		size_t length = strcspn(name, ".");

		*at++ = length;
		memcpy(at, name, length);
		at += length;
		name += length + (name[length] == '.');
	}
	memcpy(at, tail, sizeof(tail));
	return at + sizeof(tail) - out;
}

/* Reads up to what is asked for, or as much as a second brings. */
static size_t receive(int fd, uint8_t *to, size_t size)
{
	struct pollfd readable = { .fd = fd, .events = POLLIN };
	size_t have = 0;

	while (have < size && poll(&readable, 1, 1000) > 0) {
		ssize_t n = recv(fd, to + have, size - have, 0);

		if (n <= 0)
			break;
		have += n;
	}
	return have;
}

/* The same over a stream, where answers come in turn. */
static int ask_stream(int fd, uint16_t id, const char *name, uint8_t type, uint8_t *answer, size_t room)
{
	uint8_t query[514];
	size_t length = build_query(query + 2, id, name, type);

	query[0] = length >> 8;
	query[1] = length;
	if (send(fd, query, length + 2, MSG_NOSIGNAL) < 0 || receive(fd, query, 2) < 2)
		return -1;
	length = query[0] << 8 | query[1];
	if (length < DNS_HEADER || length > room || receive(fd, answer, length) < length)
		return -1;
	return answer[0] == id >> 8 && answer[1] == (id & 255) ? answer[3] & 15 : -1;
}

static int over_tcp;

/* One question, one answer with the same ID: its RCODE, or -1 when a second passed without one. */
static int ask(int fd, uint16_t id, const char *name, uint8_t type, uint8_t *answer, size_t room)
{
	uint8_t query[512];
	struct pollfd readable = { .fd = fd, .events = POLLIN };

	if (over_tcp)
		return ask_stream(fd, id, name, type, answer, room);
	if (send(fd, query, build_query(query, id, name, type), 0) < 0)
		return -1;
	while (poll(&readable, 1, 1000) > 0) {
		ssize_t n = recv(fd, answer, room, 0);

		if (n >= DNS_HEADER && answer[0] == id >> 8 && answer[1] == (id & 255))
			return answer[3] & 15;
	}
	return -1;
}

/* An end of either family. */
union end {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static socklen_t size_of(const union end *e)
{
	return e->any.sa_family == AF_INET6 ? sizeof(e->v6) : sizeof(e->v4);
}

static int resolver_socket(const char *resolver, int *family)
{
	union end to = { .v4 = { .sin_family = AF_INET, .sin_port = htons(53) } };
	int fd, on = 1;

	if (!strncmp(resolver, "tcp:", 4)) {
		over_tcp = 1;
		resolver += 4;
	}
	if (inet_pton(AF_INET, resolver, &to.v4.sin_addr) != 1) {
		to.v6 = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons(53) };
		if (inet_pton(AF_INET6, resolver, &to.v6.sin6_addr) != 1) {
			fprintf(stderr, "%s is no address\n", resolver);
			exit(2);
		}
	}
	*family = to.any.sa_family;
	fd = socket(*family, over_tcp ? SOCK_STREAM : SOCK_DGRAM, 0);
	if (connect(fd, &to.any, size_of(&to))) {
		perror("resolver");
		exit(2);
	}
	if (over_tcp)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

/* The address of a round, and the name that resolves to it. */
static void far_end(union end *to, char *name, size_t room, int family, unsigned number, uint16_t port)
{
	uint32_t address = 0xC6128000 + number; /* 198.18.128.0/17, then 198.19.0.0/16 */
	uint8_t *octets = to->v6.sin6_addr.s6_addr;

	memset(to, 0, sizeof(*to));
	if (family == AF_INET) {
		to->v4.sin_family = AF_INET;
		to->v4.sin_port = htons(port);
		to->v4.sin_addr.s_addr = htonl(address);
		snprintf(name, room, "new-%u-%u-%u-%u.fresh.example", address >> 24, address >> 16 & 255,
			 address >> 8 & 255, address & 255);
		return;
	}
	to->v6.sin6_family = AF_INET6;
	to->v6.sin6_port = htons(port);
	inet_pton(AF_INET6, "2001:db8:cafe:1::", octets);
	for (int i = 0; i < 4; i++)
		octets[15 - i] = number >> 8 * i & 255;
	snprintf(name, room, "new-2001-db8-cafe-1-0-0-%x-%x.fresh.example", number >> 16, number & 0xffff);
}

static void connect_once(struct tally *t, const union end *to)
{
	struct linger reset = { .l_onoff = 1 };
	int patience = 1000, fd = socket(to->any.sa_family, SOCK_STREAM, 0);

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience, sizeof(patience));
	if (!connect(fd, &to->any, size_of(to)))
		t->connected++;
	else if (errno == ECONNREFUSED)
		t->refused++;
	else if (errno == ETIMEDOUT)
		t->timed_out++;
	else
		t->other++;
	close(fd);
}

static void race(int fd, int family, unsigned rounds, unsigned first, unsigned span, uint16_t port)
{
	struct tally t = { .rounds = rounds };

	for (unsigned i = 0; i < rounds; i++) {
		uint8_t answer[1024];
		union end to;
		char name[64];
		int rcode;

		far_end(&to, name, sizeof(name), family, first + i % span, port);
		rcode = ask(fd, i, name, family == AF_INET6 ? TYPE_AAAA : TYPE_A, answer, sizeof(answer));
		if (rcode < 0)
			t.unanswered++;
		else if (rcode)
			t.refused_names++;
		else
			connect_once(&t, &to);
	}
	printf("{\"rounds\":%u,\"connected\":%u,\"refused\":%u,\"timedOut\":%u,\"other\":%u,\"unanswered\":%u,"
	       "\"refusedNames\":%u}\n",
	       t.rounds, t.connected, t.refused, t.timed_out, t.other, t.unanswered, t.refused_names);
}

static void time_lookups(int fd, unsigned rounds, unsigned pace, const char *name)
{
	const struct timespec pause = { .tv_nsec = pace * 1000 };
	uint8_t answer[1024];

	for (unsigned i = 0; i < rounds; i++) {
		double start = microseconds();

		if (ask(fd, i, name, TYPE_A, answer, sizeof(answer)) != 0)
			exit(1);
		printf("%.2f\n", microseconds() - start);
		if (pace)
			nanosleep(&pause, NULL);
	}
}

static void ask_names(int fd, unsigned rounds, unsigned first, const char *suffix)
{
	unsigned failed = 0;
	uint8_t answer[1024];
	char name[256];

	for (unsigned i = 0; i < rounds; i++) {
		snprintf(name, sizeof(name), "n%u.%s", first + i, suffix);
		failed += ask(fd, i, name, TYPE_A, answer, sizeof(answer)) != 0;
	}
	printf("%u\n", failed);
}

static void sink(uint16_t port)
{
	struct sockaddr_in6 here = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	int on = 1, fd = socket(AF_INET6, SOCK_STREAM, 0);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (void *)&here, sizeof(here)) || listen(fd, 4096)) {
		perror("sink");
		exit(2);
	}
	for (;;)
		close(accept(fd, NULL, NULL));
}

int main(int argc, char **argv)
{
	int fd, family;

	if (argc == 3 && !strcmp(argv[1], "sink"))
		sink(atoi(argv[2]));
	if (argc != 7) {
		fprintf(stderr, "usage: race connect|lookup|names RESOLVER ROUNDS FIRST SPAN PORT|NAME|SUFFIX, race "
				"sink PORT\n");
		return 2;
	}
	fd = resolver_socket(argv[2], &family);
	if (!strcmp(argv[1], "connect") && strtoul(argv[4], NULL, 10) + strtoul(argv[5], NULL, 10) > ADDRESSES) {
		fprintf(stderr, "FIRST and SPAN are more than %d addresses\n", ADDRESSES);
		return 2;
	}
	if (!strcmp(argv[1], "connect"))
		race(fd, family, atoi(argv[3]), atoi(argv[4]), atoi(argv[5]), atoi(argv[6]));
	else if (!strcmp(argv[1], "names"))
		ask_names(fd, atoi(argv[3]), atoi(argv[4]), argv[6]);
	else
		time_lookups(fd, atoi(argv[3]), atoi(argv[5]), argv[6]);
	return 0;
}
