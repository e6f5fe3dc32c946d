#define _GNU_SOURCE
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "powers.h"

enum { LOW, HIGH, WORDS };

static bool get(struct __user_cap_data_struct data[WORDS])
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };

	return !syscall(SYS_capget, &header, data);
}

u64 powers_held(void)
{
	struct __user_cap_data_struct data[WORDS];

	return get(data) ? (u64)data[HIGH].effective << 32 | data[LOW].effective : 0;
}

bool powers_keep(u64 wanted)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[WORDS];

	/* An exec of root's would fill the permitted set from the bounding set again; only this keeps it from that. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0))
		return false;
	/* Where it may; a container may not, and need not. */
	for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++)
		if (!(wanted & POWER(capability)))
			prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
	if (!get(data))
		return false;
	for (int word = LOW; word < WORDS; word++) {
		data[word].permitted &= (u32)(wanted >> (32 * word));
		data[word].effective = data[word].permitted;
		data[word].inheritable = 0;
	}
	return !syscall(SYS_capset, &header, data);
}
