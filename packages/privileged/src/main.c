/*
 * Keeps CAP_SYS_ADMIN apart from the agent: a small process that does a closed list of things for it (protocol.h).
 *
 *   namewall-privileged launch PROGRAM ARGUMENT...  starts it beside, and becomes PROGRAM without that capability;
 *                                                   NAMEWALL_PRIVILEGED is the descriptor to ask it by
 *   namewall-privileged serve                       is it, for who holds the other end of descriptor 3
 */
#define _GNU_SOURCE
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "powers.h"
#include "serve.h"

enum { SOCKET = 3 };

#define AGENT (POWER(CAP_BPF) | POWER(CAP_NET_ADMIN) | POWER(CAP_PERFMON))
#define OURS (POWER(CAP_SYS_ADMIN) | POWER(CAP_NET_ADMIN))

static int failed(const char *what)
{
	fprintf(stderr, "namewall-privileged: ");
	perror(what);
	return 1;
}

static int be(void)
{
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE };

	/* It ends with the agent, which a terminal's Ctrl-C reaches too. */
	for (size_t i = 0; i < sizeof(ignored) / sizeof(*ignored); i++)
		signal(ignored[i], SIG_IGN);
	if (!powers_keep(OURS))
		return failed("capabilities");
	if (chdir("/") || syscall(SYS_close_range, SOCKET + 1, ~0u, 0))
		return failed("descriptors");
	return serve(SOCKET);
}

static int launch(char **program)
{
	char number[16];
	int pair[2];
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair))
		return failed("socketpair");
	child = fork();
	if (child < 0)
		return failed("fork");
	if (!child) {
		close(pair[0]);
		if (dup2(pair[1], SOCKET) < 0)
			return failed("dup2");
		return be();
	}
	close(pair[1]);
	snprintf(number, sizeof(number), "%d", pair[0]);
	if (setenv("NAMEWALL_PRIVILEGED", number, 1) || !powers_keep(AGENT))
		return failed("capabilities");
	execvp(program[0], program);
	return failed(program[0]);
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "serve"))
		return be();
	if (argc > 2 && !strcmp(argv[1], "launch"))
		return launch(argv + 2);
	fprintf(stderr, "Usage: namewall-privileged launch PROGRAM ARGUMENT... | serve\n");
	return 2;
}
