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
 * Path MTUs that routers of the WAN tell (RFC 1191, RFC 8201). They tell them
 * to whom our ESP says it comes from, often a host inside that never sent such
 * a packet, and in clear. So they are taken from what comes in.
 *
 * They aren't authentic: that they quote an SPI of ours shows no more than that
 * somebody saw a packet. What they can do is limited to small packets for some
 * minutes, never smaller than what any network takes.
 */

#ifndef BPF_PMTU_H_
#define BPF_PMTU_H_

#include "size.h"

/** Smallest path MTUs that are believed: what IPv4 hosts take (RFC 791, 3.1)
 *  and IPv6 links have (RFC 8200, 5) */
#define PMTU_LEAST4 576
#define PMTU_LEAST6 1280

/** Types and codes (RFC 1191, 4; RFC 4443, 3.2) */
#define ICMP_UNREACHABLE 3
#define ICMP_FRAGMENTATION_NEEDED 4
#define ICMPV6_TOO_BIG 2

/**
 * Header of these messages in front of what is quoted. IPv4's MTU is the lower
 * half only, and 0 from routers that don't know RFC 1191.
 */
struct icmp {
	__u8 type;
	__u8 code;
	__be16 check;
	__be32 mtu;
};

/**
 * Read the MTU from a message that says that a packet was too big.
 */
static __always_inline bool get_told_mtu(struct __sk_buff *skb,
										 struct packet *p, __u32 *mtu)
{
	struct icmp h;

	if (p->fragment || is_extended(p) ||
		p->protocol != (p->family == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6) ||
		bpf_skb_load_bytes(skb, p->l3 + p->len, &h, sizeof(h)) < 0)
	{
		return false;
	}
	*mtu = bpf_ntohl(h.mtu);
	if (p->family == 4)
	{
		*mtu &= 0xffff;
		*mtu = *mtu < PMTU_LEAST4 ? PMTU_LEAST4 : *mtu;
		return h.type == ICMP_UNREACHABLE &&
			   h.code == ICMP_FRAGMENTATION_NEEDED;
	}
	*mtu = *mtu < PMTU_LEAST6 ? PMTU_LEAST6 : *mtu;
	return h.type == ICMPV6_TOO_BIG;
}

/**
 * Read the quoted packet, if it is ESP that we may have sent.
 */
static __always_inline bool is_ours(struct __sk_buff *skb, struct packet *p,
									struct packet *quoted)
{
	struct gkm_dp_rule *rule;
	struct gkm_dp_sa *sa;
	__u32 spi;

	if (parse(skb, p->l3 + p->len + sizeof(struct icmp), quoted) != IS_IP ||
		quoted->protocol != IPPROTO_ESP || is_extended(quoted) ||
		quoted->later ||
		p->len + sizeof(struct icmp) + quoted->len + sizeof(spi) > p->total ||
		!addr_equals(&quoted->src, &p->dst) || !get_spi(skb, quoted, &spi))
	{
		return false;
	}
	rule = get_protection(quoted);
	sa = bpf_map_lookup_elem(&gkm_sas, &spi);
	return rule && sa && sa->group == rule->group;
}

/**
 * Learn from a packet that came in what fits on the way to a destination. If it
 * is known to be less already, that stays.
 *
 * @return		is it such a message about ESP of ours, and so for nobody else?
 */
static __always_inline bool learn_pmtu(struct __sk_buff *skb, struct packet *p)
{
	struct gkm_dp_pmtu pmtu = {};
	struct packet quoted;
	__u32 known;

	if (!get_told_mtu(skb, p, &pmtu.mtu) || !is_ours(skb, p, &quoted))
	{
		return false;
	}
	known = get_pmtu(&quoted.dst);
	if (pmtu.mtu < quoted.total && (!known || pmtu.mtu < known))
	{
		pmtu.since = bpf_ktime_get_ns();
		bpf_map_update_elem(&gkm_pmtus, &quoted.dst, &pmtu, BPF_ANY);
	}
	return true;
}

#endif /* BPF_PMTU_H_ */
