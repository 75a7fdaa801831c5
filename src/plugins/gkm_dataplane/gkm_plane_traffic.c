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


#include "gkm_plane_traffic.h"

#include "libgkm/group/gkm_download.h"

typedef struct private_gkm_plane_traffic_t private_gkm_plane_traffic_t;

/**
 * Private data
 */
struct private_gkm_plane_traffic_t {

	/**
	 * Public interface
	 */
	gkm_plane_traffic_t public;

	/**
	 * Selectors, as traffic_selector_t*: a source and its destination in turn
	 */
	array_t *pairs;
};

METHOD(gkm_plane_traffic_t, add, void,
	private_gkm_plane_traffic_t *this, traffic_selector_t *src,
	traffic_selector_t *dst)
{
	traffic_selector_t *a, *b;
	int i;

	if (src->get_type(src) != dst->get_type(dst))
	{
		return;
	}
	for (i = 0; array_get(this->pairs, i, &a); i += 2)
	{
		array_get(this->pairs, i + 1, &b);
		if (src->is_contained_in(src, a) && dst->is_contained_in(dst, b))
		{
			return;
		}
	}
	array_insert(this->pairs, ARRAY_TAIL, src->clone(src));
	array_insert(this->pairs, ARRAY_TAIL, dst->clone(dst));
}

METHOD(gkm_plane_traffic_t, add_host, void,
	private_gkm_plane_traffic_t *this, host_t *host)
{
	traffic_selector_t *one, *any;
	bool v6 = host->get_family(host) == AF_INET6;

	one = traffic_selector_create_from_subnet(host->clone(host), v6 ? 128 : 32,
											  0, 0, 0xffff);
	any = traffic_selector_create_from_cidr(v6 ? "::/0" : "0.0.0.0/0", 0, 0,
											0xffff);
	_add(this, any, one);
	if (!gkm_is_multicast(host->get_address(host)))
	{
		_add(this, one, any);
	}
	one->destroy(one);
	any->destroy(any);
}

METHOD(gkm_plane_traffic_t, clear, void,
	private_gkm_plane_traffic_t *this)
{
	traffic_selector_t *ts;

	while (array_remove(this->pairs, ARRAY_TAIL, &ts))
	{
		ts->destroy(ts);
	}
}

METHOD(gkm_plane_traffic_t, add_rules, void,
	private_gkm_plane_traffic_t *this, bool protect, array_t *rules)
{
	gkm_dp_rule_t rule = {
		.protect = protect,
	};
	int i;

	for (i = 0; array_get(this->pairs, i, &rule.src); i += 2)
	{
		array_get(this->pairs, i + 1, &rule.dst);
		array_insert(rules, ARRAY_TAIL, &rule);
	}
}

METHOD(gkm_plane_traffic_t, destroy, void,
	private_gkm_plane_traffic_t *this)
{
	_clear(this);
	array_destroy(this->pairs);
	free(this);
}

/*
 * Described in header
 */
gkm_plane_traffic_t *gkm_plane_traffic_create()
{
	private_gkm_plane_traffic_t *this;

	INIT(this,
		.public = {
			.add = _add,
			.add_host = _add_host,
			.clear = _clear,
			.add_rules = _add_rules,
			.destroy = _destroy,
		},
		.pairs = array_create(0, 0),
	);
	return &this->public;
}
