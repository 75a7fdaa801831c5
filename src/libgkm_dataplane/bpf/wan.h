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
#include "mss.h"
#include "pmtu.h"
#include "rules.h"

/**
 * Send a packet out by another interface, which pops the link layer header if
 * it has none itself; one that has Ethernet takes nothing without.
 */
static __always_inline int send_by(struct __sk_buff *skb,
								   struct gkm_dp_link *link, __u32 ifindex)
{
	__u16 type = skb->protocol;

	if (!link->l2 &&
		(bpf_skb_change_head(skb, ETH_HLEN, 0) < 0 ||
		 bpf_skb_store_bytes(skb, __builtin_offsetof(struct ethhdr, h_proto),
							 &type, sizeof(type), 0) < 0))
	{
		return TC_ACT_SHOT;
	}
	return bpf_redirect(ifindex, 0);
}

/**
 * Lower the MSS if a packet opens a TCP connection.
 *
 * @param peer	address in the other site
 * @param rule	rule that protects the connection
 */
static __always_inline void check_mss(struct __sk_buff *skb, struct packet *p,
									  struct gkm_dp_addr *peer,
									  struct gkm_dp_link *wan,
									  struct gkm_dp_rule *rule)
{
	struct tcphdr tcp;

	if (rule->clamp && is_syn(skb, p, &tcp))
	{
		clamp_mss(skb, p, &tcp, get_limit(p, peer, wan, rule));
	}
}

/**
 * Have a clear packet encrypted, and remember where it was about to go.
 */
static __always_inline int encrypt(struct __sk_buff *skb,
								   struct gkm_dp_link *link, struct packet *p,
								   struct gkm_dp_rule *rule)
{
	struct passage passage = begin(skb, p, STATE_OUT, rule->group, 0);

	if (!rule->dev)
	{
		return drop(0, GKM_DP_CLEAR_OUT);
	}
	if (!check_size(skb, p, get_limit(p, &p->dst, link, rule)))
	{
		return drop(0, GKM_DP_TOO_BIG);
	}
	if (link->l2 && bpf_skb_load_bytes(skb, 0, &passage.eth, ETH_HLEN) < 0)
	{
		return drop(0, GKM_DP_MALFORMED);
	}
	check_mss(skb, p, &p->dst, link, rule);
	if (!remember(skb, &passage))
	{
		return drop(0, GKM_DP_LOST);
	}
	return send_by(skb, link, rule->dev);
}

/**
 * Put preserved addresses on a packet that XFRM encrypted, and send it where
 * the clear one was about to go.
 */
static __always_inline int send_esp(struct __sk_buff *skb,
									struct gkm_dp_link *link, struct packet *p)
{
	struct passage clear;
	__u32 spi = 0;

	if (get_state(skb) != STATE_OUT || p->protocol != IPPROTO_ESP ||
		!is_local(p, &p->src) || !is_remote(p, &p->dst))
	{
		return drop(0, GKM_DP_SPOOFED);
	}
	if (!p->later && !get_spi(skb, p, &spi))
	{
		return drop(0, GKM_DP_MALFORMED);
	}
	if (!recall(skb, &clear) || clear.family != p->family)
	{
		return drop(spi, GKM_DP_LOST);
	}
	if (clear.ifindex != skb->ifindex)
	{	/* it is here since D_remote is routed here; goes on at the other one,
		 * if that is still attached */
		return get_link(clear.ifindex) ? send_by(skb, link, clear.ifindex)
									   : drop(spi, GKM_DP_LOST);
	}
	if (!set_addrs(skb, p, &clear.src, &clear.dst) ||
		(link->l2 && bpf_skb_store_bytes(skb, 0, &clear.eth, ETH_HLEN, 0) < 0))
	{
		return drop(spi, GKM_DP_MALFORMED);
	}
	if (!p->later)
	{
		count(spi, GKM_DP_ENCRYPTED);
	}
	set_mark(skb, STATE_NONE, 0);
	return PASS;
}

/**
 * WAN egress: preserved addresses on what was encrypted, and nothing in clear
 * that a group protects.
 */
SEC("tc")
int gkm_wan_out(struct __sk_buff *skb)
{
	struct gkm_dp_link *link = get_link(skb->ifindex);
	struct gkm_dp_rule *rule;
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
		return send_esp(skb, link, &p);
	}
	rule = get_protection(&p);
	return rule ? encrypt(skb, link, &p, rule) : PASS;
}

/**
 * Give a protected packet to XFRM: as one to the dummy address, by which and the
 * SPI it finds an SA. The source stays, for rp_filter.
 */
static __always_inline int receive_esp(struct __sk_buff *skb, struct packet *p,
									   __u32 group)
{
	struct gkm_dp_addr local;
	struct passage passage;
	struct gkm_dp_sa *sa;
	__u32 spi = 0;

	get_local(p, &local);
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
		passage = begin(skb, p, STATE_IN, group, spi);
		if (!remember(skb, &passage))
		{
			return drop(spi, GKM_DP_LOST);
		}
	}
	if (p->fragment && !mix_fragment_id(skb, p))
	{
		return drop(spi, GKM_DP_MALFORMED);
	}
	if (!set_addrs(skb, p, &p->src, &local))
	{
		return drop(spi, GKM_DP_MALFORMED);
	}
	/* a multicast frame too, as D_local isn't a group */
	bpf_skb_change_type(skb, PACKET_HOST);
	return PASS;
}

/**
 * Was a packet decrypted here, and is it what it was then? It comes in like
 * that once only.
 */
static __always_inline bool is_back(struct __sk_buff *skb, struct packet *p)
{
	struct passage passage;

	if (!recall(skb, &passage) || passage.ifindex != skb->ifindex ||
		!is_of(p, &passage))
	{
		return false;
	}
	change_state(skb, STATE_NONE);
	return true;
}

/**
 * WAN ingress: of protected traffic nothing but ESP of the group comes in, and
 * what was in it.
 */
SEC("tc")
int gkm_wan_in(struct __sk_buff *skb)
{
	struct gkm_dp_link *link = get_link(skb->ifindex);
	struct gkm_dp_rule *rule;
	enum parsed parsed;
	struct packet p;

	if (!link || skb->pkt_type == PACKET_OTHERHOST)
	{	/* only seen because the interface is promiscuous; ends in the IP layer */
		return PASS;
	}
	parsed = parse(skb, link->l2, &p);
	if (get_state(skb) != STATE_NONE)
	{
		if (parsed == IS_IP && get_state(skb) == STATE_BACK && is_back(skb, &p))
		{
			rule = get_protection(&p);
			if (rule)
			{
				check_mss(skb, &p, &p.src, link, rule);
			}
			return PASS;
		}
		set_mark(skb, STATE_NONE, 0);
	}
	switch (parsed)
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
	if (learn_pmtu(skb, &p))
	{
		return TC_ACT_SHOT;
	}
	rule = get_protection(&p);
	if (!rule)
	{
		return PASS;
	}
	if (is_extended(&p))
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
