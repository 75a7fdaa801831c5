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
 * Reading and rewriting IP headers.
 */

#ifndef BPF_PACKET_H_
#define BPF_PACKET_H_

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>

#include "state.h"

/** Fields of the fragment offset in IPv4's header */
#define IP_DF 0x4000
#define IP_MF 0x2000
#define IP_OFFSET 0x1fff

/** Fields of the fragment offset in IPv6's fragment header */
#define IP6_MF 0x0001
#define IP6_OFFSET 0xfff8

/** Fragment header (RFC 8200, 4.5) */
struct fragment {
	__u8 next;
	__u8 reserved;
	__be16 offset;
	__be32 id;
};

/**
 * What an IP header says.
 */
struct packet {

	/** where it begins */
	__u32 l3;

	/** 4 or 6 */
	__u32 family;

	/** length of it, with an IPv6 fragment header that follows */
	__u32 len;

	/** what comes behind it */
	__u8 protocol;

	/** is it a fragment, is it one without the beginning of the payload, may it
	 *  not be fragmented, or not further? Not 0 if so; these are no bool, as
	 *  branches to set one would have to be checked by the kernel with all that
	 *  follows */
	__u32 fragment;
	__u32 later;
	__u32 whole;

	/** octets of options */
	__u32 options;

	/** octets from the beginning of the header */
	__u32 total;

	struct gkm_dp_addr src;
	struct gkm_dp_addr dst;
};

/**
 * Result of parse().
 */
enum parsed {
	IS_IP,
	NOT_IP,
	BROKEN,
};

static __always_inline bool addr_equals(const volatile struct gkm_dp_addr *a,
										const volatile struct gkm_dp_addr *b)
{
	return !((a->w[0] ^ b->w[0]) | (a->w[1] ^ b->w[1]) |
			 (a->w[2] ^ b->w[2]) | (a->w[3] ^ b->w[3]));
}

/**
 * Read octets of a packet.
 *
 * @param off	offset from the begin of the IP header
 */
static __always_inline long load(struct __sk_buff *skb, struct packet *p,
								 __u32 off, void *data, __u32 len)
{
	return bpf_skb_load_bytes(skb, p->l3 + off, data, len);
}

static __always_inline enum parsed parse4(struct __sk_buff *skb,
										  struct packet *p)
{
	struct iphdr h;
	__u16 offset;

	if (load(skb, p, 0, &h, sizeof(h)) < 0 ||
		h.version != 4 || h.ihl < 5 || p->l3 + h.ihl * 4 > skb->len)
	{
		return BROKEN;
	}
	offset = bpf_ntohs(h.frag_off);
	p->family = 4;
	p->len = h.ihl * 4;
	p->protocol = h.protocol;
	p->fragment = offset & (IP_MF | IP_OFFSET);
	p->later = offset & IP_OFFSET;
	p->options = h.ihl * 4 - sizeof(h);
	p->whole = offset & IP_DF;
	p->total = bpf_ntohs(h.tot_len);
	p->src.w[0] = h.saddr;
	p->dst.w[0] = h.daddr;
	return IS_IP;
}

static __always_inline enum parsed parse6(struct __sk_buff *skb,
										  struct packet *p)
{
	struct fragment f;
	struct ipv6hdr h;
	__u16 offset;

	if (load(skb, p, 0, &h, sizeof(h)) < 0 || h.version != 6)
	{
		return BROKEN;
	}
	p->family = 6;
	p->len = sizeof(h);
	p->protocol = h.nexthdr;
	p->whole = true;
	p->total = bpf_ntohs(h.payload_len) + sizeof(h);
	__builtin_memcpy(&p->src, &h.saddr, sizeof(p->src));
	__builtin_memcpy(&p->dst, &h.daddr, sizeof(p->dst));
	if (h.nexthdr == IPPROTO_FRAGMENT)
	{
		if (load(skb, p, sizeof(h), &f, sizeof(f)) < 0)
		{
			return BROKEN;
		}
		offset = bpf_ntohs(f.offset);
		p->len += sizeof(f);
		p->protocol = f.next;
		p->fragment = 1;
		p->later = offset & IP6_OFFSET;
	}
	return IS_IP;
}

/**
 * Read an IP header.
 *
 * @param l3	where it begins
 */
static __always_inline enum parsed parse(struct __sk_buff *skb, __u32 l3,
										 struct packet *p)
{
	__builtin_memset(p, 0, sizeof(*p));
	p->l3 = l3;
	if (skb->vlan_present)
	{	/* the VLAN's interface sees it too, or did */
		return NOT_IP;
	}
	if (skb->protocol == bpf_htons(ETH_P_IP))
	{
		return parse4(skb, p);
	}
	if (skb->protocol == bpf_htons(ETH_P_IPV6))
	{
		return parse6(skb, p);
	}
	return NOT_IP;
}

/**
 * Has a packet options, or an extension header that isn't a fragment header?
 */
static __always_inline bool is_extended(struct packet *p)
{
	return p->family == 4 ? p->options
						  : p->protocol == IPPROTO_HOPOPTS ||
							p->protocol == IPPROTO_ROUTING ||
							p->protocol == IPPROTO_DSTOPTS;
}

/**
 * Read the SPI of an ESP packet.
 */
static __always_inline bool get_spi(struct __sk_buff *skb, struct packet *p,
									__u32 *spi)
{
	if (load(skb, p, p->len, spi, sizeof(*spi)) < 0)
	{
		return false;
	}
	*spi = bpf_ntohl(*spi);
	return true;
}

/**
 * Is an address one of the dummies?
 */
static __always_inline bool is_local(struct packet *p, struct gkm_dp_addr *addr)
{
	return p->family == 4 ? addr_equals(addr, &local4)
						  : addr_equals(addr, &local6);
}

static __always_inline bool is_remote(struct packet *p,
									  struct gkm_dp_addr *addr)
{
	return p->family == 4 ? addr_equals(addr, &remote4)
						  : addr_equals(addr, &remote6);
}

/**
 * Has a packet any of the dummies?
 */
static __always_inline bool has_dummy(struct packet *p)
{
	return is_local(p, &p->src) || is_remote(p, &p->src) ||
		   is_local(p, &p->dst) || is_remote(p, &p->dst);
}

/**
 * Copy D_local of a packet's IP version, word by word: without volatile the
 * compiler would take it for the zeros that it is before loading.
 */
static __always_inline void get_local(struct packet *p,
									  struct gkm_dp_addr *local)
{
	int i;

#pragma unroll
	for (i = 0; i < 4; i++)
	{
		local->w[i] = p->family == 4 ? local4.w[i] : local6.w[i];
	}
}

/**
 * Write addresses into a header. IPv4's checksum changes as much as they do, so
 * the sum over a whole packet that a driver may have given stays valid; that
 * of IPv6 has to be corrected.
 */
static __always_inline bool set_addrs(struct __sk_buff *skb, struct packet *p,
									  struct gkm_dp_addr *src,
									  struct gkm_dp_addr *dst)
{
	struct gkm_dp_addr both[2] = { *src, *dst };
	__u32 from[2], to[2];
	__s64 diff;

	if (p->family == 6)
	{
		return !bpf_skb_store_bytes(skb,
						p->l3 + __builtin_offsetof(struct ipv6hdr, saddr),
						both, sizeof(both), BPF_F_RECOMPUTE_CSUM);
	}
	from[0] = p->src.w[0];
	from[1] = p->dst.w[0];
	to[0] = src->w[0];
	to[1] = dst->w[0];
	diff = bpf_csum_diff(from, sizeof(from), to, sizeof(to), 0);
	return !bpf_l3_csum_replace(skb,
						p->l3 + __builtin_offsetof(struct iphdr, check),
						0, diff, 0) &&
		   !bpf_skb_store_bytes(skb,
						p->l3 + __builtin_offsetof(struct iphdr, saddr),
						to, sizeof(to), 0);
}

/**
 * Make fragments of different flows differ although their destination is to be
 * the same: mix the one they have into what identifies fragments of a packet.
 */
static __always_inline bool mix_fragment_id(struct __sk_buff *skb,
											struct packet *p)
{
	struct gkm_dp_addr *d = &p->dst;
	__u32 hash, off, id;
	__u16 old, new;

	hash = (d->w[0] ^ d->w[1] ^ d->w[2] ^ d->w[3]) * 0x9e3779b1;
	if (p->family == 6)
	{
		off = p->l3 + sizeof(struct ipv6hdr) +
			  __builtin_offsetof(struct fragment, id);
		if (bpf_skb_load_bytes(skb, off, &id, sizeof(id)) < 0)
		{
			return false;
		}
		id ^= hash;
		return !bpf_skb_store_bytes(skb, off, &id, sizeof(id),
									BPF_F_RECOMPUTE_CSUM);
	}
	off = p->l3 + __builtin_offsetof(struct iphdr, id);
	if (bpf_skb_load_bytes(skb, off, &old, sizeof(old)) < 0)
	{
		return false;
	}
	new = old ^ (hash >> 16);
	return !bpf_l3_csum_replace(skb,
						p->l3 + __builtin_offsetof(struct iphdr, check),
						old, new, sizeof(new)) &&
		   !bpf_skb_store_bytes(skb, off, &new, sizeof(new), 0);
}

#endif /* BPF_PACKET_H_ */
