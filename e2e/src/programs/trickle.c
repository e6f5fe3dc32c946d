/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DNS over TCP in small pieces: a server that writes its answers some octets at a time, and a client that asks many
 * questions at once over many connections and waits for every answer.
 *
 *   trickle serve ADDRESS PIECE                                 answers each question with an A record
 *   trickle ask   ADDRESS CONNECTIONS ROUNDS QUESTIONS SUFFIX   one line of JSON; a round that has no answer for
 *                                                               five seconds is stalled
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ROOM 65536

static size_t piece;
static struct sockaddr_in server = { .sin_family = AF_INET };
static unsigned rounds, questions;
static const char *suffix;
static unsigned answered, stalled;

static int read_all(int fd, uint8_t *to, size_t size)
{
	struct pollfd readable = { .fd = fd, .events = POLLIN };

	while (size) {
		ssize_t n = poll(&readable, 1, 5000) > 0 ? recv(fd, to, size, 0) : -1;

		if (n <= 0)
			return 0;
		to += n;
		size -= n;
	}
	return 1;
}

static void write_pieces(int fd, const uint8_t *from, size_t size)
{
	while (size) {
		ssize_t n = send(fd, from, size < piece ? size : piece, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		from += n;
		size -= n;
	}
}

static void *serve_one(void *argument)
{
	static const uint8_t record[] = { 0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, 203, 0, 113, 20 };
	int fd = (intptr_t)argument;
	uint8_t message[2 + 512 + sizeof(record)];

	while (read_all(fd, message, 2)) {
		size_t length = message[0] << 8 | message[1];

		if (length > 512 || !read_all(fd, message + 2, length))
			break;
		message[4] = 0x81;
		message[5] = 0x80;
		message[9] = 1;
		memcpy(message + 2 + length, record, sizeof(record));
		length += sizeof(record);
		message[0] = length >> 8;
		message[1] = length;
		/* The length by itself, as some servers write it. */
		write_pieces(fd, message, 2);
		write_pieces(fd, message + 2, length);
	}
	close(fd);
	return NULL;
}

static int serve(void)
{
	int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (void *)&server, sizeof(server)) || listen(fd, 4096)) {
		perror("trickle");
		return 2;
	}
	for (;;) {
		int one = accept(fd, NULL, NULL);
		pthread_t thread;

		setsockopt(one, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		if (pthread_create(&thread, NULL, serve_one, (void *)(intptr_t)one))
			close(one);
		else
			pthread_detach(thread);
	}
}

static size_t build_query(uint8_t *out, uint16_t id, unsigned number)
{
	static const uint8_t header[] = { 1, 0, 0, 1, 0, 0, 0, 0, 0, 0 }, tail[] = { 0, 0, 1, 0, 1 };
	uint8_t *at = out + 14;
	char text[256];
	const char *name = text;

	snprintf(text, sizeof(text), "n%u.%s", number, suffix);
	out[2] = id >> 8;
	out[3] = id;
	memcpy(out + 4, header, sizeof(header));
	while (*name) {
		size_t length = strcspn(name, ".");

		*at++ = length;
		memcpy(at, name, length);
		at += length;
		name += length + (name[length] == '.');
	}
	memcpy(at, tail, sizeof(tail));
	at += sizeof(tail);
	out[0] = (at - out - 2) >> 8;
	out[1] = at - out - 2;
	return at - out;
}

static int ask_round(int fd, unsigned round)
{
	uint8_t message[ROOM];
	size_t length = 0;

	for (unsigned i = 0; i < questions; i++)
		length += build_query(message + length, round * questions + i, i);
	if (send(fd, message, length, MSG_NOSIGNAL) != (ssize_t)length)
		return 0;
	for (unsigned i = 0; i < questions; i++) {
		if (!read_all(fd, message, 2) || !read_all(fd, message + 2, message[0] << 8 | message[1]))
			return 0;
		__sync_fetch_and_add(&answered, 1);
	}
	return 1;
}

static void *ask_one(void *argument)
{
	int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0);

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(fd, (void *)&server, sizeof(server)))
		__sync_fetch_and_add(&stalled, 1);
	else
		for (unsigned i = 0; i < rounds; i++)
			if (!ask_round(fd, i)) {
				__sync_fetch_and_add(&stalled, 1);
				break;
			}
	close(fd);
	return argument;
}

static int ask(unsigned connections)
{
	pthread_t *threads = calloc(connections, sizeof(*threads));
	struct timespec from, to;

	clock_gettime(CLOCK_MONOTONIC, &from);
	for (unsigned i = 0; i < connections; i++)
		if (pthread_create(&threads[i], NULL, ask_one, NULL))
			return 2;
	for (unsigned i = 0; i < connections; i++)
		pthread_join(threads[i], NULL);
	clock_gettime(CLOCK_MONOTONIC, &to);
	printf("{\"answered\":%u,\"stalled\":%u,\"seconds\":%.3f}\n", answered, stalled,
	       to.tv_sec - from.tv_sec + (to.tv_nsec - from.tv_nsec) / 1e9);
	return 0;
}

int main(int argc, char **argv)
{
	server.sin_port = htons(53);
	signal(SIGPIPE, SIG_IGN);
	if (argc < 4 || inet_pton(AF_INET, argv[2], &server.sin_addr) != 1)
		return 2;
	if (argc == 4 && !strcmp(argv[1], "serve")) {
		piece = atoi(argv[3]);
		return serve();
	}
	if (argc != 7 || strcmp(argv[1], "ask"))
		return 2;
	rounds = atoi(argv[4]);
	questions = atoi(argv[5]);
	suffix = argv[6];
	return questions > 200 ? 2 : ask(atoi(argv[3]));
}
