/*
 * dial FORBIDDEN ALLOWED SECONDS: what a pod does that cannot wait. Dials the address FORBIDDEN and the name ALLOWED at
 * port 80 from its first instruction on, until the name answers. Ends with 0 and says when it did, or with 1 as soon as
 * the address is open, or with 2 after so many seconds.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* Answers within 300 ms? */
static int is_open(const struct sockaddr_in *to)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct pollfd ready = { fd, POLLOUT, 0 };
	socklen_t length = sizeof(int);
	int error = -1;

	if (!connect(fd, (const void *)to, sizeof(*to)))
		error = 0;
	else if (errno == EINPROGRESS && poll(&ready, 1, 300) == 1)
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
	close(fd);
	return !error;
}

static int is_name_open(const char *name)
{
	struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM }, *found;
	int open;

	if (getaddrinfo(name, "80", &hints, &found))
		return 0;
	open = is_open((const void *)found->ai_addr);
	freeaddrinfo(found);
	return open;
}

int main(int argc, char **argv)
{
	struct sockaddr_in forbidden = { .sin_family = AF_INET, .sin_port = htons(80) };
	long began = now();

	if (argc != 4 || inet_pton(AF_INET, argv[1], &forbidden.sin_addr) != 1)
		return 64;
	while (now() < began + 1000 * atol(argv[3])) {
		if (is_open(&forbidden)) {
			printf("forbidden open after %ld ms\n", now() - began);
			return 1;
		}
		if (is_name_open(argv[2])) {
			printf("allowed open after %ld ms, forbidden never\n", now() - began);
			return 0;
		}
		usleep(10000);
	}
	printf("allowed never open\n");
	return 2;
}
