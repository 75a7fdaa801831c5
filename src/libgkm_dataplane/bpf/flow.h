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
 * Carrying addresses past XFRM. A packet's addresses are put into a slot of a
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
 * How a packet came to have a ticket.
 */
enum state {
	/** not by us */
	STATE_NONE,
	/** on the way out, to be encrypted */
	STATE_OUT,
	/** on the way in, to be decrypted */
	STATE_IN,
	/** has preserved addresses and was sent to its neighbour; no ticket, and
	 *  the only one that an ip rule may look at */
	STATE_UNDERLAY,
};

/**
 * A slot.
 */
struct flow {
	struct bpf_spin_lock lock;
	__u32 ticket;
	/** 4 or 6, 0 if never used */
	__u32 family;
	/** of packets that came in, else 0 */
	__u32 spi;
	struct gkm_dp_addr src;
	struct gkm_dp_addr dst;
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

static __always_inline void set_mark(struct __sk_buff *skb, enum state state,
									 __u32 ticket)
{
	skb->mark = (skb->mark & ~mark_mask) |
				((state << ticket_bits | ticket) << mark_shift);
}

/**
 * Remember the addresses of a packet, and mark it.
 */
static __always_inline bool remember(struct __sk_buff *skb, struct packet *p,
									 __u32 spi, enum state state)
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
	key = ticket & (flows_max - 1);
	flow = bpf_map_lookup_elem(&gkm_flows, &key);
	if (!flow)
	{
		return false;
	}
	bpf_spin_lock(&flow->lock);
	flow->ticket = ticket;
	flow->family = p->family;
	flow->spi = spi;
	flow->src = p->src;
	flow->dst = p->dst;
	bpf_spin_unlock(&flow->lock);
	set_mark(skb, state, ticket);
	return true;
}

/**
 * Recall what was remembered for a packet.
 *
 * @param p		receives family and addresses
 * @param spi	receives the SPI
 * @return		false if it was overwritten
 */
static __always_inline bool recall(struct __sk_buff *skb, struct packet *p,
								   __u32 *spi)
{
	__u32 ticket, key, found;
	struct flow *flow;

	ticket = ((skb->mark & mark_mask) >> mark_shift) &
			 ((1U << ticket_bits) - 1);
	key = ticket & (flows_max - 1);
	flow = bpf_map_lookup_elem(&gkm_flows, &key);
	if (!flow)
	{
		return false;
	}
	bpf_spin_lock(&flow->lock);
	found = flow->ticket;
	p->family = flow->family;
	p->src = flow->src;
	p->dst = flow->dst;
	*spi = flow->spi;
	bpf_spin_unlock(&flow->lock);
	return found == ticket && p->family;
}

#endif /* BPF_FLOW_H_ */
