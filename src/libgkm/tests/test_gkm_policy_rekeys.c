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

#include "group_fixture.h"

static gkm_group_t *group;

static void setup()
{
	group_setup();
	group = NULL;
}

static void teardown()
{
	DESTROY_IF(group);
	group_teardown();
}

/**
 * A group with both protocols, where an option is replaced or added
 */
static gkm_cfg_t *configure(char *key, char *value)
{
	return group_configure("rekey.auth", NULL, "protocols", "gikev2, gdoi",
						   key, value, NULL);
}

/**
 * The same with one protocol
 */
static gkm_cfg_t *configure_one(gkm_protocol_t protocol)
{
	return group_configure("rekey.auth", NULL, "protocols",
						   protocol == GKM_PROTOCOL_GDOI ? "gdoi" : "gikev2",
						   NULL);
}

static gkm_policy_rekey_t *get_rekey(gkm_protocol_t protocol)
{
	gkm_policy_t *policy = group->get_policy(group);

	return policy->get_rekey(policy, protocol);
}

static gkm_notice_t *get_notice(int i)
{
	gkm_notice_t *notice = NULL;

	ck_assert_msg(array_get(notices, i, &notice), "no notice %d", i);
	return notice;
}

/**
 * Protocols and transports, and which rekey SAs there are then
 */
static struct {
	char *protocols;
	char *transport;
	bool gikev2, gdoi;
} kinds[] = {
	{ "gikev2",			"multicast",	TRUE,	FALSE },
	{ "gikev2",			"mixed",		TRUE,	FALSE },
	{ "gikev2",			"inband",		FALSE,	FALSE },
	{ "gikev2",			"unicast",		FALSE,	FALSE },
	{ "gdoi",			"multicast",	FALSE,	TRUE },
	{ "gdoi",			"unicast",		FALSE,	TRUE },
	{ "gikev2, gdoi",	"multicast",	TRUE,	TRUE },
	{ "gikev2, gdoi",	"mixed",		TRUE,	TRUE },
	{ "gikev2, gdoi",	"unicast",		FALSE,	TRUE },
};

START_TEST(each_protocol_has_its_rekey_sa)
{
	bool sized = strstr(kinds[_i].protocols, "gdoi") ||
				 (!streq(kinds[_i].transport, "inband") &&
				  !streq(kinds[_i].transport, "unicast"));

	/* without a rekey SA it can't have times */
	group = group_create(group_configure("rekey.auth", NULL,
								"protocols", kinds[_i].protocols,
								"rekey.transport", kinds[_i].transport,
								"rekey.rekey_time", sized ? "20h" : NULL,
								"rekey.life_time", sized ? "24h" : NULL, NULL));
	ck_assert_int_eq(get_rekey(GKM_PROTOCOL_GIKEV2) != NULL, kinds[_i].gikev2);
	ck_assert_int_eq(get_rekey(GKM_PROTOCOL_GDOI) != NULL, kinds[_i].gdoi);
}
END_TEST

static struct {
	char *proposal;
	size_t len;
} keks[] = {
	{ "aes128",	16 + 16 },
	{ "aes192",	16 + 24 },
	{ "aes256",	16 + 32 },
	{ "3des",	8 + 24 },
};

START_TEST(rekey_sa_of_gdoi_is_what_its_messages_need)
{
	gkm_rekey_sa_t *sa;
	host_t *address;
	gkm_cfg_t *cfg;

	cfg = group_configure("rekey.auth", NULL, "protocols", "gdoi",
						  "rekey.key_tree", "no", "rekey.address",
						  "239.192.0.7:849", "gdoi.proposals",
						  keks[_i].proposal, NULL);
	group = group_create(cfg);
	sa = get_rekey(GKM_PROTOCOL_GDOI)->sa;
	ck_assert_int_eq(sa->key.len, keks[_i].len);
	ck_assert_int_eq(sa->proposal->get_protocol(sa->proposal), PROTO_GDOI_KEK);
	ck_assert_int_eq(sa->message_id, 1);
	ck_assert(!sa->has_next_spi);
	ck_assert_int_eq(sa->auth, GKM_AUTH_SIGNATURE);
	ck_assert(chunk_equals(sa->auth_key, group_auth_key(cfg)));
	ck_assert(chunk_equals(sa->sig_alg, group_sig_alg(cfg)));
	/* by multicast, unless it is asked for */
	ck_assert_int_eq(sa->ack, GKM_ACK_NONE);
	address = gkm_rekey_sa_get_address(sa);
	ck_assert(address->equals(address, cfg->rekey.address));
	address->destroy(address);
}
END_TEST

START_TEST(unicast_rekey_sa_goes_to_any_address)
{
	gkm_rekey_sa_t *sa;
	host_t *address;

	group = group_create(group_configure("rekey.auth", NULL, "protocols",
						 "gdoi", "rekey.transport", "unicast", "gdoi.ack",
						 "kek-sha512", NULL));
	sa = get_rekey(GKM_PROTOCOL_GDOI)->sa;
	ck_assert_int_eq(sa->ack, GKM_ACK_KEK_SHA512);
	address = gkm_rekey_sa_get_address(sa);
	ck_assert(address->is_anyaddr(address));
	ck_assert_int_eq(address->get_port(address), 848);
	ck_assert_int_eq(sa->dst->get_protocol(sa->dst), IPPROTO_UDP);
	address->destroy(address);
}
END_TEST

/**
 * SPIs of both rekey SAs
 */
typedef struct {
	uint8_t spi[GKM_PROTOCOLS][GKM_REKEY_SPI_LEN];
} spis_of_t;

static spis_of_t get_spis()
{
	spis_of_t spis;
	int i;

	for (i = 0; i < GKM_PROTOCOLS; i++)
	{
		memcpy(spis.spi[i], get_rekey(i)->sa->spi, GKM_REKEY_SPI_LEN);
	}
	return spis;
}

static bool is_replaced(spis_of_t *spis, gkm_protocol_t protocol)
{
	return !memeq(spis->spi[protocol], get_rekey(protocol)->sa->spi,
				  GKM_REKEY_SPI_LEN);
}

/**
 * Both were replaced, and members were told with the ones before
 */
static void assert_both_replaced(spis_of_t *before)
{
	gkm_notice_t *notice = get_notice(0);
	gkm_rekey_sa_t *sa;

	ck_assert(is_replaced(before, GKM_PROTOCOL_GIKEV2));
	ck_assert(is_replaced(before, GKM_PROTOCOL_GDOI));
	ck_assert_int_eq(get_rekey(GKM_PROTOCOL_GIKEV2)->rekey,
					 get_rekey(GKM_PROTOCOL_GDOI)->rekey);
	ck_assert_int_eq(get_rekey(GKM_PROTOCOL_GIKEV2)->expires,
					 get_rekey(GKM_PROTOCOL_GDOI)->expires);
	ck_assert(memeq(notice->carrier->spi, before->spi[GKM_PROTOCOL_GIKEV2],
					GKM_REKEY_SPI_LEN));
	ck_assert(memeq(notice->push_carrier->spi, before->spi[GKM_PROTOCOL_GDOI],
					GKM_REKEY_SPI_LEN));
	sa = get_rekey(GKM_PROTOCOL_GIKEV2)->sa;
	ck_assert(chunk_equals(notice->update->download->rekey->key, sa->key));
	ck_assert_int_eq(sa->message_id, 0);
	sa = get_rekey(GKM_PROTOCOL_GDOI)->sa;
	ck_assert(chunk_equals(notice->push->download->rekey->key, sa->key));
	ck_assert_int_eq(notice->push->download->rekey->lifetime, 24 * 3600);
	ck_assert_int_eq(sa->message_id, 1);
	ck_assert(!notice->update->kek);
	ck_assert(!notice->push->kek);
}

START_TEST(both_rekey_sas_are_replaced_when_their_time_has_come)
{
	gkm_policy_t *policy;
	spis_of_t before;

	group = group_create(configure("sas.data.rekey_time", NULL));
	policy = group->get_policy(group);
	before = get_spis();
	ck_assert(!policy->is_rekey_due(policy, START + 20 * 3600 - 1));
	ck_assert(policy->is_rekey_due(policy, START + 20 * 3600));
	group_update(group, START + 20 * 3600);
	assert_both_replaced(&before);
}
END_TEST

START_TEST(both_rekey_sas_are_replaced_when_one_runs_out_of_numbers)
{
	spis_of_t before;

	group = group_create(configure("max_members", NULL));
	before = get_spis();
	get_rekey(_i)->sa->message_id = UINT32_MAX - 64;
	group_update(group, START + 1);
	ck_assert(!is_replaced(&before, _i));
	get_rekey(_i)->sa->message_id++;
	group_update(group, START + 2);
	assert_both_replaced(&before);
}
END_TEST

/**
 * Changes of the configuration, and which rekey SAs they replace
 */
static struct {
	char *key, *value;
	bool gikev2, gdoi;
	/** all members are excluded */
	bool exclude;
} changes[] = {
	{ "max_members",			"5",				FALSE,	FALSE,	FALSE },
	{ "rekey.address",			"239.192.0.9:848",	TRUE,	TRUE,	FALSE },
	{ "rekey.acknowledgement",	"any",				FALSE,	TRUE,	FALSE },
	{ "gdoi.ack",				"kek-sha512",		FALSE,	FALSE,	FALSE },
	{ "gdoi.ack_timeout",		"20s",				FALSE,	FALSE,	FALSE },
	{ "rekey.life_time",		"25h",				FALSE,	FALSE,	FALSE },
	{ "rekey.transport",		"mixed",			FALSE,	FALSE,	FALSE },
	{ "sas.data.mode",			"transport",		FALSE,	FALSE,	FALSE },
};

START_TEST(change_replaces_the_rekey_sa_that_changed_only)
{
	gkm_notice_t *notice;
	spis_of_t before;
	bool any = changes[_i].gikev2 || changes[_i].gdoi;

	group = group_create(configure("max_members", NULL));
	before = get_spis();
	group_change(group, configure(changes[_i].key, changes[_i].value),
				 START + 60);
	ck_assert_int_eq(is_replaced(&before, GKM_PROTOCOL_GIKEV2),
					 changes[_i].gikev2);
	ck_assert_int_eq(is_replaced(&before, GKM_PROTOCOL_GDOI), changes[_i].gdoi);
	if (!any)
	{
		return;
	}
	notice = get_notice(0);
	ck_assert_int_eq(notice->reason, GKM_NOTICE_CHANGE);
	ck_assert_int_eq(notice->update != NULL, changes[_i].gikev2);
	ck_assert_int_eq(notice->push != NULL, changes[_i].gdoi);
	ck_assert(!notice->push || notice->push->download->rekey);
}
END_TEST

START_TEST(shorter_key_of_one_rekey_sa_leaves_the_other_alone)
{
	spis_of_t before;

	group = group_create(configure("rekey.key_tree", "no"));
	before = get_spis();
	group_change(group, group_configure("rekey.auth", NULL, "protocols",
						"gikev2, gdoi", "rekey.key_tree", "no",
						"gdoi.proposals", "aes128", NULL), START + 60);
	ck_assert(!is_replaced(&before, GKM_PROTOCOL_GIKEV2));
	ck_assert(is_replaced(&before, GKM_PROTOCOL_GDOI));
	ck_assert(!get_notice(0)->update);
	ck_assert_int_eq(get_notice(0)->push->download->rekey->key.len, 16 + 16);
	/* from the next time on they go together */
	group_update(group, START + 20 * 3600);
	ck_assert(is_replaced(&before, GKM_PROTOCOL_GIKEV2));
	ck_assert_int_eq(get_rekey(GKM_PROTOCOL_GIKEV2)->rekey,
					 get_rekey(GKM_PROTOCOL_GDOI)->rekey);
}
END_TEST

START_TEST(changed_signature_excludes_members_of_both_protocols)
{
	gkm_notice_t *notice;
	spis_of_t before;
	gkm_cfg_t *cfg;

	group = group_create(configure("max_members", NULL));
	before = get_spis();
	cfg = configure("max_members", NULL);
	ck_assert(group->configure(group, cfg, group_auth_key(cfg),
							   chunk_from_str("other"), START + 60, notices,
							   &err));
	ck_assert(is_replaced(&before, GKM_PROTOCOL_GIKEV2));
	ck_assert(is_replaced(&before, GKM_PROTOCOL_GDOI));
	notice = get_notice(0);
	ck_assert(notice->excludes_all);
	ck_assert(gkm_update_excludes_all(notice->update));
	ck_assert(gkm_update_excludes_all(notice->push));
	ck_assert(!notice->push->download->rekey);
	ck_assert_int_eq(array_count(notice->push->download->sas), 0);
}
END_TEST

START_TEST(changed_key_is_told_to_members_of_both_protocols)
{
	chunk_t key = chunk_from_str("another public key");
	gkm_notice_t *notice;
	gkm_cfg_t *cfg;

	group = group_create(configure("max_members", NULL));
	cfg = configure("max_members", NULL);
	ck_assert(group->configure(group, cfg, key, group_sig_alg(cfg), START + 60,
							   notices, &err));
	notice = get_notice(0);
	ck_assert(chunk_equals(notice->update->auth_key, key));
	ck_assert(chunk_equals(notice->push->auth_key, key));
	ck_assert(chunk_equals(notice->push->download->rekey->auth_key, key));
	ck_assert(chunk_equals(notice->push_carrier->auth_key,
						   group_auth_key(cfg)));
}
END_TEST

START_TEST(protocol_that_is_added_disturbs_nobody)
{
	uint8_t spi[GKM_REKEY_SPI_LEN];
	gkm_protocol_t protocol = _i;

	group = group_create(configure_one(protocol));
	memcpy(spi, get_rekey(protocol)->sa->spi, sizeof(spi));
	ck_assert(!get_rekey(!protocol));
	group_change(group, configure("max_members", NULL), START + 60);
	ck_assert(memeq(spi, get_rekey(protocol)->sa->spi, sizeof(spi)));
	ck_assert(get_rekey(!protocol) != NULL);
	ck_assert_int_eq(array_count(notices), 0);
}
END_TEST

START_TEST(protocol_that_is_removed_excludes_its_members)
{
	gkm_protocol_t protocol = _i;

	group = group_create(configure("max_members", NULL));
	group_change(group, configure_one(!protocol), START + 60);
	ck_assert(!get_rekey(protocol));
	ck_assert(gkm_update_excludes_all(protocol ? get_notice(0)->push :
												 get_notice(0)->update));
}
END_TEST

/**
 * A group with SAs for IEC 61850, the second with data of its own
 */
static gkm_cfg_t *configure_iec(char *oid, char *data)
{
	return group_configure("rekey.auth", NULL, "protocols", "gdoi",
				"sas.data.source_ts", NULL, "sas.data.destination_ts", NULL,
				"sas.data.oid", oid, "sas.goose.oid", "1.2.840.10070.61850.8.1.2",
				"sas.goose.oid_data", data, NULL);
}

/**
 * Get the newest data SA of a section
 */
static gkm_policy_sa_t *get_sa(char *section)
{
	gkm_policy_t *policy = group->get_policy(group);
	enumerator_t *enumerator;
	gkm_policy_sa_t *sa, *found = NULL;

	enumerator = policy->create_sa_enumerator(policy);
	while (enumerator->enumerate(enumerator, &sa))
	{
		if (streq(sa->cfg->name, section))
		{
			found = sa;
		}
	}
	enumerator->destroy(enumerator);
	ck_assert_msg(found, "no data SA for %s", section);
	return found;
}

START_TEST(objects_of_iec_61850_have_an_sa_each)
{
	gkm_policy_sa_t *a, *b;

	group = group_create(configure_iec("1.2.840.10070.61850.8.1.2", "0x01"));
	a = get_sa("data");
	b = get_sa("goose");
	ck_assert_int_ne(a->sa->spi, b->sa->spi);
	ck_assert_int_ne(a->sa->spi, 0);
	ck_assert_int_eq(a->sa->proposal->get_protocol(a->sa->proposal),
					 PROTO_IEC_61850);
	ck_assert_int_gt(a->sa->oid.len, 2);
	ck_assert(chunk_equals(a->sa->oid, a->cfg->oid));
	ck_assert_int_eq(a->sa->oid_data.len, 0);
	ck_assert(chunk_equals(b->sa->oid_data, chunk_from_chars(0x01)));
	ck_assert_int_ge(a->sa->key.len, 32);
	ck_assert_int_eq(a->sa->delay, 0);
	ck_assert_int_eq(a->sa->kda, GKM_KDA_UNKNOWN);
	/* two in use, and two that come next */
	ck_assert_int_eq(array_count(spis.used), 4);
}
END_TEST

START_TEST(sa_follows_its_object)
{
	uint32_t data, goose;

	group = group_create(configure_iec("1.2.840.10070.61850.8.1.2", "0x01"));
	data = get_sa("data")->sa->spi;
	goose = get_sa("goose")->sa->spi;
	group_change(group, configure_iec("1.2.840.10070.61850.8.1.2", "0x01"),
				 START + 1);
	ck_assert_int_eq(get_sa("data")->sa->spi, data);
	ck_assert_int_eq(get_sa("goose")->sa->spi, goose);
	group_change(group, configure_iec("1.2.840.10070.61850.8.1.1", "0x01"),
				 START + 2);
	ck_assert_int_ne(get_sa("data")->sa->spi, data);
	ck_assert_int_eq(get_sa("goose")->sa->spi, goose);
	group_change(group, configure_iec("1.2.840.10070.61850.8.1.1", "0x0102"),
				 START + 3);
	ck_assert_int_ne(get_sa("goose")->sa->spi, goose);
}
END_TEST

START_TEST(successor_of_an_iec_61850_sa_is_used_after_a_delay)
{
	gkm_download_t *download;
	gkm_data_sa_t *sa;
	gkm_policy_t *policy;

	group = group_create(configure_iec("1.2.840.10070.61850.8.1.2", "0x01"));
	group_update(group, START + 3000);
	download = get_notice(0)->push->download;
	ck_assert_int_eq(download->atd, 570);
	ck_assert_int_eq(array_count(download->sas), 2);
	ck_assert(array_get(download->sas, 1, &sa));
	ck_assert_int_eq(sa->delay, 570);

	/* and those that come later have to wait for the rest of it */
	download = gkm_download_create();
	policy = group->get_policy(group);
	ck_assert(policy->fill(policy, download, get_rekey(GKM_PROTOCOL_GDOI), NULL,
						   START + 3100, &err));
	ck_assert_int_eq(array_count(download->sas), 4);
	ck_assert(array_get(download->sas, 0, &sa));
	ck_assert_int_eq(sa->delay, 0);
	ck_assert(array_get(download->sas, 1, &sa));
	ck_assert_int_gt(sa->delay, 400);
	ck_assert_int_eq(sa->delay, download->atd);
	gkm_download_destroy(download);
}
END_TEST

Suite *gkm_policy_rekeys_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gkm_policy_rekeys");

	tc = tcase_create("rekey SA");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, each_protocol_has_its_rekey_sa, 0, countof(kinds));
	tcase_add_loop_test(tc, rekey_sa_of_gdoi_is_what_its_messages_need, 0,
						countof(keks));
	tcase_add_test(tc, unicast_rekey_sa_goes_to_any_address);
	tcase_add_test(tc, both_rekey_sas_are_replaced_when_their_time_has_come);
	tcase_add_loop_test(tc,
						both_rekey_sas_are_replaced_when_one_runs_out_of_numbers,
						0, GKM_PROTOCOLS);
	suite_add_tcase(s, tc);

	tc = tcase_create("change");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, change_replaces_the_rekey_sa_that_changed_only, 0,
						countof(changes));
	tcase_add_test(tc, shorter_key_of_one_rekey_sa_leaves_the_other_alone);
	tcase_add_test(tc, changed_signature_excludes_members_of_both_protocols);
	tcase_add_test(tc, changed_key_is_told_to_members_of_both_protocols);
	tcase_add_loop_test(tc, protocol_that_is_added_disturbs_nobody, 0,
						GKM_PROTOCOLS);
	tcase_add_loop_test(tc, protocol_that_is_removed_excludes_its_members, 0,
						GKM_PROTOCOLS);
	suite_add_tcase(s, tc);

	tc = tcase_create("IEC 61850");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, objects_of_iec_61850_have_an_sa_each);
	tcase_add_test(tc, sa_follows_its_object);
	tcase_add_test(tc, successor_of_an_iec_61850_sa_is_used_after_a_delay);
	suite_add_tcase(s, tc);

	return s;
}
