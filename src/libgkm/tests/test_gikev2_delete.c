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

#include "samples.h"

START_TEST(payload_is_that_of_the_rfc)
{
	struct {
		protocol_id_t protocol;
		uint32_t spis[2];
		const char *hex;
	} cases[] = {
		{ PROTO_ESP, { 0xc0000001 }, "03 04 0001 c0000001" },
		{ PROTO_AH, { 0xc0000001, 2 }, "02 04 0002 c0000001 00000002" },
		{ PROTO_ESP, {}, "03 04 0001 00000000" },
		{ PROTO_AH, {}, "02 04 0001 00000000" },
		{ PROTO_GIKE_UPDATE, {},
		  "06 10 0001 00000000000000000000000000000000" },
		{ PROTO_NONE, {}, "00 00 0000" },
	};
	chunk_t expected = unhex(cases[_i].hex), body;
	gkm_update_t *update = gkm_update_create();
	gkm_delete_t *delete;
	gkm_error_t err = {};
	int i = 0;

	do
	{
		gkm_update_delete(update, cases[_i].protocol, htonl(cases[_i].spis[i]));
	}
	while (++i < countof(cases[_i].spis) && cases[_i].spis[i]);
	array_get(update->deletes, 0, &delete);
	ck_assert_msg(gikev2_delete_build(delete, &body, &err), "%s: %s",
				  cases[_i].hex, err.text);
	ck_assert_msg(chunk_equals(body, expected), "%+B instead of %+B", &body,
				  &expected);
	chunk_free(&body);
	chunk_free(&expected);
	gkm_update_destroy(update);
}
END_TEST

START_TEST(impossible_payload_is_not_written)
{
	struct {
		protocol_id_t protocol;
		int count;
	} cases[] = {
		{ PROTO_GIKE_UPDATE, 1 },
		{ PROTO_NONE, 1 },
		{ PROTO_IKE, 0 },
		{ 7, 0 },
		{ PROTO_ESP, GIKEV2_DELETE_SPIS_MAX + 1 },
	};
	gkm_delete_t delete = {
		.protocol = cases[_i].protocol,
		.spis = array_create(sizeof(uint32_t), 0),
	};
	gkm_error_t err = {};
	uint32_t spi;
	chunk_t body;

	for (spi = 1; spi <= cases[_i].count; spi++)
	{
		array_insert(delete.spis, ARRAY_TAIL, &spi);
	}
	ck_assert_msg(!gikev2_delete_build(&delete, &body, &err), "written");
	ck_assert_msg(strstr(err.text, "can't tell members"), "'%s'", err.text);
	array_destroy(delete.spis);
}
END_TEST

/**
 * Payloads, and what they mean or what the message says if they are refused
 */
static const struct {
	const char *hex;
	protocol_id_t protocol;
	uint32_t spis[3];
	const char *what;
} payloads[] = {
	{ "03 04 0001 c0000001", PROTO_ESP, { 0xc0000001 } },
	{ "02 04 0003 00000001 00000002 00000003", PROTO_AH, { 1, 2, 3 } },
	/* all, with an SPI of zeros, or none */
	{ "03 04 0001 00000000", PROTO_ESP },
	{ "03 00 0000", PROTO_ESP },
	{ "02 00 0000", PROTO_AH },
	{ "06 10 0001 00000000000000000000000000000000", PROTO_GIKE_UPDATE },
	{ "06 00 0000", PROTO_GIKE_UPDATE },
	{ "00 00 0000", PROTO_NONE },
	{ "00 04 0001 00000000", PROTO_NONE },
	{ "00 10 0001 00000000000000000000000000000000", PROTO_NONE },
	{ "", 0, {}, "0 octets, at least 4" },
	{ "03 04 00", 0, {}, "3 octets, at least 4" },
	{ "01 00 0000", 0, {}, "protocol 1" },
	{ "07 00 0000", 0, {}, "protocol 7" },
	{ "03 10 0001 00000000000000000000000000000000", 0, {},
	  "SPIs of 16 octets instead of 4" },
	{ "03 08 0001 0000000000000000", 0, {}, "SPIs of 8 octets instead of 4" },
	{ "06 04 0001 00000000", 0, {}, "SPIs of 4 octets instead of 16" },
	{ "06 10 0001 00000000000000000000000000000001", 0, {},
	  "octet 4: protocol 6 with an SPI" },
	{ "06 10 0002 00000000000000000000000000000000"
	  "00000000000000000000000000000000", 0, {}, "octet 4: protocol 6 with an SPI" },
	{ "00 04 0001 00000001", 0, {}, "octet 4: protocol 0 with an SPI" },
	{ "03 04 0002 00000001 00000000", 0, {}, "octet 8: SPI 0 among others" },
	{ "03 04 0002 00000000 00000000", 0, {}, "octet 4: SPI 0 among others" },
	{ "03 04 0000", 0, {}, "0 SPIs of 4 octets in 0" },
	{ "03 00 0001", 0, {}, "1 SPIs of 0 octets in 0" },
	{ "03 04 0001", 0, {}, "1 SPIs of 4 octets in 0" },
	{ "03 04 0001 c00000", 0, {}, "1 SPIs of 4 octets in 3" },
	{ "03 04 0001 c000000100", 0, {}, "1 SPIs of 4 octets in 5" },
	{ "03 00 0000 00", 0, {}, "0 SPIs of 0 octets in 1" },
};

START_TEST(payload_means_what_it_says_or_is_refused)
{
	chunk_t body = unhex(payloads[_i].hex);
	gkm_update_t *update = gkm_update_create();
	gkm_delete_t *delete;
	gkm_error_t err = {};
	uint32_t spi;
	bool success;
	int i;

	success = gikev2_delete_parse(body, update, &err);
	if (payloads[_i].what)
	{
		ck_assert_msg(!success, "%s accepted", payloads[_i].hex);
		ck_assert_msg(strstr(err.text, payloads[_i].what), "%s: '%s' instead "
					  "of '%s'", payloads[_i].hex, err.text, payloads[_i].what);
	}
	else
	{
		ck_assert_msg(success, "%s: %s", payloads[_i].hex, err.text);
		ck_assert_int_eq(array_count(update->deletes), 1);
		array_get(update->deletes, 0, &delete);
		ck_assert_int_eq(delete->protocol, payloads[_i].protocol);
		for (i = 0; array_get(delete->spis, i, &spi); i++)
		{
			ck_assert_msg(ntohl(spi) == payloads[_i].spis[i], "%s: SPI %u",
						  payloads[_i].hex, ntohl(spi));
		}
		ck_assert_msg(i == countof(payloads[_i].spis) ||
					  !payloads[_i].spis[i], "%s: %d SPIs", payloads[_i].hex,
					  i);
	}
	gkm_update_destroy(update);
	chunk_free(&body);
}
END_TEST

START_TEST(too_many_spis_are_refused)
{
	chunk_t body = chunk_alloc(4 + 4 * (GIKEV2_DELETE_SPIS_MAX + 1));
	gkm_update_t *update = gkm_update_create();
	gkm_update_t *other = gkm_update_create();
	gkm_error_t err = {};

	memset(body.ptr, 1, body.len);
	body.ptr[0] = PROTO_ESP;
	body.ptr[1] = 4;
	htoun16(body.ptr + 2, GIKEV2_DELETE_SPIS_MAX);
	ck_assert_msg(gikev2_delete_parse(chunk_create(body.ptr, body.len - 4),
									  update, &err), "%s", err.text);
	htoun16(body.ptr + 2, GIKEV2_DELETE_SPIS_MAX + 1);
	ck_assert_msg(!gikev2_delete_parse(body, other, &err), "accepted");
	ck_assert_msg(strstr(err.text, "more than 256 SPIs of protocol 3"), "'%s'",
				  err.text);
	/* nor in a second payload */
	err = (gkm_error_t){};
	htoun16(body.ptr + 2, 1);
	ck_assert_msg(!gikev2_delete_parse(chunk_create(body.ptr, 8), update, &err),
				  "accepted in a second payload");
	ck_assert_msg(strstr(err.text, "more than 256 SPIs of protocol 3"), "'%s'",
				  err.text);
	gkm_update_destroy(update);
	gkm_update_destroy(other);
	chunk_free(&body);
}
END_TEST

Suite *gikev2_delete_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gikev2_delete");
	tc = tcase_create("payloads");
	tcase_add_loop_test(tc, payload_is_that_of_the_rfc, 0, 6);
	tcase_add_loop_test(tc, impossible_payload_is_not_written, 0, 5);
	tcase_add_loop_test(tc, payload_means_what_it_says_or_is_refused, 0,
						countof(payloads));
	tcase_add_test(tc, too_many_spis_are_refused);
	suite_add_tcase(s, tc);
	return s;
}
