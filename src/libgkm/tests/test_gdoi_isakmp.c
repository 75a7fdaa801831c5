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

#include "libgkm/gdoi/gdoi_isakmp.h"

#include "samples.h"

/** A header with nothing after it */
#define HEADER "0001020304050607 08090a0b0c0d0e0f 08 10 21 01 01020304 0000001c"

START_TEST(header_is_read_and_written_as_on_the_wire)
{
	chunk_t data = unhex(HEADER), built, cookies;
	bio_writer_t *writer = bio_writer_create(0);
	gdoi_header_t header;

	ck_assert(gdoi_header_parse(data, &header));
	cookies = chunk_from_thing(header.cookies);
	ck_assert(chunk_equals(cookies, chunk_create(data.ptr, 16)));
	ck_assert_int_eq(header.next, GDOI_PLD_HASH);
	ck_assert_int_eq(header.exchange, GDOI_PUSH);
	ck_assert_int_eq(header.flags, GDOI_FLAG_ENCRYPTED);
	ck_assert_int_eq(header.mid, 0x01020304);
	ck_assert_int_eq(header.length, GDOI_HEADER_LEN);

	gdoi_header_build(writer, &header);
	built = writer->get_buf(writer);
	ck_assert(chunk_equals(built, data));
	writer->destroy(writer);
	chunk_free(&data);
}
END_TEST

START_TEST(header_of_another_length_or_version_is_refused)
{
	chunk_t data = unhex(HEADER), changed;
	gdoi_header_t header;
	size_t len;

	for (len = 0; len < data.len; len++)
	{
		changed = chunk_clone(chunk_create(data.ptr, len));
		ck_assert_msg(!gdoi_header_parse(changed, &header),
					  "accepted with %zu octets", len);
		chunk_free(&changed);
	}
	changed = chunk_cat("cc", data, chunk_from_chars(0x00));
	ck_assert(!gdoi_header_parse(changed, &header));
	chunk_free(&changed);

	data.ptr[17] = 0x11;
	ck_assert(!gdoi_header_parse(data, &header));
	data.ptr[17] = 0x20;
	ck_assert(!gdoi_header_parse(data, &header));
	chunk_free(&data);
}
END_TEST

/** HASH, NONCE, ID */
#define CHAIN "0a 00 0006 aaaa" "05 00 0004" "00 00 0009 0b000000 01"

START_TEST(chain_of_payloads_is_split)
{
	static struct {
		uint8_t type;
		size_t offset, len;
	} expected[] = {
		{ GDOI_PLD_HASH, 0, 6 },
		{ GDOI_PLD_NONCE, 6, 4 },
		{ GDOI_PLD_ID, 10, 9 },
	};
	array_t *payloads = array_create(sizeof(gdoi_payload_t), 0);
	chunk_t data = unhex(CHAIN);
	gdoi_payload_t payload;
	gkm_error_t err = {};
	int i;

	ck_assert_msg(gdoi_payloads_parse(GDOI_PLD_HASH, data, 0, payloads, &err),
				  "%s", err.text);
	ck_assert_int_eq(array_count(payloads), countof(expected));
	for (i = 0; i < countof(expected); i++)
	{
		ck_assert(array_get(payloads, i, &payload));
		ck_assert_int_eq(payload.type, expected[i].type);
		ck_assert(payload.whole.ptr == data.ptr + expected[i].offset);
		ck_assert_int_eq(payload.whole.len, expected[i].len);
		ck_assert(payload.body.ptr == payload.whole.ptr + GDOI_GENERIC_LEN);
		ck_assert_int_eq(payload.body.len, expected[i].len - GDOI_GENERIC_LEN);
	}
	array_destroy(payloads);
	chunk_free(&data);
}
END_TEST

/**
 * Split a chain
 */
static bool split(chunk_t data, size_t padding, gkm_error_t *err)
{
	array_t *payloads = array_create(sizeof(gdoi_payload_t), 0);
	bool success;

	*err = (gkm_error_t){};
	success = gdoi_payloads_parse(GDOI_PLD_HASH, data, padding, payloads, err);
	array_destroy(payloads);
	return success;
}

START_TEST(chain_cut_short_is_refused)
{
	chunk_t data = unhex(CHAIN), cut;
	gkm_error_t err;
	size_t len;

	for (len = 0; len < data.len; len++)
	{
		cut = chunk_clone(chunk_create(data.ptr, len));
		ck_assert_msg(!split(cut, 16, &err), "accepted with %zu octets", len);
		ck_assert_msg(strpfx(err.text, "payload of type "), "%s", err.text);
		chunk_free(&cut);
	}
	chunk_free(&data);
}
END_TEST

START_TEST(padding_may_follow_as_far_as_the_caller_allows)
{
	chunk_t data = unhex(CHAIN "000000");
	gkm_error_t err;

	ck_assert(!split(data, 0, &err));
	ck_assert_str_eq(err.text, "3 octets after the last payload");
	ck_assert(!split(data, 2, &err));
	ck_assert_msg(split(data, 3, &err), "%s", err.text);
	ck_assert_msg(split(data, 16, &err), "%s", err.text);
	chunk_free(&data);
}
END_TEST

START_TEST(generic_header_is_checked)
{
	static char *bad[] = {
		"00 01 0004",
		"00 00 0003",
		"00 00 0000",
		"00 00 0005",
		"00 00 ffff",
	};
	chunk_t data = unhex(bad[_i]);
	gkm_error_t err;

	ck_assert_msg(!split(data, 16, &err), "%s is accepted", bad[_i]);
	ck_assert_msg(strpfx(err.text, "payload of type 8: length "), "%s",
				  err.text);
	chunk_free(&data);
}
END_TEST

START_TEST(number_of_payloads_is_limited)
{
	bio_writer_t *writer = bio_writer_create(0);
	gkm_error_t err;
	int i;

	for (i = 1; i < GDOI_PAYLOADS_MAX; i++)
	{
		gdoi_payload_build(writer, GDOI_PLD_VID, chunk_empty);
	}
	gdoi_payload_build(writer, GDOI_PLD_NONE, chunk_empty);
	ck_assert_msg(split(writer->get_buf(writer), 0, &err), "%s", err.text);
	writer->get_buf(writer).ptr[writer->get_buf(writer).len - 4] = GDOI_PLD_VID;
	gdoi_payload_build(writer, GDOI_PLD_NONE, chunk_empty);
	ck_assert(!split(writer->get_buf(writer), 0, &err));
	ck_assert_str_eq(err.text, "more than 512 payloads");
	writer->destroy(writer);
}
END_TEST

START_TEST(payload_is_written_as_on_the_wire)
{
	bio_writer_t *writer = bio_writer_create(0);
	chunk_t expected = unhex("05 00 0008 00000007");

	gdoi_payload_build(writer, GDOI_PLD_ID, chunk_skip(expected, 4));
	ck_assert(chunk_equals(writer->get_buf(writer), expected));
	writer->destroy(writer);
	chunk_free(&expected);
}
END_TEST

/**
 * Split the sample chain, as an array to be destroyed
 */
static array_t *split_chain(chunk_t data)
{
	array_t *payloads = array_create(sizeof(gdoi_payload_t), 0);
	gkm_error_t err = {};

	ck_assert_msg(gdoi_payloads_parse(GDOI_PLD_HASH, data, 0, payloads, &err),
				  "%s", err.text);
	return payloads;
}

START_TEST(chain_of_payloads_is_written_as_on_the_wire)
{
	chunk_t data = unhex(CHAIN), built;
	array_t *payloads = split_chain(data), *added;
	gdoi_payload_t payload;
	gkm_error_t err = {};
	int i;

	added = array_create(sizeof(gdoi_payload_t), 0);
	for (i = 0; array_get(payloads, i, &payload); i++)
	{
		gdoi_payloads_add(added, payload.type, chunk_clone(payload.body));
	}
	ck_assert_msg(gdoi_payloads_build(added, &built, &err), "%s", err.text);
	ck_assert_msg(chunk_equals(built, data), "%+B", &built);
	gdoi_payloads_clear(added);
	array_destroy(payloads);
	chunk_free(&built);
	chunk_free(&data);
}
END_TEST

START_TEST(body_that_is_too_long_is_not_written)
{
	array_t *payloads = array_create(sizeof(gdoi_payload_t), 0);
	gkm_error_t err = {};
	chunk_t built;

	gdoi_payloads_add(payloads, GDOI_PLD_KD, count_up(0, 65531));
	ck_assert_msg(gdoi_payloads_build(payloads, &built, &err), "%s", err.text);
	ck_assert_int_eq(untoh16(built.ptr + 2), 65535);
	chunk_free(&built);
	gdoi_payloads_add(payloads, GDOI_PLD_KD, count_up(0, 65532));
	ck_assert(!gdoi_payloads_build(payloads, &built, &err));
	ck_assert_str_eq(err.text, "payload of type 17: 65532 octets, at most "
					 "65531 are possible");
	gdoi_payloads_clear(payloads);
}
END_TEST

START_TEST(payloads_of_a_type_are_removed)
{
	chunk_t data = unhex("0d 00 0004" "0d 00 0004" "0a 00 0004" "0d 00 0004"
						 "00 00 0004");
	array_t *payloads = split_chain(data);
	gdoi_payload_t payload;

	gdoi_payloads_remove(payloads, GDOI_PLD_VID);
	ck_assert_int_eq(array_count(payloads), 2);
	ck_assert(array_get(payloads, 0, &payload));
	ck_assert_int_eq(payload.type, GDOI_PLD_HASH);
	ck_assert(array_get(payloads, 1, &payload));
	ck_assert_int_eq(payload.type, GDOI_PLD_NONCE);
	array_destroy(payloads);
	chunk_free(&data);
}
END_TEST

/** A basic attribute, variable ones with two octets and none */
#define ATTRIBUTES "8002 0003" "0004 0002 0e10" "7fff 0000"

START_TEST(attributes_are_read_and_written_as_on_the_wire)
{
	array_t *attributes = array_create(sizeof(gdoi_attribute_t), 0);
	chunk_t data = unhex(ATTRIBUTES), built;
	bio_writer_t *writer = bio_writer_create(0);
	gdoi_attribute_t attribute;
	gkm_error_t err = {};
	int i;

	ck_assert_msg(gdoi_attributes_parse(data, attributes, &err), "%s",
				  err.text);
	ck_assert_int_eq(array_count(attributes), 3);
	for (i = 0; array_get(attributes, i, &attribute); i++)
	{
		ck_assert_int_eq(attribute.basic, i == 0);
		if (attribute.basic)
		{
			ck_assert(!attribute.data.len);
			gdoi_attribute_basic(writer, attribute.type, attribute.value);
		}
		else
		{
			ck_assert_int_eq(attribute.value, 0);
			gdoi_attribute_variable(writer, attribute.type, attribute.data);
		}
	}
	built = writer->get_buf(writer);
	ck_assert(chunk_equals(built, data));
	writer->destroy(writer);
	array_destroy(attributes);
	chunk_free(&data);
}
END_TEST

START_TEST(attributes_cut_short_are_refused)
{
	chunk_t data = unhex(ATTRIBUTES), cut;
	array_t *attributes;
	gkm_error_t err;
	size_t len;
	bool whole;

	for (len = 0; len <= data.len; len++)
	{
		whole = len == 0 || len == 4 || len == 10 || len == 14;
		attributes = array_create(sizeof(gdoi_attribute_t), 0);
		cut = chunk_clone(chunk_create(data.ptr, len));
		err = (gkm_error_t){};
		ck_assert_msg(gdoi_attributes_parse(cut, attributes, &err) == whole,
					  "%zu octets: %s", len, err.text);
		ck_assert_int_eq(!err.text[0], whole);
		chunk_free(&cut);
		array_destroy(attributes);
	}
	chunk_free(&data);
}
END_TEST

START_TEST(number_of_attributes_is_limited)
{
	bio_writer_t *writer = bio_writer_create(0);
	array_t *attributes;
	gkm_error_t err = {};
	int i;

	for (i = 0; i < GDOI_ATTRIBUTES_MAX; i++)
	{
		gdoi_attribute_basic(writer, 1, i);
	}
	attributes = array_create(sizeof(gdoi_attribute_t), 0);
	ck_assert(gdoi_attributes_parse(writer->get_buf(writer), attributes, &err));
	array_destroy(attributes);
	gdoi_attribute_basic(writer, 1, i);
	attributes = array_create(sizeof(gdoi_attribute_t), 0);
	ck_assert(!gdoi_attributes_parse(writer->get_buf(writer), attributes,
									 &err));
	ck_assert_msg(strpfx(err.text, "more than "), "%s", err.text);
	array_destroy(attributes);
	writer->destroy(writer);
}
END_TEST

START_TEST(number_comes_in_either_format)
{
	static struct {
		char *hex;
		bool good;
		uint32_t number;
	} numbers[] = {
		{ "8001 0000", TRUE, 0 },
		{ "8001 ffff", TRUE, 0xffff },
		{ "0001 0001 07", TRUE, 7 },
		{ "0001 0002 0102", TRUE, 0x0102 },
		{ "0001 0003 010203", TRUE, 0x010203 },
		{ "0001 0004 fffffffe", TRUE, 0xfffffffe },
		{ "0001 0005 0000000001", FALSE, },
		{ "0001 0000", FALSE, },
	};
	array_t *attributes = array_create(sizeof(gdoi_attribute_t), 0);
	chunk_t data = unhex(numbers[_i].hex);
	gdoi_attribute_t attribute;
	gkm_error_t err = {};
	uint32_t number;

	ck_assert(gdoi_attributes_parse(data, attributes, &err));
	ck_assert(array_get(attributes, 0, &attribute));
	ck_assert_int_eq(gdoi_attribute_number(&attribute, &number),
					 numbers[_i].good);
	if (numbers[_i].good)
	{
		ck_assert_msg(number == numbers[_i].number, "%s gives %u",
					  numbers[_i].hex, number);
	}
	array_destroy(attributes);
	chunk_free(&data);
}
END_TEST

Suite *gdoi_isakmp_suite()
{
	Suite *suite = suite_create("gdoi_isakmp");
	TCase *tcase;

	tcase = tcase_create("header");
	tcase_add_test(tcase, header_is_read_and_written_as_on_the_wire);
	tcase_add_test(tcase, header_of_another_length_or_version_is_refused);
	suite_add_tcase(suite, tcase);

	tcase = tcase_create("payloads");
	tcase_add_test(tcase, chain_of_payloads_is_split);
	tcase_add_test(tcase, chain_cut_short_is_refused);
	tcase_add_test(tcase, padding_may_follow_as_far_as_the_caller_allows);
	tcase_add_loop_test(tcase, generic_header_is_checked, 0, 5);
	tcase_add_test(tcase, number_of_payloads_is_limited);
	tcase_add_test(tcase, payload_is_written_as_on_the_wire);
	tcase_add_test(tcase, chain_of_payloads_is_written_as_on_the_wire);
	tcase_add_test(tcase, body_that_is_too_long_is_not_written);
	tcase_add_test(tcase, payloads_of_a_type_are_removed);
	suite_add_tcase(suite, tcase);

	tcase = tcase_create("attributes");
	tcase_add_test(tcase, attributes_are_read_and_written_as_on_the_wire);
	tcase_add_test(tcase, attributes_cut_short_are_refused);
	tcase_add_test(tcase, number_of_attributes_is_limited);
	tcase_add_loop_test(tcase, number_comes_in_either_format, 0, 8);
	suite_add_tcase(suite, tcase);
	return suite;
}
