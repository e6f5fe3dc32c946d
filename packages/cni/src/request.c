#include <limits.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include "request.h"

/* Those in which plugins are chained. */
const char *const cni_versions[] = { "0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0", NULL };
const char *const cni_newest = "1.1.0";

static const char *const commands[] = {
	[COMMAND_ADD] = "ADD", [COMMAND_DEL] = "DEL",	    [COMMAND_CHECK] = "CHECK",
	[COMMAND_GC] = "GC",   [COMMAND_STATUS] = "STATUS", [COMMAND_VERSION] = "VERSION",
};

static int copy(char *to, size_t size, const char *name, bool needed, struct failure *f)
{
	const char *value = getenv(name);
	size_t length = value ? strlen(value) : 0;

	if (!length && needed)
		return fail(f, FAILURE_ENVIRONMENT, 0, "%s is not set: this is for a container runtime to call", name);
	if (length >= size)
		return fail(f, FAILURE_ENVIRONMENT, 0, "%s is longer than %zu octets", name, size - 1);
	memcpy(to, value ? value : "", length + 1);
	return 0;
}

/* KEY=VALUE;KEY=VALUE. False: there, and too long. */
static bool argument(const char *list, const char *key, char *to, size_t size)
{
	size_t key_length = strlen(key);

	*to = 0;
	while (list && *list) {
		size_t length = strcspn(list, ";");

		if (length > key_length && !memcmp(list, key, key_length) && list[key_length] == '=') {
			const char *value = list + key_length + 1;
			size_t octets = length - key_length - 1;

			if (octets >= size)
				return false;
			memcpy(to, value, octets);
			to[octets] = 0;
		}
		list += length + (list[length] == ';');
	}
	return true;
}

/* Runtimes say /var/run, a link that those who read the pins may not have. What is no plain path stays as it is. */
static void resolve(char path[NETNS_MAX])
{
	char resolved[PATH_MAX];

	if (realpath(path, resolved) && strlen(resolved) < NETNS_MAX)
		strcpy(path, resolved);
}

int request_environment(struct request *r, struct failure *f)
{
	const char *command = getenv("CNI_COMMAND");
	const char *arguments = getenv("CNI_ARGS");
	bool attachment, cable;

	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		if (!command || strcmp(command, commands[i]))
			continue;
		r->command = i;
		attachment = i == COMMAND_ADD || i == COMMAND_DEL || i == COMMAND_CHECK;
		cable = i == COMMAND_ADD || i == COMMAND_CHECK;
		if (copy(r->container, sizeof(r->container), "CNI_CONTAINERID", attachment, f) ||
		    copy(r->ifname, sizeof(r->ifname), "CNI_IFNAME", attachment, f) ||
		    copy(r->netns, sizeof(r->netns), "CNI_NETNS", cable, f))
			return -1;
		if (strchr(r->container, '/') || strchr(r->ifname, '/'))
			return fail(f, FAILURE_ENVIRONMENT, 0, "CNI_CONTAINERID and CNI_IFNAME may not hold a /");
		resolve(r->netns);
		if (!argument(arguments, "K8S_POD_UID", r->uid, sizeof(r->uid)) ||
		    !argument(arguments, "K8S_POD_NAMESPACE", r->pod_namespace, sizeof(r->pod_namespace)) ||
		    !argument(arguments, "K8S_POD_NAME", r->pod_name, sizeof(r->pod_name)))
			return fail(f, FAILURE_ENVIRONMENT, 0,
				    "CNI_ARGS: K8S_POD_UID, _NAMESPACE or _NAME is too long");
		return 0;
	}
	return fail(
		f, FAILURE_ENVIRONMENT, 0,
		"CNI_COMMAND is %s: ADD, DEL, CHECK, GC, STATUS and VERSION are known, for a container runtime to set",
		command ? command : "not set");
}

/* A string that may be absent, and is one of two where it is there. */
static int one_of(struct json config, const char *field, const char *off, const char *on, bool *is_on,
		  struct failure *f)
{
	struct json value;
	char text[16];

	*is_on = false;
	if (!json_member(config, field, &value))
		return 0;
	if (json_string(value, text, sizeof(text))) {
		*is_on = !strcmp(text, on);
		if (*is_on || !strcmp(text, off))
			return 0;
	}
	return fail(f, FAILURE_CONFIG, 0, "%s in the network configuration: write \"%s\" or \"%s\"", field, off, on);
}

static int read_version(struct request *r, struct failure *f)
{
	struct json value;
	char version[16];

	if (!json_member(r->config, "cniVersion", &value) || !json_string(value, version, sizeof(version)))
		return fail(f, FAILURE_DECODE, 0, "the network configuration has no cniVersion");
	for (const char *const *known = cni_versions; *known; known++) {
		if (strcmp(*known, version))
			continue;
		memcpy(r->version, version, sizeof(version));
		return 0;
	}
	if (r->command == COMMAND_VERSION)
		return 0;
	return fail(f, FAILURE_VERSION, 0, "cniVersion is not one of ours: use 0.3.0, 0.3.1, 0.4.0, 1.0.0 or 1.1.0");
}

int request_config(struct request *r, struct json text, struct failure *f)
{
	struct json value;

	if (!json_check(text, &r->config) || !json_begins(r->config, '{'))
		return fail(f, FAILURE_DECODE, 0, "standard input is no JSON object, or nested deeper than %d",
			    JSON_DEPTH_MAX);
	if (read_version(r, f))
		return -1;
	if (one_of(r->config, "unknownPods", "Open", "Quarantine", &r->quarantine, f) ||
	    one_of(r->config, "inbound", "Host", "Pod", &r->inbound_in_pod, f) ||
	    one_of(r->config, "hook", "auto", "clsact", &r->force_clsact, f))
		return -1;
	r->timeout = TIMEOUT_DEFAULT;
	if (json_member(r->config, "timeoutMilliseconds", &value) &&
	    (!json_number(value, TIMEOUT_MOST, &r->timeout) || r->timeout < TIMEOUT_LEAST))
		return fail(f, FAILURE_CONFIG, 0, "timeoutMilliseconds: write a whole number from %d to %d",
			    TIMEOUT_LEAST, TIMEOUT_MOST);
	snprintf(r->pin_root, sizeof(r->pin_root), "/sys/fs/bpf/namewall");
	if (json_member(r->config, "pinRoot", &value) &&
	    (!json_string(value, r->pin_root, sizeof(r->pin_root)) || r->pin_root[0] != '/'))
		return fail(f, FAILURE_CONFIG, 0, "pinRoot: write an absolute path of at most %zu octets",
			    sizeof(r->pin_root) - 1);
	if (json_member(r->config, "prevResult", &value) && json_begins(value, '{'))
		r->result = value;
	if (json_member(r->config, "cni.dev/valid-attachments", &value))
		r->valid = value;
	if (r->command == COMMAND_GC && !json_begins(r->valid, '['))
		return fail(f, FAILURE_CONFIG, 0, "GC without cni.dev/valid-attachments: nothing is removed");
	if (r->command == COMMAND_ADD && !r->result.at)
		return fail(f, FAILURE_CONFIG, 0,
			    "no prevResult: this plugin has to stand behind the one that makes the pod's interface");
	return 0;
}
