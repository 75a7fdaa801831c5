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


#include "suites.h"

#include "plugins/gkm_dataplane/gkm_plane_rules.h"
#include "plugins/gkm_dataplane/gkm_plane_traffic.h"

/** Left in clear always */
#define LINKS \
	"0.0.0.0/0 > 224.0.0.0/24 clear\n" \
	"::/0 > ff02::/16 clear\n" \
	"::/0 > fe80::/10 clear\n"

/** In place of a device: not protected */
#define CLEAR -1

/** A rule in words */
typedef struct {
	char *src;
	char *dst;
	int dev;
} rule_t;

/** Rules of all groups */
static gkm_plane_rules_t *rules;

/** What was written last, in words, and whether writing fails */
static char written[GKM_DP_RULES * 64];
static bool refuse;

static bool write_rules(void *user, gkm_dp_rule_t *rule, u_int count,
						gkm_error_t *err)
{
	char *pos = written;
	u_int i;

	if (refuse)
	{
		return gkm_fail(err, "refused");
	}
	written[0] = '\0';
	for (i = 0; i < count; i++)
	{
		pos += sprintf(pos, "%R > %R ", rule[i].src, rule[i].dst);
		if (rule[i].protect)
		{
			pos += sprintf(pos, "group %u dev %u\n", rule[i].group,
						   rule[i].dev);
		}
		else
		{
			pos += sprintf(pos, "clear\n");
		}
	}
	return TRUE;
}

static void setup()
{
	rules = gkm_plane_rules_create(write_rules, NULL);
	refuse = FALSE;
}

static void teardown()
{
	rules->destroy(rules);
}

static traffic_selector_t *ts_create(char *prefix)
{
	traffic_selector_t *ts;

	ts = traffic_selector_create_from_cidr(prefix, 0, 0, 0xffff);
	ck_assert_msg(ts, "%s", prefix);
	return ts;
}

/**
 * Set what a group says.
 */
static bool set(uint32_t group, rule_t *said, int count, gkm_error_t *err)
{
	array_t *array = array_create(sizeof(gkm_dp_rule_t), 0);
	gkm_dp_rule_t rule;
	bool ok;
	int i;

	for (i = 0; i < count; i++)
	{
		rule = (gkm_dp_rule_t){
			.src = ts_create(said[i].src),
			.dst = ts_create(said[i].dst),
			.protect = said[i].dev != CLEAR,
			.dev = max(said[i].dev, 0),
		};
		array_insert(array, ARRAY_TAIL, &rule);
	}
	ok = rules->set(rules, group, array, err);
	while (array_remove(array, ARRAY_TAIL, &rule))
	{
		rule.src->destroy(rule.src);
		rule.dst->destroy(rule.dst);
	}
	array_destroy(array);
	return ok;
}

#define SET(group, ...) ({ \
	rule_t _said[] = { __VA_ARGS__ }; \
	gkm_error_t _err = {}; \
	ck_assert_msg(set(group, _said, countof(_said), &_err), "%s", _err.text); \
})

#define REFUSED(reason, group, ...) ({ \
	rule_t _said[] = { __VA_ARGS__ }; \
	gkm_error_t _err = {}; \
	ck_assert(!set(group, _said, countof(_said), &_err)); \
	ck_assert_str_eq(_err.text, reason); \
})

START_TEST(test_clear_comes_first)
{
	SET(1, { "10.0.0.0/8", "10.0.0.0/8", 7 },
		   { "10.9.0.0/16", "0.0.0.0/0", CLEAR });
	SET(2, { "fec0::/16", "fec0::/16", 8 },
		   { "0.0.0.0/0", "10.0.0.1/32", CLEAR });
	ck_assert_str_eq(written, LINKS
					 "10.9.0.0/16 > 0.0.0.0/0 clear\n"
					 "0.0.0.0/0 > 10.0.0.1/32 clear\n"
					 "fec0::/16 > fec0::/16 group 2 dev 8\n"
					 "10.0.0.0/8 > 10.0.0.0/8 group 1 dev 7\n");
}
END_TEST

START_TEST(test_longer_prefixes_first)
{
	SET(1, { "10.0.0.0/8", "10.0.0.0/8", 7 },
		   { "10.0.0.0/8", "10.0.0.0/16", 7 });
	SET(2, { "10.1.0.0/16", "10.2.0.0/16", 0 },
		   { "0.0.0.0/0", "0.0.0.0/0", 8 });
	ck_assert_str_eq(written, LINKS
					 "10.1.0.0/16 > 10.2.0.0/16 group 2 dev 0\n"
					 "10.0.0.0/8 > 10.0.0.0/16 group 1 dev 7\n"
					 "10.0.0.0/8 > 10.0.0.0/8 group 1 dev 7\n"
					 "0.0.0.0/0 > 0.0.0.0/0 group 2 dev 8\n");
}
END_TEST

START_TEST(test_one_that_sends_counts)
{
	SET(1, { "10.0.0.0/8", "10.0.0.0/8", 0 },
		   { "10.0.0.0/8", "10.0.0.0/8", 7 },
		   { "10.0.0.0/8", "10.0.0.0/8", 0 },
		   { "10.9.0.0/16", "10.0.0.0/8", CLEAR },
		   { "10.9.0.0/16", "10.0.0.0/8", CLEAR });
	ck_assert_str_eq(written, LINKS
					 "10.9.0.0/16 > 10.0.0.0/8 clear\n"
					 "10.0.0.0/8 > 10.0.0.0/8 group 1 dev 7\n");
}
END_TEST

START_TEST(test_set_replaces)
{
	SET(1, { "10.0.0.0/8", "10.0.0.0/8", 7 });
	SET(2, { "10.2.0.0/16", "10.2.0.0/16", 8 });
	SET(1, { "10.0.0.0/8", "10.0.0.0/8", 0 });
	ck_assert_str_eq(written, LINKS
					 "10.2.0.0/16 > 10.2.0.0/16 group 2 dev 8\n"
					 "10.0.0.0/8 > 10.0.0.0/8 group 1 dev 0\n");
	rules->remove(rules, 2);
	ck_assert_str_eq(written, LINKS
					 "10.0.0.0/8 > 10.0.0.0/8 group 1 dev 0\n");
	rules->remove(rules, 1);
	ck_assert_str_eq(written, LINKS);
}
END_TEST

START_TEST(test_others_selectors_are_refused)
{
	SET(1, { "10.0.0.0/8", "10.0.0.0/8", 7 });
	REFUSED("another group protects 10.0.0.0/8 === 10.0.0.0/8", 2,
			{ "10.2.0.0/16", "10.2.0.0/16", 8 },
			{ "10.0.0.0/8", "10.0.0.0/8", 8 });
	SET(1, { "10.1.0.0/16", "10.1.0.0/16", 7 });
	ck_assert_str_eq(written, LINKS
					 "10.1.0.0/16 > 10.1.0.0/16 group 1 dev 7\n");
}
END_TEST

START_TEST(test_failed_write_changes_nothing)
{
	enumerator_t *enumerator;
	gkm_dp_rule_t *rule;
	int i = 0;

	SET(1, { "10.0.0.0/8", "10.0.0.0/8", 7 });
	refuse = TRUE;
	REFUSED("refused", 1, { "10.2.0.0/16", "10.2.0.0/16", 8 });
	enumerator = rules->create_enumerator(rules);
	while (enumerator->enumerate(enumerator, &rule))
	{
		i++;
	}
	enumerator->destroy(enumerator);
	ck_assert_int_eq(i, 4);
	refuse = FALSE;
	SET(2, { "10.2.0.0/16", "10.2.0.0/16", 8 });
	ck_assert_str_eq(written, LINKS
					 "10.2.0.0/16 > 10.2.0.0/16 group 2 dev 8\n"
					 "10.0.0.0/8 > 10.0.0.0/8 group 1 dev 7\n");
}
END_TEST

START_TEST(test_too_many)
{
	char prefixes[GKM_DP_RULES - 2][20];
	rule_t said[GKM_DP_RULES - 2];
	gkm_error_t err = {};
	int i;

	for (i = 0; i < countof(said); i++)
	{
		snprintf(prefixes[i], sizeof(prefixes[i]), "10.%d.0.0/16", i);
		said[i] = (rule_t){ prefixes[i], "10.0.0.0/8", 7 };
	}
	ck_assert(!set(1, said, countof(said), &err));
	ck_assert_str_eq(err.text, "257 rules for all groups together are more "
					 "than 256");
	err.text[0] = '\0';
	ck_assert_msg(set(1, said, countof(said) - 1, &err), "%s", err.text);
}
END_TEST

/** What groups treat alike */
static gkm_plane_traffic_t *traffic;

static void traffic_setup()
{
	setup();
	traffic = gkm_plane_traffic_create();
}

static void traffic_teardown()
{
	traffic->destroy(traffic);
	teardown();
}

static void add(char *src, char *dst)
{
	traffic_selector_t *a = ts_create(src), *b = ts_create(dst);

	traffic->add(traffic, a, b);
	a->destroy(a);
	b->destroy(b);
}

static void write_traffic(bool protect)
{
	array_t *array = array_create(sizeof(gkm_dp_rule_t), 0);
	gkm_error_t err = {};

	traffic->add_rules(traffic, protect, array);
	ck_assert_msg(rules->set(rules, 1, array, &err), "%s", err.text);
	array_destroy(array);
}

START_TEST(test_traffic)
{
	add("10.0.0.0/8", "10.0.0.0/8");
	/* part of that, partly, and of two IP versions */
	add("10.1.0.0/16", "10.0.0.0/8");
	add("10.1.0.0/16", "0.0.0.0/0");
	add("::/0", "0.0.0.0/0");
	write_traffic(TRUE);
	ck_assert_str_eq(written, LINKS
					 "10.0.0.0/8 > 10.0.0.0/8 group 1 dev 0\n"
					 "10.1.0.0/16 > 0.0.0.0/0 group 1 dev 0\n");
	write_traffic(FALSE);
	ck_assert_str_eq(written, LINKS
					 "10.0.0.0/8 > 10.0.0.0/8 clear\n"
					 "10.1.0.0/16 > 0.0.0.0/0 clear\n");
	traffic->clear(traffic);
	write_traffic(FALSE);
	ck_assert_str_eq(written, LINKS);
}
END_TEST

START_TEST(test_hosts)
{
	char *addrs[] = { "10.0.0.1", "239.1.1.1", "fec0::1" };
	host_t *host;
	int i;

	for (i = 0; i < countof(addrs); i++)
	{
		host = host_create_from_string(addrs[i], 848);
		traffic->add_host(traffic, host);
		host->destroy(host);
	}
	write_traffic(FALSE);
	ck_assert_str_eq(written, LINKS
					 "0.0.0.0/0 > 10.0.0.1/32 clear\n"
					 "10.0.0.1/32 > 0.0.0.0/0 clear\n"
					 "0.0.0.0/0 > 239.1.1.1/32 clear\n"
					 "::/0 > fec0::1/128 clear\n"
					 "fec0::1/128 > ::/0 clear\n");
}
END_TEST

Suite *plane_rules_suite()
{
	Suite *s = suite_create("plane_rules");
	TCase *tc;

	tc = tcase_create("rules");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_clear_comes_first);
	tcase_add_test(tc, test_longer_prefixes_first);
	tcase_add_test(tc, test_one_that_sends_counts);
	tcase_add_test(tc, test_set_replaces);
	tcase_add_test(tc, test_others_selectors_are_refused);
	tcase_add_test(tc, test_failed_write_changes_nothing);
	tcase_add_test(tc, test_too_many);
	suite_add_tcase(s, tc);

	tc = tcase_create("traffic");
	tcase_add_checked_fixture(tc, traffic_setup, traffic_teardown);
	tcase_add_test(tc, test_traffic);
	tcase_add_test(tc, test_hosts);
	suite_add_tcase(s, tc);

	return s;
}
