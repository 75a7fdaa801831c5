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

#include <check.h>

#include "libgkm/gikev2/gikev2_delete.h"
#include "libgkm/gikev2/gikev2_rules.h"

#include "update_samples.h"

/** What octets are changed by */
static const uint8_t masks[] = { 0x01, 0x80, 0xff };

/** Seconds that a test with all variants of a payload may take */
#define TIMEOUT 120

/**
 * Write the payloads of a sample
 */
static void build(update_sample_t *sample, gikev2_update_payloads_t *payloads)
{
	gkm_error_t err = {};

	ck_assert_msg(gikev2_update_build(sample->update, &sample->ctx, payloads,
									  &err), "%s: %s", sample->name, err.text);
}

START_TEST(update_comes_back_as_it_was_sent)
{
	gikev2_update_payloads_t payloads;
	update_sample_t sample;
	gkm_error_t err = {};
	gkm_update_t *got;

	update_sample_init(&sample, _i);
	build(&sample, &payloads);
	ck_assert_msg(gikev2_update_is_transport(sample.update) ==
				  sample.ctx.transport, "%s: transport mode", sample.name);
	got = gikev2_update_parse(&payloads, &sample.ctx, &err);
	ck_assert_msg(got, "%s: %s", sample.name, err.text);
	assert_equal_updates(got, sample.update, sample.new_path, sample.name);
	gkm_update_destroy(got);
	gikev2_update_payloads_clear(&payloads);
	update_sample_clear(&sample);
}
END_TEST

/**
 * RFC 9838, A.3: F is excluded. What becomes of each member's path, nothing if
 * it stays.
 */
static const struct {
	const char *member;
	uint32_t path[4];
	uint32_t becomes[4];
	bool excluded;
} members[] = {
	{ "A", { 1, 3, 7 }, {} },
	{ "B", { 1, 3, 8 }, {} },
	{ "C", { 1, 4, 9 }, {} },
	{ "D", { 1, 4, 10 }, {} },
	{ "E", { 2, 5, 11 }, { 15, 16, 11 } },
	{ "F", { 2, 5, 12 }, {}, TRUE },
	{ "G", { 2, 6, 13 }, { 15, 6, 13 } },
	{ "H", { 2, 6, 14 }, { 15, 6, 14 } },
	{ "one without path", {}, {}, TRUE },
};

START_TEST(excluded_member_gets_no_key_and_all_others_their_path)
{
	gikev2_update_payloads_t payloads;
	update_sample_t sample;
	gkm_error_t err = {};
	gkm_update_t *got;
	array_t *path, *becomes;

	update_sample_init(&sample,
					   update_sample_find("member F is excluded, seen by E"));
	build(&sample, &payloads);
	path = update_sample_path(&sample, members[_i].path);
	becomes = update_sample_path(&sample, members[_i].becomes);
	sample.ctx.path = path;
	got = gikev2_update_parse(&payloads, &sample.ctx, &err);
	ck_assert_msg(got, "%s: %s", members[_i].member, err.text);
	if (members[_i].excluded)
	{
		ck_assert_msg(got->excluded, "%s isn't excluded", members[_i].member);
		ck_assert_msg(!got->download->rekey->key.len, "%s has the key",
					  members[_i].member);
		ck_assert_msg(!array_count(got->download->path), "%s has a path",
					  members[_i].member);
	}
	else
	{
		assert_equal_updates(got, sample.update, becomes, members[_i].member);
	}
	gkm_update_destroy(got);
	array_destroy(path);
	array_destroy(becomes);
	gikev2_update_payloads_clear(&payloads);
	update_sample_clear(&sample);
}
END_TEST

START_TEST(key_under_a_wrong_key_of_the_path_is_refused)
{
	gikev2_update_payloads_t payloads;
	update_sample_t sample;
	gkm_error_t err = {};

	update_sample_init(&sample,
					   update_sample_find("member F is excluded, seen by E"));
	build(&sample, &payloads);
	update_sample_key(&sample, 11)->key.ptr[0] ^= 1;
	ck_assert_msg(!gikev2_update_parse(&payloads, &sample.ctx, &err),
				  "accepted");
	ck_assert_msg(strstr(err.text, "integrity check"), "'%s'", err.text);
	gikev2_update_payloads_clear(&payloads);
	update_sample_clear(&sample);
}
END_TEST

/**
 * What a test does to an update; each returns what the message has to say
 */
typedef const char *(*change_t)(update_sample_t *s);

#define CHANGE(name) static const char *name(update_sample_t *s)

/**
 * First data SA of a sample
 */
static gkm_data_sa_t *get_sa(update_sample_t *s)
{
	gkm_data_sa_t *sa = NULL;

	array_get(s->update->download->sas, 0, &sa);
	return sa;
}

CHANGE(without_anything)
{
	gkm_update_destroy(s->update);
	s->update = gkm_update_create();
	return "neither rekey SA nor data SA";
}

CHANGE(auth_key_alone)
{
	gkm_update_destroy(s->update);
	s->update = gkm_update_create();
	s->update->auth_key = unhex(ECDSA_KEY_2);
	gkm_update_delete(s->update, PROTO_ESP, 0);
	return "neither rekey SA nor data SA";
}

CHANGE(with_sender_id)
{
	uint32_t *id = malloc_thing(uint32_t);

	*id = 1;
	array_insert(s->update->download->sender_ids, ARRAY_TAIL, id);
	return "sender IDs in a rekey";
}

CHANGE(with_sender_id_bits)
{
	s->update->download->sender_id_bits = 16;
	return "sender IDs in a rekey";
}

CHANGE(data_sa_without_lifetime)
{
	get_sa(s)->lifetime = 0;
	return "no lifetime";
}

CHANGE(rekey_sa_without_lifetime)
{
	s->update->download->rekey->lifetime = 0;
	return "rekey SA: no lifetime";
}

CHANGE(rekey_sa_of_equal_spi)
{
	s->rekey->spi[0] ^= 0x80;
	return "has the SPI of the one it replaces";
}

CHANGE(other_way_to_authenticate)
{
	gkm_rekey_sa_t *rekey = s->update->download->rekey;

	rekey->auth = GKM_AUTH_IMPLICIT;
	return "authentication differs";
}

CHANGE(other_signature_algorithm)
{
	gkm_rekey_sa_t *rekey = s->update->download->rekey;

	rekey->sig_alg.ptr[rekey->sig_alg.len - 1]++;
	return "authentication differs";
}

CHANGE(other_key_without_auth_key)
{
	gkm_rekey_sa_t *rekey = s->update->download->rekey;

	chunk_free(&rekey->auth_key);
	rekey->auth_key = unhex(ECDSA_KEY_2);
	return "authentication differs";
}

CHANGE(auth_key_for_implicit)
{
	s->update->auth_key = unhex(ECDSA_KEY_2);
	return "AUTH_KEY, but authentication is implicit";
}

CHANGE(auth_key_in_band)
{
	s->update->auth_key = unhex(ECDSA_KEY_2);
	return "AUTH_KEY in an in-band rekey";
}

CHANGE(next_spi_in_band)
{
	get_sa(s)->next_spi = htonl(0xc0000077);
	return "has a next SPI";
}

CHANGE(rekey_sa_in_band)
{
	update_sample_t other;

	update_sample_init(&other, update_sample_find("new SAs for old ones"));
	s->update->download->rekey = gkm_rekey_sa_clone(
											other.update->download->rekey);
	update_sample_clear(&other);
	return "rekey SA for a group without one";
}

CHANGE(rekey_sa_with_message_id_in_band)
{
	s->ctx.inband = TRUE;
	s->update->download->rekey->has_next_spi = FALSE;
	s->update->download->rekey->message_id = 1;
	return "rekey SA: message ID in an in-band rekey";
}

CHANGE(rekey_sa_with_next_spi_in_band)
{
	s->ctx.inband = TRUE;
	s->update->download->rekey->has_next_spi = TRUE;
	return "rekey SA: next SPI in an in-band rekey";
}

CHANGE(two_modes)
{
	gkm_data_sa_t *sa = gkm_data_sa_clone(get_sa(s));

	sa->spi = htonl(0xc0000078);
	sa->mode = MODE_TRANSPORT;
	array_insert(s->update->download->sas, ARRAY_TAIL, sa);
	return "not in the mode of this message";
}

/**
 * Samples and what is done to them
 */
static const struct {
	const char *sample;
	change_t change;
} cases[] = {
	{ "new SAs for old ones", without_anything },
	{ "new SAs for old ones", auth_key_alone },
	{ "new SAs for old ones", with_sender_id },
	{ "new SAs for old ones", with_sender_id_bits },
	{ "new SAs for old ones", data_sa_without_lifetime },
	{ "new SAs for old ones", rekey_sa_without_lifetime },
	{ "new SAs for old ones", rekey_sa_of_equal_spi },
	{ "new SAs for old ones", other_way_to_authenticate },
	{ "new SAs for old ones", other_signature_algorithm },
	{ "new SAs for old ones", other_key_without_auth_key },
	{ "new SAs for old ones", two_modes },
	{ "new SAs for old ones", rekey_sa_with_message_id_in_band },
	{ "new SAs for old ones", rekey_sa_with_next_spi_in_band },
	{ "new data SA under implicit authentication", data_sa_without_lifetime },
	{ "new data SA under implicit authentication", auth_key_for_implicit },
	{ "in-band, new data SA for an old one", with_sender_id },
	{ "in-band, new data SA for an old one", auth_key_in_band },
	{ "in-band, new data SA for an old one", next_spi_in_band },
	{ "in-band, new data SA for an old one", rekey_sa_in_band },
};

START_TEST(update_against_the_rules_is_not_written)
{
	gikev2_update_payloads_t payloads;
	update_sample_t sample;
	gkm_error_t err = {};
	const char *what;

	update_sample_init(&sample, update_sample_find(cases[_i].sample));
	what = cases[_i].change(&sample);
	ck_assert_msg(!gikev2_rules_check_update(sample.update, &sample.ctx, &err),
				  "%s accepted, '%s' expected", sample.name, what);
	ck_assert_msg(strstr(err.text, what), "%s: '%s' instead of '%s'",
				  sample.name, err.text, what);
	ck_assert_msg(!gikev2_update_build(sample.update, &sample.ctx, &payloads,
									   &err), "%s written", sample.name);
	ck_assert_msg(!payloads.gsa.ptr && !payloads.kd.ptr && !payloads.deletes,
				  "%s: something written", sample.name);
	update_sample_clear(&sample);
}
END_TEST

CHANGE(data_sa_when_members_are_excluded)
{
	update_sample_t other;

	update_sample_init(&other, update_sample_find("new SAs for old ones"));
	array_insert(s->update->download->sas, ARRAY_TAIL,
				 gkm_data_sa_clone(get_sa(&other)));
	update_sample_clear(&other);
	return "data SAs in a rekey that excludes members";
}

CHANGE(tree_without_rekey_sa)
{
	gkm_rekey_sa_destroy(s->update->download->rekey);
	s->update->download->rekey = NULL;
	gkm_update_delete(s->update, PROTO_ESP, 0);
	return "keys of the key tree without a new rekey SA";
}

CHANGE(tree_in_band)
{
	s->ctx.inband = TRUE;
	s->update->download->rekey->message_id = 0;
	s->update->download->rekey->has_next_spi = FALSE;
	return "keys of the key tree in an in-band rekey";
}

CHANGE(tree_key_of_wrong_length)
{
	update_sample_key(s, 15)->key.len--;
	return "key 15 of the key tree has 31 octets instead of 32";
}

CHANGE(tree_key_without_number)
{
	update_sample_key(s, 15)->id = 0;
	return "key of the key tree with number 0";
}

START_TEST(key_tree_against_the_rules_is_not_written)
{
	change_t changes[] = {
		data_sa_when_members_are_excluded, tree_without_rekey_sa, tree_in_band,
		tree_key_of_wrong_length, tree_key_without_number,
	};
	gikev2_update_payloads_t payloads;
	update_sample_t sample;
	gkm_error_t err = {};
	const char *what;

	update_sample_init(&sample,
					   update_sample_find("member F is excluded, seen by E"));
	what = changes[_i](&sample);
	ck_assert_msg(!gikev2_update_build(sample.update, &sample.ctx, &payloads,
									   &err), "written, '%s' expected", what);
	ck_assert_msg(strstr(err.text, what), "'%s' instead of '%s'", err.text,
				  what);
	update_sample_clear(&sample);
}
END_TEST

/** Policy of a rekey SA with and without what rekeys can't have, its key */
#define REKEY_SPI	"01020304 05060708 090a0b0c 0d0e0f10"
#define REKEY_POLICY(len, attributes, last) \
	"06 10 " len REKEY_SPI \
	"07 11 0010 0000 ffff c0000201 c0000201" \
	"07 11 0010 0350 0350 efc00001 efc00001" \
	"03 00 000c 01 00 0014 800e 0100" \
	last attributes
#define KWA			"00 00 0008 0d 00 0003"
#define LIFETIME	"0001 0004 00015180"
/** 68 octets counting up from 40, wrapped with 32 counting up from 0 */
#define WRAPPED(id) \
	"0001 0058 00000000" id \
	"cb544e20d2590f379b573322f08401ac272368755040194f9cd357398f47d2b2" \
	"f3f6efa14d670f1fa178e0bfa3a1ffafed749944ccb8a559988ffcfaed94b4df" \
	"38f03c69fcf038d9ae44b6f5c227f20f"
#define REKEY_BAG(id) "06 10 0070" REKEY_SPI WRAPPED(id)
#define ESP_POLICY \
	"03 04 004c c0000001" \
	"07 00 0010 0000 ffff 0a000000 0affffff" \
	"07 00 0010 0000 ffff ef010000 ef01ffff" \
	"03 00 000c 01 00 000c 800e 0100" \
	"03 00 0008 03 00 000c" \
	"00 00 0008 05 00 0002" LIFETIME
#define ESP_KEY(ids) \
	"03 04 005c c0000001 0001 0050" ids \
	"84c9f7f0b1ab38f98dd2347af3d2468698b013478c67983f76fd65b4a16fcc86" \
	"9998fa05476ca05ba95f69449a841ad8a28f3495186159e93eab3e74f0e08f64" \
	"1238d5bab6a16e06"
#define DEFAULT "00000000 00000000"
#define OTHER "00000000 00000001"
/** WRAP_KEY 7 of 32 octets */
#define WRAP_BAG \
	"00 00 0038 0001 0030 00000007 00000000" \
	"d59ee2320a23f14f9837a053551246a7365c0d48677d0ab554ec10c96d04c203" \
	"bf618b62c1252835"

/**
 * Payloads, and what the message says if they are refused
 */
static const struct {
	bool inband;
	/** there is a rekey SA */
	bool has_rekey;
	const char *gsa;
	const char *kd;
	const char *what;
} pairs[] = {
	{ FALSE, TRUE, REKEY_POLICY("0050", LIFETIME, KWA), REKEY_BAG("00000000") },
	{ FALSE, TRUE, ESP_POLICY, ESP_KEY(DEFAULT) },
	{ TRUE, FALSE, ESP_POLICY, ESP_KEY(DEFAULT) },
	{ TRUE, TRUE, REKEY_POLICY("0050", LIFETIME, KWA), REKEY_BAG("00000000") },
	/* several keys for the rekey SA, one of them the member's */
	{ FALSE, TRUE, REKEY_POLICY("0050", LIFETIME, KWA),
	  "06 10 00cc" REKEY_SPI WRAPPED("00000009") WRAPPED("00000000") },
	{ TRUE, TRUE, REKEY_POLICY("0050", LIFETIME, KWA),
	  "06 10 00cc" REKEY_SPI WRAPPED("00000009") WRAPPED("00000000"),
	  "with 2 SA_KEYs instead of one" },
	{ FALSE, TRUE, REKEY_POLICY("0050", LIFETIME, KWA),
	  "06 10 0014" REKEY_SPI, "with 0 SA_KEYs" },
	{ FALSE, TRUE, REKEY_POLICY("0050", LIFETIME, KWA),
	  REKEY_BAG("00000009") REKEY_BAG("00000000"), "second key bag" },
	{ TRUE, TRUE, REKEY_POLICY("0050", LIFETIME, KWA), REKEY_BAG("00000009"),
	  "wrapped with key 9, which is not known" },
	{ FALSE, TRUE, REKEY_POLICY("0058", LIFETIME,
	  "03 00 0008 0d 00 0003 00 00 0008 0e 00 0001"), REKEY_BAG("00000000"),
	  "octet 0: authentication method in a rekey" },
	{ FALSE, TRUE, REKEY_POLICY("0048", "", KWA), REKEY_BAG("00000000"),
	  "rekey SA: no lifetime" },
	{ TRUE, FALSE, REKEY_POLICY("0050", LIFETIME, KWA), REKEY_BAG("00000000"),
	  "rekey SA for a group without one" },
	{ FALSE, TRUE, REKEY_POLICY("0058", LIFETIME "0002 0004 00000000", KWA),
	  REKEY_BAG("00000000") },
	{ TRUE, TRUE, REKEY_POLICY("0058", LIFETIME "0002 0004 00000000", KWA),
	  REKEY_BAG("00000000"), "octet 0: initial message ID in an in-band" },
	{ TRUE, TRUE, REKEY_POLICY("0064", LIFETIME "0003 0010 0102030405060708"
	  "090a0b0c0d0e0f10", KWA), REKEY_BAG("00000000"),
	  "octet 0: next SPI in an in-band" },
	{ FALSE, TRUE, ESP_POLICY, "", "no key for ESP SA c0000001" },
	{ FALSE, TRUE, "", ESP_KEY(DEFAULT), "octet 0: key bag for an SA" },
	{ FALSE, TRUE, ESP_POLICY, ESP_KEY(OTHER),
	  "wrapped with key 1 instead of the default one" },
	{ FALSE, TRUE, ESP_POLICY, ESP_KEY(DEFAULT)
	  "00 00 000c 0003 0004 00000001", "sender IDs in a rekey" },
	{ FALSE, TRUE, ESP_POLICY "00 00 0008 8003 0010", ESP_KEY(DEFAULT),
	  "sender IDs in a rekey" },
	{ FALSE, TRUE, ESP_POLICY, ESP_KEY(DEFAULT) WRAP_BAG },
	{ TRUE, TRUE, ESP_POLICY, ESP_KEY(DEFAULT) WRAP_BAG,
	  "octet 92: WRAP_KEY in an in-band rekey" },
	{ FALSE, TRUE, ESP_POLICY, ESP_KEY(DEFAULT)
	  "00 00 0063 0002 005b" ECDSA_KEY_2 },
	{ FALSE, TRUE, ESP_POLICY, ESP_KEY(DEFAULT) "00 00 000a 0002 0002 3000",
	  "public key of 2 octets" },
	{ TRUE, TRUE, ESP_POLICY, ESP_KEY(DEFAULT)
	  "00 00 0063 0002 005b" ECDSA_KEY_2, "AUTH_KEY in an in-band rekey" },
	{ TRUE, FALSE, ESP_POLICY, ESP_KEY(DEFAULT)
	  "00 00 0063 0002 005b" ECDSA_KEY_2, "AUTH_KEY, but rekeys aren't" },
	{ FALSE, TRUE, "", "", "neither rekey SA nor data SA" },
	{ FALSE, TRUE, "00 00 0008 8001 000a", "", "neither rekey SA" },
};

START_TEST(payloads_are_read_by_the_rules_of_rekeys)
{
	gikev2_update_payloads_t payloads = {
		.gsa = unhex(pairs[_i].gsa),
		.kd = unhex(pairs[_i].kd),
	};
	chunk_t gsk_w = count_up(0, 32);
	update_sample_t sample;
	gkm_error_t err = {};
	gkm_update_t *update;

	update_sample_init(&sample, update_sample_find("new SAs for old ones"));
	sample.ctx.gsk_w = gsk_w;
	sample.ctx.inband = pairs[_i].inband;
	sample.ctx.rekey = pairs[_i].has_rekey ? sample.rekey : NULL;
	update = gikev2_update_parse(&payloads, &sample.ctx, &err);
	ck_assert_msg(!update == (pairs[_i].what != NULL), "pair %d: '%s' instead "
				  "of '%s'", _i, err.text, pairs[_i].what ?: "");
	ck_assert_msg(update || strstr(err.text, pairs[_i].what),
				  "'%s' instead of '%s'", err.text, pairs[_i].what);
	gkm_update_destroy(update);
	gikev2_update_payloads_clear(&payloads);
	update_sample_clear(&sample);
	chunk_clear(&gsk_w);
}
END_TEST

/**
 * Read payloads; what is accepted has to obey the rules, what isn't to have a
 * reason. Copies are as long as their data, so that sanitizers see what is read
 * beyond.
 */
static void parse_copy(gikev2_update_payloads_t *payloads,
					   gikev2_update_context_t *ctx, const char *what)
{
	gikev2_update_payloads_t copy = {
		.gsa = chunk_clone(payloads->gsa),
		.kd = chunk_clone(payloads->kd),
		.deletes = array_create(sizeof(chunk_t), 0),
	};
	gkm_error_t err = {};
	gkm_update_t *update;
	chunk_t body;
	int i;

	for (i = 0; array_get(payloads->deletes, i, &body); i++)
	{
		body = chunk_clone(body);
		array_insert(copy.deletes, ARRAY_TAIL, &body);
	}
	update = gikev2_update_parse(&copy, ctx, &err);
	ck_assert_msg(update || err.text[0], "%s: refused without a reason", what);
	ck_assert_msg(!update || gikev2_rules_check_update(update, ctx, &err),
				  "%s: accepted, but %s", what, err.text);
	gkm_update_destroy(update);
	gikev2_update_payloads_clear(&copy);
}

/**
 * Cut a payload short, then change each of its octets
 */
static void damage(gikev2_update_payloads_t *payloads, chunk_t *body,
				   update_sample_t *sample, const char *name)
{
	chunk_t whole = *body;
	char what[128];
	size_t pos;
	int i;

	for (; body->len; body->len--)
	{
		snprintf(what, sizeof(what), "%s: %s of %zu octets", sample->name,
				 name, body->len);
		parse_copy(payloads, &sample->ctx, what);
	}
	*body = whole;
	for (pos = 0; pos < body->len; pos++)
	{
		for (i = 0; i < countof(masks); i++)
		{
			snprintf(what, sizeof(what), "%s: octet %zu of %s xor %.2x",
					 sample->name, pos, name, masks[i]);
			body->ptr[pos] ^= masks[i];
			parse_copy(payloads, &sample->ctx, what);
			body->ptr[pos] ^= masks[i];
		}
	}
}

START_TEST(damaged_payload_is_refused_or_obeys_the_rules)
{
	gikev2_update_payloads_t payloads;
	update_sample_t sample;

	update_sample_init(&sample, _i);
	build(&sample, &payloads);
	damage(&payloads, &payloads.gsa, &sample, "GSA");
	damage(&payloads, &payloads.kd, &sample, "KD");
	gikev2_update_payloads_clear(&payloads);
	update_sample_clear(&sample);
}
END_TEST

Suite *gikev2_update_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gikev2_update");

	tc = tcase_create("updates");
	tcase_add_loop_test(tc, update_comes_back_as_it_was_sent, 0,
						update_sample_count());
	tcase_add_loop_test(tc, update_against_the_rules_is_not_written, 0,
						countof(cases));
	tcase_add_loop_test(tc, payloads_are_read_by_the_rules_of_rekeys, 0,
						countof(pairs));
	suite_add_tcase(s, tc);

	tc = tcase_create("key tree");
	tcase_add_loop_test(tc,
						excluded_member_gets_no_key_and_all_others_their_path,
						0, countof(members));
	tcase_add_test(tc, key_under_a_wrong_key_of_the_path_is_refused);
	tcase_add_loop_test(tc, key_tree_against_the_rules_is_not_written, 0, 5);
	suite_add_tcase(s, tc);

	tc = tcase_create("damage");
	tcase_set_timeout(tc, TIMEOUT);
	tcase_add_loop_test(tc, damaged_payload_is_refused_or_obeys_the_rules, 0,
						update_sample_count());
	suite_add_tcase(s, tc);

	return s;
}
