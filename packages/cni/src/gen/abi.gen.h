/*
 * Generated from bpf/lib and packages/datapath/src/hooks/trampoline.ts by packages/datapath/scripts/generate.ts.
 * Change those and run: make generate
 */
#pragma once
#include <stddef.h>
#include "../types.h"


enum { NW_LAYOUT = 3 };
enum { NW_ENDPOINT_UNKNOWN = 1 };
enum { NW_ENDPOINT_ADDRESSES = 2 };
enum { NW_RULESET_AUDIT_ONLY = 512 };

struct allocator {
	u32 next_endpoint;
	u32 next_ruleset;
	u32 next_handle;
	u8 reserved_12[4];
};
_Static_assert(sizeof(struct allocator) == 16, "struct allocator");

struct config {
	u32 layout;
	u32 node_switch;
	u32 listeners;
	u32 names_version;
	u64 clock_offset;
	u64 ttl_floor;
	u64 ttl_ceiling;
	u64 ttl_grace;
	u64 idle_window;
	u64 pending_age;
	u64 tcp_idle;
	u64 tcp_opening;
	u64 tcp_closing;
	u64 udp_idle;
	u64 icmp_idle;
	u64 grandfather;
	u32 quota_pending;
	u32 quota_learned;
	u32 quota_flows_out;
	u32 quota_flows_in;
	u64 resolver_ports[4];
	u64 unreserved_v4[4];
	u64 unreserved_v6[4];
};
_Static_assert(sizeof(struct config) == 224, "struct config");

struct endpoint {
	u32 number;
	u32 ruleset;
	u32 flags;
	u8 reserved_12[4];
	u64 netns_cookie;
	u64 selected_at;
	u8 addresses[2][16];
};
_Static_assert(sizeof(struct endpoint) == 64, "struct endpoint");

struct pod {
	u32 endpoint;
	u32 ruleset;
	u32 ifindex;
	u32 flags;
	char namespace[64];
	char name[256];
	char netns[128];
};
_Static_assert(sizeof(struct pod) == 464, "struct pod");

struct pod_key {
	char uid[64];
};
_Static_assert(sizeof(struct pod_key) == 64, "struct pod_key");

struct ruleset {
	u32 number;
	u32 flags;
	u64 ttl_floor;
	u64 ttl_ceiling;
	u64 ttl_grace;
	u64 idle_window;
};
_Static_assert(sizeof(struct ruleset) == 40, "struct ruleset");

/* Tables with entries of endpoints: octets of a key, and where the endpoint's number stands in it. */
static const struct {
	const char *name;
	u32 key_size, endpoint_offset;
} nw_tables[] = {
	{ "pending", 28, 0 },
	{ "learned", 20, 0 },
	{ "flows", 44, 0 },
	{ "streams", 44, 0 },
	{ "stream_parts", 44, 0 },
};

/* The second instruction's immediate is the endpoint's number; each 0x18's is a descriptor of "programs". */
static const struct bpf_instruction nw_trampoline_out[] = {
	{ 0xbf, 0x16, 0, 0 },
	{ 0xb4, 0x02, 0, 1 },
	{ 0x63, 0x26, 48, 0 },
	{ 0xbf, 0x61, 0, 0 },
	{ 0x18, 0x12, 0, 0 },
	{ 0x00, 0x00, 0, 0 },
	{ 0xb7, 0x03, 0, 0 },
	{ 0x85, 0x00, 0, 12 },
	{ 0xbf, 0x61, 0, 0 },
	{ 0x18, 0x12, 0, 0 },
	{ 0x00, 0x00, 0, 0 },
	{ 0xb7, 0x03, 0, 2 },
	{ 0x85, 0x00, 0, 12 },
	{ 0xb7, 0x00, 0, -1 },
	{ 0x95, 0x00, 0, 0 },
};

/* The second instruction's immediate is the endpoint's number; each 0x18's is a descriptor of "programs". */
static const struct bpf_instruction nw_trampoline_in[] = {
	{ 0xbf, 0x16, 0, 0 },
	{ 0xb4, 0x02, 0, 1 },
	{ 0x63, 0x26, 48, 0 },
	{ 0xbf, 0x61, 0, 0 },
	{ 0x18, 0x12, 0, 0 },
	{ 0x00, 0x00, 0, 0 },
	{ 0xb7, 0x03, 0, 1 },
	{ 0x85, 0x00, 0, 12 },
	{ 0xbf, 0x61, 0, 0 },
	{ 0x18, 0x12, 0, 0 },
	{ 0x00, 0x00, 0, 0 },
	{ 0xb7, 0x03, 0, 3 },
	{ 0x85, 0x00, 0, 12 },
	{ 0xb7, 0x00, 0, -1 },
	{ 0x95, 0x00, 0, 0 },
};
