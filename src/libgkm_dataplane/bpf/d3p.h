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
 * IP-D3P (draft-weis-delay-detection-01): a header with a time inside ESP.
 *
 * XFRM has no hook for a header between ESP and the packet in tunnel mode. With
 * SAs in BEET mode it swaps the IP header of a packet for one between the SA's
 * addresses and leaves what is behind it alone. So a header of this kind is put
 * in front of each packet, and on the other side taken off again:
 *
 *   here:          | IP, protocol 253 | D3P | IP | ...
 *   on the wire:   | IP | ESP         | D3P | IP | ... | ESP trailer, 253 | ICV |
 */

#ifndef BPF_D3P_H_
#define BPF_D3P_H_

#include "packet.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, GKM_DP_ERRORS);
	__type(key, __u32);
	__type(value, struct gkm_dp_error);
} gkm_errors SEC(".maps");

/**
 * Which errors are kept.
 */
struct sampling {
	struct bpf_spin_lock lock;
	/** errors of this minute */
	__u32 minute;
	/** errors so far */
	__u64 total;
	/** when the minute began, CLOCK_MONOTONIC in nanoseconds */
	__u64 began;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sampling);
} gkm_sampling SEC(".maps");

/** Header in front of a packet */
struct d3p4 {
	struct iphdr ip;
	struct gkm_dp_d3p d3p;
};

struct d3p6 {
	struct ipv6hdr ip;
	struct gkm_dp_d3p d3p;
};

/**
 * Keep an error, if there weren't too many in this minute.
 */
static __always_inline void keep_error(struct gkm_dp_error *error)
{
	__u64 now = bpf_ktime_get_ns(), seq = 0;
	struct sampling *sampling;
	__u32 key = 0;

	sampling = bpf_map_lookup_elem(&gkm_sampling, &key);
	if (!sampling)
	{
		return;
	}
	bpf_spin_lock(&sampling->lock);
	if (!sampling->began || now - sampling->began >= 60000000000ULL)
	{
		sampling->began = now;
		sampling->minute = 0;
	}
	if (sampling->minute < GKM_DP_ERRORS_PER_MINUTE)
	{
		sampling->minute++;
		seq = ++sampling->total;
	}
	bpf_spin_unlock(&sampling->lock);
	if (seq)
	{
		key = seq % GKM_DP_ERRORS;
		error->seq = seq;
		bpf_map_update_elem(&gkm_errors, &key, error, BPF_ANY);
	}
}

static __always_inline void fill_d3p(struct gkm_dp_d3p *d3p, __u8 next,
									 __u32 type)
{
	__u64 now = posix_time();

	d3p->next = next;
	d3p->type = type;
	d3p->len = bpf_htons(GKM_DP_D3P_LEN);
	d3p->seconds = bpf_htonl(now / 1000000);
	d3p->micros = bpf_htonl(now % 1000000);
}

static __always_inline __u16 ip_checksum(struct iphdr *h)
{
	__u32 sum = bpf_csum_diff(NULL, 0, (__be32*)h, sizeof(*h), 0);

	sum = (sum & 0xffff) + (sum >> 16);
	return ~((sum & 0xffff) + (sum >> 16));
}

static __always_inline bool push_d3p4(struct __sk_buff *skb, struct packet *p,
									  __u32 type)
{
	struct d3p4 h = {};

	if (p->total + sizeof(h) > 0xffff ||
		bpf_skb_load_bytes(skb, p->l3, &h.ip, sizeof(h.ip)) < 0 ||
		bpf_skb_adjust_room(skb, sizeof(h), BPF_ADJ_ROOM_MAC, 0) < 0)
	{
		return false;
	}
	h.ip.ihl = sizeof(h.ip) / 4;
	h.ip.tot_len = bpf_htons(p->total + sizeof(h));
	/* a fragment inside doesn't make the packet that carries it one */
	h.ip.frag_off &= bpf_htons(IP_DF);
	h.ip.protocol = GKM_DP_D3P_PROTOCOL;
	h.ip.check = 0;
	h.ip.check = ip_checksum(&h.ip);
	fill_d3p(&h.d3p, IPPROTO_IPIP, type);
	return !bpf_skb_store_bytes(skb, p->l3, &h, sizeof(h),
								BPF_F_RECOMPUTE_CSUM);
}

static __always_inline bool push_d3p6(struct __sk_buff *skb, struct packet *p,
									  __u32 type)
{
	struct d3p6 h = {};

	if (p->total + sizeof(h.d3p) > 0xffff ||
		bpf_skb_load_bytes(skb, p->l3, &h.ip, sizeof(h.ip)) < 0 ||
		bpf_skb_adjust_room(skb, sizeof(h), BPF_ADJ_ROOM_MAC, 0) < 0)
	{
		return false;
	}
	h.ip.payload_len = bpf_htons(p->total + sizeof(h.d3p));
	h.ip.nexthdr = GKM_DP_D3P_PROTOCOL;
	fill_d3p(&h.d3p, IPPROTO_IPV6, type);
	return !bpf_skb_store_bytes(skb, p->l3, &h, sizeof(h),
								BPF_F_RECOMPUTE_CSUM);
}

/**
 * Put an IP header and a D3P header in front of a packet.
 */
static __always_inline bool push_d3p(struct __sk_buff *skb, struct packet *p,
									 __u32 type)
{
	return p->family == 4 ? push_d3p4(skb, p, type) : push_d3p6(skb, p, type);
}

/**
 * Check the D3P header of a decrypted packet.
 *
 * @param p		the IP header in front of it
 * @param src	where the packet says it comes from
 * @return		GKM_DP_DECRYPTED, or why it is to be dropped
 */
static __always_inline enum gkm_dp_counter check_d3p(struct __sk_buff *skb,
									struct packet *p, struct gkm_dp_sa *sa,
									__u32 spi, struct gkm_dp_addr *src)
{
	enum gkm_dp_counter result = GKM_DP_D3P_MISSING;
	struct gkm_dp_error error = {
		.here = posix_time(),
		.src = *src,
		.family = p->family,
		.spi = spi,
		.window = sa->window,
	};
	struct gkm_dp_d3p d3p;
	__u32 seconds, micros;

	if (p->protocol == GKM_DP_D3P_PROTOCOL)
	{
		if (is_extended(p) || p->fragment ||
			load(skb, p, p->len, &d3p, sizeof(d3p)) < 0)
		{
			return GKM_DP_MALFORMED;
		}
		seconds = bpf_ntohl(d3p.seconds);
		micros = bpf_ntohl(d3p.micros);
		if (d3p.type != sa->d3p_type ||
			d3p.len != bpf_htons(GKM_DP_D3P_LEN) ||
			d3p.next != (p->family == 4 ? IPPROTO_IPIP : IPPROTO_IPV6) ||
			micros >= 1000000)
		{
			return GKM_DP_MALFORMED;
		}
		error.there = (__u64)seconds * 1000000 + micros;
		result = gkm_dp_d3p_check(gkm_dp_d3p_age(error.here, seconds, micros),
								  sa->window);
	}
	if (result != GKM_DP_DECRYPTED)
	{
		error.reason = result;
		keep_error(&error);
	}
	return result;
}

/**
 * Take both headers off.
 */
static __always_inline bool pop_d3p(struct __sk_buff *skb, struct packet *p)
{
	return !bpf_skb_adjust_room(skb, p->family == 4
									? -(__s32)sizeof(struct d3p4)
									: -(__s32)sizeof(struct d3p6),
								BPF_ADJ_ROOM_MAC, 0);
}

#endif /* BPF_D3P_H_ */
