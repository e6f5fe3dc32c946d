#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bpf.h"
#include "hooks.h"
#include "netlink.h"

enum direction { OUT, IN };

struct place {
	u32 ifindex;
	bool ingress;
	const char *netns; /* NULL = the runtime's own */
};

static const char *const names[] = { [OUT] = "out", [IN] = "in" };

static struct place place_of(enum direction direction, const struct cable *cable, const char *netns, bool in_pod)
{
	if (direction == OUT)
		return (struct place){ cable->host_ifindex, true, NULL };
	return in_pod ? (struct place){ cable->pod_ifindex, true, netns } :
			(struct place){ cable->host_ifindex, false, NULL };
}

static void path_of(char path[256], const struct pins *p, const char *directory, u32 number, enum direction direction,
		    const char *suffix)
{
	snprintf(path, 256, "%s/%s/%u-%s%s", p->root, directory, number, names[direction], suffix);
}

static int load(const struct pins *p, u32 number, enum direction direction)
{
	enum { COUNT = sizeof(nw_trampoline_out) / sizeof(*nw_trampoline_out) };
	struct bpf_instruction code[COUNT];

	_Static_assert(sizeof(nw_trampoline_out) == sizeof(nw_trampoline_in), "trampolines differ in length");
	memcpy(code, direction == OUT ? nw_trampoline_out : nw_trampoline_in, sizeof(code));
	code[1].immediate = number;
	for (int i = 0; i < COUNT; i++)
		if (code[i].code == 0x18)
			code[i].immediate = p->programs;
	return bpf_load(code, COUNT, direction == OUT ? "nw_out" : "nw_in");
}

/* The place in a record, where it is in the runtime's namespace. */
static bool read_record(const char *path, struct place *at, bool *own_qdisc)
{
	struct json text, record, value;
	char octets[512], side[16];
	ssize_t length = readlink(path, octets, sizeof(octets));

	if (length <= 0 || length >= (ssize_t)sizeof(octets))
		return false;
	text = (struct json){ octets, octets + length };
	if (!json_check(text, &record) || json_member(record, "netns", &value))
		return false;
	*own_qdisc = json_member(record, "ownQdisc", &value) && json_begins(value, 't');
	if (!json_member(record, "side", &value) || !json_string(value, side, sizeof(side)))
		return false;
	at->ingress = !strcmp(side, "ingress");
	return json_member(record, "ifindex", &value) && json_number(value, UINT32_MAX, &at->ifindex);
}

/* Only in the runtime's namespace: a filter inside the pod goes with the pod's. */
static void remove_filter(const struct pins *p, u32 number, enum direction direction)
{
	char path[256], record[256];
	u32 id, standing = 0;
	struct place at = {};
	bool own_qdisc;
	int fd;

	path_of(path, p, "filters", number, direction, "");
	path_of(record, p, "filters", number, direction, "-at");
	fd = bpf_open(path);
	if (fd >= 0 && read_record(record, &at, &own_qdisc)) {
		enum filter_side side = at.ingress ? FILTER_INGRESS : FILTER_EGRESS;

		if (!bpf_program_id(fd, &id) && !filter_query(at.ifindex, side, FILTER_HANDLE, &standing) &&
		    standing == id)
			filter_delete(at.ifindex, side, FILTER_HANDLE);
		if (own_qdisc && !filter_count(at.ifindex))
			qdisc_delete(at.ifindex);
	}
	if (fd >= 0)
		close(fd);
	unlink(path);
	unlink(record);
}

/* Does the other direction's filter stand on a qdisc that we made there? */
static bool is_shared(const struct pins *p, u32 number, enum direction direction, const struct place *at)
{
	struct place other = {};
	char record[256];
	bool own_qdisc;

	path_of(record, p, "filters", number, direction == OUT ? IN : OUT, "-at");
	return !at->netns && read_record(record, &other, &own_qdisc) && own_qdisc && other.ifindex == at->ifindex;
}

static int set_tcx(const struct pins *p, u32 number, enum direction direction, int program, const struct place *at)
{
	char path[256], fresh[256];
	int link = bpf_attach_tcx(program, at->ifindex, at->ingress ? SIDE_INGRESS : SIDE_EGRESS);
	int error;

	if (link < 0)
		return link;
	path_of(path, p, "links", number, direction, "");
	path_of(fresh, p, "links", number, direction, "-new");
	unlink(fresh);
	error = bpf_pin(fresh, link);
	/* What was pinned there loses its last reference and is detached. */
	if (!error && rename(fresh, path))
		error = -errno;
	close(link);
	return error;
}

/* The record before the filter, as packages/datapath/src/hooks/record.ts writes it. */
static int set_clsact(const struct pins *p, u32 number, enum direction direction, int program, const struct place *at)
{
	enum filter_side side = at->ingress ? FILTER_INGRESS : FILTER_EGRESS;
	char path[256], record[256], text[256];
	int error = qdisc_make(at->ifindex);
	bool made = !error;
	bool own_qdisc = made || is_shared(p, number, direction, at);

	if (error && error != -EEXIST)
		return error;
	snprintf(path, sizeof(path), "%s/filters", p->root);
	if (mkdir(path, 0700) && errno != EEXIST)
		return -errno;
	path_of(path, p, "filters", number, direction, "");
	path_of(record, p, "filters", number, direction, "-at");
	unlink(path);
	unlink(record);
	snprintf(text, sizeof(text), "{\"ifindex\":%u,\"side\":\"%s\",\"ownQdisc\":%s%s%s%s}", at->ifindex,
		 at->ingress ? "ingress" : "egress", own_qdisc ? "true" : "false", at->netns ? ",\"netns\":\"" : "",
		 at->netns ? at->netns : "", at->netns ? "\"" : "");
	if (symlink(text, record))
		return -errno;
	error = bpf_pin(path, program);
	if (!error)
		error = filter_set(at->ifindex, side, FILTER_HANDLE, program, direction == OUT ? "nw_out" : "nw_in",
				   false);
	if (error) {
		unlink(path);
		unlink(record);
		if (made && !filter_count(at->ifindex))
			qdisc_delete(at->ifindex);
		return error;
	}
	path_of(path, p, "links", number, direction, "");
	unlink(path);
	return 0;
}

typedef int setter(const struct pins *p, u32 number, enum direction direction, int program, const struct place *at);

static int set_in(setter *set, const struct pins *p, u32 number, enum direction direction, int program,
		  const struct place *at)
{
	int before = at->netns ? netns_enter(at->netns) : -1;
	int error;

	if (at->netns && before < 0)
		return before;
	error = set(p, number, direction, program, at);
	if (before >= 0)
		netns_leave(before);
	return error;
}

/* A filter that stood elsewhere goes once a link stands, or just before another filter does. */
static int set(const struct pins *p, const struct request *r, u32 number, enum direction direction,
	       const struct place *at)
{
	int program = load(p, number, direction);
	int error = -EINVAL;
	bool clsact;

	if (program < 0)
		return program;
	if (!r->force_clsact)
		error = set_in(set_tcx, p, number, direction, program, at);
	clsact = r->force_clsact || bpf_lacks_tcx(error);
	if (clsact || !error)
		remove_filter(p, number, direction);
	if (clsact)
		error = set_in(set_clsact, p, number, direction, program, at);
	close(program);
	return error;
}

static bool stands(const struct pins *p, u32 number, enum direction direction, const struct place *at)
{
	int before = at->netns ? netns_enter(at->netns) : -1;
	u32 id = 0, ifindex = 0, side = 0, filter = 0;
	char path[256];
	bool there = false;
	int fd;

	if (at->netns && before < 0)
		return false;
	path_of(path, p, "links", number, direction, "");
	fd = bpf_open(path);
	if (fd >= 0) {
		enum bpf_side wanted = at->ingress ? SIDE_INGRESS : SIDE_EGRESS;

		there = !bpf_link_place(fd, &id, &ifindex, &side) && ifindex == at->ifindex && side == wanted &&
			bpf_stands_tcx(ifindex, wanted, id);
		close(fd);
	}
	path_of(path, p, "filters", number, direction, "");
	fd = there ? -1 : bpf_open(path);
	if (fd >= 0) {
		there = !bpf_program_id(fd, &id) &&
			!filter_query(at->ifindex, at->ingress ? FILTER_INGRESS : FILTER_EGRESS, FILTER_HANDLE,
				      &filter) &&
			filter == id && id;
		close(fd);
	}
	if (before >= 0)
		netns_leave(before);
	return there;
}

bool hooks_stand(const struct pins *p, const char *netns, u32 number, const struct cable *cable)
{
	struct place out = place_of(OUT, cable, netns, false);
	struct place host = place_of(IN, cable, netns, false), pod = place_of(IN, cable, netns, true);

	return stands(p, number, OUT, &out) && (stands(p, number, IN, &host) || stands(p, number, IN, &pod));
}

int hooks_set(const struct pins *p, const struct request *r, u32 number, const struct cable *cable, struct failure *f)
{
	/* In first: a question that goes out finds its answer's hook there. */
	static const enum direction order[] = { IN, OUT };

	for (int i = 0; i < 2; i++) {
		struct place at = place_of(order[i], cable, r->netns, r->inbound_in_pod);
		int error;

		if (stands(p, number, order[i], &at))
			continue;
		error = set(p, r, number, order[i], &at);
		if (error)
			return fail(f, FAILURE_ATTACH, -error, "endpoint %u, %s at interface %u", number,
				    names[order[i]], at.ifindex);
	}
	return 0;
}

void hooks_remove(const struct pins *p, u32 number)
{
	for (enum direction direction = OUT; direction <= IN; direction++) {
		char path[256];

		path_of(path, p, "links", number, direction, "-new");
		unlink(path);
		path_of(path, p, "links", number, direction, "");
		unlink(path);
		remove_filter(p, number, direction);
	}
}

int owner_write(const struct pins *p, u32 number, const struct request *r, struct failure *f)
{
	char path[256], text[192];

	snprintf(path, sizeof(path), "%s/cni", p->root);
	if (mkdir(path, 0700) && errno != EEXIST)
		return fail(f, FAILURE_ATTACH, errno, "cannot make %s", path);
	snprintf(path, sizeof(path), "%s/cni/%u", p->root, number);
	snprintf(text, sizeof(text), "%s/%s", r->container, r->ifname);
	unlink(path);
	return symlink(text, path) ? fail(f, FAILURE_ATTACH, errno, "cannot make %s", path) : 0;
}

bool owner_read(const struct pins *p, u32 number, char *text, size_t size)
{
	char path[256];
	ssize_t length;

	snprintf(path, sizeof(path), "%s/cni/%u", p->root, number);
	length = readlink(path, text, size - 1);
	if (length < 0)
		return false;
	text[length] = 0;
	return true;
}

void owner_remove(const struct pins *p, u32 number)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/cni/%u", p->root, number);
	unlink(path);
}
