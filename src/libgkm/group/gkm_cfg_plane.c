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

#include <ctype.h>
#include <net/if.h>
#include <string.h>

#include "gkm_cfg_finish.h"

/** Smallest MTU that may be configured: what all IPv4 hosts take */
#define MTU_MIN 576

/** Between both prefixes of a pair */
#define PAIR "==="

/* ---------------------------------------------------------- interfaces -- */

/**
 * Can an interface have this name? As the kernel sees it.
 */
static bool is_interface(char *text)
{
	char *pos;

	if (strlen(text) >= IFNAMSIZ || streq(text, ".") || streq(text, ".."))
	{
		return FALSE;
	}
	for (pos = text; *pos; pos++)
	{
		if (*pos == '/' || *pos == ':' || isspace((u_char)*pos))
		{
			return FALSE;
		}
	}
	return TRUE;
}

static bool parse_interfaces(char *text, void *field,
							 const gkm_cfg_limits_t *limits, gkm_error_t *err)
{
	enumerator_t *enumerator;
	char *name;
	bool ok;

	ok = gkm_cfg_names.parse(text, field, limits, err);
	enumerator = array_create_enumerator(*(array_t**)field);
	while (ok && enumerator->enumerate(enumerator, &name))
	{
		ok = is_interface(name) ||
			 gkm_fail(err, "'%s' isn't the name of an interface", name);
	}
	enumerator->destroy(enumerator);
	return ok;
}

const gkm_cfg_value_t gkm_cfg_interfaces = {
	parse_interfaces, gkm_cfg_names_equal, gkm_cfg_names_destroy,
};

/* ------------------------------------------------------------- prefixes -- */

/**
 * Is a selector a prefix for any protocol? Nothing else is seen of packets that
 * are encrypted.
 */
static bool is_prefix(traffic_selector_t *ts)
{
	host_t *net;
	uint8_t mask;
	bool exact;

	exact = ts->to_subnet(ts, &net, &mask);
	net->destroy(net);
	return exact && !ts->get_protocol(ts) && !ts->get_from_port(ts) &&
		   ts->get_to_port(ts) == UINT16_MAX;
}

/**
 * Read a prefix.
 */
static traffic_selector_t *parse_prefix(char *text, gkm_error_t *err)
{
	traffic_selector_t *ts;

	ts = gkm_cfg_selector(text, err);
	if (ts && !is_prefix(ts))
	{
		gkm_fail(err, "'%s' isn't a prefix, such as 10.9.0.0/16", text);
		ts->destroy(ts);
		return NULL;
	}
	return ts;
}

/**
 * Cut off a text in front of separating space and sep.
 *
 * @return			what is behind it, NULL if there is no sep
 */
static char *cut(char *text, char *sep)
{
	char *pos, *next;

	pos = strstr(text, sep);
	if (!pos)
	{
		return NULL;
	}
	next = pos + strlen(sep);
	next += strspn(next, " \t");
	while (pos > text && strchr(" \t", pos[-1]))
	{
		pos--;
	}
	*pos = '\0';
	return next;
}

/**
 * Is there a pair in a list already?
 */
static bool has_pair(array_t *list, traffic_selector_t *one,
					 traffic_selector_t *other)
{
	traffic_selector_t *a, *b;
	int i;

	for (i = 0; array_get(list, i, &a) && array_get(list, i + 1, &b); i += 2)
	{
		if (a->equals(a, one) && b->equals(b, other))
		{
			return TRUE;
		}
	}
	return FALSE;
}

static bool add_pair(char *text, array_t **list, void *user, gkm_error_t *err)
{
	traffic_selector_t *one, *other;
	char *behind;
	bool ok = TRUE;

	behind = cut(text, PAIR);
	one = parse_prefix(text, err);
	if (!one)
	{
		return FALSE;
	}
	other = parse_prefix(behind ?: one->get_type(one) == TS_IPV4_ADDR_RANGE ?
						 "0.0.0.0/0" : "::/0", err);
	if (!other)
	{
		one->destroy(one);
		return FALSE;
	}
	if (one->get_type(one) != other->get_type(other))
	{
		ok = gkm_fail(err, "'%s' and '%s' are IPv4 and IPv6", text, behind);
	}
	else if (has_pair(*list, one, other))
	{
		ok = gkm_fail(err, "%R " PAIR " %R is listed twice", one, other);
	}
	if (!ok)
	{
		one->destroy(one);
		other->destroy(other);
		return FALSE;
	}
	array_insert_create(list, ARRAY_TAIL, one);
	array_insert(*list, ARRAY_TAIL, other);
	return TRUE;
}

static bool parse_pairs(char *text, void *field,
						const gkm_cfg_limits_t *limits, gkm_error_t *err)
{
	return gkm_cfg_list_parse(text, ",", field, add_pair, NULL, err);
}

const gkm_cfg_value_t gkm_cfg_prefix_pairs = {
	parse_pairs, gkm_cfg_selectors_equal, gkm_cfg_selectors_destroy,
};

/* --------------------------------------------------------------- checks -- */

/**
 * Check selectors of a data SA.
 */
static bool check_selectors(array_t *list, gkm_cfg_sa_t *sa, const char *key,
							gkm_error_t *err)
{
	traffic_selector_t *ts;
	int i;

	for (i = 0; array_get(list, i, &ts); i++)
	{
		if (!is_prefix(ts))
		{
			return gkm_fail(err, "sas.%s.%s: '%R' isn't a prefix for any "
							"protocol, the data plane sees nothing else of "
							"encrypted packets", sa->name, key, ts);
		}
	}
	return TRUE;
}

/**
 * Check that all that a data SA may be can be used with the data plane.
 */
static bool check_sa(gkm_cfg_t *this, gkm_cfg_sa_t *sa, gkm_error_t *err)
{
	if (sa->mode != MODE_TUNNEL)
	{
		return gkm_fail(err, "sas.%s.mode: the data plane has tunnel mode only",
						sa->name);
	}
	if (gkm_cfg_is_given(this, sa, "ah_proposals"))
	{
		return gkm_fail(err, "sas.%s.ah_proposals: the data plane has ESP only",
						sa->name);
	}
	return check_selectors(sa->src, sa, "source_ts", err) &&
		   check_selectors(sa->dst, sa, "destination_ts", err);
}

/*
 * Described in header.
 */
bool gkm_cfg_plane_finish(gkm_cfg_t *this, gkm_error_t *err)
{
	gkm_cfg_plane_t *plane = &this->plane;
	bool traffic = FALSE;
	gkm_cfg_sa_t *sa;
	int i;

	if (!plane->interfaces && !gkm_cfg_has_given(this, "data_plane."))
	{
		return TRUE;
	}
	if (this->role != GKM_ROLE_MEMBER)
	{
		return gkm_fail(err, "data_plane: not a section of a %N",
						gkm_role_names, this->role);
	}
	if (!array_count(plane->interfaces))
	{
		return gkm_fail(err, "data_plane.interfaces: missing");
	}
	if (plane->mtu && plane->mtu < MTU_MIN)
	{
		return gkm_fail(err, "data_plane.mtu: %u is neither 0 nor within %u "
						"and %u", plane->mtu, MTU_MIN, UINT16_MAX);
	}
	for (i = 0; array_get(this->sas, i, &sa); i++)
	{
		if (!sa->oid.len)
		{
			traffic = TRUE;
			if (!check_sa(this, sa, err))
			{
				return FALSE;
			}
		}
	}
	return traffic || plane->fail == GKM_FAIL_OPEN ||
		   gkm_fail(err, "data_plane.fail: closed, but no section in sas says "
					"with source_ts and destination_ts what to drop; add one, "
					"or set fail = open");
}

/**
 * Do two lists of data SAs have the same traffic?
 */
static bool equal_traffic(array_t *these, array_t *others)
{
	gkm_cfg_sa_t *a, *b;
	int i;

	if (array_count(these) != array_count(others))
	{
		return FALSE;
	}
	for (i = 0; array_get(these, i, &a) && array_get(others, i, &b); i++)
	{
		if (!gkm_cfg_selectors_equal(&a->src, &b->src) ||
			!gkm_cfg_selectors_equal(&a->dst, &b->dst))
		{
			return FALSE;
		}
	}
	return TRUE;
}

/*
 * Described in header.
 */
bool gkm_cfg_plane_equals(gkm_cfg_t *this, gkm_cfg_t *other)
{
	gkm_cfg_plane_t *a = &this->plane, *b = &other->plane;

	return streq(this->name, other->name) &&
		   gkm_cfg_names_equal(&a->interfaces, &b->interfaces) &&
		   gkm_cfg_selectors_equal(&a->exclude, &b->exclude) &&
		   a->fail == b->fail && a->mtu == b->mtu &&
		   a->mss_clamp == b->mss_clamp &&
		   (a->fail == GKM_FAIL_OPEN || equal_traffic(this->sas, other->sas));
}

/**
 * What of a data SA has no place for the header of IP delay detection, NULL if
 * nothing
 */
static char *without_d3p(gkm_cfg_t *this, gkm_cfg_sa_t *sa)
{
	if (sa->oid.len)
	{
		return "oid, whose packets aren't of IP";
	}
	if (gkm_cfg_is_given(this, sa, "ah_proposals"))
	{
		return "ah_proposals, it takes ESP";
	}
	if (sa->mode != MODE_TUNNEL)
	{
		return "mode, it takes tunnel mode";
	}
	return NULL;
}

/*
 * Described in header.
 */
bool gkm_cfg_d3p_check(gkm_cfg_t *this, gkm_error_t *err)
{
	gkm_cfg_sa_t *sa;
	char *what;
	int i;

	if (this->role != GKM_ROLE_SERVER || !this->d3p_window)
	{
		return TRUE;
	}
	for (i = 0; array_get(this->sas, i, &sa); i++)
	{
		what = without_d3p(this, sa);
		if (what)
		{
			return gkm_fail(err, "d3p_window: contradicts sas.%s.%s", sa->name,
							what);
		}
	}
	return TRUE;
}
