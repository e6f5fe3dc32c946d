/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include "lib/reasons.h"
#include "lib/config.h"
#include "lib/endpoint.h"
#include "lib/ruleset.h"
#include "lib/ranges.h"
#include "lib/pending.h"
#include "lib/learned.h"
#include "lib/flow.h"
#include "lib/event.h"
#include "lib/name_index.h"
#include "lib/programs.h"
#include "lib/sweep.h"

char _license[] SEC("license") = "Dual BSD/GPL";

/* Passes everything until the datapath stands: the skeleton that codecs and loaders are built against. */
SEC("tc")
int pod_out(struct __sk_buff *skb)
{
	return TC_ACT_UNSPEC;
}

SEC("tc")
int pod_in(struct __sk_buff *skb)
{
	return TC_ACT_UNSPEC;
}

SEC("tc")
int fallback_out(struct __sk_buff *skb)
{
	return TC_ACT_UNSPEC;
}

SEC("tc")
int fallback_in(struct __sk_buff *skb)
{
	return TC_ACT_UNSPEC;
}

SEC("tc")
int sweep_start(struct __sk_buff *skb)
{
	return 0;
}
