#pragma once
#include "types.h"

/* Error codes of the CNI specification, https://www.cni.dev/docs/spec/#error; from 100 on they are our own. */
enum failure_code {
	FAILURE_VERSION = 1,
	FAILURE_ENVIRONMENT = 4,
	FAILURE_IO = 5,
	FAILURE_DECODE = 6,
	FAILURE_CONFIG = 7,
	FAILURE_TRY_AGAIN = 11,
	FAILURE_NOT_AVAILABLE = 50,
	FAILURE_NO_DATAPATH = 100, /* nothing is pinned, or by another version */
	FAILURE_UNSUPPORTED = 101, /* no veth leads out of the pod */
	FAILURE_ATTACH = 102,
	FAILURE_FULL = 103, /* no endpoint number is free */
	FAILURE_NOT_ATTACHED = 104, /* CHECK: a hook is gone */
};

struct failure {
	u32 code;
	char message[512];
};

/* Sets both and returns -1. `errno` is put behind the message where it is not 0. */
int fail(struct failure *f, enum failure_code code, int error, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
