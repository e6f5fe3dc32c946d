#pragma once
#include "types.h"
/*
 * What this process may (capabilities(7)). From here on it gains nothing: not by exec either (no_new_privs).
 */

/* Bits of what is kept, of what it has; the effective set with it. False when the kernel refuses. */
bool powers_keep(u64 wanted);

u64 powers_held(void);

#define POWER(capability) (1ull << (capability))
