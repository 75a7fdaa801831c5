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
 * Programs at interfaces to the WAN.
 */

#ifndef BPF_WAN_H_
#define BPF_WAN_H_

#include <linux/if_packet.h>

#include "flow.h"
#include "rules.h"

/**
 * Write the link layer address of a multicast group (RFC 1112, 6.4; RFC 2464,
 * 7): no neighbour has it.
 */
static __always_inline bool set_group_mac(struct __sk_buff *skb,
										  struct packet *p,
										  struct gkm_dp_addr *group)
{
	__u8 *addr = (__u8*)group->w;
	__u8 mac4[ETH_ALEN] = { 0x01, 0x00, 0x5e, addr[1] & 0x7f, addr[2], addr[3] };
	__u8 mac6[ETH_ALEN] = { 0x33, 0x33, addr[12], addr[13], addr[14], addr[15] };

	if (p->l3 != ETH_HLEN)
	{	/* no Ethernet */
		return true;
	}
	return !bpf_skb_store_bytes(skb, 0, p->family == 4 ? mac4 : mac6,
								ETH_ALEN, 0);
}

static __always_inline bool is_multicast(struct packet *p)
{
	__u8 first = *(__u8*)p->dst.w;

	return p->family == 4 ? (first & 0xf0) == 0xe0 : first == 0xff;
}

/**
 * Put preserved addresses on a packet that XFRM encrypted, and send it where
 * they lead to.
 */
static __always_inline int send_esp(struct __sk_buff *skb, struct packet *p)
{
	struct packet inner = {};
	__u32 spi = 0, ignored;

	if (get_state(skb) != STATE_OUT || p->protocol != IPPROTO_ESP ||
		!is_local(p, &p->src) || !is_remote(p, &p->dst))
	{
		return drop(0, GKM_DP_SPOOFED);
	}
	if (!p->later && !get_spi(skb, p, &spi))
	{
		return drop(0, GKM_DP_MALFORMED);
	}
	if (!recall(skb, &inner, &ignored) || inner.family != p->family)
	{
		return drop(spi, GKM_DP_LOST);
	}
	if (!set_addrs(skb, p, &inner.src, &inner.dst))
	{
		return drop(spi, GKM_DP_MALFORMED);
	}
	if (!p->later)
	{
		count(spi, GKM_DP_ENCRYPTED);
	}
	if (is_multicast(&inner))
	{
		set_mark(skb, STATE_NONE, 0);
		return set_group_mac(skb, p, &inner.dst) ? PASS : TC_ACT_SHOT;
	}
	/* The route is looked up with the mark. On its way the packet is here once
	 * more. */
	set_mark(skb, STATE_UNDERLAY, 0);
	return bpf_redirect_neigh(skb->ifindex, NULL, 0, 0);
}

/**
 * WAN egress: preserved addresses on what was encrypted, and nothing in clear
 * that a group protects.
 */
SEC("tc")
int gkm_wan_out(struct __sk_buff *skb)
{
	struct gkm_dp_link *link = get_link(skb);
	struct packet p;

	if (!link)
	{
		return PASS;
	}
	switch (parse(skb, link->l2, &p))
	{
		case NOT_IP:
			return PASS;
		case BROKEN:
			return drop(0, GKM_DP_MALFORMED);
		case IS_IP:
			break;
	}
	if (has_dummy(&p))
	{
		return send_esp(skb, &p);
	}
	if (get_state(skb) == STATE_UNDERLAY && p.protocol == IPPROTO_ESP)
	{
		set_mark(skb, STATE_NONE, 0);
		return PASS;
	}
	if (get_protection(&p))
	{
		return drop(0, GKM_DP_CLEAR_OUT);
	}
	return PASS;
}

/**
 * Give a protected packet to XFRM: as one between the dummy addresses.
 */
static __always_inline int receive_esp(struct __sk_buff *skb, struct packet *p,
									   __u32 group)
{
	struct gkm_dp_addr local, remote;
	struct gkm_dp_sa *sa;
	__u32 spi = 0;

	get_dummies(p, &local, &remote);
	if (!p->later)
	{
		if (!get_spi(skb, p, &spi))
		{
			return drop(0, GKM_DP_MALFORMED);
		}
		sa = bpf_map_lookup_elem(&gkm_sas, &spi);
		if (!sa || sa->group != group)
		{
			return drop(0, GKM_DP_NO_SA);
		}
		/* what is reassembled has the mark of the first fragment */
		if (!remember(skb, p, spi, STATE_IN))
		{
			return drop(spi, GKM_DP_LOST);
		}
	}
	if (p->fragment && !mix_fragment_id(skb, p))
	{
		return drop(spi, GKM_DP_MALFORMED);
	}
	if (!set_addrs(skb, p, &remote, &local))
	{
		return drop(spi, GKM_DP_MALFORMED);
	}
	/* a multicast frame too, as D_local isn't a group */
	bpf_skb_change_type(skb, PACKET_HOST);
	return PASS;
}

/**
 * WAN ingress: of protected traffic nothing but ESP of the group comes in.
 */
SEC("tc")
int gkm_wan_in(struct __sk_buff *skb)
{
	struct gkm_dp_link *link = get_link(skb);
	struct gkm_dp_rule *rule;
	struct packet p;

	if (!link || skb->pkt_type == PACKET_OTHERHOST)
	{	/* only seen because the interface is promiscuous; ends in the IP layer */
		return PASS;
	}
	if (get_state(skb) != STATE_NONE)
	{
		set_mark(skb, STATE_NONE, 0);
	}
	switch (parse(skb, link->l2, &p))
	{
		case NOT_IP:
			return PASS;
		case BROKEN:
			return drop(0, GKM_DP_MALFORMED);
		case IS_IP:
			break;
	}
	if (has_dummy(&p))
	{
		return drop(0, GKM_DP_SPOOFED);
	}
	rule = get_protection(&p);
	if (!rule)
	{
		return PASS;
	}
	if (p.extended)
	{	/* members don't send that, so it isn't authentic */
		return drop(0, GKM_DP_MALFORMED);
	}
	if (p.protocol != IPPROTO_ESP)
	{
		return drop(0, GKM_DP_CLEAR_IN);
	}
	return receive_esp(skb, &p, rule->group);
}

#endif /* BPF_WAN_H_ */
