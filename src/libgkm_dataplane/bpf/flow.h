/*
 * Copyright (C) 2026 the strongswan-gkm authors
 *
 * This program is free software; you can redistribute it and/or modify it
 * under the terms of the GNU General Public License as published by the
 * Free Software Foundation; either version 2 of the License, or (at your
 * option) any later version.  See <http://www.fsf.org/copyleft/gpl.txt>.
 *
 * This program is distributed in the hope that it will be useful, but
 * WITHOUT ANY WARRANTY; without even the implied warranty of MERCHANTABILITY
 * or FITNESS FOR A PARTICULAR PURPOSE.  See the GNU General Public License
 * for more details.
 */


/**
 * Carrying what is known of a packet past XFRM. It is put into a slot of a
 * ring, and a ticket for it into the bits of skb->mark that are ours:
 *
 *   mark:  | others' | state | ticket | others' |
 *                     2 bits   10 bits or more
 *
 * The mark goes with a packet through XFRM, to each of its segments and
 * fragments, and to what is reassembled; asynchronous crypto and other CPUs
 * don't matter. Tickets are numbered through on all CPUs. The lower bits of one
 * are the slot, and it is kept in there, so what was overwritten in the meantime
 * is noticed: such a packet is dropped and counted, it can't get the addresses
 * of another one unless all tickets were given out since.
 *
 * Slots and the number of the next ticket have a lock each, because a softirq,
 * another CPU or (with PREEMPT_RT) another thread on this one may be at the
 * same. They are held for a few instructions; XFRM takes the lock of the SA,
 * which all packets share, for each packet as well.
 */

#ifndef BPF_FLOW_H_
#define BPF_FLOW_H_

#include "packet.h"

/**
 * What a packet with a ticket is about to do. Its slot says the same, a mark
 * that somebody else has set isn't enough.
 */
enum state {
	/** has none */
	STATE_NONE,
	/** on the way out, to be encrypted */
	STATE_OUT,
	/** on the way in, to be decrypted */
	STATE_IN,
	/** was decrypted and checked, comes in on the WAN once more */
	STATE_BACK,
};

/**
 * What is kept of a packet.
 */
struct passage {
	enum state state;
	/** 4 or 6 */
	__u32 family;
	/** of the rule */
	__u32 group;
	/** of a packet that came in, else 0 */
	__u32 spi;
	/** to the WAN: where it came from, or where it goes to */
	__u32 ifindex;
	struct gkm_dp_addr src;
	struct gkm_dp_addr dst;
	/** of a packet that goes out, if there is Ethernet: its header, with the
	 *  neighbour that routing found */
	struct ethhdr eth;
	__u16 unused;
};

/**
 * A slot.
 */
struct flow {
	struct bpf_spin_lock lock;
	__u32 ticket;
	struct passage passage;
};

/**
 * Number of the next ticket.
 */
struct cursor {
	struct bpf_spin_lock lock;
	__u32 next;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, GKM_DP_FLOWS);
	__type(key, __u32);
	__type(value, struct flow);
} gkm_flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cursor);
} gkm_cursor SEC(".maps");

static __always_inline enum state get_state(struct __sk_buff *skb)
{
	return ((skb->mark & mark_mask) >> mark_shift) >> ticket_bits;
}

static __always_inline __u32 get_ticket(struct __sk_buff *skb)
{
	return ((skb->mark & mark_mask) >> mark_shift) &
		   ((1U << ticket_bits) - 1);
}

static __always_inline void set_mark(struct __sk_buff *skb, enum state state,
									 __u32 ticket)
{
	skb->mark = (skb->mark & ~mark_mask) |
				((state << ticket_bits | ticket) << mark_shift);
}

static __always_inline struct flow *get_flow(__u32 ticket)
{
	__u32 key = ticket & (flows_max - 1);

	return bpf_map_lookup_elem(&gkm_flows, &key);
}

/**
 * Start a passage with what is known of a packet.
 */
static __always_inline struct passage begin(struct __sk_buff *skb,
											struct packet *p, enum state state,
											__u32 group, __u32 spi)
{
	return (struct passage){
		.state = state,
		.family = p->family,
		.group = group,
		.spi = spi,
		.ifindex = skb->ifindex,
		.src = p->src,
		.dst = p->dst,
	};
}

/**
 * Keep a passage, and mark the packet.
 */
static __always_inline bool remember(struct __sk_buff *skb,
									 struct passage *passage)
{
	struct cursor *cursor;
	__u32 key = 0, ticket;
	struct flow *flow;

	cursor = bpf_map_lookup_elem(&gkm_cursor, &key);
	if (!cursor)
	{
		return false;
	}
	bpf_spin_lock(&cursor->lock);
	ticket = cursor->next++;
	bpf_spin_unlock(&cursor->lock);

	ticket &= (1U << ticket_bits) - 1;
	flow = get_flow(ticket);
	if (!flow)
	{
		return false;
	}
	bpf_spin_lock(&flow->lock);
	flow->ticket = ticket;
	flow->passage = *passage;
	bpf_spin_unlock(&flow->lock);
	set_mark(skb, passage->state, ticket);
	return true;
}

/**
 * Recall what was remembered for a packet.
 *
 * @param passage	receives it
 * @return			false if it was overwritten
 */
static __always_inline bool recall(struct __sk_buff *skb,
								   struct passage *passage)
{
	__u32 ticket = get_ticket(skb), found;
	struct flow *flow = get_flow(ticket);

	if (!flow)
	{
		return false;
	}
	bpf_spin_lock(&flow->lock);
	found = flow->ticket;
	*passage = flow->passage;
	bpf_spin_unlock(&flow->lock);
	return found == ticket && passage->state == get_state(skb);
}

/**
 * Change the state of a packet and its passage, if that is still there. Without
 * state a ticket isn't good for anything any more.
 */
static __always_inline void change_state(struct __sk_buff *skb,
										 enum state state)
{
	__u32 ticket = get_ticket(skb);
	struct flow *flow = get_flow(ticket);

	if (flow)
	{
		bpf_spin_lock(&flow->lock);
		if (flow->ticket == ticket)
		{
			flow->passage.state = state;
		}
		bpf_spin_unlock(&flow->lock);
	}
	set_mark(skb, state, state == STATE_NONE ? 0 : ticket);
}

/**
 * Has a packet the addresses of a passage?
 */
static __always_inline bool is_of(struct packet *p, struct passage *passage)
{
	return p->family == passage->family &&
		   addr_equals(&p->src, &passage->src) &&
		   addr_equals(&p->dst, &passage->dst);
}

#endif /* BPF_FLOW_H_ */
