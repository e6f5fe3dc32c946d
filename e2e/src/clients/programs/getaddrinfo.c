/* SPDX-License-Identifier: Apache-2.0 */
/* getaddrinfo of one name, once: built against glibc and against musl. */
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

static const char *code_name(int code)
{
	switch (code) {
	case EAI_AGAIN:
		return "EAI_AGAIN";
	case EAI_FAIL:
		return "EAI_FAIL";
	case EAI_NONAME:
		return "EAI_NONAME";
#ifdef EAI_NODATA
	case EAI_NODATA:
		return "EAI_NODATA";
#endif
	default:
		return "EAI_OTHER";
	}
}

static double milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

int main(int argc, char **argv)
{
	struct addrinfo hints, *found = NULL;
	double began;
	int code;

	if (argc != 2) {
		fprintf(stderr, "usage: getaddrinfo NAME\n");
		return 2;
	}
	memset(&hints, 0, sizeof(hints));
	hints.ai_socktype = SOCK_STREAM;
	began = milliseconds();
	code = getaddrinfo(argv[1], NULL, &hints, &found);
	printf("%.1f ", milliseconds() - began);
	if (code) {
		printf("failed %s: %s\n", code_name(code), gai_strerror(code));
		return 0;
	}
	printf("found");
	for (struct addrinfo *at = found; at; at = at->ai_next) {
		char text[INET6_ADDRSTRLEN] = "";
		const void *address = at->ai_family == AF_INET6 ?
					      (const void *)&((struct sockaddr_in6 *)at->ai_addr)->sin6_addr :
					      (const void *)&((struct sockaddr_in *)at->ai_addr)->sin_addr;

		if (inet_ntop(at->ai_family, address, text, sizeof(text)))
			printf(" %s", text);
	}
	printf("\n");
	freeaddrinfo(found);
	return 0;
}
