#pragma once
#include "gen/abi.gen.h"
#include "request.h"
/*
 * What stands under the pin root: the maps, and the numbers that pods have. See docs/adr/0001-pinned-maps.md.
 */
struct pins {
	const char *root;
	int lock;
	int config, programs, pods, endpoints, usage, counts, searches, wildcard, allocator, rulesets, ruleset_ids,
		netns;
	u32 slots, ruleset_slots;
};

/* Opens the maps and takes the lock that every attacher holds while it writes. */
int pins_open(struct pins *p, const char *root, struct failure *f);

/* The pod's entry, only where its number is in force. */
bool pins_find(const struct pins *p, const char *uid, struct pod *pod, struct endpoint *endpoint);

/*
 * A number, slot and entry for a pod that nobody has told of: as unknownPods says. -1 where no number is free, or
 * where the pod has to be quarantined and cannot.
 */
int pins_claim(const struct pins *p, const struct request *r, struct pod *pod, struct endpoint *endpoint,
	       struct failure *f);

int pins_write(const struct pins *p, const char *uid, const struct pod *pod, const struct endpoint *endpoint,
	       struct failure *f);

/* Gives a number back with all that it holds in the shared tables. */
void pins_free(const struct pins *p, const char *uid, const struct pod *pod);

/* The UID of the pod that has a number; false where none has. */
bool pins_owner(const struct pins *p, u32 number, struct pod_key *key, struct pod *pod);
