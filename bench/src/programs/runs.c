/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs packets through BPF programs one after the other with nothing in between, so that what is measured is
 * the program and not who calls it.
 *
 *   runs FILE COLD EMPTY
 *
 * FILE holds steps: a header (struct step) and its frame. Each is given once to the program with its ID; of those
 * to be measured a line says the nanoseconds that the program took, and EMPTY right before on the same frame. COLD:
 * octets of other memory that are touched before each of the two; 0 leaves the caches as the last step did.
 */
#define _GNU_SOURCE
#include <linux/bpf.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct step {
	uint32_t program; /* ID */
	uint32_t measured;
	uint32_t verdict; /* that it must give */
	uint32_t length;
};

static int open_program(uint32_t id)
{
	union bpf_attr attr = { .prog_id = id };
	int fd = syscall(SYS_bpf, BPF_PROG_GET_FD_BY_ID, &attr, sizeof(attr));

	if (fd < 0) {
		perror("program");
		exit(2);
	}
	return fd;
}

/* Few programs, many steps: those met are kept open. */
static int program_fd(uint32_t id)
{
	static struct {
		uint32_t id;
		int fd;
	} open[8];

	for (int i = 0; i < 8; i++) {
		if (open[i].id == id)
			return open[i].fd;
		if (!open[i].id) {
			open[i].id = id;
			return open[i].fd = open_program(id);
		}
	}
	fprintf(stderr, "more than 8 programs\n");
	exit(2);
}

static uint32_t run(int fd, const uint8_t *frame, uint32_t length, uint32_t *verdict)
{
	static uint8_t out[65536];
	union bpf_attr attr = { .test = { .prog_fd = fd, .repeat = 1 } };

	attr.test.data_in = (uintptr_t)frame;
	attr.test.data_size_in = length;
	attr.test.data_out = (uintptr_t)out;
	attr.test.data_size_out = sizeof(out);
	if (syscall(SYS_bpf, BPF_PROG_TEST_RUN, &attr, sizeof(attr))) {
		perror("BPF_PROG_TEST_RUN");
		exit(2);
	}
	*verdict = attr.test.retval;
	return attr.test.duration;
}

/* Takes the caches away, and the translations of addresses with them. */
static void touch(uint8_t *memory, size_t size)
{
	for (size_t i = 0; i < size; i += 64)
		memory[i]++;
}

static uint8_t *read_file(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	uint8_t *bytes;

	if (!f || fseek(f, 0, SEEK_END)) {
		perror(path);
		exit(2);
	}
	*size = ftell(f);
	rewind(f);
	bytes = malloc(*size);
	if (!bytes || fread(bytes, 1, *size, f) != *size) {
		perror(path);
		exit(2);
	}
	fclose(f);
	return bytes;
}

static void stay_on_this_cpu(void)
{
	cpu_set_t here;

	CPU_ZERO(&here);
	CPU_SET(sched_getcpu(), &here);
	sched_setaffinity(0, sizeof(here), &here);
}

int main(int argc, char **argv)
{
	size_t size, cold, at = 0;
	uint8_t *steps, *memory;
	int empty;

	if (argc != 4) {
		fprintf(stderr, "usage: runs FILE COLD EMPTY\n");
		return 2;
	}
	steps = read_file(argv[1], &size);
	cold = strtoul(argv[2], NULL, 10);
	empty = program_fd(strtoul(argv[3], NULL, 10));
	memory = calloc(1, cold + 1);
	stay_on_this_cpu();
	while (at + sizeof(struct step) <= size) {
		uint32_t none, verdict, idle, busy;
		const uint8_t *frame;
		struct step step;

		memcpy(&step, steps + at, sizeof(step));
		frame = steps + at + sizeof(step);
		at += sizeof(step) + step.length;
		if (!step.measured) {
			run(program_fd(step.program), frame, step.length, &verdict);
		} else {
			touch(memory, cold);
			idle = run(empty, frame, step.length, &none);
			touch(memory, cold);
			busy = run(program_fd(step.program), frame, step.length, &verdict);
			printf("%u %u\n", busy, idle);
		}
		if (verdict != step.verdict) {
			fprintf(stderr, "verdict %d instead of %d\n", (int)verdict, (int)step.verdict);
			return 1;
		}
	}
	return 0;
}
