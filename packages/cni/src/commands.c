#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "addresses.h"
#include "bpf.h"
#include "commands.h"
#include "hooks.h"

static bool is_known_address(u8 addresses[NW_ENDPOINT_ADDRESSES][16])
{
	static const u8 none[16];

	for (int i = 0; i < NW_ENDPOINT_ADDRESSES; i++)
		if (memcmp(addresses[i], none, sizeof(none)))
			return true;
	return false;
}

/* Does this sandbox hold the endpoint's hooks? */
static bool is_owner(const struct pins *p, u32 number, const struct request *r)
{
	size_t length = strlen(r->container);
	char text[192];

	return owner_read(p, number, text, sizeof(text)) && !strncmp(text, r->container, length) &&
	       text[length] == '/' && !strcmp(text + length + 1, r->ifname);
}

/* A second interface of a sandbox that has its hooks already: the agent counts it. */
static bool is_second(const struct pins *p, u32 number, const struct request *r)
{
	size_t length = strlen(r->container);
	char text[192];

	return owner_read(p, number, text, sizeof(text)) && !strncmp(text, r->container, length) &&
	       text[length] == '/' && strcmp(text + length + 1, r->ifname);
}

/* A new sandbox has addresses of its own; where the result has none, what is known stays. */
static void take_addresses(const struct request *r, struct endpoint *endpoint)
{
	u8 addresses[NW_ENDPOINT_ADDRESSES][16] = {};

	addresses_of(r->result, r->ifname, addresses);
	if (is_known_address(addresses))
		memcpy(endpoint->addresses, addresses, sizeof(addresses));
}

int command_add(const struct request *r, struct failure *f)
{
	struct failure no_cable = {};
	struct endpoint endpoint;
	struct cable cable = {};
	struct pins pins;
	struct pod pod;
	bool known;

	if (!r->uid[0])
		return fail(f, FAILURE_ENVIRONMENT, 0,
			    "CNI_ARGS has no K8S_POD_UID: the pod cannot be told from others");
	/* First, since it may take its time: what is read of the pins is written without any in between. */
	cable_find(r->netns, r->ifname, &cable, &no_cable);
	if (pins_open(&pins, r->pin_root, f))
		return -1;
	known = pins_find(&pins, r->uid, &pod, &endpoint);
	if (known && is_second(&pins, pod.endpoint, r))
		return 0;
	if (!cable.host_ifindex) {
		*f = no_cable;
		return -1;
	}
	if (!known && pins_claim(&pins, r, &pod, &endpoint, f))
		return -1;
	if (!known || endpoint.netns_cookie != cable.netns_cookie)
		take_addresses(r, &endpoint);
	if (endpoint.netns_cookie && endpoint.netns_cookie != cable.netns_cookie)
		bpf_delete(pins.netns, &endpoint.netns_cookie);
	endpoint.netns_cookie = cable.netns_cookie;
	pod.ifindex = cable.host_ifindex;
	snprintf(pod.netns, sizeof(pod.netns), "%s", r->netns);
	if (!pins_write(&pins, r->uid, &pod, &endpoint, f) && !owner_write(&pins, pod.endpoint, r, f) &&
	    !hooks_set(&pins, r, pod.endpoint, &cable, f))
		return 0;
	if (!known) {
		hooks_remove(&pins, pod.endpoint);
		owner_remove(&pins, pod.endpoint);
		pins_free(&pins, r->uid, &pod);
	}
	return -1;
}

/* A pod that nobody has told of is forgotten; one that somebody has keeps its number and its ruleset. */
static void release(const struct pins *p, const char *uid, struct pod *pod)
{
	struct endpoint endpoint;
	struct failure ignored;

	hooks_remove(p, pod->endpoint);
	owner_remove(p, pod->endpoint);
	if (!pins_find(p, uid, pod, &endpoint))
		return;
	if (pod->flags & NW_ENDPOINT_UNKNOWN) {
		pins_free(p, uid, pod);
		return;
	}
	bpf_delete(p->netns, &endpoint.netns_cookie);
	endpoint.netns_cookie = 0;
	pod->ifindex = 0;
	memset(pod->netns, 0, sizeof(pod->netns));
	pins_write(p, uid, pod, &endpoint, &ignored);
}

int command_del(const struct request *r, struct failure *f)
{
	struct endpoint endpoint;
	struct pins pins;
	struct pod pod;

	/* Without pins there is nothing to take away: DEL has to succeed then. */
	if (!r->uid[0] || pins_open(&pins, r->pin_root, f))
		return 0;
	if (pins_find(&pins, r->uid, &pod, &endpoint) && is_owner(&pins, pod.endpoint, r))
		release(&pins, r->uid, &pod);
	return 0;
}

int command_check(const struct request *r, struct failure *f)
{
	struct endpoint endpoint;
	struct cable cable = {};
	struct pins pins;
	struct pod pod;

	if (pins_open(&pins, r->pin_root, f) || cable_find(r->netns, r->ifname, &cable, f))
		return -1;
	if (!pins_find(&pins, r->uid, &pod, &endpoint))
		return fail(f, FAILURE_NOT_ATTACHED, 0, "pod %s has no endpoint", r->uid);
	if (is_second(&pins, pod.endpoint, r) || hooks_stand(&pins, r->netns, pod.endpoint, &cable))
		return 0;
	return fail(f, FAILURE_NOT_ATTACHED, 0, "a hook of endpoint %u, pod %s, is gone; the agent sets it again",
		    pod.endpoint, r->uid);
}

static bool is_valid(const struct request *r, const char *owner)
{
	char container[128], ifname[16], text[192];
	struct json one, id, name;
	const char *cursor = NULL;

	while (json_next(r->valid, &cursor, &one)) {
		if (!json_member(one, "containerID", &id) || !json_string(id, container, sizeof(container)) ||
		    !json_member(one, "ifname", &name) || !json_string(name, ifname, sizeof(ifname)))
			continue;
		snprintf(text, sizeof(text), "%s/%s", container, ifname);
		if (!strcmp(text, owner))
			return true;
	}
	return false;
}

int command_gc(const struct request *r, struct failure *f)
{
	struct dirent *entry;
	struct pins pins;
	char path[192];
	DIR *owners;

	if (pins_open(&pins, r->pin_root, f))
		return 0;
	snprintf(path, sizeof(path), "%s/cni", r->pin_root);
	owners = opendir(path);
	if (!owners)
		return 0;
	while ((entry = readdir(owners))) {
		u32 number = strtoul(entry->d_name, NULL, 10);
		struct pod_key key;
		char owner[192];
		struct pod pod;

		if (!number || !owner_read(&pins, number, owner, sizeof(owner)) || is_valid(r, owner))
			continue;
		if (pins_owner(&pins, number, &key, &pod)) {
			release(&pins, key.uid, &pod);
		} else {
			hooks_remove(&pins, number);
			owner_remove(&pins, number);
		}
	}
	closedir(owners);
	return 0;
}

int command_status(const struct request *r, struct failure *f)
{
	struct pins pins;

	/* Where pods are open until somebody tells of them, they can be made without the datapath. */
	if (!pins_open(&pins, r->pin_root, f) || !r->quarantine)
		return 0;
	f->code = FAILURE_NOT_AVAILABLE;
	return -1;
}
