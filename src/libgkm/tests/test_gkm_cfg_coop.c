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
#include "cfg_fixture.h"

#define SERVER GKM_ROLE_SERVER
#define MEMBER GKM_ROLE_MEMBER

/** Short for what all entries have that aren't about them */
#define ID { "coop.id", "2" }
#define PEERS { "coop.peers", "ks1, ks3" }

/** Options that are refused, with a reason that begins with a key */
static const struct {
	gkm_role_t role;
	cfg_option_t options[CFG_OPTIONS];
	const char *where;
	const char *what;
} refused[] = {
	{ SERVER, { PEERS }, "coop.id", "missing" },
	{ SERVER, { ID }, "coop.peers", "missing" },
	{ SERVER, { { "coop.wait", "1s" } }, "coop.id", "missing" },
	{ SERVER, { PEERS, { "coop.id", "0" } }, "coop.id", "isn't within 1 and 8" },
	{ SERVER, { PEERS, { "coop.id", "9" } }, "coop.id", "isn't within 1 and 8" },
	{ SERVER, { PEERS, { "coop.id", "257" } }, "coop.id", "isn't within" },
	{ SERVER, { PEERS, { "coop.id", "one" } }, "coop.id", "isn't a number" },
	{ SERVER, { ID, { "coop.peers", "a, b, a" } },
		"coop.peers", "'a' is listed twice" },
	{ SERVER, { ID, { "coop.peers", "a, b, c, d, e, f, g, h" } },
		"coop.peers", "at most 8 key servers" },
	{ SERVER, { ID, { "coop.peers", "ks1, members" } },
		"coop.peers", "'members' is one of connections" },
	{ SERVER, { ID, PEERS, { "coop.priority", "0" } },
		"coop.priority", "isn't within 1 and 255" },
	{ SERVER, { ID, PEERS, { "coop.priority", "256" } },
		"coop.priority", "isn't within 1 and 255" },
	{ SERVER, { ID, PEERS, { "coop.heartbeat", "99ms" } },
		"coop.heartbeat", "isn't within 100ms and 60000ms" },
	{ SERVER, { ID, PEERS, { "coop.heartbeat", "61s" } },
		"coop.heartbeat", "isn't within 100ms and 60000ms" },
	{ SERVER, { ID, PEERS, { "coop.misses", "1" } },
		"coop.misses", "isn't within 2 and 20" },
	{ SERVER, { ID, PEERS, { "coop.misses", "21" } },
		"coop.misses", "isn't within 2 and 20" },
	{ SERVER, { ID, PEERS, { "coop.wait", "3601s" } },
		"coop.wait", "isn't within 0ms and 3600000ms" },
	{ SERVER, { ID, PEERS, { "coop.preempt", "maybe" } },
		"coop.preempt", "neither yes nor no" },
	{ SERVER, { ID, PEERS, { "coop.quorum", "2" } },
		"coop.quorum", "unknown option" },
	{ SERVER, { ID, PEERS, { "sender_id_bits", "3" },
				{ "sas.data.esp_proposals", "aes256gcm16" } },
		"sender_id_bits", "at least 4" },
	{ MEMBER, { ID, PEERS }, "coop.id", "not an option of a member" },
};

START_TEST(what_key_servers_cant_share_is_refused_with_its_key)
{
	cfg_refuse(refused[_i].role, refused[_i].options,
			   cfg_count_options(refused[_i].options), refused[_i].where,
			   refused[_i].what);
}
END_TEST

static const struct {
	cfg_option_t options[CFG_OPTIONS];
} good[] = {
	{ { PEERS, { "coop.id", "1" }, { "coop.priority", "1" } } },
	{ { PEERS, { "coop.id", "8" }, { "coop.priority", "255" } } },
	{ { ID, { "coop.peers", "a, b, c, d, e, f, g" } } },
	{ { ID, PEERS, { "coop.heartbeat", "100ms" }, { "coop.misses", "2" } } },
	{ { ID, PEERS, { "coop.heartbeat", "60" }, { "coop.misses", "20" } } },
	{ { ID, PEERS, { "coop.wait", "0" } } },
	{ { ID, PEERS, { "coop.wait", "3600s" } } },
	{ { ID, PEERS, { "sender_id_bits", "4" },
		{ "sas.data.esp_proposals", "aes256gcm16" } } },
	/* nothing is divided between them */
	{ { ID, PEERS, { "sender_id_bits", "3" } } },
};

START_TEST(what_goes_together_is_accepted)
{
	gkm_cfg_destroy(cfg_accept_all(SERVER, good[_i].options));
}
END_TEST

START_TEST(cooperation_has_documented_defaults)
{
	cfg_option_t options[CFG_OPTIONS] = { ID, PEERS };
	gkm_cfg_t *cfg;
	char *name;

	cfg = cfg_accept_all(SERVER, options);
	ck_assert_int_eq(cfg->coop.id, 2);
	ck_assert_int_eq(array_count(cfg->coop.peers), 2);
	array_get(cfg->coop.peers, 0, &name);
	ck_assert_str_eq(name, "ks1");
	array_get(cfg->coop.peers, 1, &name);
	ck_assert_str_eq(name, "ks3");
	ck_assert_int_eq(cfg->coop.priority, 100);
	ck_assert(!cfg->coop.preempt);
	ck_assert_int_eq(cfg->coop.heartbeat, 500);
	ck_assert_int_eq(cfg->coop.misses, 5);
	ck_assert_int_eq(cfg->coop.wait, 10 * 1000);
	gkm_cfg_destroy(cfg);
}
END_TEST

START_TEST(key_server_is_alone_by_default)
{
	cfg_option_t options[CFG_OPTIONS] = {};
	gkm_cfg_t *cfg;

	cfg = cfg_accept_all(SERVER, options);
	ck_assert_int_eq(cfg->coop.id, 0);
	ck_assert_int_eq(array_count(cfg->coop.peers), 0);
	gkm_cfg_destroy(cfg);
}
END_TEST

/** Options that make a difference to ID and PEERS alone */
static const struct {
	cfg_option_t options[CFG_OPTIONS];
} differences[] = {
	{ {} },
	{ { PEERS, { "coop.id", "3" } } },
	{ { ID, { "coop.peers", "ks1" } } },
	{ { ID, { "coop.peers", "ks1, ks4" } } },
	{ { ID, PEERS, { "coop.priority", "101" } } },
	{ { ID, PEERS, { "coop.preempt", "yes" } } },
	{ { ID, PEERS, { "coop.heartbeat", "501ms" } } },
	{ { ID, PEERS, { "coop.misses", "6" } } },
	{ { ID, PEERS, { "coop.wait", "11s" } } },
};

START_TEST(what_differs_is_told_apart_and_cloned)
{
	cfg_option_t options[CFG_OPTIONS] = { ID, PEERS };
	gkm_cfg_t *base, *other, *clone;

	base = cfg_accept_all(SERVER, options);
	other = cfg_accept_all(SERVER, differences[_i].options);
	clone = gkm_cfg_clone(other);
	ck_assert(!gkm_cfg_equals(base, other));
	ck_assert(gkm_cfg_equals(other, clone));
	gkm_cfg_destroy(base);
	gkm_cfg_destroy(other);
	gkm_cfg_destroy(clone);
}
END_TEST

/**
 * Refuse a group with an empty section
 */
static void refuse_section(gkm_role_t role, const char *what)
{
	const cfg_option_t *base = role == SERVER ? cfg_server : cfg_member;
	gkm_error_t err = {};
	gkm_cfg_t *cfg;
	int i;

	cfg = gkm_cfg_create("finance");
	ck_assert(gkm_cfg_section(cfg, "coop", NULL));
	for (i = 0; i < CFG_BASE_COUNT; i++)
	{
		ck_assert(gkm_cfg_set(cfg, base[i].key, base[i].value, NULL));
	}
	ck_assert(!gkm_cfg_finish(cfg, &err));
	ck_assert_str_eq(err.text, what);
	gkm_cfg_destroy(cfg);
}

START_TEST(empty_section_doesnt_go_unnoticed)
{
	refuse_section(SERVER, "coop.id: missing");
	refuse_section(MEMBER, "coop: not a section of a member");
}
END_TEST

Suite *gkm_cfg_coop_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gkm_cfg_coop");

	tc = tcase_create("options");
	tcase_add_loop_test(tc, what_key_servers_cant_share_is_refused_with_its_key,
						0, countof(refused));
	tcase_add_loop_test(tc, what_goes_together_is_accepted, 0, countof(good));
	tcase_add_test(tc, empty_section_doesnt_go_unnoticed);
	suite_add_tcase(s, tc);

	tc = tcase_create("configurations");
	tcase_add_test(tc, cooperation_has_documented_defaults);
	tcase_add_test(tc, key_server_is_alone_by_default);
	tcase_add_loop_test(tc, what_differs_is_told_apart_and_cloned, 0,
						countof(differences));
	suite_add_tcase(s, tc);

	return s;
}
