/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "abi.h"
/* What programs on sockets need beside abi.h (include/uapi/linux/bpf.h). */

enum { BPF_MAP_TYPE_SOCKHASH = 18, BPF_MAP_TYPE_SK_STORAGE = 24 };
enum { BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB = 4 };
enum { SK_DROP = 0, SK_PASS = 1 };
enum { BPF_F_INGRESS = 1, BPF_SK_STORAGE_GET_F_CREATE = 1 };
enum { AF_INET = 2, AF_INET6 = 10 };

/* Addresses as on the wire, remote_port as a 32-bit number in network byte order, local_port in the host's. */
struct bpf_sock_ops {
	u32 op, args[4], family;
	u32 remote_ip4, local_ip4, remote_ip6[4], local_ip6[4], remote_port, local_port;
};

struct sk_msg_md {
	u64 data, data_end;
	u32 family;
	u32 remote_ip4, local_ip4, remote_ip6[4], local_ip6[4], remote_port, local_port, size;
	u64 sk;
};

/* Fields are found by their names when the program is loaded. */
struct tcp_sock {
	u32 copied_seq; /* what the process has read */
} __attribute__((preserve_access_index));

static long (*const bpf_msg_apply_bytes)(struct sk_msg_md *msg, u32 bytes) = (void *)61;
static long (*const bpf_msg_pull_data)(struct sk_msg_md *msg, u32 start, u32 end, u64 flags) = (void *)63;
static long (*const bpf_sock_hash_update)(struct bpf_sock_ops *ops, void *map, void *key, u64 flags) = (void *)70;
static long (*const bpf_msg_redirect_hash)(struct sk_msg_md *msg, void *map, void *key, u64 flags) = (void *)71;
static long (*const bpf_msg_push_data)(struct sk_msg_md *msg, u32 start, u32 length, u64 flags) = (void *)90;
static long (*const bpf_msg_pop_data)(struct sk_msg_md *msg, u32 start, u32 length, u64 flags) = (void *)91;
static void *(*const bpf_sk_storage_get)(void *map, void *sk, void *value, u64 flags) = (void *)107;
static u64 (*const bpf_get_netns_cookie)(void *context) = (void *)122;
static struct tcp_sock *(*const bpf_skc_to_tcp_sock)(void *sk) = (void *)137;
