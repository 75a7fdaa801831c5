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

#include "libgkm/gikev2/gikev2_sag.h"

#include "samples.h"

/** Pieces of payloads: transforms with more to follow, and the last */
#define MORE		"03 00"
#define LAST		"00 00"
#define AES256		"000c 01 00 000c 800e 0100"
#define AES128		"000c 01 00 000c 800e 0080"
#define GCM256		"000c 01 00 0014 800e 0100"
#define SHA256		"0008 03 00 000c"
#define SN0			"0008 05 00 0000"
#define SN2			"0008 05 00 0002"
#define KW256		"0008 0d 00 0003"
#define IMPLICIT	"0008 0e 00 0001"
#define SIGNATURE	"0008 0e 00 0002"

/** Header of a proposal: number, protocol, transforms; without length */
#define HEAD(more, len, num, proto, count) \
	more "00" len num proto "00" count

/** Proposals, as a and b ones of ESP and rekey SAs */
#define ESP(more, num) \
	HEAD(more, "0024", num, "03", "03") MORE AES256 MORE SHA256 LAST SN2
#define ESP_GCM(more, num) \
	HEAD(more, "001c", num, "03", "02") MORE GCM256 LAST SN0
#define AH(more, num) \
	HEAD(more, "0018", num, "02", "02") MORE SHA256 LAST SN2
#define REKEY(more, num) \
	HEAD(more, "001c", num, "06", "02") MORE GCM256 LAST KW256
#define REKEY_SIGNED(more, num) \
	HEAD(more, "0024", num, "06", "03") MORE GCM256 MORE KW256 LAST SIGNATURE
#define REKEY_IMPLICIT(more, num) \
	HEAD(more, "0024", num, "06", "03") MORE GCM256 MORE KW256 LAST IMPLICIT

/**
 * Read a payload that has to be fine
 */
static linked_list_t *parse(const char *hex)
{
	chunk_t data = unhex(hex);
	linked_list_t *list;
	gkm_error_t err = {};

	list = gikev2_sag_parse(data, &err);
	ck_assert_msg(list, "%s: %s", hex, err.text);
	chunk_free(&data);
	return list;
}

/**
 * Destroy proposals
 */
static void destroy(linked_list_t *list)
{
	list->destroy_offset(list, offsetof(proposal_t, destroy));
}

START_TEST(capabilities_are_written_as_on_the_wire)
{
	linked_list_t *list = linked_list_create();
	gkm_error_t err = {};
	chunk_t data, built;

	list->insert_last(list, gkm_rekey_proposal("aes256gcm16-kw256", &err));
	list->insert_last(list, gkm_data_proposal(PROTO_ESP, GKM_SN_UNSPECIFIED,
											  "aes256-sha256", &err));
	list->insert_last(list, gkm_data_proposal(PROTO_AH, GKM_SN_UNSPECIFIED,
											  "sha256", &err));
	data = unhex(HEAD("02", "002c", "01", "06", "04") MORE GCM256 MORE KW256
				 MORE SIGNATURE LAST IMPLICIT ESP("02", "01") AH("00", "01"));
	built = gikev2_sag_build(list);
	ck_assert_msg(chunk_equals(built, data), "SAg is\n%+B\ninstead of\n%+B",
				  &built, &data);
	chunk_free(&built);
	chunk_free(&data);
	destroy(list);
}
END_TEST

START_TEST(capabilities_come_back_as_they_were_sent)
{
	linked_list_t *list = parse(ESP("02", "01") ESP_GCM("02", "02")
								AH("00", "07")), *again;
	enumerator_t *enumerator, *other;
	proposal_t *a, *b;
	gkm_error_t err = {};
	chunk_t built;

	built = gikev2_sag_build(list);
	again = gikev2_sag_parse(built, &err);
	ck_assert_msg(again, "%s", err.text);
	ck_assert_msg(again->get_count(again) == 3, "%d proposals instead of 3",
				  again->get_count(again));
	enumerator = list->create_enumerator(list);
	other = again->create_enumerator(again);
	while (enumerator->enumerate(enumerator, &a) &&
		   other->enumerate(other, &b))
	{
		ck_assert_msg(a->equals(a, b) && a->get_number(a) == b->get_number(b) &&
					  a->get_protocol(a) == b->get_protocol(b),
					  "%P, number %u, becomes %P, number %u", a,
					  a->get_number(a), b, b->get_number(b));
	}
	enumerator->destroy(enumerator);
	other->destroy(other);
	chunk_free(&built);
	destroy(list);
	destroy(again);
}
END_TEST

START_TEST(what_has_no_meaning_is_ignored)
{
	/* a proposal for IKE, an SPI, transforms of DH groups and of type 99, one
	 * with an attribute that is not known, a reserved octet */
	linked_list_t *list = parse(
		HEAD("02", "0010", "01", "01", "01") LAST "0008 02 00 0005"
		"00 ff 0044 02 03 04 06 ffffffff"
		MORE AES256 MORE SHA256 MORE "0008 04 00 0013" MORE "0008 63 00 0001"
		MORE "000c 03 00 000e 8063 0001" LAST SN2);
	proposal_t *proposal, *expected;
	gkm_error_t err = {};

	ck_assert_msg(list->get_count(list) == 1, "%d proposals instead of 1",
				  list->get_count(list));
	list->get_first(list, (void**)&proposal);
	expected = gkm_data_proposal(PROTO_ESP, GKM_SN_UNSPECIFIED,
								 "aes256-sha256", &err);
	ck_assert_msg(proposal->equals(proposal, expected), "%P instead of %P",
				  proposal, expected);
	ck_assert_msg(proposal->get_number(proposal) == 2, "number %u",
				  proposal->get_number(proposal));
	expected->destroy(expected);
	destroy(list);
}
END_TEST

/**
 * Payloads that are refused, and what the message says
 */
static struct {
	const char *hex;
	const char *what;
} bad[] = {
	{ "", "octet 0: proposal of at least 8 octets, but only 0" },
	{ ESP("02", "01"), "octet 36: proposal of at least 8" },
	{ ESP("01", "01"), "followed by 1" },
	{ ESP("03", "01"), "followed by 3" },
	{ ESP("00", "01") ESP("00", "01"), "last proposal is followed by 36" },
	{ HEAD("00", "0007", "01", "03", "00"), "length of 7" },
	{ HEAD("00", "0009", "01", "03", "00"), "length of 9" },
	{ "00 00 0008 01 03 04 00", "length of 8, but 12 to 8" },
	{ HEAD("00", "0024", "01", "03", "02") MORE AES256 MORE SHA256 LAST SN2,
	  "transform 2 of 2 is not marked as last" },
	{ HEAD("00", "0024", "01", "03", "04") MORE AES256 MORE SHA256 LAST SN2,
	  "transform 3 of 4 is marked as last" },
	{ HEAD("00", "0024", "01", "03", "03") MORE AES256 LAST SHA256 LAST SN2,
	  "transform 2 of 3 is marked as last" },
	{ HEAD("00", "0026", "01", "03", "03") MORE AES256 MORE SHA256 LAST SN2
	  "0000", "2 octets after 3 transforms" },
	{ HEAD("00", "0010", "01", "03", "00") LAST SN2,
	  "8 octets after 0 transforms" },
	{ HEAD("00", "0010", "01", "03", "01") LAST "0009 05 00 0000",
	  "octet 8: transform has a length of 9" },
};

START_TEST(malformed_capabilities_are_refused)
{
	chunk_t data = unhex(bad[_i].hex);
	gkm_error_t err = {};

	ck_assert_msg(!gikev2_sag_parse(data, &err), "%s accepted", bad[_i].hex);
	ck_assert_msg(strpfx(err.text, "SAg payload: octet ") &&
				  strstr(err.text, bad[_i].what), "%s: '%s' instead of '%s'",
				  bad[_i].hex, err.text, bad[_i].what);
	chunk_free(&data);
}
END_TEST

START_TEST(number_of_proposals_is_limited)
{
	chunk_t one = unhex(HEAD("02", "0008", "01", "03", "00")), data;
	gkm_error_t err = {};
	int i;

	data = chunk_alloc(257 * one.len);
	for (i = 0; i < 257; i++)
	{
		memcpy(data.ptr + i * one.len, one.ptr, one.len);
	}
	data.ptr[256 * one.len] = 0;
	ck_assert_msg(!gikev2_sag_parse(data, &err), "257 proposals accepted");
	ck_assert_msg(strstr(err.text, "more than 256 proposals"), "'%s'",
				  err.text);
	chunk_free(&one);
	chunk_free(&data);
}
END_TEST

/**
 * SAs of groups
 */
typedef enum {
	ESP_CBC_SA = (1 << 0),
	ESP_GCM_SA = (1 << 1),
	AH_SA = (1 << 2),
	REKEY_SA = (1 << 3),
	IMPLICIT_SA = (1 << 4),
} sas_t;

/**
 * Capabilities of members, and the SAs of a group that they cover or not
 */
static struct {
	const char *hex;
	sas_t sas;
	/** what the message says, NULL if they are covered */
	const char *what;
} coverage[] = {
	{ ESP("00", "01"), ESP_CBC_SA, NULL },
	{ ESP("00", "01"), ESP_GCM_SA, "no proposal 1 covers ESP SA c0000002" },
	{ ESP("00", "01"), AH_SA, "no proposal 1 covers AH SA c0000003" },
	{ ESP("00", "01"), ESP_CBC_SA | REKEY_SA, "covers the rekey SA" },
	{ AH("00", "01"), AH_SA, NULL },
	{ REKEY("02", "01") ESP("00", "01"), ESP_CBC_SA | REKEY_SA, NULL },
	{ ESP("02", "05") REKEY("00", "05"), ESP_CBC_SA | REKEY_SA, NULL },
	/* linkage: what has different numbers doesn't go together */
	{ REKEY("02", "01") ESP("00", "02"), ESP_CBC_SA | REKEY_SA,
	  "no proposal 1 covers ESP SA c0000001" },
	{ REKEY("02", "01") ESP("00", "02"), ESP_CBC_SA, NULL },
	{ REKEY("02", "01") ESP("00", "02"), REKEY_SA, NULL },
	{ ESP("02", "01") AH("02", "02") ESP("00", "02"), ESP_CBC_SA | AH_SA,
	  NULL },
	{ ESP("02", "01") AH("00", "02"), ESP_CBC_SA | AH_SA,
	  "no proposal 1 covers AH SA c0000003" },
	{ ESP("02", "01") ESP_GCM("00", "02"), ESP_CBC_SA | ESP_GCM_SA,
	  "no proposal 1 covers ESP SA c0000002" },
	{ ESP("02", "01") ESP_GCM("00", "01"), ESP_CBC_SA | ESP_GCM_SA, NULL },
	{ REKEY("02", "01") ESP("02", "01") REKEY("02", "02") ESP_GCM("00", "02"),
	  ESP_GCM_SA | REKEY_SA, NULL },
	/* AEAD and others may be mixed */
	{ HEAD("00", "0038", "01", "03", "05") MORE AES256 MORE GCM256 MORE SHA256
	  MORE SN0 LAST SN2, ESP_CBC_SA | ESP_GCM_SA, NULL },
	/* key length, sequence numbers, integrity that differ or are missing */
	{ HEAD("00", "0024", "01", "03", "03") MORE AES128 MORE SHA256 LAST SN2,
	  ESP_CBC_SA, "covers ESP SA" },
	{ HEAD("00", "0024", "01", "03", "03") MORE AES256 MORE SHA256 LAST SN0,
	  ESP_CBC_SA, "covers ESP SA" },
	{ HEAD("00", "001c", "01", "03", "02") MORE AES256 LAST SHA256,
	  ESP_CBC_SA, "covers ESP SA" },
	{ HEAD("00", "001c", "01", "03", "02") MORE AES256 LAST SN2, ESP_CBC_SA,
	  "covers ESP SA" },
	{ HEAD("00", "0014", "01", "06", "01") LAST GCM256, REKEY_SA,
	  "covers the rekey SA" },
	/* authentication method, if one is named */
	{ REKEY("00", "01"), REKEY_SA, NULL },
	{ REKEY_SIGNED("00", "01"), REKEY_SA, NULL },
	{ REKEY_IMPLICIT("00", "01"), REKEY_SA, "covers the rekey SA" },
	{ REKEY_SIGNED("00", "01"), IMPLICIT_SA, "covers the rekey SA" },
	{ REKEY_IMPLICIT("00", "01"), IMPLICIT_SA, NULL },
	{ HEAD("00", "0010", "01", "01", "01") LAST "0008 02 00 0005", ESP_CBC_SA,
	  "no proposals" },
};

/**
 * Make a data SA
 */
static void add_sa(array_t *sas, uint32_t spi, protocol_id_t protocol,
				   gkm_sn_t sn, char *str)
{
	gkm_error_t err = {};
	gkm_data_sa_t *sa;

	sa = gkm_data_sa_create();
	sa->spi = htonl(spi);
	sa->proposal = gkm_data_proposal(protocol, sn, str, &err);
	ck_assert_msg(sa->proposal, "%s", err.text);
	array_insert(sas, ARRAY_TAIL, sa);
}

START_TEST(capabilities_cover_a_group_if_one_set_of_them_does)
{
	linked_list_t *list = parse(coverage[_i].hex);
	array_t *sas = array_create(0, 0);
	gkm_rekey_sa_t *rekey = NULL;
	gkm_error_t err = {};
	bool covered;

	if (coverage[_i].sas & ESP_CBC_SA)
	{
		add_sa(sas, 0xc0000001, PROTO_ESP, GKM_SN_UNSPECIFIED,
			   "aes256-sha256");
	}
	if (coverage[_i].sas & ESP_GCM_SA)
	{
		add_sa(sas, 0xc0000002, PROTO_ESP, GKM_SN_SEQUENTIAL, "aes256gcm16");
	}
	if (coverage[_i].sas & AH_SA)
	{
		add_sa(sas, 0xc0000003, PROTO_AH, GKM_SN_UNSPECIFIED, "sha256");
	}
	if (coverage[_i].sas & (REKEY_SA | IMPLICIT_SA))
	{
		rekey = gkm_rekey_sa_create();
		rekey->proposal = gkm_rekey_proposal("aes256gcm16-kw256", &err);
		rekey->auth = coverage[_i].sas & REKEY_SA ? GKM_AUTH_SIGNATURE
												  : GKM_AUTH_IMPLICIT;
	}
	covered = gikev2_sag_covers(list, rekey, sas, &err);
	if (coverage[_i].what)
	{
		ck_assert_msg(!covered, "%s: covered", coverage[_i].hex);
		ck_assert_msg(strstr(err.text, coverage[_i].what), "%s: '%s' instead "
					  "of '%s'", coverage[_i].hex, err.text,
					  coverage[_i].what);
	}
	else
	{
		ck_assert_msg(covered, "%s: %s", coverage[_i].hex, err.text);
	}
	gkm_rekey_sa_destroy(rekey);
	array_destroy_function(sas, (array_callback_t)gkm_data_sa_destroy, NULL);
	destroy(list);
}
END_TEST

Suite *gikev2_sag_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gikev2_sag");

	tc = tcase_create("payload");
	tcase_add_test(tc, capabilities_are_written_as_on_the_wire);
	tcase_add_test(tc, capabilities_come_back_as_they_were_sent);
	tcase_add_test(tc, what_has_no_meaning_is_ignored);
	tcase_add_loop_test(tc, malformed_capabilities_are_refused, 0,
						countof(bad));
	tcase_add_test(tc, number_of_proposals_is_limited);
	suite_add_tcase(s, tc);

	tc = tcase_create("coverage");
	tcase_add_loop_test(tc, capabilities_cover_a_group_if_one_set_of_them_does,
						0, countof(coverage));
	suite_add_tcase(s, tc);

	return s;
}
