/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#pragma once
#include "stream.h"
/*
 * A message of a stream made readable like a datagram's: in the frame, in one piece. One that came in several segments,
 * or stands far behind in a large one, is put into room that is made for it behind the Ethernet header; when it has been
 * read the room is taken away and the frame is what it was.
 */
enum { STAND_FRAME_MAX = 2048, STAND_ROOM_FLAGS = BPF_F_ADJ_ROOM_FIXED_GSO | BPF_F_ADJ_ROOM_NO_CSUM_RESET };

/* Returns 0, or a negative errno: then nothing is changed. */
static __always_inline long stand_in_room(struct __sk_buff *skb, struct scratch *s, struct stream_work *w,
					  const u8 *octets, u32 length)
{
	u32 last = length - 1;
	long error;

	/* As in record_name(): Linux 6.1 wants to see that the size is not 0. */
	barrier_var(last);
	if (last >= NW_STREAM_MESSAGE)
		return -22;
	error = bpf_skb_adjust_room(skb, last + 1, BPF_ADJ_ROOM_MAC, STAND_ROOM_FLAGS);
	if (error)
		return error;
	w->room = last + 1;
	s->message = ETH_HEADER;
	s->message_end = ETH_HEADER + last + 1;
	return bpf_skb_store_bytes(skb, ETH_HEADER, octets, last + 1, BPF_F_RECOMPUTE_CSUM);
}

/* A message that stands whole in the frame, from an offset on. */
static __always_inline long stand_in_frame(struct __sk_buff *skb, struct scratch *s, struct stream_work *w, u32 from,
					   u32 length)
{
	u32 last = length - 1;

	if (from + length <= STAND_FRAME_MAX) {
		s->message = from;
		s->message_end = from + length;
		return skb->data_end - skb->data >= from + length ? 0 : bpf_skb_pull_data(skb, from + length);
	}
	barrier_var(last);
	if (last >= NW_STREAM_MESSAGE || bpf_skb_load_bytes(skb, from, w->part.octets, last + 1))
		return -22;
	return stand_in_room(skb, s, w, w->part.octets, last + 1);
}

/* Takes the room away again. */
static __always_inline void stand_end(struct __sk_buff *skb, struct stream_work *w)
{
	u32 room = w->room;

	w->room = 0;
	if (room)
		bpf_skb_adjust_room(skb, -(s32)room, BPF_ADJ_ROOM_MAC, STAND_ROOM_FLAGS);
}
