#pragma once
#include "failure.h"
#include "json.h"
/*
 * What the runtime asks for: its environment and the configuration on standard input, checked and bounded.
 */
enum command { COMMAND_ADD, COMMAND_DEL, COMMAND_CHECK, COMMAND_GC, COMMAND_STATUS, COMMAND_VERSION };

enum {
	INPUT_MAX = 1 << 20, /* octets of standard input */
	TIMEOUT_DEFAULT = 2000, /* milliseconds */
	TIMEOUT_LEAST = 100,
	TIMEOUT_MOST = 30000,
};

enum { NETNS_MAX = 128 };

struct request {
	enum command command;
	bool quarantine; /* "unknownPods": "Quarantine" */
	bool inbound_in_pod; /* "inbound": "Pod": the CNI delivers past the host end */
	bool force_clsact; /* "hook": "clsact" */
	u32 timeout; /* milliseconds for all of it */
	char version[16]; /* "cniVersion"; the newest of ours where it was not read */
	char pin_root[128];
	char container[128];
	char ifname[16];
	char netns[NETNS_MAX];
	char uid[64];
	char pod_namespace[64];
	char pod_name[254];
	struct json config;
	struct json result; /* "prevResult", empty where there is none */
	struct json valid; /* "cni.dev/valid-attachments" of GC, empty where there is none */
};

extern const char *const cni_versions[];
extern const char *const cni_newest;

/* What the environment says. */
int request_environment(struct request *r, struct failure *f);

/* What standard input says; `text` must outlive the request. */
int request_config(struct request *r, struct json text, struct failure *f);
