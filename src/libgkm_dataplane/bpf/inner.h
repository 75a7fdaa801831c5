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
 * Programs at the inner interface of a group, and at a front of it.
 */

#ifndef BPF_INNER_H_
#define BPF_INNER_H_

#include "d3p.h"
#include "flow.h"

/**
 * Read the header of a packet that is to be encrypted: one that gkm_wan_out has
 * sent here, for the group that the interface is of.
 *
 * @return		PASS, or a verdict
 */
static __always_inline int parse_clear(struct __sk_buff *skb,
									   struct gkm_dp_link *link,
									   struct packet *p)
{
	struct passage passage;

	switch (parse(skb, link->l2, p))
	{
		case NOT_IP:
			return TC_ACT_SHOT;
		case BROKEN:
			return drop(0, GKM_DP_MALFORMED);
		case IS_IP:
			break;
	}
	if (get_state(skb) != STATE_OUT)
	{
		return drop(0, GKM_DP_SPOOFED);
	}
	if (!recall(skb, &passage))
	{
		return drop(0, GKM_DP_LOST);
	}
	if (passage.group != link->group)
	{
		return drop(0, GKM_DP_OUTSIDE);
	}
	return is_of(p, &passage) ? PASS : drop(0, GKM_DP_SPOOFED);
}

/**
 * Inner egress: with D3P, nothing comes past the front.
 */
SEC("tc")
int gkm_inner_out(struct __sk_buff *skb)
{
	struct gkm_dp_link *link = get_link(skb->ifindex);
	struct packet p;
	int verdict;

	if (!link)
	{
		return TC_ACT_SHOT;
	}
	verdict = parse_clear(skb, link, &p);
	if (verdict == PASS && link->d3p_type &&
		p.protocol != GKM_DP_D3P_PROTOCOL)
	{
		return drop(0, GKM_DP_SPOOFED);
	}
	return verdict;
}

/**
 * Front, ingress of its far end: add a D3P header, and hand over to the inner
 * interface. Packets must have been segmented, as each has a header of its own
 * and XFRM segments after it was added.
 */
SEC("tc")
int gkm_front_in(struct __sk_buff *skb)
{
	struct gkm_dp_link *link = get_link(skb->ifindex);
	struct packet p;
	__u32 inner;
	int verdict;

	if (!link)
	{
		return TC_ACT_SHOT;
	}
	verdict = parse_clear(skb, link, &p);
	if (verdict != PASS)
	{
		return verdict;
	}
	if (skb->gso_size)
	{
		return drop(0, GKM_DP_UNSEGMENTED);
	}
	inner = link->inner;
	/* what is missing can't be encapsulated */
	if (p.total < p.len || p.l3 + p.total > skb->len ||
		!push_d3p(skb, &p, link->d3p_type))
	{
		return drop(0, GKM_DP_MALFORMED);
	}
	return bpf_redirect(inner, 0);
}

/**
 * Inner ingress: outer addresses of what was decrypted must be the inner ones
 * (RFC 5374, 5.2), and it must be fresh. It goes on as if it had come in on the
 * WAN like that.
 */
SEC("tc")
int gkm_inner_in(struct __sk_buff *skb)
{
	struct gkm_dp_link *link = get_link(skb->ifindex), *wan;
	enum gkm_dp_counter result;
	struct passage outer;
	struct gkm_dp_sa *sa;
	struct packet p;

	if (!link)
	{
		return TC_ACT_SHOT;
	}
	if (get_state(skb) != STATE_IN)
	{
		return drop(0, GKM_DP_SPOOFED);
	}
	if (!recall(skb, &outer))
	{
		return drop(0, GKM_DP_LOST);
	}
	sa = bpf_map_lookup_elem(&gkm_sas, &outer.spi);
	if (!sa || sa->group != link->group)
	{
		return drop(0, GKM_DP_NO_SA);
	}
	wan = get_link(outer.ifindex);
	if (!wan)
	{
		return drop(outer.spi, GKM_DP_LOST);
	}
	/* although this interface has no link layer, the packet still has the
	 * header in front of it that it came with */
	if (parse(skb, wan->l2, &p) != IS_IP)
	{
		return drop(outer.spi, GKM_DP_MALFORMED);
	}
	if (sa->d3p_type)
	{
		result = check_d3p(skb, &p, sa, outer.spi, &outer.src);
		if (result != GKM_DP_DECRYPTED)
		{
			return drop(outer.spi, result);
		}
		if (!pop_d3p(skb, &p) || parse(skb, wan->l2, &p) != IS_IP)
		{
			return drop(outer.spi, GKM_DP_MALFORMED);
		}
	}
	if (!is_of(&p, &outer))
	{
		return drop(outer.spi, GKM_DP_ADDRESS);
	}
	count(outer.spi, GKM_DP_DECRYPTED);
	change_state(skb, STATE_BACK);
	return bpf_redirect(outer.ifindex, BPF_F_INGRESS);
}

#endif /* BPF_INNER_H_ */
