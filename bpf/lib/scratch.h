/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "config.h"
#include "endpoint.h"
#include "event.h"
#include "learned.h"
#include "match.h"
#include "packet.h"
#include "pending.h"
#include "ruleset.h"
/*
 * What one packet needs and the 512-octet stack does not hold. One for each CPU: the programs run with
 * softirqs off, so one run ends before the next begins on a CPU.
 */
enum {
	NW_ADDRESSES_PER_MESSAGE = 64,
	NW_RECORDS_PER_MESSAGE = 256,
	NW_CHAIN_MAX = 16, /* CNAMEs that are followed */
};

struct found_address {
	u8 address[16];
	u32 ttl; /* seconds: the least of its own and its chain's */
	u32 reserved;
};

/* A name put together from labels and pointers. */
struct expansion {
	u32 position; /* where the next label stands, from the message's start */
	u32 limit; /* a pointer must lead before this: strictly backwards, so every chain ends */
	u32 end; /* behind the name where it began; 0 = not known yet */
	u32 length; /* octets of name, the root label included once it is done */
	u32 jumps;
	u32 steps; /* labels, the root and pointers */
	u32 error; /* enum nw_reason, 0 = none */
	u32 done;
	u32 cut; /* the message ended inside the name where it stands */
	u8 name[256 + 72]; /* folded, zeros behind to the next word */
};

/* The walk over an answer section. Offsets are from the message's start. */
struct walk {
	u32 message; /* offset of the message in the frame */
	u32 end; /* of the message */
	u32 offset; /* of the next record */
	u32 left; /* records */
	u32 target; /* pointer value that names the chain's end */
	u32 owner_steps; /* what an owner that is this pointer takes of the budget; 0 = not known */
	u32 reads; /* records that may still be read behind the first that is not plain */
	u32 ttl; /* seconds: the least of the chain's CNAMEs */
	u32 chain; /* CNAMEs followed */
	u32 budget; /* labels and pointers that this message may still cost */
	u32 error; /* enum nw_reason, 0 = none */
	u32 truncated; /* TC=1: the section may end early */
	u32 cut; /* the message ended inside the record */
	u32 begin; /* offset of the first record */
	u32 count; /* records */
	u32 skipped; /* records of other owners, in this pass */
	u32 moved; /* the chain's end moved in this pass */
	be16 qtype;
	u16 shorter; /* offset of the first CNAME's target where it may be the question less a suffix; or 0 */
	u32 name_length; /* of the chain's end, root label included */
	u8 name[256 + 72]; /* the chain's end, folded */
	u64 seen[NW_CHAIN_MAX + 1]; /* digests of the chain's names */
};

/* What an answer teaches: copied out of the pending query before anything is written. */
struct lesson {
	u64 time;
	u64 name_hash;
	u64 floor, ceiling, grace; /* nanoseconds */
	u32 endpoint;
	u32 handle_count;
	u32 handles[NW_IDENTITIES_PER_NAME];
	u32 reserved_places; /* of the endpoint's quota */
	u32 created; /* of those used */
	u32 name_length; /* wire octets with the root label */
};

/* What the pod's rules say of a name. */
struct query_match {
	u32 flags; /* enum nw_query_flag, all rules together */
	u32 count;
	u32 handles[NW_IDENTITIES_PER_NAME];
	u32 exact; /* the flags of the rule that is the name itself, no pattern */
	u32 rows; /* some rule has rows: a policy's, while those of the cluster's own names have none */
};

struct scratch {
	u64 time; /* now() of this packet */
	struct packet packet;
	u16 message; /* where the DNS message begins in the frame, and where it ends; it is linear */
	u16 message_end;
	struct pending_key pending_key;
	struct pending pending; /* a query's, on its way into the map */
	struct name_matches matches;
	struct query_match query;
	struct event event;
	u64 woken; /* time of the last event that woke the reader */
	u32 address_count;
	u32 ruleset_flags;
	struct expansion expansion;
	struct walk walk;
	struct lesson lesson;
	struct learned_key learned_key;
	struct learned learned; /* an entry on its way into the map */
	struct found_address addresses[NW_ADDRESSES_PER_MESSAGE];
	u8 reply[512]; /* a refusal being put together */
	struct query_match shorter; /* of a name less a search suffix */
	u32 expansion_handle; /* an identity that decides on an expansion; 0 = none */
	u32 segment; /* octets of the UDP payload before the message's datagram, where a packet holds several */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct scratch);
} scratch SEC(".maps");

static __always_inline struct scratch *scratch_get(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&scratch, &zero);
}

/* What a packet is judged by. The verifier judges each large function by itself; each begins with these. */
struct judge {
	struct scratch *s;
	const struct config *c;
	const struct endpoint *ep;
	const struct ruleset *rs;
};

/* False when the endpoint or its ruleset is gone. */
static __always_inline int judge_get(struct judge *j, u32 endpoint)
{
	j->s = scratch_get();
	j->c = config_get();
	j->ep = endpoint_get(endpoint);
	if (!j->s || !j->c || !j->ep)
		return 0;
	j->rs = ruleset_get(j->ep->ruleset);
	return j->rs != (void *)0;
}

/* The same in a function that was called with the packet in the scratch. */
static __always_inline int judge_again(struct judge *j)
{
	struct scratch *s = scratch_get();

	return s && judge_get(j, s->packet.key.endpoint);
}
