#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "bpf.h"
#include "pins.h"

static const struct {
	const char *name;
	size_t at;
	u32 value_size; /* 0 = any */
} maps[] = {
	{ "config", offsetof(struct pins, config), sizeof(struct config) },
	{ "programs", offsetof(struct pins, programs), 4 },
	{ "pods", offsetof(struct pins, pods), sizeof(struct pod) },
	{ "endpoints", offsetof(struct pins, endpoints), sizeof(struct endpoint) },
	{ "usage", offsetof(struct pins, usage), 0 },
	{ "endpoint_count", offsetof(struct pins, counts), 0 },
	{ "searches", offsetof(struct pins, searches), 0 },
	{ "wildcard_names", offsetof(struct pins, wildcard), 0 },
	{ "allocator", offsetof(struct pins, allocator), sizeof(struct allocator) },
	{ "rulesets", offsetof(struct pins, rulesets), sizeof(struct ruleset) },
	{ "ruleset_ids", offsetof(struct pins, ruleset_ids), 4 },
	{ "netns", offsetof(struct pins, netns), 4 },
};

/* Under this id in ruleset_ids stands the ruleset of pods that nobody has told of; absent: they are not held to any. */
static const u8 unknown_pods[16];

static u32 entries(int map)
{
	struct map_facts facts;

	return bpf_map_facts(map, &facts) ? 0 : facts.entries;
}

static int open_map(struct pins *p, size_t i, struct failure *f)
{
	struct map_facts facts;
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", p->root, maps[i].name);
	fd = bpf_open(path);
	if (fd < 0)
		return fail(f, FAILURE_NO_DATAPATH, -fd, "%s is not pinned: start the agent", path);
	if (bpf_map_facts(fd, &facts) || (maps[i].value_size && facts.value_size != maps[i].value_size))
		return fail(f, FAILURE_NO_DATAPATH, 0, "%s is another version's: install this agent's plugin", path);
	*(int *)((u8 *)p + maps[i].at) = fd;
	return 0;
}

int pins_open(struct pins *p, const char *root, struct failure *f)
{
	struct config config = {};
	char links[160];
	u32 zero = 0;

	memset(p, 0, sizeof(*p));
	p->root = root;
	for (size_t i = 0; i < sizeof(maps) / sizeof(*maps); i++)
		if (open_map(p, i, f))
			return -1;
	if (bpf_lookup(p->config, &zero, &config) || config.layout != NW_LAYOUT)
		return fail(f, FAILURE_NO_DATAPATH, 0,
			    "the pins under %s have layout %u, this plugin's is %u: install this agent's plugin", root,
			    config.layout, NW_LAYOUT);
	p->slots = entries(p->endpoints);
	p->ruleset_slots = entries(p->rulesets);
	if (!p->slots || !p->ruleset_slots)
		return fail(f, FAILURE_NO_DATAPATH, 0, "the pins under %s cannot be read", root);
	snprintf(links, sizeof(links), "%s/links", root);
	if (mkdir(links, 0700) && errno != EEXIST)
		return fail(f, FAILURE_NO_DATAPATH, errno, "cannot make %s", links);
	p->lock = open(links, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (p->lock < 0 || flock(p->lock, LOCK_EX))
		return fail(f, FAILURE_NO_DATAPATH, errno, "cannot lock %s", links);
	return 0;
}

static void key_of(const char *uid, struct pod_key *key)
{
	memset(key, 0, sizeof(*key));
	memcpy(key->uid, uid, strnlen(uid, sizeof(key->uid) - 1));
}

bool pins_find(const struct pins *p, const char *uid, struct pod *pod, struct endpoint *endpoint)
{
	struct pod_key key;
	u32 slot;

	key_of(uid, &key);
	if (bpf_lookup(p->pods, &key, pod) || !pod->endpoint)
		return false;
	slot = pod->endpoint & (p->slots - 1);
	return !bpf_lookup(p->endpoints, &slot, endpoint) && endpoint->number == pod->endpoint;
}

/* The next number whose slot is free; 0 = none. */
static u32 take_number(const struct pins *p)
{
	struct allocator *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, p->allocator, 0);
	u32 found = 0;

	if (shared == MAP_FAILED)
		return 0;
	for (u32 i = 0; i <= p->slots && !found; i++) {
		u32 number = __atomic_fetch_add(&shared->next_endpoint, 1, __ATOMIC_SEQ_CST);
		u32 slot = number & (p->slots - 1);
		struct endpoint held;

		if (number && !bpf_lookup(p->endpoints, &slot, &held) && !held.number)
			found = number;
	}
	munmap(shared, sizeof(*shared));
	return found;
}

/* Octets that a value of one CPU, or of all, takes in user space. */
static size_t value_octets(int map)
{
	struct map_facts facts;
	FILE *possible;
	unsigned int first, last = 0;

	if (bpf_map_facts(map, &facts))
		return 0;
	if (facts.type != 6) /* BPF_MAP_TYPE_PERCPU_ARRAY */
		return facts.value_size;
	possible = fopen("/sys/devices/system/cpu/possible", "r");
	if (!possible)
		return 0;
	if (fscanf(possible, "%u-%u", &first, &last) < 2)
		last = first;
	fclose(possible);
	return (size_t)(facts.value_size + 7) / 8 * 8 * (last + 1);
}

static int clear_slot(int map, u32 slot)
{
	size_t size = value_octets(map);
	void *zeros = size ? calloc(1, size) : NULL;
	int error = zeros ? bpf_update(map, &slot, zeros, WRITE_ANY) : -ENOMEM;

	free(zeros);
	return error;
}

/* The programs' clock. */
static u64 now(const struct pins *p)
{
	struct config config = {};
	struct timespec t;
	u32 zero = 0;

	bpf_lookup(p->config, &zero, &config);
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000000 + t.tv_nsec + config.clock_offset;
}

/* The ruleset of unknown pods; 0 = none, they are open. */
static u32 unknown_ruleset(const struct pins *p)
{
	struct ruleset ruleset;
	u32 number = 0, slot;

	if (bpf_lookup(p->ruleset_ids, unknown_pods, &number))
		return 0;
	slot = number & (p->ruleset_slots - 1);
	return !bpf_lookup(p->rulesets, &slot, &ruleset) && ruleset.number == number ? number : 0;
}

int pins_claim(const struct pins *p, const struct request *r, struct pod *pod, struct endpoint *endpoint,
	       struct failure *f)
{
	u32 ruleset = unknown_ruleset(p), number, slot;

	if (r->quarantine && !ruleset)
		return fail(f, FAILURE_TRY_AGAIN, 0,
			    "unknownPods is Quarantine, and the agent has not pinned what that means yet");
	number = take_number(p);
	if (!number)
		return fail(f, FAILURE_FULL, 0, "no endpoint number is free, all %u are in use: see --size endpoints",
			    p->slots);
	slot = number & (p->slots - 1);
	if (clear_slot(p->usage, slot) || clear_slot(p->counts, slot) || clear_slot(p->searches, slot) ||
	    clear_slot(p->wildcard, slot))
		return fail(f, FAILURE_ATTACH, 0, "slot %u cannot be cleared", slot);
	*endpoint = (struct endpoint){
		.number = number,
		.ruleset = ruleset,
		.flags = NW_ENDPOINT_UNKNOWN,
		.selected_at = ruleset ? now(p) : 0,
	};
	*pod = (struct pod){ .endpoint = number, .ruleset = ruleset, .flags = NW_ENDPOINT_UNKNOWN };
	snprintf(pod->namespace, sizeof(pod->namespace), "%s", r->pod_namespace);
	snprintf(pod->name, sizeof(pod->name), "%s", r->pod_name);
	return 0;
}

int pins_write(const struct pins *p, const char *uid, const struct pod *pod, const struct endpoint *endpoint,
	       struct failure *f)
{
	u32 slot = endpoint->number & (p->slots - 1);
	struct pod_key key;
	int error;

	key_of(uid, &key);
	error = bpf_update(p->endpoints, &slot, endpoint, WRITE_ANY);
	if (!error && endpoint->netns_cookie)
		error = bpf_update(p->netns, &endpoint->netns_cookie, &endpoint->number, WRITE_ANY);
	if (!error)
		error = bpf_update(p->pods, &key, pod, WRITE_ANY);
	return error ? fail(f, FAILURE_ATTACH, -error, "pod %s cannot be written to the pinned maps", uid) : 0;
}

enum { BATCH = 4096 };

/* Deletes an endpoint's entries of one table. */
static void forget(int map, u32 key_size, u32 value_size, u32 at, u32 number)
{
	u8 *keys = malloc((size_t)BATCH * key_size);
	u8 *values = malloc((size_t)BATCH * value_size);
	u32 batch = 0, count;
	bool first = true;
	int error = 0;

	while (keys && values && !error) {
		count = BATCH;
		error = bpf_lookup_batch(map, first, &batch, keys, values, &count);
		first = false;
		if (error && error != -ENOENT)
			break;
		for (u32 i = 0; i < count; i++) {
			u32 endpoint;

			memcpy(&endpoint, keys + (size_t)i * key_size + at, sizeof(endpoint));
			if (endpoint == number)
				bpf_delete(map, keys + (size_t)i * key_size);
		}
	}
	free(keys);
	free(values);
}

void pins_free(const struct pins *p, const char *uid, const struct pod *pod)
{
	static const struct endpoint nobody;
	u32 slot = pod->endpoint & (p->slots - 1), number;
	struct endpoint held;
	struct pod_key key;

	/* The slot last: until then nobody is given it, and what its usage counts is still there. */
	for (size_t i = 0; i < sizeof(nw_tables) / sizeof(*nw_tables); i++) {
		struct map_facts facts;
		char path[256];
		int map;

		snprintf(path, sizeof(path), "%s/%s", p->root, nw_tables[i].name);
		map = bpf_open(path);
		if (map < 0)
			continue;
		if (!bpf_map_facts(map, &facts) && facts.key_size == nw_tables[i].key_size)
			forget(map, facts.key_size, facts.value_size, nw_tables[i].endpoint_offset, pod->endpoint);
		close(map);
	}
	if (!bpf_lookup(p->endpoints, &slot, &held) && held.number == pod->endpoint) {
		if (!bpf_lookup(p->netns, &held.netns_cookie, &number) && number == pod->endpoint)
			bpf_delete(p->netns, &held.netns_cookie);
		bpf_update(p->endpoints, &slot, &nobody, WRITE_ANY);
	}
	key_of(uid, &key);
	bpf_delete(p->pods, &key);
}

bool pins_owner(const struct pins *p, u32 number, struct pod_key *key, struct pod *pod)
{
	struct pod_key keys[64];
	struct pod values[64];
	u32 batch = 0, count;
	bool first = true;
	int error = 0;

	while (!error) {
		count = 64;
		error = bpf_lookup_batch(p->pods, first, &batch, keys, values, &count);
		first = false;
		if (error && error != -ENOENT)
			break;
		for (u32 i = 0; i < count; i++) {
			if (values[i].endpoint != number)
				continue;
			*key = keys[i];
			*pod = values[i];
			return true;
		}
	}
	return false;
}
