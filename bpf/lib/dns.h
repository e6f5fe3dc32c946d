/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "abi.h"
/* RFC 1035, section 4.1. */
struct dns_header {
	be16 id;
	be16 flags;
	be16 questions;
	be16 answers;
	be16 authorities;
	be16 additionals;
};

enum {
	DNS_HEADER = 12,
	DNS_QR = 0x8000,
	DNS_OPCODE = 0x7800,
	DNS_TC = 0x0200,
	DNS_RCODE = 0x000f,
	DNS_REPLY_KEEPS = 0x7900, /* opcode and RD (RFC 1035, section 4.1.1) */
	DNS_REPLY_SETS = 0x8080, /* QR and RA */
	DNS_POINTER = 0xc000,
	DNS_CLASS_IN = 1,
	DNS_TYPE_A = 1,
	DNS_TYPE_CNAME = 5,
	DNS_TYPE_SIG = 24,
	DNS_TYPE_AAAA = 28,
	DNS_TYPE_OPT = 41,
	DNS_RCODE_NXDOMAIN = 3,
	DNS_RCODE_REFUSED = 5,
	DNS_LABEL_TYPE = 0xc0,
	EDNS_HEADER = 11, /* root owner, type, size, TTL, RDLENGTH (RFC 6891, section 6.1.2) */
	EDNS_SIZE_MAX = 1232, /* fits one packet everywhere: a fragmented answer cannot teach */
};
