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
 * How large packets may be before they are encrypted: what doesn't fit the WAN
 * afterwards is dropped here, and its sender is told by user space. Encrypted
 * packets can't be fragmented by routers if the ones inside can't.
 */

#ifndef BPF_SIZE_H_
#define BPF_SIZE_H_

#include <linux/tcp.h>

#include "rules.h"

/** Smallest packets that must not be too big (RFC 791, 3.2; RFC 8200, 5) */
#define LEAST4 68
#define LEAST6 1280

/** Length of an UDP header */
#define UDP_LEN 8

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, GKM_DP_PMTUS);
	__type(key, struct gkm_dp_addr);
	__type(value, struct gkm_dp_pmtu);
} gkm_pmtus SEC(".maps");

/** A power of two and whole pages of any size: a few hundred packets. If user
 *  space doesn't keep up, senders hear of the next one. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 65536);
} gkm_too_big SEC(".maps");

/**
 * Get the path MTU to an address, 0 if none was told lately.
 */
static __always_inline __u32 get_pmtu(struct gkm_dp_addr *addr)
{
	struct gkm_dp_pmtu *pmtu;

	pmtu = bpf_map_lookup_elem(&gkm_pmtus, addr);
	if (!pmtu || bpf_ktime_get_ns() - pmtu->since >
				 GKM_DP_PMTU_SECONDS * 1000000000ULL)
	{
		return 0;
	}
	return pmtu->mtu;
}

/**
 * Get the size of the largest packet that may be encrypted.
 *
 * @param peer	address in the other site
 * @param wan	interface that it leaves by
 * @param rule	rule that protects it
 */
static __always_inline __u32 get_limit(struct packet *p,
									   struct gkm_dp_addr *peer,
									   struct gkm_dp_link *wan,
									   struct gkm_dp_rule *rule)
{
	__u32 least = p->family == 4 ? LEAST4 : LEAST6;
	__u32 limit = wan->mtu ? wan->mtu : 0xffff, pmtu = get_pmtu(peer);

	if (pmtu && pmtu < limit)
	{
		limit = pmtu;
	}
	limit = limit > rule->overhead ? limit - rule->overhead : 0;
	if (rule->mtu && rule->mtu < limit)
	{
		limit = rule->mtu;
	}
	return limit < least ? least : limit;
}

/**
 * Get the size of a packet, or of the largest one that it'll be segmented into.
 */
static __always_inline __u32 get_size(struct __sk_buff *skb, struct packet *p)
{
	__u32 header = UDP_LEN;
	struct tcphdr tcp;

	if (!skb->gso_size)
	{
		return p->total;
	}
	if (p->protocol == IPPROTO_TCP)
	{
		header = load(skb, p, p->len, &tcp, sizeof(tcp)) < 0 ? sizeof(tcp)
															 : tcp.doff * 4;
	}
	return p->len + header + skb->gso_size;
}

/**
 * Hand over to user space, which tells the sender.
 */
static __always_inline void report_too_big(struct __sk_buff *skb,
										   struct packet *p, __u32 limit)
{
	__u64 len = skb->len - p->l3;
	struct gkm_dp_too_big *event;

	event = bpf_ringbuf_reserve(&gkm_too_big, sizeof(*event), 0);
	if (!event)
	{
		return;
	}
	if (len > sizeof(event->packet))
	{
		len = sizeof(event->packet);
	}
	event->family = p->family;
	event->mtu = limit;
	event->len = len;
	if (len < sizeof(struct iphdr) ||
		bpf_skb_load_bytes(skb, p->l3, event->packet, len) < 0)
	{	/* never, but the verifier doesn't know */
		bpf_ringbuf_discard(event, 0);
		return;
	}
	bpf_ringbuf_submit(event, 0);
}

/**
 * Does a packet fit? If it doesn't, but may be fragmented, it is encrypted, and
 * XFRM's packet is what is fragmented.
 *
 * @param limit		result of get_limit()
 * @return			false if it is to be dropped; its sender gets to know
 */
static __always_inline bool check_size(struct __sk_buff *skb, struct packet *p,
									   __u32 limit)
{
	if (!p->whole || get_size(skb, p) <= limit)
	{
		return true;
	}
	report_too_big(skb, p, limit);
	return false;
}

#endif /* BPF_SIZE_H_ */
