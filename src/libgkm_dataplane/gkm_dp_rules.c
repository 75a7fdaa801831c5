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


#include "gkm_dp_rules.h"

#include <errno.h>

#include <bpf/bpf.h>

/**
 * Make a prefix of a selector.
 *
 * @param space		GKM_DP_SPACE_*, but not its family
 */
static bool make_prefix(traffic_selector_t *ts, uint32_t space,
						struct gkm_dp_prefix *prefix, gkm_error_t *err)
{
	bool ok = TRUE;
	chunk_t addr;
	host_t *net;
	uint8_t mask;

	if (ts->get_protocol(ts) || ts->get_from_port(ts) ||
		ts->get_to_port(ts) != 0xffff)
	{
		return gkm_fail(err, "%R has a protocol or ports, which aren't seen of "
						"encrypted packets", ts);
	}
	if (!ts->to_subnet(ts, &net, &mask))
	{
		ok = gkm_fail(err, "%R isn't a prefix", ts);
	}
	else
	{
		addr = net->get_address(net);
		memset(prefix, 0, sizeof(*prefix));
		prefix->len = 32 + mask;
		prefix->space = space |
						(net->get_family(net) == AF_INET6 ? GKM_DP_SPACE_V6 : 0);
		memcpy(&prefix->addr, addr.ptr, min(addr.len, sizeof(prefix->addr)));
	}
	net->destroy(net);
	return ok;
}

/**
 * Does a prefix hold another one?
 */
static bool holds(struct gkm_dp_prefix *this, struct gkm_dp_prefix *other)
{
	u_int bits = this->len - 32, octets = bits / 8;
	uint8_t *a = (uint8_t*)&this->addr, *b = (uint8_t*)&other->addr, mask;

	if (this->space != other->space || this->len > other->len ||
		memcmp(a, b, octets))
	{
		return FALSE;
	}
	mask = 0xff00 >> bits % 8;
	return !mask || !((a[octets] ^ b[octets]) & mask);
}

/**
 * Remove what is left of a set.
 */
static bool clear(int prefixes, uint32_t set)
{
	struct gkm_dp_prefix key, next;
	void *prev = NULL;

	while (!bpf_map_get_next_key(prefixes, prev, &next))
	{
		key = next;
		if ((key.space & GKM_DP_SPACE_SET) == set)
		{
			if (bpf_map_delete_elem(prefixes, &key))
			{
				return FALSE;
			}
			/* what comes behind a key that is gone isn't defined */
			prev = NULL;
		}
		else
		{
			prev = &key;
		}
	}
	return TRUE;
}

/**
 * Write all prefixes with the rules that they are part of.
 *
 * @param all		prefixes of each rule, source first
 */
static bool write_prefixes(int prefixes, struct gkm_dp_prefix (*all)[2],
						   u_int count)
{
	struct gkm_dp_bitmap bitmap;
	u_int i, j, side;

	for (i = 0; i < count; i++)
	{
		for (side = 0; side < 2; side++)
		{
			memset(&bitmap, 0, sizeof(bitmap));
			for (j = 0; j < count; j++)
			{
				if (holds(&all[j][side], &all[i][side]))
				{
					bitmap.w[j / 64] |= 1ULL << j % 64;
				}
			}
			if (bpf_map_update_elem(prefixes, &all[i][side], &bitmap, BPF_ANY))
			{
				return FALSE;
			}
		}
	}
	return TRUE;
}

/**
 * Write what rules say.
 */
static bool write_values(int values, uint32_t set, gkm_dp_rule_t *rules,
						 u_int count)
{
	struct gkm_dp_rule value;
	uint32_t i, key;

	for (i = 0; i < count; i++)
	{
		key = i + (set ? GKM_DP_RULES : 0);
		value = (struct gkm_dp_rule){
			.protect = rules[i].protect,
			.group = rules[i].group,
			.dev = rules[i].dev,
			.overhead = rules[i].overhead,
			.mtu = rules[i].mtu,
			.clamp = rules[i].clamp,
		};
		if (bpf_map_update_elem(values, &key, &value, BPF_ANY))
		{
			return FALSE;
		}
	}
	return TRUE;
}

/*
 * Described in header
 */
bool gkm_dp_rules_write(int prefixes, int values, uint32_t set,
						gkm_dp_rule_t *rules, u_int count, gkm_error_t *err)
{
	struct gkm_dp_prefix all[GKM_DP_RULES][2];
	u_int i;

	if (count > GKM_DP_RULES)
	{
		return gkm_fail(err, "%u rules are more than %u", count, GKM_DP_RULES);
	}
	for (i = 0; i < count; i++)
	{
		if (rules[i].src->get_type(rules[i].src) !=
			rules[i].dst->get_type(rules[i].dst))
		{
			return gkm_fail(err, "%R and %R differ in IP version",
							rules[i].src, rules[i].dst);
		}
		if (!make_prefix(rules[i].src, set, &all[i][0], err) ||
			!make_prefix(rules[i].dst, set | GKM_DP_SPACE_DST, &all[i][1], err))
		{
			return FALSE;
		}
	}
	if (!clear(prefixes, set) || !write_prefixes(prefixes, all, count) ||
		!write_values(values, set, rules, count))
	{
		return gkm_fail(err, "writing rules failed: %s", strerror(errno));
	}
	return TRUE;
}
