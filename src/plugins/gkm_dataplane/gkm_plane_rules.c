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


#include "gkm_plane_rules.h"

typedef struct private_gkm_plane_rules_t private_gkm_plane_rules_t;

/**
 * Private data
 */
struct private_gkm_plane_rules_t {

	/**
	 * Public interface
	 */
	gkm_plane_rules_t public;

	/**
	 * What groups said, gkm_dp_rule_t by value, in the order in which they did
	 */
	array_t *said;

	/**
	 * What counts, gkm_dp_rule_t by value, in the order of matching; selectors
	 * are borrowed from said and links
	 */
	array_t *rules;

	/**
	 * What is said on links, gkm_dp_rule_t by value
	 */
	array_t *links;

	/**
	 * Who gets what counts
	 */
	gkm_plane_rules_write_t write;
	void *user;
};

/** What routers and hosts say to each other on a link, by destination */
static char *link_local[] = {
	"224.0.0.0/24", "ff02::/16", "fe80::/10",
};

/**
 * Add a rule to others, with selectors of its own.
 */
static void add(array_t *rules, gkm_dp_rule_t *rule)
{
	gkm_dp_rule_t copy = *rule;

	copy.src = rule->src->clone(rule->src);
	copy.dst = rule->dst->clone(rule->dst);
	array_insert(rules, ARRAY_TAIL, &copy);
}

/**
 * Destroy selectors of a rule
 */
static void clean_up(gkm_dp_rule_t *rule, int idx, void *user)
{
	rule->src->destroy(rule->src);
	rule->dst->destroy(rule->dst);
}

/**
 * Destroy rules with selectors of their own.
 */
static void destroy_rules(array_t *rules)
{
	array_destroy_function(rules, (array_callback_t)clean_up, NULL);
}

/**
 * Have two rules the same selectors?
 */
static bool same_selectors(gkm_dp_rule_t *a, gkm_dp_rule_t *b)
{
	return a->src->equals(a->src, b->src) && a->dst->equals(a->dst, b->dst);
}

/**
 * Find a rule with the selectors of another one.
 */
static gkm_dp_rule_t *find(array_t *rules, gkm_dp_rule_t *rule)
{
	gkm_dp_rule_t *current, *found = NULL;
	enumerator_t *enumerator;

	enumerator = array_create_enumerator(rules);
	while (!found && enumerator->enumerate(enumerator, &current))
	{
		if (same_selectors(current, rule))
		{
			found = current;
		}
	}
	enumerator->destroy(enumerator);
	return found;
}

/**
 * Length of both prefixes of a rule
 */
static u_int specificity(const gkm_dp_rule_t *rule)
{
	uint8_t src, dst;
	host_t *net;

	rule->src->to_subnet(rule->src, &net, &src);
	net->destroy(net);
	rule->dst->to_subnet(rule->dst, &net, &dst);
	net->destroy(net);
	return src + dst;
}

/**
 * Put a rule in front of the first one that is less specific.
 */
static void insert(array_t *rules, gkm_dp_rule_t *rule)
{
	u_int length = specificity(rule);
	gkm_dp_rule_t other;
	int i;

	for (i = 0; array_get(rules, i, &other); i++)
	{
		if (specificity(&other) < length)
		{
			break;
		}
	}
	array_insert(rules, i, rule);
}

/**
 * Merge a rule that protects into others.
 */
static bool merge(array_t *rules, gkm_dp_rule_t *rule, gkm_error_t *err)
{
	gkm_dp_rule_t *same = find(rules, rule);

	if (!same)
	{
		insert(rules, rule);
	}
	else if (same->group != rule->group)
	{
		return gkm_fail(err, "another group protects %R === %R", rule->src,
						rule->dst);
	}
	else if (!same->dev)
	{
		*same = *rule;
	}
	return TRUE;
}

/**
 * Put rules into the order of matching.
 *
 * @param said		what groups said
 * @return			rules with borrowed selectors, NULL on failure
 */
static array_t *compose(private_gkm_plane_rules_t *this, array_t *said,
						gkm_error_t *err)
{
	array_t *clear = array_create(sizeof(gkm_dp_rule_t), 0);
	array_t *protect = array_create(sizeof(gkm_dp_rule_t), 0);
	gkm_dp_rule_t rule;
	bool ok = TRUE;
	int i;

	for (i = 0; array_get(this->links, i, &rule); i++)
	{
		array_insert(clear, ARRAY_TAIL, &rule);
	}
	for (i = 0; ok && array_get(said, i, &rule); i++)
	{
		if (rule.protect)
		{
			ok = merge(protect, &rule, err);
		}
		else if (!find(clear, &rule))
		{
			array_insert(clear, ARRAY_TAIL, &rule);
		}
	}
	for (i = 0; ok && array_get(protect, i, &rule); i++)
	{
		array_insert(clear, ARRAY_TAIL, &rule);
	}
	array_destroy(protect);
	if (ok && array_count(clear) > GKM_DP_RULES)
	{
		ok = gkm_fail(err, "%d rules for all groups together are more than %d",
					  array_count(clear), GKM_DP_RULES);
	}
	if (!ok)
	{
		array_destroy(clear);
		return NULL;
	}
	return clear;
}

/**
 * Pass rules to the writer.
 */
static bool write_rules(private_gkm_plane_rules_t *this, array_t *rules,
						gkm_error_t *err)
{
	gkm_dp_rule_t all[GKM_DP_RULES];
	int i;

	for (i = 0; i < array_count(rules); i++)
	{
		array_get(rules, i, &all[i]);
	}
	return this->write(this->user, all, array_count(rules), err);
}

/**
 * What groups said, without one of them
 */
static array_t *without(private_gkm_plane_rules_t *this, uint32_t group)
{
	array_t *said = array_create(sizeof(gkm_dp_rule_t), 0);
	gkm_dp_rule_t rule;
	int i;

	for (i = 0; array_get(this->said, i, &rule); i++)
	{
		if (rule.group != group)
		{
			add(said, &rule);
		}
	}
	return said;
}

/**
 * Replace all that groups said, if that is possible.
 *
 * @param said		adopted
 */
static bool replace(private_gkm_plane_rules_t *this, array_t *said,
					gkm_error_t *err)
{
	array_t *rules = compose(this, said, err);

	if (!rules || !write_rules(this, rules, err))
	{
		array_destroy(rules);
		destroy_rules(said);
		return FALSE;
	}
	array_destroy(this->rules);
	this->rules = rules;
	destroy_rules(this->said);
	this->said = said;
	return TRUE;
}

METHOD(gkm_plane_rules_t, set, bool,
	private_gkm_plane_rules_t *this, uint32_t group, array_t *rules,
	gkm_error_t *err)
{
	array_t *said = without(this, group);
	gkm_dp_rule_t rule;
	int i;

	for (i = 0; array_get(rules, i, &rule); i++)
	{
		rule.group = group;
		add(said, &rule);
	}
	return replace(this, said, err);
}

METHOD(gkm_plane_rules_t, remove_, void,
	private_gkm_plane_rules_t *this, uint32_t group)
{
	gkm_error_t err = {};

	if (!replace(this, without(this, group), &err))
	{
		DBG1(DBG_KNL, "rules of a group stay in the data plane: %s", err.text);
	}
}

METHOD(gkm_plane_rules_t, create_enumerator, enumerator_t*,
	private_gkm_plane_rules_t *this)
{
	return array_create_enumerator(this->rules);
}

METHOD(gkm_plane_rules_t, destroy, void,
	private_gkm_plane_rules_t *this)
{
	array_destroy(this->rules);
	destroy_rules(this->said);
	destroy_rules(this->links);
	free(this);
}

/**
 * Any address, of the family of a selector.
 */
static traffic_selector_t *any(traffic_selector_t *ts)
{
	return traffic_selector_create_from_cidr(
				ts->get_type(ts) == TS_IPV4_ADDR_RANGE ? "0.0.0.0/0" : "::/0",
				0, 0, 0xffff);
}

/*
 * Described in header
 */
gkm_plane_rules_t *gkm_plane_rules_create(gkm_plane_rules_write_t write,
										  void *user)
{
	private_gkm_plane_rules_t *this;
	gkm_dp_rule_t rule = {};
	int i;

	INIT(this,
		.public = {
			.set = _set,
			.remove = _remove_,
			.create_enumerator = _create_enumerator,
			.destroy = _destroy,
		},
		.said = array_create(sizeof(gkm_dp_rule_t), 0),
		.rules = array_create(sizeof(gkm_dp_rule_t), 0),
		.links = array_create(sizeof(gkm_dp_rule_t), 0),
		.write = write,
		.user = user,
	);
	for (i = 0; i < countof(link_local); i++)
	{
		rule.dst = traffic_selector_create_from_cidr(link_local[i], 0, 0,
													 0xffff);
		rule.src = any(rule.dst);
		array_insert(this->links, ARRAY_TAIL, &rule);
	}
	return &this->public;
}
