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
#include "rules.h"

/** Octets of a decrypted packet that are looked at: Ethernet, both headers of
 *  D3P in IPv6, and one with a fragment header */
#define HEADERS (ETH_HLEN + 40 + GKM_DP_D3P_LEN + 40 + 8)

/**
 * Read the header of a packet that is to be encrypted.
 *
 * @return		PASS, or a verdict
 */
static __always_inline int parse_clear(struct __sk_buff *skb,
									   struct gkm_dp_link *link,
									   struct packet *p)
{
	struct gkm_dp_rule *rule;

	switch (parse(skb, link->l2, p))
	{
		case NOT_IP:
			return TC_ACT_SHOT;
		case BROKEN:
			return drop(0, GKM_DP_MALFORMED);
		case IS_IP:
			break;
	}
	rule = get_protection(p);
	if (!rule || rule->group != link->group)
	{
		return drop(0, GKM_DP_OUTSIDE);
	}
	return PASS;
}

/**
 * Did a packet come through the front, and is it what it was there?
 */
static __always_inline bool is_pushed(struct __sk_buff *skb, struct packet *p)
{
	struct packet inner = {};
	__u32 ignored;

	return get_state(skb) == STATE_OUT &&
		   p->protocol == GKM_DP_D3P_PROTOCOL &&
		   recall(skb, &inner, &ignored) && inner.family == p->family &&
		   addr_equals(&inner.src, &p->src) &&
		   addr_equals(&inner.dst, &p->dst);
}

/**
 * Inner egress: remember the addresses of what is to be encrypted. With D3P,
 * the front has done it, and nothing comes past that.
 */
SEC("tc")
int gkm_inner_out(struct __sk_buff *skb)
{
	struct gkm_dp_link *link = get_link(skb);
	struct packet p;
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
	if (link->d3p_type)
	{
		return is_pushed(skb, &p) ? PASS : drop(0, GKM_DP_SPOOFED);
	}
	return remember(skb, &p, 0, STATE_OUT) ? PASS : drop(0, GKM_DP_LOST);
}

/**
 * Front, ingress of its far end: add a D3P header, and hand over to the inner
 * interface. Packets must have been segmented, as each has a header of its own
 * and XFRM segments after it was added.
 */
SEC("tc")
int gkm_front_in(struct __sk_buff *skb)
{
	struct gkm_dp_link *link = get_link(skb);
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
	/* what is missing can't be encapsulated */
	if (p.total < p.len || p.l3 + p.total > skb->len)
	{
		return drop(0, GKM_DP_MALFORMED);
	}
	inner = link->inner;
	if (!remember(skb, &p, 0, STATE_OUT))
	{
		return drop(0, GKM_DP_LOST);
	}
	if (!push_d3p(skb, &p, link->d3p_type))
	{
		return drop(0, GKM_DP_MALFORMED);
	}
	return bpf_redirect(inner, 0);
}

/**
 * Inner ingress: outer addresses of what was decrypted must be the inner ones
 * (RFC 5374, 5.2), and it must be fresh.
 */
SEC("tc")
int gkm_inner_in(struct __sk_buff *skb)
{
	struct gkm_dp_link *link = get_link(skb);
	struct packet p, outer = {};
	enum gkm_dp_counter result;
	struct gkm_dp_sa *sa;
	__u32 spi = 0;

	if (!link)
	{
		return TC_ACT_SHOT;
	}
	if (get_state(skb) != STATE_IN)
	{
		return drop(0, GKM_DP_SPOOFED);
	}
	if (!recall(skb, &outer, &spi))
	{
		return drop(0, GKM_DP_LOST);
	}
	sa = bpf_map_lookup_elem(&gkm_sas, &spi);
	if (!sa || sa->group != link->group)
	{
		return drop(0, GKM_DP_NO_SA);
	}
	if (bpf_skb_pull_data(skb, skb->len < HEADERS ? skb->len : HEADERS) < 0 ||
		find(skb, link->l2, &p) != IS_IP)
	{
		return drop(spi, GKM_DP_MALFORMED);
	}
	if (sa->d3p_type)
	{
		result = check_d3p(skb, &p, sa, spi, &outer.src);
		if (result != GKM_DP_DECRYPTED)
		{
			return drop(spi, result);
		}
		if (!pop_d3p(skb, &p) || find(skb, link->l2, &p) != IS_IP)
		{
			return drop(spi, GKM_DP_MALFORMED);
		}
	}
	if (p.family != outer.family || !addr_equals(&p.src, &outer.src) ||
		!addr_equals(&p.dst, &outer.dst))
	{
		return drop(spi, GKM_DP_ADDRESS);
	}
	count(spi, GKM_DP_DECRYPTED);
	set_mark(skb, STATE_NONE, 0);
	return PASS;
}

#endif /* BPF_INNER_H_ */
