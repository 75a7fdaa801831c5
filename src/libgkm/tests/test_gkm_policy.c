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

#include "libgkm/keys/gkm_keymat.h"

/**
 * Register a receiver that has to be admitted
 */
static gkm_download_t *download_at(gkm_group_t *group, time_t now)
{
	gkm_download_t *download;

	ck_assert_int_eq(group_admit(group, "a@example.com", FALSE, 0, now, &download),
					 GKM_ADMITTED);
	return download;
}

/**
 * Get a data SA of a download
 */
static gkm_data_sa_t *get_sa(gkm_download_t *download, int pos)
{
	gkm_data_sa_t *sa = NULL;

	ck_assert_msg(array_get(download->sas, pos, &sa), "no data SA %d", pos);
	return sa;
}

/**
 * SPI of the only data SA at a time
 */
static uint32_t only_spi(gkm_group_t *group, time_t now)
{
	gkm_download_t *download;
	uint32_t spi;

	download = download_at(group, now);
	ck_assert_int_eq(array_count(download->sas), 1);
	spi = get_sa(download, 0)->spi;
	gkm_download_destroy(download);
	return spi;
}

START_TEST(download_holds_what_is_configured)
{
	gkm_group_t *group;
	gkm_download_t *download;
	gkm_data_sa_t *sa;

	group = group_create(group_configure("activation_delay", "7s", "deactivation_delay",
							 "70s", NULL));
	download = download_at(group, START + 1);
	ck_assert_int_eq(array_count(download->sas), 1);
	sa = get_sa(download, 0);
	ck_assert(ntohl(sa->spi) > 0xff);
	ck_assert_int_eq(sa->lifetime, 3599);
	ck_assert_int_eq(sa->mode, MODE_TUNNEL);
	ck_assert_int_eq(sa->key.len, 32 + 32);
	ck_assert_int_eq(sa->key.len, gkm_keymat_len(sa->proposal));
	ck_assert(download->rekey != NULL);
	ck_assert_int_eq(download->rekey->lifetime, 24 * 3600 - 1);
	ck_assert_int_eq(download->rekey->message_id, 0);
	ck_assert_int_eq(download->rekey->key.len,
					 gkm_keymat_len(download->rekey->proposal));
	ck_assert(download->rekey->dst->is_host(download->rekey->dst, NULL));
	ck_assert_int_eq(download->rekey->dst->get_from_port(download->rekey->dst),
					 848);
	/* there is no SA that senders would have to wait with */
	ck_assert_int_eq(download->atd, 0);
	ck_assert_int_eq(download->dtd, 70);
	ck_assert_int_eq(download->sender_id_bits, 0);
	ck_assert_int_eq(array_count(download->sender_ids), 0);
	gkm_download_destroy(download);
	group->destroy(group);
}
END_TEST

START_TEST(late_joiner_changes_to_the_new_sa_with_the_others)
{
	gkm_group_t *group;
	gkm_download_t *download;

	/* two copies, 10 seconds each, then half a minute before the end */
	group = group_create(group_configure("activation_delay", "auto", NULL));
	group_update(group, START + 3000);
	download = download_at(group, START + 3100);
	ck_assert_int_eq(array_count(download->sas), 2);
	ck_assert_int_eq(download->atd, 570 + 20 - 100);
	gkm_download_destroy(download);
	group->destroy(group);
}
END_TEST

START_TEST(successors_spi_is_told_in_advance)
{
	gkm_group_t *group;
	gkm_download_t *download;
	uint8_t rekey[GKM_REKEY_SPI_LEN];
	uint32_t data;

	group = group_create(group_configure("rekey.rekey_time", "50m",
										 "rekey.life_time", "60m", NULL));
	download = download_at(group, START);
	data = get_sa(download, 0)->next_spi;
	ck_assert(data != 0);
	ck_assert(download->rekey->has_next_spi);
	memcpy(rekey, download->rekey->next_spi, sizeof(rekey));
	gkm_download_destroy(download);

	ck_assert_int_eq(group_update(group, START + 3000), 2);
	download = download_at(group, START + 3000);
	ck_assert(get_sa(download, 1)->spi == data);
	ck_assert(get_sa(download, 0)->next_spi == 0);
	ck_assert(memeq(download->rekey->spi, rekey, sizeof(rekey)));
	ck_assert(!memeq(download->rekey->next_spi, rekey, sizeof(rekey)));
	gkm_download_destroy(download);
	group->destroy(group);
}
END_TEST

START_TEST(inband_group_has_no_rekey_sa)
{
	gkm_group_t *group;
	gkm_download_t *download;

	group = group_create(group_configure("rekey.transport", "inband", "rekey.auth", NULL,
							 "rekey.rekey_time", NULL,
							 "rekey.life_time", NULL, NULL));
	download = download_at(group, START);
	ck_assert(download->rekey == NULL);
	ck_assert_int_eq(get_sa(download, 0)->next_spi, 0);
	ck_assert(!group->get_policy(group)->get_rekey(group->get_policy(group),
														 GKM_PROTOCOL_GIKEV2));
	gkm_download_destroy(download);
	group->destroy(group);
}
END_TEST

START_TEST(each_pair_of_selectors_has_its_own_sa_and_key)
{
	gkm_group_t *group;
	gkm_download_t *download;
	gkm_data_sa_t *a, *b;
	int i, j;

	group = group_create(group_configure("sas.data.source_ts", "10.1.0.0/16, 10.2.0.0/16",
				"sas.data.destination_ts", "239.1.0.1/32, 239.1.0.2/32",
				"sas.other.source_ts", "10.3.0.0/16",
				"sas.other.destination_ts", "239.1.0.3/32", NULL));
	download = download_at(group, START);
	ck_assert_int_eq(array_count(download->sas), 5);
	for (i = 0; i < 5; i++)
	{
		a = get_sa(download, i);
		for (j = 0; j < i; j++)
		{
			b = get_sa(download, j);
			ck_assert(a->spi != b->spi);
			ck_assert(!chunk_equals(a->key, b->key));
			ck_assert(!a->src->equals(a->src, b->src) ||
					  !a->dst->equals(a->dst, b->dst));
		}
	}
	gkm_download_destroy(download);
	group->destroy(group);
}
END_TEST

START_TEST(spi_in_use_by_another_group_is_not_taken)
{
	gkm_group_t *group;
	gkm_cfg_t *cfg;

	spis.refuse = 3;
	group = group_create(group_configure(NULL));
	ck_assert_int_eq(spis.refuse, 0);
	group->destroy(group);

	/* none is ever free */
	spis.refuse = UINT32_MAX;
	cfg = group_configure(NULL);
	group = gkm_group_create(cfg, &store.public, &spis.public, chunk_empty,
							 chunk_empty, START, &err);
	ck_assert(group == NULL);
	ck_assert_str_eq(err.text, "no free SPI");
	gkm_cfg_destroy(cfg);
}
END_TEST

START_TEST(data_sa_gets_a_successor_at_its_rekey_time)
{
	gkm_group_t *group;
	gkm_download_t *download;
	uint32_t spi;
	chunk_t key;

	group = group_create(group_configure(NULL));
	download = download_at(group, START);
	spi = get_sa(download, 0)->spi;
	key = chunk_clone(get_sa(download, 0)->key);
	gkm_download_destroy(download);

	ck_assert_int_eq(group->next_due(group), START + 3000);
	ck_assert_int_eq(group_update(group, START + 2999), 0);
	ck_assert_int_eq(only_spi(group, START + 2999), spi);

	ck_assert_int_eq(group_update(group, START + 3000), 1);
	download = download_at(group, START + 3000);
	ck_assert_int_eq(array_count(download->sas), 2);
	ck_assert_int_eq(get_sa(download, 0)->spi, spi);
	ck_assert_int_eq(get_sa(download, 0)->lifetime, 600);
	ck_assert(get_sa(download, 1)->spi != spi);
	ck_assert(!chunk_equals(get_sa(download, 1)->key, key));
	ck_assert_int_eq(get_sa(download, 1)->lifetime, 3600);
	gkm_download_destroy(download);
	chunk_free(&key);
	group->destroy(group);
}
END_TEST

START_TEST(data_sa_is_dropped_at_the_end_of_its_life)
{
	gkm_group_t *group;
	gkm_download_t *download;
	uint32_t spi, successor;

	group = group_create(group_configure(NULL));
	spi = only_spi(group, START);
	group_update(group, START + 3000);
	download = download_at(group, START + 3589);
	ck_assert_int_eq(array_count(download->sas), 2);
	ck_assert_int_eq(get_sa(download, 0)->spi, spi);
	ck_assert_int_eq(get_sa(download, 0)->lifetime, 11);
	successor = get_sa(download, 1)->spi;
	gkm_download_destroy(download);

	/* not given out once all senders have changed */
	ck_assert_int_eq(only_spi(group, START + 3590), successor);
	ck_assert_int_eq(group->next_due(group), START + 3600);
	/* with the one that comes next */
	ck_assert_int_eq(array_count(spis.used), 3);
	ck_assert_int_eq(group_update(group, START + 3600), 0);
	ck_assert_int_eq(array_count(spis.used), 2);
	ck_assert_int_eq(group->next_due(group), START + 6000);
	group->destroy(group);
}
END_TEST

START_TEST(group_recovers_after_a_long_sleep)
{
	gkm_group_t *group;
	gkm_download_t *download;
	uint32_t spi;

	group = group_create(group_configure(NULL));
	spi = only_spi(group, START);
	ck_assert_int_eq(group_admit(group, "a@example.com", FALSE, 0, START + 90000,
						   &download), GKM_UNABLE);
	/* a data SA and a rekey SA */
	ck_assert_int_eq(group_update(group, START + 90000), 2);
	ck_assert(only_spi(group, START + 90000) != spi);
	ck_assert_int_eq(array_count(spis.used), 2);
	group->destroy(group);
}
END_TEST

START_TEST(short_rekey_time_doesnt_pile_up_sas)
{
	gkm_group_t *group;
	time_t now, last = 0;

	group = group_create(group_configure("sas.data.rekey_time", "10m", NULL));
	for (now = START; now < START + 36000; now = group->next_due(group))
	{
		ck_assert_msg(now > last, "due at %ld again", (long)(now - START));
		last = now;
		group_update(group, now);
		ck_assert_int_ge(array_count(spis.used), 2);
		ck_assert_int_le(array_count(spis.used), GKM_POLICY_SAS_MAX + 1);
	}
	group->destroy(group);
}
END_TEST

START_TEST(failure_to_make_an_sa_is_tried_again_later)
{
	gkm_group_t *group;
	uint32_t spi;
	time_t due;

	group = group_create(group_configure(NULL));
	spis.refuse = UINT32_MAX;
	/* there is an SPI for the next one, but not for the one after it */
	ck_assert_int_eq(group_update(group, START + 3000), 1);
	spi = only_spi(group, START + 3600);
	ck_assert_int_eq(group_update(group, START + 6000), 0);
	ck_assert_str_eq(err.text, "no free SPI");
	ck_assert_int_eq(only_spi(group, START + 6000), spi);
	due = group->next_due(group);
	ck_assert_int_gt(due, START + 6000);
	ck_assert_int_lt(due, START + 6600);
	spis.refuse = 0;
	ck_assert_int_eq(group_update(group, due), 1);
	group->destroy(group);
}
END_TEST

START_TEST(rekey_sa_is_replaced_at_its_rekey_time)
{
	gkm_group_t *group;
	gkm_download_t *before, *after;
	time_t when = START + 20 * 3600;

	group = group_create(group_configure("sas.data.rekey_time", "25h",
							 "sas.data.life_time", "30h", NULL));
	ck_assert_int_eq(group->next_due(group), when);
	before = download_at(group, when - 1);
	ck_assert_int_eq(group_update(group, when), 1);
	after = download_at(group, when);
	ck_assert(!memeq(before->rekey->spi, after->rekey->spi,
					 GKM_REKEY_SPI_LEN));
	ck_assert(!chunk_equals(before->rekey->key, after->rekey->key));
	ck_assert_int_eq(after->rekey->lifetime, 24 * 3600);
	ck_assert_int_eq(get_sa(before, 0)->spi, get_sa(after, 0)->spi);
	gkm_download_destroy(before);
	gkm_download_destroy(after);
	group->destroy(group);
}
END_TEST

/** Options that replace the data SA if they change, and ones that don't */
static struct {
	char *key, *value;
	bool data, rekey;
} changes[] = {
	{ "sas.data.source_ts",			"10.0.0.0/9",			TRUE,	FALSE },
	{ "sas.data.destination_ts",	"239.1.0.0/16[udp]",	TRUE,	FALSE },
	{ "sas.data.esp_proposals",		"aes128-sha256",		TRUE,	FALSE },
	{ "sas.data.ah_proposals",		"sha256",				TRUE,	FALSE },
	{ "sas.data.mode",				"transport",			TRUE,	FALSE },
	{ "sas.data.senders",			"single",				TRUE,	FALSE },
	{ "sas.data.life_time",			"70m",					FALSE,	FALSE },
	{ "rekey.address",				"239.192.0.2:848",		FALSE,	TRUE },
	{ "rekey.proposals",			"aes128gcm16-kw128",	FALSE,	TRUE },
	{ "rekey.life_time",			"25h",					FALSE,	FALSE },
	{ "max_members",				"5",					FALSE,	FALSE },
	{ "sender_id_bits",				"8",					FALSE,	FALSE },
};

START_TEST(change_replaces_what_changed_only)
{
	gkm_group_t *group;
	gkm_download_t *before, *after;

	group = group_create(group_configure(NULL));
	before = download_at(group, START);
	group_change(group, group_configure(changes[_i].key, changes[_i].value, NULL),
		   START + 60);
	after = download_at(group, START + 60);
	ck_assert_int_eq(array_count(after->sas), 1);
	ck_assert_msg((get_sa(before, 0)->spi != get_sa(after, 0)->spi) ==
				  changes[_i].data, "%s: data SA", changes[_i].key);
	ck_assert_msg(chunk_equals(get_sa(before, 0)->key, get_sa(after, 0)->key) !=
				  changes[_i].data, "%s: data SA's key", changes[_i].key);
	ck_assert_msg(memeq(before->rekey->spi, after->rekey->spi,
						GKM_REKEY_SPI_LEN) != changes[_i].rekey,
				  "%s: rekey SA", changes[_i].key);
	ck_assert_int_eq(get_sa(after, 0)->lifetime,
					 changes[_i].data ? 3600 : 3540);
	ck_assert_int_eq(group->get_members(group)->get_count(
											group->get_members(group)), 1);
	gkm_download_destroy(before);
	gkm_download_destroy(after);
	group->destroy(group);
}
END_TEST

START_TEST(added_section_leaves_the_others_alone)
{
	gkm_group_t *group;
	gkm_download_t *download;
	uint32_t spi;

	group = group_create(group_configure(NULL));
	spi = only_spi(group, START);
	group_change(group, group_configure("sas.more.source_ts", "10.0.0.0/8",
							"sas.more.destination_ts", "239.2.0.0/16", NULL),
		   START + 1);
	download = download_at(group, START + 1);
	ck_assert_int_eq(array_count(download->sas), 2);
	ck_assert(get_sa(download, 0)->spi == spi ||
			  get_sa(download, 1)->spi == spi);
	gkm_download_destroy(download);
	group_change(group, group_configure(NULL), START + 2);
	ck_assert_int_eq(only_spi(group, START + 2), spi);
	group->destroy(group);
}
END_TEST

START_TEST(shorter_rekey_time_brings_the_successor_forward)
{
	gkm_group_t *group;

	group = group_create(group_configure(NULL));
	group_change(group, group_configure("sas.data.rekey_time", "5m", NULL), START + 60);
	ck_assert_int_eq(group->next_due(group), START + 300);
	group_change(group, group_configure("sas.data.rekey_time", "51m", NULL), START + 120);
	ck_assert_int_eq(group->next_due(group), START + 300);
	group->destroy(group);
}
END_TEST

START_TEST(change_of_sender_id_size_replaces_counter_mode_sas)
{
	gkm_group_t *group;
	uint32_t spi;

	group = group_create(group_configure("sas.data.esp_proposals", "aes256gcm16", NULL));
	spi = only_spi(group, START);
	group_change(group, group_configure("sas.data.esp_proposals", "aes256gcm16",
							"sender_id_bits", "12", NULL), START + 1);
	ck_assert(only_spi(group, START + 1) != spi);
	group->destroy(group);
}
END_TEST

START_TEST(failed_change_changes_nothing)
{
	gkm_group_t *group;
	gkm_cfg_t *cfg;
	uint32_t spi;

	group = group_create(group_configure(NULL));
	spi = only_spi(group, START);
	cfg = group_configure("sas.data.senders", "single", "sas.more.source_ts",
					"10.0.0.0/8", "sas.more.destination_ts", "239.2.0.0/16",
					"max_members", "1", NULL);
	spis.refuse = UINT32_MAX;
	ck_assert(!group->configure(group, cfg, chunk_empty, chunk_empty,
								START + 1, notices, &err));
	ck_assert_str_eq(err.text, "no free SPI");
	ck_assert_int_eq(only_spi(group, START + 1), spi);
	ck_assert_int_eq(group->get_cfg(group)->max_members, 0);
	ck_assert_int_eq(array_count(spis.used), 2);
	ck_assert_int_eq(array_count(notices), 0);
	gkm_cfg_destroy(cfg);
	group->destroy(group);
}
END_TEST

Suite *gkm_policy_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gkm_policy");

	tc = tcase_create("download");
	tcase_add_checked_fixture(tc, group_setup, group_teardown);
	tcase_add_test(tc, download_holds_what_is_configured);
	tcase_add_test(tc, late_joiner_changes_to_the_new_sa_with_the_others);
	tcase_add_test(tc, successors_spi_is_told_in_advance);
	tcase_add_test(tc, inband_group_has_no_rekey_sa);
	tcase_add_test(tc, each_pair_of_selectors_has_its_own_sa_and_key);
	tcase_add_test(tc, spi_in_use_by_another_group_is_not_taken);
	suite_add_tcase(s, tc);

	tc = tcase_create("time");
	tcase_add_checked_fixture(tc, group_setup, group_teardown);
	tcase_add_test(tc, data_sa_gets_a_successor_at_its_rekey_time);
	tcase_add_test(tc, data_sa_is_dropped_at_the_end_of_its_life);
	tcase_add_test(tc, group_recovers_after_a_long_sleep);
	tcase_add_test(tc, short_rekey_time_doesnt_pile_up_sas);
	tcase_add_test(tc, failure_to_make_an_sa_is_tried_again_later);
	tcase_add_test(tc, rekey_sa_is_replaced_at_its_rekey_time);
	suite_add_tcase(s, tc);

	tc = tcase_create("change");
	tcase_add_checked_fixture(tc, group_setup, group_teardown);
	tcase_add_loop_test(tc, change_replaces_what_changed_only, 0,
						countof(changes));
	tcase_add_test(tc, added_section_leaves_the_others_alone);
	tcase_add_test(tc, shorter_rekey_time_brings_the_successor_forward);
	tcase_add_test(tc, change_of_sender_id_size_replaces_counter_mode_sas);
	tcase_add_test(tc, failed_change_changes_nothing);
	suite_add_tcase(s, tc);

	return s;
}
