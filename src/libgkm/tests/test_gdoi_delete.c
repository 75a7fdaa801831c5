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

#include "libgkm/gdoi/gdoi_delete.h"
#include "libgkm/gdoi/gdoi_isakmp.h"
#include "libgkm/group/gkm_algs.h"

#include "samples.h"

/** SPI of a rekey SA, and of another one */
#define SPI "101112131415161718191a1b1c1d1e1f"
#define OTHER "202122232425262728292a2b2c2d2e2f"

/**
 * Read the body of a Delete payload
 */
static bool parse(char *hex, gkm_update_t *update, gkm_error_t *err)
{
	chunk_t body = unhex(hex), spi = unhex(SPI);
	gdoi_format_t format;
	bool success;

	gdoi_format_init(&format);
	success = gdoi_delete_parse(body, &format, spi.ptr, update, err);
	chunk_free(&body);
	chunk_free(&spi);
	return success;
}

/**
 * Payloads, and what they delete: protocol and SPIs
 */
static struct {
	char *hex;
	protocol_id_t protocol;
	int count;
	uint32_t spis[2];
} good[] = {
	{ "00000002 01 04 0001 c0000001", PROTO_ESP, 1, { 0xc0000001 } },
	{ "00000002 01 04 0002 c0000001 c0000002", PROTO_ESP, 2,
	  { 0xc0000001, 0xc0000002 } },
	{ "00000002 01 04 0001 00000000", PROTO_ESP, },
	{ "00000002 02 04 0001 00000100", PROTO_AH, 1, { 0x100 } },
	{ "00000002 02 04 0001 00000000", PROTO_AH, },
	{ "00000002 03 04 0001 00000001", PROTO_IEC_61850, 1, { 1 } },
	{ "00000002 03 04 0001 00000000", PROTO_IEC_61850, },
	{ "00000002 00 10 0001 00000000 00000000 00000000 00000000",
	  PROTO_GIKE_UPDATE, },
	{ "00000002 00 04 0001 00000000", PROTO_GIKE_UPDATE, },
	{ "00000002 00 10 0001" SPI, PROTO_GIKE_UPDATE, },
	{ "00000002 00 10 0002" OTHER SPI, PROTO_GIKE_UPDATE, },
};

START_TEST(delete_payload_says_what_to_delete)
{
	gkm_update_t *update = gkm_update_create();
	gkm_delete_t *delete;
	gkm_error_t err = {};
	uint32_t spi;
	int i;

	ck_assert_msg(parse(good[_i].hex, update, &err), "%s: %s", good[_i].hex,
				  err.text);
	ck_assert_int_eq(array_count(update->deletes), 1);
	ck_assert(array_get(update->deletes, 0, &delete));
	ck_assert_int_eq(delete->protocol, good[_i].protocol);
	ck_assert_int_eq(array_count(delete->spis), good[_i].count);
	for (i = 0; i < good[_i].count; i++)
	{
		ck_assert(array_get(delete->spis, i, &spi));
		ck_assert(ntohl(spi) == good[_i].spis[i]);
	}
	gkm_update_destroy(update);
}
END_TEST

START_TEST(delete_payload_is_written_as_it_was_read)
{
	array_t *payloads = array_create(sizeof(gdoi_payload_t), 0);
	gkm_update_t *update = gkm_update_create();
	chunk_t expected = unhex(good[_i].hex);
	gdoi_payload_t payload;
	gdoi_format_t format;
	gkm_error_t err = {};

	gdoi_format_init(&format);
	ck_assert(parse(good[_i].hex, update, &err));
	ck_assert_msg(gdoi_deletes_build(update->deletes, &format, payloads, &err),
				  "%s", err.text);
	ck_assert_int_eq(array_count(payloads), 1);
	ck_assert(array_get(payloads, 0, &payload));
	ck_assert_int_eq(payload.type, GDOI_PLD_DELETE);
	if (good[_i].protocol == PROTO_GIKE_UPDATE)
	{
		/* written in one way only */
		chunk_free(&expected);
		expected = unhex(good[7].hex);
	}
	ck_assert_msg(chunk_equals(payload.body, expected), "%+B", &payload.body);
	chunk_free(&expected);
	gdoi_payloads_clear(payloads);
	gkm_update_destroy(update);
}
END_TEST

START_TEST(exclusion_deletes_data_sas_before_the_rekey_sa)
{
	static uint8_t numbers[] = {
		GDOI_PROTO_ESP, GDOI_PROTO_AH, GDOI_PROTO_KEK,
	};
	array_t *payloads = array_create(sizeof(gdoi_payload_t), 0);
	gkm_update_t *update = gkm_update_create();
	gdoi_payload_t payload;
	gdoi_format_t format;
	gkm_error_t err = {};
	int i;

	gdoi_format_init(&format);
	format.doi = 1;
	gkm_update_exclude(update);
	ck_assert_msg(gdoi_deletes_build(update->deletes, &format, payloads, &err),
				  "%s", err.text);
	ck_assert_int_eq(array_count(payloads), countof(numbers));
	for (i = 0; array_get(payloads, i, &payload); i++)
	{
		ck_assert_int_eq(untoh32(payload.body.ptr), 1);
		ck_assert_int_eq(payload.body.ptr[4], numbers[i]);
		ck_assert_int_eq(untoh16(payload.body.ptr + 6), 1);
	}
	gdoi_payloads_clear(payloads);
	gkm_update_destroy(update);
}
END_TEST

START_TEST(what_we_have_no_sas_of_is_left_out)
{
	static char *others[] = {
		/* another rekey SA, a protocol of private use */
		"00000002 00 10 0001" OTHER,
		"00000002 80 04 0001 00000001",
		"00000002 80 08 0001 0000000100000002",
	};
	gkm_update_t *update = gkm_update_create();
	gkm_error_t err = {};

	ck_assert_msg(parse(others[_i], update, &err), "%s: %s", others[_i],
				  err.text);
	ck_assert_int_eq(array_count(update->deletes), 0);
	gkm_update_destroy(update);
}
END_TEST

START_TEST(malformed_delete_payload_is_refused)
{
	static struct {
		char *hex;
		char *what;
	} bad[] = {
		{ "00000003 01 04 0001 c0000001", "DOI 3" },
		{ "00000001 01 04 0001 c0000001", "DOI 1" },
		{ "00000002 01 04 0000", "0 SPIs of 4 octets" },
		{ "00000002 01 00 0001", "SPI of protocol 1 with 0 octets" },
		{ "00000002 01 04 0002 c0000001", "2 SPIs of 4 octets, 4 are there" },
		{ "00000002 01 04 0001 c0000001 00", "1 SPIs of 4 octets, 5 are there" },
		{ "00000002 01 10 0001" SPI, "SPI of protocol 1 with 16 octets" },
		{ "00000002 03 02 0001 0001", "SPI of protocol 3 with 2 octets" },
		{ "00000002 00 08 0001 0000000000000000", "SPI of a rekey SA with 8" },
		{ "00000002 00 00 ffff", "SPI of a rekey SA with 0" },
	};
	gkm_update_t *update = gkm_update_create();
	gkm_error_t err = {};

	ck_assert_msg(!parse(bad[_i].hex, update, &err), "%s is accepted",
				  bad[_i].hex);
	ck_assert_msg(strstr(err.text, bad[_i].what), "%s: '%s'", bad[_i].hex,
				  err.text);
	gkm_update_destroy(update);
}
END_TEST

START_TEST(delete_payload_cut_short_is_refused)
{
	chunk_t body = unhex(good[_i].hex), spi = unhex(SPI), cut;
	gkm_update_t *update;
	gdoi_format_t format;
	gkm_error_t err;
	size_t len;

	gdoi_format_init(&format);
	for (len = 0; len < body.len; len++)
	{
		update = gkm_update_create();
		cut = chunk_clone(chunk_create(body.ptr, len));
		err = (gkm_error_t){};
		ck_assert_msg(!gdoi_delete_parse(cut, &format, spi.ptr, update, &err),
					  "%s: accepted with %zu octets", good[_i].hex, len);
		ck_assert(err.text[0]);
		chunk_free(&cut);
		gkm_update_destroy(update);
	}
	chunk_free(&body);
	chunk_free(&spi);
}
END_TEST

Suite *gdoi_delete_suite()
{
	Suite *suite = suite_create("gdoi_delete");
	TCase *tcase;

	tcase = tcase_create("payloads");
	tcase_add_loop_test(tcase, delete_payload_says_what_to_delete, 0,
						countof(good));
	tcase_add_loop_test(tcase, delete_payload_is_written_as_it_was_read, 0,
						countof(good));
	tcase_add_test(tcase, exclusion_deletes_data_sas_before_the_rekey_sa);
	tcase_add_loop_test(tcase, what_we_have_no_sas_of_is_left_out, 0, 3);
	suite_add_tcase(suite, tcase);

	tcase = tcase_create("bad input");
	tcase_add_loop_test(tcase, malformed_delete_payload_is_refused, 0, 10);
	tcase_add_loop_test(tcase, delete_payload_cut_short_is_refused, 0,
						countof(good));
	suite_add_tcase(suite, tcase);
	return suite;
}
