/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DNS over many TCP connections that are open at once: a server, and a client that opens them all, then asks over each
 * of them in turn and waits for every answer.
 *
 *   crowd serve ADDRESS                            answers each question with an A record
 *   crowd ask   ADDRESS CONNECTIONS ROUNDS NAME    for "nX-Y-NAME", one line of JSON; five seconds without anything
 *                                                  end it
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ENDS 16384 /* descriptors */
#define AT_ONCE 128 /* connections being opened, less than a listening socket keeps waiting; and open questions */
#define PATIENCE 5000 /* milliseconds */
#define ROOM 600

static struct end {
	size_t have;
	uint8_t octets[ROOM];
} ends[ENDS];
static struct sockaddr_in server = { .sin_family = AF_INET };
static int poller;

static void watch(int fd, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.fd = fd };

	if (epoll_ctl(poller, EPOLL_CTL_MOD, fd, &event))
		epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
}

/* Reads what there is. Returns the octets of the message that is whole then, with its length; 0: not yet, -1: the end. */
static int read_message(int fd)
{
	struct end *e = &ends[fd];
	ssize_t n = recv(fd, e->octets + e->have, ROOM - e->have, MSG_DONTWAIT);
	size_t length;

	if (n <= 0)
		return n < 0 && errno == EAGAIN ? 0 : -1;
	e->have += n;
	if (e->have < 2)
		return 0;
	length = 2 + (e->octets[0] << 8 | e->octets[1]);
	return e->have < length ? 0 : (int)length;
}

static int reply(int fd, size_t length)
{
	static const uint8_t record[] = { 0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, 203, 0, 113, 20 };
	uint8_t *message = ends[fd].octets;

	if (length + sizeof(record) > ROOM)
		return -1;
	message[4] = 0x81;
	message[5] = 0x80;
	message[9] = 1;
	memcpy(message + length, record, sizeof(record));
	length += sizeof(record);
	message[0] = (length - 2) >> 8;
	message[1] = length - 2;
	ends[fd].have = 0;
	return send(fd, message, length, MSG_NOSIGNAL) == (ssize_t)length ? 0 : -1;
}

static void take(int listener)
{
	int fd = accept(listener, NULL, NULL);

	if (fd < 0)
		return;
	if (fd >= ENDS) {
		close(fd);
		return;
	}
	ends[fd].have = 0;
	watch(fd, EPOLLIN);
}

static int serve(void)
{
	int on = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
	struct epoll_event events[256];

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(listener, (void *)&server, sizeof(server)) || listen(listener, 4096)) {
		perror("crowd");
		return 2;
	}
	watch(listener, EPOLLIN);
	for (;;) {
		int count = epoll_wait(poller, events, 256, -1);

		for (int i = 0; i < count; i++) {
			int length, fd = events[i].data.fd;

			if (fd == listener) {
				take(listener);
				continue;
			}
			length = read_message(fd);
			if (length < 0 || (length && reply(fd, length)))
				close(fd);
		}
	}
}

static int ask_one(int fd, unsigned round, const char *ending)
{
	static const uint8_t header[] = { 1, 0, 0, 1, 0, 0, 0, 0, 0, 0 }, tail[] = { 0, 0, 1, 0, 1 };
	uint8_t message[ROOM], *at = message + 14;
	char text[256];
	const char *name = text;

	snprintf(text, sizeof(text), "n%u-%d-%s", round, fd, ending);
	message[2] = round >> 8;
	message[3] = round;
	memcpy(message + 4, header, sizeof(header));
	while (*name) {
		size_t length = strcspn(name, ".");

		*at++ = length;
		memcpy(at, name, length);
		at += length;
		name += length + (name[length] == '.');
	}
	memcpy(at, tail, sizeof(tail));
	at += sizeof(tail);
	message[0] = (at - message - 2) >> 8;
	message[1] = at - message - 2;
	ends[fd].have = 0;
	return send(fd, message, at - message, MSG_NOSIGNAL) == at - message;
}

static int start_one(void)
{
	int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	if (fd < 0 || fd >= ENDS)
		return -1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(fd, (void *)&server, sizeof(server)) && errno != EINPROGRESS) {
		close(fd);
		return -1;
	}
	watch(fd, EPOLLOUT);
	return fd;
}

/* Opens connections, some at a time, into fds. Returns how many are open; the others were refused. */
static unsigned open_all(unsigned wanted, int *fds)
{
	unsigned started = 0, opening = 0, open = 0;
	struct epoll_event events[256];

	while (started < wanted || opening) {
		while (started < wanted && opening < AT_ONCE) {
			started++;
			opening += start_one() >= 0;
		}
		int count = epoll_wait(poller, events, 256, PATIENCE);

		if (count <= 0)
			return open;
		for (int i = 0; i < count; i++) {
			int error = 0, fd = events[i].data.fd;
			socklen_t size = sizeof(error);

			opening--;
			getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
			if (error) {
				close(fd);
				continue;
			}
			watch(fd, EPOLLIN);
			fds[open++] = fd;
		}
	}
	return open;
}

/* Asks over some connections at once. Returns how many good answers came. */
static unsigned ask_some(const int *fds, unsigned count, unsigned round, const char *ending)
{
	unsigned waiting = 0, answered = 0;
	struct epoll_event events[256];

	for (unsigned i = 0; i < count; i++)
		waiting += ask_one(fds[i], round, ending);
	while (waiting) {
		int ready = epoll_wait(poller, events, 256, PATIENCE);

		if (ready <= 0)
			return answered;
		for (int i = 0; i < ready; i++) {
			int length = read_message(events[i].data.fd);

			if (!length)
				continue;
			waiting--;
			if (length > 0)
				answered += !(ends[events[i].data.fd].octets[5] & 15);
			else
				epoll_ctl(poller, EPOLL_CTL_DEL, events[i].data.fd, NULL);
		}
	}
	return answered;
}

static int ask(unsigned connections, unsigned rounds, const char *ending)
{
	int *fds = calloc(connections, sizeof(*fds));
	unsigned open = 0, answered = 0;
	struct timespec from, to;

	if (!fds)
		return 2;
	clock_gettime(CLOCK_MONOTONIC, &from);
	open = open_all(connections, fds);
	for (unsigned round = 0; round < rounds; round++)
		for (unsigned at = 0; at < open; at += AT_ONCE)
			answered += ask_some(fds + at, open - at < AT_ONCE ? open - at : AT_ONCE, round, ending);
	clock_gettime(CLOCK_MONOTONIC, &to);
	printf("{\"open\":%u,\"answered\":%u,\"seconds\":%.3f}\n", open, answered,
	       to.tv_sec - from.tv_sec + (to.tv_nsec - from.tv_nsec) / 1e9);
	return 0;
}

int main(int argc, char **argv)
{
	struct rlimit files = { ENDS, ENDS };

	server.sin_port = htons(53);
	poller = epoll_create1(0);
	if (poller < 0 || argc < 3 || setrlimit(RLIMIT_NOFILE, &files) ||
	    inet_pton(AF_INET, argv[2], &server.sin_addr) != 1)
		return 2;
	if (argc == 3 && !strcmp(argv[1], "serve"))
		return serve();
	if (argc != 6 || strcmp(argv[1], "ask"))
		return 2;
	return ask(atoi(argv[3]), atoi(argv[4]), argv[5]);
}
