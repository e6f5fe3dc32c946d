/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Programs on the pods' sockets, attached to a cgroup. They interrupt nobody and are interrupted by the programs on
 * the cables, so that they have scratch of their own and count by one instruction.
 */
#define NW_COUNT_ATOMIC
#include "lib/socket.h"

char _license[] SEC("license") = "Dual BSD/GPL";

SEC("sockops")
int socket_ops(struct bpf_sock_ops *ops)
{
	return socket_connected(ops);
}

SEC("sk_msg")
int socket_query(struct sk_msg_md *msg)
{
	return socket_send(msg);
}
