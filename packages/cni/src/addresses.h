#pragma once
#include "gen/abi.gen.h"
#include "json.h"

/*
 * The pod's own addresses as the result of the plugins before us says, IPv4 mapped. All zeros where there is none, or
 * more than a pod can have: then sources are not checked.
 */
void addresses_of(struct json result, const char *ifname, u8 to[NW_ENDPOINT_ADDRESSES][16]);
