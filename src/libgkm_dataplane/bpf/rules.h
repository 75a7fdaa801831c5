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
 * Which traffic is protected: the first rule that a packet's source and
 * destination match. Each of both is looked up for the rules that have such a
 * prefix; the rules are those that both have in common.
 */

#ifndef BPF_RULES_H_
#define BPF_RULES_H_

#include "packet.h"

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 4 * GKM_DP_RULES);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct gkm_dp_prefix);
	__type(value, struct gkm_dp_bitmap);
} gkm_prefixes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2 * GKM_DP_RULES);
	__type(key, __u32);
	__type(value, struct gkm_dp_rule);
} gkm_rules SEC(".maps");

/** Any six bits in a row of it differ from any others (de Bruijn sequence) */
#define SEQUENCE 0x03f79d71b4cb0a89ULL

/** What it was shifted by, if these are its first six bits */
static const __u8 shifts[64] = {
	0, 1, 48, 2, 57, 49, 28, 3, 61, 58, 50, 42, 38, 29, 17, 4,
	62, 55, 59, 36, 53, 51, 43, 22, 45, 39, 33, 30, 24, 18, 12, 5,
	63, 47, 56, 27, 60, 41, 37, 16, 54, 35, 52, 21, 44, 32, 23, 11,
	46, 26, 40, 15, 34, 20, 31, 10, 25, 14, 19, 9, 13, 8, 7, 6,
};

/**
 * All bits set if any is. Without a branch, as the kernel would check what
 * follows for both ways of each; the compiler would make one of it if it could
 * see what this is.
 */
static __always_inline __u64 any_bit(__u64 word)
{
	__u64 negative = -word;

	asm volatile("" : "+r"(negative));
	return (__s64)(word | negative) >> 63;
}

/**
 * Number of the lowest bit that is set, if any is. (clang 14 crashes on its
 * builtin for that, and each branch would double the verifier's work.)
 */
static __always_inline __u32 lowest_bit(__u64 word)
{
	return shifts[(word & -word) * SEQUENCE >> 58];
}

/**
 * Get the rule for a packet's addresses, NULL if there is none.
 */
static __always_inline struct gkm_dp_rule *get_rule(struct packet *p)
{
	__u32 set = knob(GKM_DP_KNOB_SET), number, i;
	struct gkm_dp_bitmap *src, *dst;
	struct gkm_dp_prefix key = {
		.len = p->family == 4 ? 32 + 32 : 32 + 128,
		.space = set | (p->family == 4 ? 0 : GKM_DP_SPACE_V6),
		.addr = p->src,
	};
	__u64 both, word = 0, found;

	src = bpf_map_lookup_elem(&gkm_prefixes, &key);
	if (!src)
	{
		return NULL;
	}
	key.space |= GKM_DP_SPACE_DST;
	key.addr = p->dst;
	dst = bpf_map_lookup_elem(&gkm_prefixes, &key);
	if (!dst)
	{
		return NULL;
	}
	/* the first word with a rule that is in both */
	number = 0;
#pragma unroll
	for (i = GKM_DP_RULE_WORDS; i-- > 0;)
	{
		both = src->w[i] & dst->w[i];
		found = any_bit(both);
		word = both | (word & ~found);
		number = (i * 64 & found) | (number & ~found);
	}
	if (!word)
	{
		return NULL;
	}
	number += lowest_bit(word) + set / GKM_DP_SPACE_SET * GKM_DP_RULES;
	return bpf_map_lookup_elem(&gkm_rules, &number);
}

/**
 * Get the rule that protects a packet, NULL if it may go in clear.
 */
static __always_inline struct gkm_dp_rule *get_protection(struct packet *p)
{
	struct gkm_dp_rule *rule = get_rule(p);

	return rule && rule->protect ? rule : NULL;
}

#endif /* BPF_RULES_H_ */
