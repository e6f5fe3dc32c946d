/*
 * The chained CNI plugin: sets the pod's trampolines before the pod's first packet, with the agent alive or dead, and
 * hands on the result of the plugins before it as it is. docs/adr/0008-cni-plugin.md.
 *
 * The work is done by a child that is waited for no longer than "timeoutMilliseconds": a kernel that is slow to give
 * its lock cannot hold the pod. What then, and on any other failure, becomes of an ADD says "unknownPods": Open lets
 * the pod come up and leaves a note for the agent, Quarantine is an error and the runtime tries again.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "commands.h"

static char input[INPUT_MAX + 1];
static u64 started;

static u64 milliseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int left(u32 timeout)
{
	u64 spent = milliseconds() - started;

	return spent < timeout ? timeout - spent : 0;
}

/* Reads all of standard input. Returns its octets or -1. */
static ssize_t read_input(struct failure *f)
{
	size_t length = 0;

	for (;;) {
		struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
		ssize_t n;

		if (poll(&in, 1, left(TIMEOUT_DEFAULT)) <= 0)
			return fail(f, FAILURE_IO, 0, "no network configuration on standard input within %d ms",
				    TIMEOUT_DEFAULT);
		n = read(STDIN_FILENO, input + length, sizeof(input) - length);
		if (n < 0)
			return fail(f, FAILURE_IO, errno, "standard input cannot be read");
		if (!n)
			return length;
		length += n;
		if (length > INPUT_MAX)
			return fail(f, FAILURE_DECODE, 0, "standard input is longer than %d octets", INPUT_MAX);
	}
}

static int run(const struct request *r, struct failure *f)
{
	static int (*const commands[])(const struct request *, struct failure *) = {
		[COMMAND_ADD] = command_add, [COMMAND_DEL] = command_del,	[COMMAND_CHECK] = command_check,
		[COMMAND_GC] = command_gc,   [COMMAND_STATUS] = command_status,
	};

	return commands[r->command](r, f);
}

/* What the child leaves: whether it has come to its end, and with what. */
struct outcome {
	bool done;
	int result;
	struct failure failure;
};

static int run_within(const struct request *r, struct failure *f)
{
	struct outcome *outcome =
		mmap(NULL, sizeof(*outcome), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct pollfd end = { .events = POLLIN };
	int ends[2];
	pid_t child;

	if (outcome == MAP_FAILED || pipe(ends))
		return fail(f, FAILURE_IO, errno, "no memory or descriptors");
	child = fork();
	if (child < 0)
		return fail(f, FAILURE_IO, errno, "no process");
	if (!child) {
		close(ends[0]);
		outcome->result = run(r, &outcome->failure);
		outcome->done = true;
		_exit(0);
	}
	close(ends[1]);
	end.fd = ends[0];
	if (poll(&end, 1, left(r->timeout)) <= 0) {
		kill(child, SIGKILL);
		return fail(f, FAILURE_TRY_AGAIN, 0, "not done within %u ms", r->timeout);
	}
	waitpid(child, NULL, 0);
	if (!outcome->done)
		return fail(f, FAILURE_IO, 0, "the plugin ended too early: a fault of its own");
	*f = outcome->failure;
	return outcome->result;
}

/* For the agent: a symbolic link whose text says why a pod came up without its hooks. */
static void leave_note(const struct request *r, const struct failure *f)
{
	char path[320];

	snprintf(path, sizeof(path), "%s/cni", r->pin_root);
	if (mkdir(path, 0700) && errno != EEXIST)
		return;
	snprintf(path, sizeof(path), "%s/cni/missed-%s", r->pin_root, r->uid[0] ? r->uid : r->container);
	unlink(path);
	if (symlink(f->message, path))
		fprintf(stderr, "namewall-cni: %s: %s\n", path, strerror(errno));
}

static void print_string(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		if ((u8)*text < 0x20 || (u8)*text >= 0x7f)
			putchar('?');
		else
			printf(*text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
	}
	putchar('"');
}

static int print_failure(const struct request *r, const struct failure *f)
{
	printf("{\"cniVersion\":\"%s\",\"code\":%u,\"msg\":", r->version[0] ? r->version : cni_newest, f->code);
	print_string(f->message);
	printf("}\n");
	fprintf(stderr, "namewall-cni: %s\n", f->message);
	return fflush(stdout) ? 2 : 1;
}

static int print_versions(const struct request *r)
{
	printf("{\"cniVersion\":\"%s\",\"supportedVersions\":[", r->version[0] ? r->version : cni_newest);
	for (const char *const *version = cni_versions; *version; version++)
		printf("%s\"%s\"", version == cni_versions ? "" : ",", *version);
	printf("]}\n");
	return fflush(stdout) ? 1 : 0;
}

/* The result of the plugins before us, octet by octet. */
static int print_result(const struct request *r)
{
	size_t length = r->result.end - r->result.at;

	return fwrite(r->result.at, 1, length, stdout) == length && putchar('\n') == '\n' && !fflush(stdout) ? 0 : 1;
}

int main(void)
{
	static struct request r;
	struct failure f = {};
	ssize_t length;

	started = milliseconds();
	signal(SIGPIPE, SIG_IGN);
	if (request_environment(&r, &f))
		return print_failure(&r, &f);
	length = read_input(&f);
	if (length < 0)
		return print_failure(&r, &f);
	if (r.command == COMMAND_VERSION && !length)
		return print_versions(&r);
	if (request_config(&r, (struct json){ input, input + length }, &f))
		return print_failure(&r, &f);
	if (r.command == COMMAND_VERSION)
		return print_versions(&r);
	if (!run_within(&r, &f))
		return r.command == COMMAND_ADD ? print_result(&r) : 0;
	if (r.command != COMMAND_ADD || r.quarantine)
		return print_failure(&r, &f);
	fprintf(stderr, "namewall-cni: pod %s comes up without its hooks, the agent sets them: %s\n", r.uid, f.message);
	leave_note(&r, &f);
	return print_result(&r);
}
