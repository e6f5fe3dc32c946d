/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "abi.h"
/*
 * DNS over TCP: messages one behind the other, each behind its length in two octets (RFC 1035, section 4.2.2).
 * Segments cut this anywhere, also between the two.
 */
struct framing {
	u32 left; /* octets of the present message that are still to come */
	u16 length; /* of the present message, once seen is 2 */
	u8 seen; /* octets of its length that have passed: 0..2 */
	u8 high; /* the first of them */
};

/*
 * Takes what comes next of n > 0 octets: the length, or what there is of the message. head: the first two of them, the
 * second 0 where there is none. Returns how many it takes; *whole: with the last of those the message is whole.
 */
static __always_inline u32 framing_take(struct framing *f, u32 head, u32 n, u32 *whole)
{
	u32 taken;

	*whole = 0;
	if (f->seen == 2) {
		taken = f->left < n ? f->left : n;
		f->left -= taken;
	} else if (!f->seen && n == 1) {
		f->high = head >> 8;
		f->seen = 1;
		return 1;
	} else {
		taken = f->seen ? 1 : 2;
		f->length = f->seen ? f->high << 8 | head >> 8 : head;
		f->left = f->length;
		f->seen = 2;
	}
	if (!f->left) {
		f->seen = 0;
		*whole = 1;
	}
	return taken;
}
