#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "bpf.h"

/* enum bpf_cmd, kernel UAPI. */
enum {
	CMD_LOOKUP = 1,
	CMD_UPDATE = 2,
	CMD_DELETE = 3,
	CMD_PROG_LOAD = 5,
	CMD_OBJ_PIN = 6,
	CMD_OBJ_GET = 7,
	CMD_PROG_BY_ID = 13,
	CMD_MAP_BY_ID = 14,
	CMD_INFO = 15,
	CMD_PROG_QUERY = 16,
	CMD_LOOKUP_BATCH = 24,
	CMD_LINK_CREATE = 28,
};

enum { PROG_TYPE_SCHED_CLS = 3, F_BEFORE = 1 << 3, LINKS_MAX = 64, KERNEL_ENOTSUPP = 524 };

/* union bpf_attr's members that are used, each with the octets behind it as zeros. */
struct element {
	u32 map, reserved;
	u64 key, value, flags;
};

struct object {
	u64 path;
	u32 fd, flags;
};

struct batch {
	u64 in, out, keys, values;
	u32 count, map;
	u64 elem_flags, flags;
};

struct load {
	u32 type, count;
	u64 instructions, license;
	u32 log_level, log_size;
	u64 log;
	u32 kernel_version, flags;
	char name[16];
};

struct info {
	u32 fd, length;
	u64 at;
};

struct link_create {
	u32 program, target, type, flags;
	u32 relative, reserved;
	u64 revision;
};

struct query {
	u32 target, type, query_flags, attach_flags;
	u64 programs;
	u32 count, reserved;
	u64 program_flags, links, link_flags, revision;
};

static int call(int command, void *attributes, size_t size)
{
	long result = syscall(SYS_bpf, command, attributes, size);

	return result < 0 ? -errno : result;
}

static u64 pointer(const void *at)
{
	return (u64)(uintptr_t)at;
}

int bpf_open(const char *path)
{
	struct object a = { .path = pointer(path) };

	return call(CMD_OBJ_GET, &a, sizeof(a));
}

int bpf_pin(const char *path, int fd)
{
	struct object a = { .path = pointer(path), .fd = fd };

	return call(CMD_OBJ_PIN, &a, sizeof(a));
}

/* Octets of struct bpf_map_info, bpf_prog_info, bpf_link_info: their beginning is enough, the rest is left. */
static int object_info(int fd, void *info, u32 size)
{
	struct info a = { .fd = fd, .length = size, .at = pointer(info) };

	return call(CMD_INFO, &a, sizeof(a));
}

int bpf_map_facts(int fd, struct map_facts *facts)
{
	u32 info[24] = {};
	int error = object_info(fd, info, sizeof(info));

	*facts = (struct map_facts){ info[0], info[2], info[3], info[4] };
	return error;
}

int bpf_program_id(int program, u32 *id)
{
	u32 info[64] = {};
	int error = object_info(program, info, sizeof(info));

	*id = info[1];
	return error;
}

int bpf_program_name(int program, char name[16])
{
	u32 info[64] = {};
	int error = object_info(program, info, sizeof(info));

	memcpy(name, info + 16, 16);
	return error;
}

static int by_id(int command, u32 id)
{
	u32 a[3] = { id };

	return call(command, a, sizeof(a));
}

int bpf_program_by_id(u32 id)
{
	return by_id(CMD_PROG_BY_ID, id);
}

int bpf_map_by_id(u32 id)
{
	return by_id(CMD_MAP_BY_ID, id);
}

int bpf_link_place(int link, u32 *id, u32 *ifindex, u32 *side)
{
	u32 info[16] = {};
	int error = object_info(link, info, sizeof(info));

	*id = info[1];
	*ifindex = info[4];
	*side = info[5];
	return error;
}

int bpf_lookup(int map, const void *key, void *value)
{
	struct element a = { .map = map, .key = pointer(key), .value = pointer(value) };

	return call(CMD_LOOKUP, &a, sizeof(a));
}

int bpf_update(int map, const void *key, const void *value, enum bpf_write how)
{
	struct element a = { .map = map, .key = pointer(key), .value = pointer(value), .flags = how };

	return call(CMD_UPDATE, &a, sizeof(a));
}

int bpf_delete(int map, const void *key)
{
	struct element a = { .map = map, .key = pointer(key) };

	return call(CMD_DELETE, &a, sizeof(a));
}

int bpf_lookup_batch(int map, bool first, u32 *batch, void *keys, void *values, u32 *count)
{
	struct batch a = {
		.in = first ? 0 : pointer(batch),
		.out = pointer(batch),
		.keys = pointer(keys),
		.values = pointer(values),
		.count = *count,
		.map = map,
	};
	int error = call(CMD_LOOKUP_BATCH, &a, sizeof(a));

	*count = a.count;
	return error;
}

int bpf_load(const struct bpf_instruction *instructions, u32 count, const char *name)
{
	struct load a = {
		.type = PROG_TYPE_SCHED_CLS,
		.count = count,
		.instructions = pointer(instructions),
		.license = pointer("Dual BSD/GPL"),
	};

	strncpy(a.name, name, sizeof(a.name) - 1);
	return call(CMD_PROG_LOAD, &a, sizeof(a));
}

int bpf_attach_tcx(int program, u32 ifindex, enum bpf_side side)
{
	struct link_create a = { .program = program, .target = ifindex, .type = side, .flags = F_BEFORE };

	return call(CMD_LINK_CREATE, &a, sizeof(a));
}

bool bpf_lacks_tcx(int error)
{
	return error == -EINVAL || error == -EOPNOTSUPP || error == -KERNEL_ENOTSUPP;
}

int bpf_list_tcx(u32 ifindex, enum bpf_side side, u32 *programs, u32 *links, u32 *count)
{
	struct query a = {
		.target = ifindex,
		.type = side,
		.programs = pointer(programs),
		.links = pointer(links),
		.count = *count,
	};
	int error = call(CMD_PROG_QUERY, &a, sizeof(a));

	*count = a.count;
	return error;
}

bool bpf_stands_tcx(u32 ifindex, enum bpf_side side, u32 link_id)
{
	u32 programs[LINKS_MAX] = {}, links[LINKS_MAX] = {}, count = LINKS_MAX;

	if (bpf_list_tcx(ifindex, side, programs, links, &count))
		return false;
	for (u32 i = 0; i < count && i < LINKS_MAX; i++)
		if (links[i] == link_id)
			return true;
	return false;
}
