/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "ask.h"
#include "netns.h"
#include "resolver.h"
#include "socket_abi.h"
#include "stream.h"
/*
 * The pods' own sockets, where they can be seen: a forbidden question over TCP is answered in its socket's receive
 * queue, and the connection lives. A courtesy: nothing is taught and nothing allowed here, and without it the cable ends
 * the connection (docs/adr/0004-dns-over-tcp.md).
 */

/* Connections of policed pods to trusted resolvers. */
struct {
	__uint(type, BPF_MAP_TYPE_SOCKHASH);
	__uint(max_entries, 4096);
	__type(key, struct flow_key);
	__type(value, u64);
} sockets SEC(".maps");

/*
 * Of a socket. Only a question that is written whole is answered; one written in pieces goes to the cable. To hold its
 * beginning up for its end (bpf_msg_cork_bytes) is no way: the kernel (6.1 to 6.18) puts what is added to a message of
 * which a part has gone in the wrong place, and loses what follows a diverted question.
 */
struct sending {
	u32 diverted; /* a question of the present send() was handed back: the kernel hands back what follows, too */
	u32 cut; /* one octet of a question's length has gone: */
	u32 high;
};

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(max_entries, 0);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct sending);
} sending SEC(".maps");

/* The endpoint in whose namespace the socket is; 0 = none. */
static __always_inline u32 socket_endpoint(void *context)
{
	u64 cookie = bpf_get_netns_cookie(context);
	u32 *endpoint = bpf_map_lookup_elem(&netns, &cookie);

	return endpoint ? *endpoint : 0;
}

/* Where a socket is connected, as a context says it. */
struct socket_ends {
	u32 family;
	be32 remote4, local4;
	u32 remote6[4], local6[4];
	u32 remote_port, local_port;
};

/* Both kinds of context have the same names; each is read once, as it stands: the verifier wants no address computed. */
#define SOCKET_ENDS(context)                                                                                           \
	{                                                                                                              \
		READ_ONCE((context)->family), READ_ONCE((context)->remote_ip4), READ_ONCE((context)->local_ip4),       \
			{ READ_ONCE((context)->remote_ip6[0]), READ_ONCE((context)->remote_ip6[1]),                    \
			  READ_ONCE((context)->remote_ip6[2]), READ_ONCE((context)->remote_ip6[3]) },                  \
			{ READ_ONCE((context)->local_ip6[0]), READ_ONCE((context)->local_ip6[1]),                      \
			  READ_ONCE((context)->local_ip6[2]), READ_ONCE((context)->local_ip6[3]) },                    \
			READ_ONCE((context)->remote_port), READ_ONCE((context)->local_port)                            \
	}

static __always_inline void socket_key(struct flow_key *key, const struct socket_ends *ends)
{
	if (ends->family == AF_INET) {
		mapped_address(key->remote, ends->remote4);
		mapped_address(key->local, ends->local4);
	} else {
		copy_address(key->remote, ends->remote6);
		copy_address(key->local, ends->local6);
	}
	key->remote_port = ends->remote_port >> 16;
	key->local_port = bpf_htons(ends->local_port);
	key->protocol = PROTOCOL_TCP;
}

/* A connection has been made: is it a pod's to a resolver? */
static __always_inline int socket_connected(struct bpf_sock_ops *ops)
{
	const struct config *c = config_get();
	const struct endpoint *ep;
	struct flow_key key = {};

	if (!c || ops->op != BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB)
		return 1;
	struct socket_ends ends = SOCKET_ENDS(ops);

	socket_key(&key, &ends);
	if (likely(resolver_at(c, key.remote, key.remote_port, PROTOCOL_TCP) != NW_RESOLVER_PLAIN))
		return 1;
	key.endpoint = socket_endpoint(ops);
	/* Of a pod that no policy selects nothing is refused: its sockets go without us. */
	ep = key.endpoint ? endpoint_get(key.endpoint) : (void *)0;
	if (ep && ep->ruleset)
		count(bpf_sock_hash_update(ops, &sockets, &key, BPF_ANY) ? NW_SOCKET_FULL : NW_SOCKET_SEEN);
	return 1;
}

/*
 * May a message of ours go in front of what the resolver has sent? The kernel hands it out first: so the process must not
 * be in the middle of a message.
 */
static __always_inline int socket_is_between(const struct flow_key *key, struct sk_msg_md *msg)
{
	const struct stream *st = bpf_map_lookup_elem(&streams, key);
	void *sk = (void *)msg->sk;
	struct tcp_sock *tcp;
	u32 read;

	if (!st || !st->open || st->lost || !sk)
		return 0;
	tcp = bpf_skc_to_tcp_sock(sk);
	if (!tcp)
		return 0;
	read = tcp->copied_seq;
	for (u32 i = 0; i < NW_STREAM_BOUNDARIES; i++)
		if (READ_ONCE(st->boundaries[i]) == read)
			return 1;
	return 0;
}

/* Copies the message behind its length into the struct ask. Returns whether it did. */
static __always_inline int socket_take(struct sk_msg_md *msg, struct ask *a)
{
	const u8 *data = (void *)msg->data;
	const u8 *data_end = (void *)msg->data_end;
	u32 length = a->length;

	for (u32 i = 0; i < ASK_MAX; i += 8) {
		if (i >= length)
			break;
		if (data + 2 + i + 8 <= data_end) {
			*(u64 *)(a->octets + i) = *(const u64 *)(data + 2 + i);
			continue;
		}
		for (u32 k = 0; k < 8; k++) {
			if (i + k >= length)
				break;
			if (data + 2 + i + k + 1 > data_end)
				return 0;
			a->octets[i + k] = data[2 + i + k];
		}
	}
	return 1;
}

/* Puts the refusal in the place of the question, which has `total` octets. Returns its own, with its length; 0: failed. */
static __always_inline u32 socket_put(struct sk_msg_md *msg, const struct ask *a, u32 total)
{
	u32 size = a->length + 2;
	u8 *data, *data_end;

	if (a->length > ASK_ROOM)
		return 0;
	if (size > total ? bpf_msg_push_data(msg, total, size - total, 0) :
	    size < total ? bpf_msg_pop_data(msg, size, total - size, 0) :
			   0)
		return 0;
	if (bpf_msg_pull_data(msg, 0, size, 0))
		return 0;
	data = (void *)msg->data;
	data_end = (void *)msg->data_end;
	if (data + 2 > data_end)
		return 0;
	data[0] = a->length >> 8;
	data[1] = a->length;
	for (u32 i = 0; i < ASK_ROOM; i++) {
		if (i >= a->length || data + 2 + i + 1 > data_end)
			break;
		data[2 + i] = a->octets[i];
	}
	return size;
}

static __always_inline struct sending *sending_get(struct sk_msg_md *msg, u64 flags)
{
	void *sk = (void *)msg->sk;

	return sk ? bpf_sk_storage_get(&sending, sk, (void *)0, flags) : (void *)0;
}

/* Lets the next octets go on their way, as many as given; those of them that are still to come, too. */
static __always_inline int socket_pass(struct sk_msg_md *msg, struct flow_key *key, u32 octets)
{
	struct sending *now = sending_get(msg, 0);

	bpf_msg_apply_bytes(msg, octets);
	if (likely(!now || !now->diverted))
		return SK_PASS;
	if (msg->size <= octets)
		now->diverted = 0;
	return bpf_msg_redirect_hash(msg, &sockets, key, 0); /* out */
}

/* Hands the refusal, `size` octets, to the socket that asked. */
static __always_inline int socket_answer(struct sk_msg_md *msg, struct flow_key *key, u32 size)
{
	struct sending *now = sending_get(msg, 0);

	if (now)
		now->diverted = msg->size > size;
	bpf_msg_apply_bytes(msg, size);
	count(NW_REPLY_REFUSED);
	return bpf_msg_redirect_hash(msg, &sockets, key, BPF_F_INGRESS);
}

/* The beginning of what is sent, as many octets in one piece; NULL where there is no memory for that. */
static __always_inline const u8 *socket_data(struct sk_msg_md *msg, u32 octets)
{
	const u8 *data = (void *)msg->data;

	if (likely(data + octets <= (u8 *)(void *)msg->data_end))
		return data;
	return bpf_msg_pull_data(msg, 0, octets, 0) ? (void *)0 : (void *)msg->data;
}

/* The first octet of a question's length alone. */
static __always_inline int socket_cut(struct sk_msg_md *msg, struct flow_key *key)
{
	struct sending *now = sending_get(msg, BPF_SK_STORAGE_GET_F_CREATE);
	const u8 *data = socket_data(msg, 1);

	if (!now || !data || data + 1 > (u8 *)(void *)msg->data_end)
		return SK_DROP;
	now->cut = 1;
	now->high = data[0];
	return socket_pass(msg, key, 1);
}

/* The rest of a question one octet of whose length has gone. */
static __always_inline int socket_rest(struct sk_msg_md *msg, struct flow_key *key, struct sending *now)
{
	const u8 *data = socket_data(msg, 1);

	if (!data || data + 1 > (u8 *)(void *)msg->data_end)
		return SK_DROP;
	now->cut = 0;
	return socket_pass(msg, key, 1 + (now->high << 8 | data[0]));
}

/* A whole question, length octets behind their length: judged, and answered or let go. */
static __always_inline int socket_question(struct sk_msg_md *msg, struct flow_key *key, u32 length)
{
	struct scratch *s = scratch_get();
	struct ask *a = ask_get();
	u32 size = 0;

	if (!s || !a || !socket_data(msg, length + 2) || __sync_lock_test_and_set(&a->taken, 1))
		return socket_pass(msg, key, length + 2);
	a->length = length;
	__builtin_memcpy(&s->packet.key, key, sizeof(*key));
	if (socket_take(msg, a) && ask_judge() && socket_is_between(key, msg) &&
	    sending_get(msg, BPF_SK_STORAGE_GET_F_CREATE) && ask_refused())
		size = socket_put(msg, a, length + 2);
	__sync_lock_test_and_set(&a->taken, 0);
	return size ? socket_answer(msg, key, size) : socket_pass(msg, key, length + 2);
}

/* What a pod sends to a resolver, from a question's beginning on. Returns SK_PASS or SK_DROP. */
static __always_inline int socket_send(struct sk_msg_md *msg)
{
	struct socket_ends ends = SOCKET_ENDS(msg);
	struct sending *now = sending_get(msg, 0);
	struct flow_key key = {};
	const u8 *data;
	u32 length;

	key.endpoint = socket_endpoint(msg);
	if (!key.endpoint)
		return SK_PASS;
	socket_key(&key, &ends);
	if (now && now->cut)
		return socket_rest(msg, &key, now);
	if (msg->size < 2)
		return socket_cut(msg, &key);
	data = socket_data(msg, 2);
	if (!data || data + 2 > (u8 *)(void *)msg->data_end)
		return SK_DROP;
	length = data[0] << 8 | data[1];
	if (!length || length > ASK_MAX || msg->size < length + 2)
		return socket_pass(msg, &key, length + 2);
	return socket_question(msg, &key, length);
}
