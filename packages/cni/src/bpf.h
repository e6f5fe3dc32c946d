#pragma once
#include <stddef.h>
#include "types.h"
/*
 * bpf(2), as far as it is needed. All return a negative errno on failure.
 */
enum bpf_side { SIDE_INGRESS = 46, SIDE_EGRESS = 47 }; /* BPF_TCX_INGRESS, BPF_TCX_EGRESS */

struct map_facts {
	u32 type, key_size, value_size, entries;
};

int bpf_open(const char *path);
int bpf_pin(const char *path, int fd);
int bpf_map_facts(int fd, struct map_facts *facts);
int bpf_lookup(int map, const void *key, void *value);
enum bpf_write { WRITE_ANY = 0, WRITE_NEW = 1, WRITE_HELD = 2 };
int bpf_update(int map, const void *key, const void *value, enum bpf_write how);
int bpf_delete(int map, const void *key);

/* Up to *count keys of a hash behind *batch, which begins as 0 with `first`. *count is how many there were. */
int bpf_lookup_batch(int map, bool first, u32 *batch, void *keys, void *values, u32 *count);

/* Loads a sched_cls program. */
int bpf_load(const struct bpf_instruction *instructions, u32 count, const char *name);
int bpf_program_id(int program, u32 *id);
int bpf_program_name(int program, char name[16]);

/* Descriptors of what has these ids, whoever loaded it: only with CAP_SYS_ADMIN. */
int bpf_program_by_id(u32 id);
int bpf_map_by_id(u32 id);

/* Attaches at the head of a chain of the current network namespace; a descriptor of the link. */
int bpf_attach_tcx(int program, u32 ifindex, enum bpf_side side);
int bpf_link_place(int link, u32 *id, u32 *ifindex, u32 *side);
/* Programs and links (0: attached without one) in the order they run, at most *count, which becomes how many there are. */
int bpf_list_tcx(u32 ifindex, enum bpf_side side, u32 *programs, u32 *links, u32 *count);
/* Does a link of this id stand in that chain of the current network namespace? */
bool bpf_stands_tcx(u32 ifindex, enum bpf_side side, u32 link_id);
/* The error of a kernel without TCX (before 6.6). */
bool bpf_lacks_tcx(int error);
