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
 * Lowering the maximum segment size (RFC 9293, 3.7.1) that both ends of a TCP
 * connection tell each other, so that their segments fit from the first one on,
 * whatever becomes of ICMP messages.
 */

#ifndef BPF_MSS_H_
#define BPF_MSS_H_

#include "size.h"

/** Kinds of options (RFC 9293, 3.1), and the length of the last one */
#define OPTION_END 0
#define OPTION_NOP 1
#define OPTION_MSS 2
#define OPTION_MSS_LEN 4

/** Options that are looked at; real ones have six or so, and each is work for
 *  the verifier */
#define OPTIONS_MAX 16

/**
 * Is a packet one that opens a TCP connection, from either end?
 *
 * @param tcp	receives its TCP header
 */
static __always_inline bool is_syn(struct __sk_buff *skb, struct packet *p,
								   struct tcphdr *tcp)
{
	return p->protocol == IPPROTO_TCP && !p->fragment &&
		   bpf_skb_load_bytes(skb, p->l3 + p->len, tcp, sizeof(*tcp)) == 0 &&
		   tcp->syn;
}

/**
 * Find the value of the MSS option.
 *
 * @param off	offset of the first option
 * @param end	offset behind the last one
 * @return		offset of the value, 0 if there is none
 */
static __always_inline __u32 find_mss(struct __sk_buff *skb, __u32 off,
									  __u32 end)
{
	__u8 option[2];
	__u32 i;

	for (i = 0; i < OPTIONS_MAX; i++)
	{
		if (off + OPTION_MSS_LEN > end ||
			bpf_skb_load_bytes(skb, off, option, sizeof(option)) < 0 ||
			option[0] == OPTION_END)
		{
			return 0;
		}
		if (option[0] == OPTION_NOP)
		{
			off++;
			continue;
		}
		if (option[0] == OPTION_MSS)
		{
			return option[1] == OPTION_MSS_LEN ? off + sizeof(option) : 0;
		}
		if (option[1] < sizeof(option))
		{
			return 0;
		}
		off += option[1];
	}
	return 0;
}

/**
 * Lower the MSS to what makes packets that fit. A SYN without this option is
 * left alone: small segments are the default.
 *
 * @param tcp		its TCP header, from is_syn()
 * @param limit		size of the largest packet, from get_limit()
 */
static __always_inline void clamp_mss(struct __sk_buff *skb, struct packet *p,
									  struct tcphdr *tcp, __u32 limit)
{
	__u32 begin = p->l3 + p->len, end = tcp->doff * 4, off, mss;
	__be16 old, new;

	if (p->len + end > p->total)
	{
		return;
	}
	off = find_mss(skb, begin + sizeof(*tcp), begin + end);
	if (!off || bpf_skb_load_bytes(skb, off, &old, sizeof(old)) < 0)
	{
		return;
	}
	mss = limit - sizeof(*tcp) -
		  (p->family == 4 ? sizeof(struct iphdr) : sizeof(struct ipv6hdr));
	if (bpf_ntohs(old) <= mss)
	{
		return;
	}
	new = bpf_htons(mss);
	if (bpf_skb_store_bytes(skb, off, &new, sizeof(new), 0) < 0)
	{
		return;
	}
	if ((off - begin) & 1)
	{	/* at an odd offset it is parts of two words of the checksum, which
		 * add up to the same as one with its octets swapped (RFC 1071, 2) */
		old = __builtin_bswap16(old);
		new = __builtin_bswap16(new);
	}
	bpf_l4_csum_replace(skb, begin + __builtin_offsetof(struct tcphdr, check),
						old, new, sizeof(new));
}

#endif /* BPF_MSS_H_ */
