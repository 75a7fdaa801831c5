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
 * Maps, what is fixed when the programs are loaded, and counting.
 */

#ifndef BPF_STATE_H_
#define BPF_STATE_H_

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <stdbool.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "../gkm_dp_maps.h"

/** Verdict on what isn't to be dropped: other filters may follow */
#define PASS TC_ACT_UNSPEC

/** Bits of skb->mark that are ours, contiguous; where they begin, and how many
 *  the ticket in their lower part has, see flow.h */
const volatile __u32 mark_mask;
const volatile __u32 mark_shift;
const volatile __u32 ticket_bits;

/** Flows in use, a power of two */
const volatile __u32 flows_max;

/** Dummy addresses of SAs, the same on every member */
const volatile struct gkm_dp_addr local4, remote4, local6, remote6;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, GKM_DP_SAS);
	__type(key, __u32);
	__type(value, struct gkm_dp_sa);
} gkm_sas SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, GKM_DP_SAS + 1);
	__type(key, __u32);
	__type(value, struct gkm_dp_counters);
} gkm_counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, GKM_DP_LINKS);
	__type(key, __u32);
	__type(value, struct gkm_dp_link);
} gkm_links SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, GKM_DP_KNOBS);
	__type(key, __u32);
	__type(value, __u64);
} gkm_knobs SEC(".maps");

/**
 * Get a knob.
 */
static __always_inline __u64 knob(__u32 key)
{
	__u64 *value = bpf_map_lookup_elem(&gkm_knobs, &key);

	return value ? *value : 0;
}

/**
 * POSIX time in microseconds.
 */
static __always_inline __u64 posix_time(void)
{
	return (bpf_ktime_get_ns() + knob(GKM_DP_KNOB_CLOCK)) / 1000;
}

/**
 * Count for an SA, or for none if there is no such one any more.
 */
static __always_inline void count(__u32 spi, enum gkm_dp_counter counter)
{
	struct gkm_dp_counters *counters;
	__u32 none = 0;

	counters = bpf_map_lookup_elem(&gkm_counters, &spi);
	if (!counters)
	{
		counters = bpf_map_lookup_elem(&gkm_counters, &none);
	}
	if (counters)
	{
		counters->n[counter]++;
	}
}

/**
 * Count, and drop the packet.
 */
static __always_inline int drop(__u32 spi, enum gkm_dp_counter reason)
{
	count(spi, reason);
	return TC_ACT_SHOT;
}

/**
 * Get what is configured for an interface, NULL if it isn't attached.
 */
static __always_inline struct gkm_dp_link *get_link(__u32 ifindex)
{
	return bpf_map_lookup_elem(&gkm_links, &ifindex);
}

#endif /* BPF_STATE_H_ */
