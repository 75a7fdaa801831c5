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
#include "coop_fixture.h"
#include "samples.h"

#include "libgkm/coop/gkm_coop_summary.h"

/** Header of the samples as hex, with a type, and their group */
#define HEADER(type) \
	"01" type "01 00" HEADER_REST
#define HEADER_REST \
	"02 64 01 01" \
	"0102030405060708 0000000000000009 0000000000000003" \
	"1112131415161718 0000018bcfe5687b 0000000000000007" \
	"0a0b0c0d 00000002 00000005 000186a0"
#define GROUP "0001 0008 0b000000 000004d2"

/** The first samples as on the wire */
static char *wire[] = {
	HEADER("01") GROUP "0002 0003 312e30"
	"0003 0015 06 49502d443350 77696e646f772035303030206d73"
	"0003 001b 17 496e7465726f70657261626c652052656b65792041434b 6f6666"
	"0003 0011 08 6b65792074726565 6465677265652034",
	HEADER("02") GROUP,
	"01030d00" HEADER_REST GROUP
	"0004 0035 01000000 0000000000000001 00000000"
	"01 0000 00000003 534173"
	"02 0005 6361726f6c 00000004 68657265"
	"02 0004 64617665 00000000",
};

START_TEST(message_is_written_as_on_the_wire)
{
	gkm_coop_message_t message;
	chunk_t built, expected;

	coop_sample(_i, &message);
	built = gkm_coop_message_build(&message);
	expected = unhex(wire[_i]);
	ck_assert_msg(chunk_equals(built, expected), "%+B instead of %+B", &built,
				  &expected);
	chunk_free(&built);
	chunk_free(&expected);
	gkm_coop_message_clear(&message);
}
END_TEST

static void assert_equal_items(array_t *got, array_t *expected)
{
	gkm_coop_item_t a, b;
	int i;

	ck_assert(!got == !expected);
	ck_assert_int_eq(array_count(got), array_count(expected));
	for (i = 0; i < array_count(got); i++)
	{
		array_get(got, i, &a);
		array_get(expected, i, &b);
		ck_assert_str_eq(a.name, b.name);
		ck_assert_str_eq(a.value, b.value);
	}
}

static void assert_equal_status(gkm_coop_status_t *got,
								gkm_coop_status_t *expected)
{
	ck_assert_int_eq(got->version, expected->version);
	ck_assert(got->capabilities == expected->capabilities);
	ck_assert_int_eq(got->id, expected->id);
	ck_assert_int_eq(got->priority, expected->priority);
	ck_assert_int_eq(got->duty, expected->duty);
	ck_assert_int_eq(got->primary, expected->primary);
	ck_assert(got->boot == expected->boot);
	ck_assert(got->seq == expected->seq);
	ck_assert(got->epoch == expected->epoch);
	ck_assert(got->lineage == expected->lineage);
	ck_assert(got->now == expected->now);
	ck_assert(got->applied == expected->applied);
	ck_assert_int_eq(got->requests, expected->requests);
	ck_assert_int_eq(got->own_members, expected->own_members);
	ck_assert_int_eq(got->members, expected->members);
}

START_TEST(what_is_written_is_read)
{
	gkm_coop_message_t message, got;
	gkm_error_t err = {};
	chunk_t data;

	coop_sample(_i, &message);
	data = gkm_coop_message_build(&message);
	ck_assert_msg(gkm_coop_message_parse(data, &got, &err), "%s", err.text);
	ck_assert_int_eq(got.type, message.type);
	ck_assert_int_eq(got.flags, message.flags);
	ck_assert(got.group->equals(got.group, message.group));
	ck_assert(streq(got.software, message.software));
	assert_equal_status(&got.status, &message.status);
	assert_equal_items(got.items, message.items);
	ck_assert_int_eq(got.kind, message.kind);
	ck_assert(got.transaction == message.transaction);
	ck_assert_int_eq(got.part, message.part);
	assert_equal_chunks(got.records, message.records, "message", "records");
	chunk_free(&data);
	gkm_coop_message_clear(&got);
	gkm_coop_message_clear(&message);
}
END_TEST

/**
 * A message has to be refused for a reason, and leave nothing behind
 */
static void assert_refused(chunk_t data, char *reason)
{
	gkm_coop_message_t got, none = {};
	gkm_error_t err = {};

	ck_assert_msg(!gkm_coop_message_parse(data, &got, &err), "accepted, and "
				  "not refused with '%s'", reason);
	ck_assert_msg(strstr(err.text, reason), "'%s' instead of '%s'", err.text,
				  reason);
	ck_assert(memeq(&got, &none, sizeof(got)));
}

/**
 * A message of hex digits has to be refused
 */
static void refuse(char *hex, char *reason)
{
	chunk_t data = unhex(hex);

	assert_refused(data, reason);
	chunk_free(&data);
}

START_TEST(truncated_message_is_refused_or_has_fewer_attributes)
{
	gkm_coop_message_t message;
	gkm_error_t err = {};
	chunk_t data, cut, built;

	coop_sample(_i, &message);
	data = gkm_coop_message_build(&message);
	gkm_coop_message_clear(&message);
	for (cut = data; cut.len--;)
	{	/* a clone, so that the sanitizer sees reads beyond the end */
		built = chunk_clone(cut);
		if (!gkm_coop_message_parse(built, &message, &err))
		{
			chunk_free(&built);
			assert_refused(cut, "");
			continue;
		}
		chunk_free(&built);
		ck_assert_msg(message.type == GKM_COOP_HELLO, "accepted with %zu of "
					  "%zu octets", cut.len, data.len);
		built = gkm_coop_message_build(&message);
		assert_equal_chunks(built, cut, "message", "rest");
		chunk_free(&built);
		gkm_coop_message_clear(&message);
	}
	chunk_free(&data);
}
END_TEST

/** Octets of a header that are refused, and what the reason says */
static struct {
	size_t offset;
	uint8_t value;
	char *reason;
} fields[] = {
	{ 0, 0, "version 0, only 1 is known" },
	{ 0, 2, "version 2, only 1 is known" },
	{ 1, 0, "unknown type 0" },
	{ 1, 5, "unknown type 5" },
	{ 4, 0, "key server 0," },
	{ 4, 9, "key server 9," },
	{ 5, 0, "priority 0," },
	{ 6, 3, "duty 3," },
	{ 7, 9, "primary 9," },
	{ 40, 1, "out of range" },
	{ 41, 1, "out of range" },
};

START_TEST(header_out_of_range_is_refused)
{
	chunk_t data = unhex(HEADER("02") GROUP);

	data.ptr[fields[_i].offset] = fields[_i].value;
	assert_refused(data, fields[_i].reason);
	chunk_free(&data);
}
END_TEST

START_TEST(unknown_flags_and_attributes_are_passed_over)
{
	chunk_t data = unhex(HEADER("02") "8001 0000" GROUP "0005 0003 aabbcc");
	gkm_coop_message_t got;
	gkm_error_t err = {};

	data.ptr[2] = 0xf1;
	data.ptr[3] = 0xff;
	ck_assert_msg(gkm_coop_message_parse(data, &got, &err), "%s", err.text);
	ck_assert_int_eq(got.flags, GKM_COOP_REPLY_REQUESTED);
	ck_assert(!got.items && !got.software && !got.records.len);
	gkm_coop_message_clear(&got);
	chunk_free(&data);
}
END_TEST

/** Header of records, and of an attribute with them */
#define RECORDS(len) HEADER("03") GROUP "0004" len

/** Messages that are refused, and what the reason says */
static struct {
	char *hex;
	char *reason;
} bad[] = {
	{ "", "empty message" },
	{ HEADER("02"), "no group" },
	{ HEADER("02") "0002 0001 31", "no group" },
	{ HEADER("02") GROUP GROUP, "attribute 1 comes twice" },
	{ HEADER("02") "0001 0000", "identity of at least 4 octets" },
	{ HEADER("02") "0001 0004 0b000000", "type 11 with 0 octets" },
	{ HEADER("02") "0001 0006 01000000 c000", "type 1 with 2 octets" },
	{ HEADER("02") GROUP "00", "attribute is cut off" },
	{ HEADER("02") GROUP "0005 0001", "attribute is cut off" },
	{ HEADER("02") GROUP "0002 0000", "version of software of 0 octets" },
	{ HEADER("02") GROUP "0002 0001 0a", "other than printable" },
	{ HEADER("02") GROUP "0002 0001 7f", "other than printable" },
	{ HEADER("02") GROUP "0002 0001 80", "other than printable" },
	{ HEADER("02") GROUP "0002 0001 00", "other than printable" },
	{ HEADER("02") GROUP "0002 0001 31 0002 0001 31",
	  "attribute 2 comes twice" },
	{ HEADER("02") GROUP "0003 0003 01 61 62",
	  "attribute 3 in a message of type 2" },
	{ HEADER("02") GROUP "0004 0010 00000000 0000000000000001 00000000",
	  "attribute 4 in a message of type 2" },
	{ HEADER("01") GROUP "0003 0000", "name of an item is cut off" },
	{ HEADER("01") GROUP "0003 0002 02 61", "name of an item is cut off" },
	{ HEADER("01") GROUP "0003 0002 00 61", "name of an item of 0 octets" },
	{ HEADER("01") GROUP "0003 0002 01 61", "value of an item of 0 octets" },
	{ HEADER("01") GROUP "0003 0003 01 1b 61", "name of an item: other than" },
	{ HEADER("01") GROUP "0003 0003 01 61 1b", "value of an item: other than" },
	{ HEADER("03") GROUP, "no records" },
	{ RECORDS("0000"), "part of records is cut off" },
	{ RECORDS("000f") "00000000 0000000000000001 000000",
	  "part of records is cut off" },
	{ RECORDS("0010") "04000000 0000000000000001 00000000", "kind 4" },
	{ RECORDS("0010") "00000000 0000000000000000 00000000", "transaction 0" },
	{ RECORDS("0010") "00000000 0000000000000001 00000000"
	  "0004 0010 00000000 0000000000000001 00000000",
	  "attribute 4 comes twice" },
};

START_TEST(malformed_message_is_refused)
{
	refuse(bad[_i].hex, bad[_i].reason);
}
END_TEST

/**
 * A text of a length, allocated
 */
static char *create_text(size_t len)
{
	char *text = malloc(len + 1);

	memset(text, 'a', len);
	text[len] = '\0';
	return text;
}

/**
 * Make a message with many items of a size
 */
static void create_hello(gkm_coop_message_t *message, u_int count, size_t len)
{
	gkm_coop_item_t item;

	coop_sample(0, message);
	gkm_coop_summary_destroy(message->items);
	message->items = array_create(sizeof(gkm_coop_item_t), 0);
	while (count--)
	{
		item.name = create_text(GKM_COOP_TEXT_MAX);
		item.value = create_text(len);
		array_insert(message->items, ARRAY_TAIL, &item);
	}
}

START_TEST(items_have_limits)
{
	struct {
		u_int count;
		size_t len;
		char *reason;
	} limits[] = {
		{ GKM_COOP_ITEMS_MAX,		GKM_COOP_TEXT_MAX,		NULL },
		{ GKM_COOP_ITEMS_MAX + 1,	GKM_COOP_TEXT_MAX,
		  "more than 64 items" },
		{ 1,						GKM_COOP_TEXT_MAX + 1,
		  "value of an item of 256 octets" },
	};
	gkm_coop_message_t message, got;
	gkm_error_t err = {};
	chunk_t data;

	create_hello(&message, limits[_i].count, limits[_i].len);
	data = gkm_coop_message_build(&message);
	if (limits[_i].reason)
	{
		assert_refused(data, limits[_i].reason);
	}
	else
	{
		ck_assert_msg(gkm_coop_message_parse(data, &got, &err), "%s", err.text);
		assert_equal_items(got.items, message.items);
		gkm_coop_message_clear(&got);
	}
	chunk_free(&data);
	gkm_coop_message_clear(&message);
}
END_TEST

START_TEST(parts_have_a_limit)
{
	gkm_coop_message_t message, got;
	gkm_error_t err = {};
	chunk_t data;

	coop_sample(2, &message);
	chunk_free(&message.records);
	message.records = count_up(0, GKM_COOP_CHUNK_MAX + _i);
	data = gkm_coop_message_build(&message);
	if (_i)
	{
		assert_refused(data, "part of records of 6161 octets");
	}
	else
	{
		ck_assert_msg(gkm_coop_message_parse(data, &got, &err), "%s", err.text);
		assert_equal_chunks(got.records, message.records, "message", "records");
		gkm_coop_message_clear(&got);
	}
	chunk_free(&data);
	gkm_coop_message_clear(&message);
}
END_TEST

Suite *gkm_coop_message_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gkm_coop_message");

	tc = tcase_create("good");
	tcase_add_loop_test(tc, message_is_written_as_on_the_wire, 0,
						countof(wire));
	tcase_add_loop_test(tc, what_is_written_is_read, 0, COOP_SAMPLES);
	tcase_add_test(tc, unknown_flags_and_attributes_are_passed_over);
	suite_add_tcase(s, tc);

	tc = tcase_create("bad");
	tcase_add_loop_test(tc,
						truncated_message_is_refused_or_has_fewer_attributes, 0,
						COOP_SAMPLES);
	tcase_add_loop_test(tc, header_out_of_range_is_refused, 0, countof(fields));
	tcase_add_loop_test(tc, malformed_message_is_refused, 0, countof(bad));
	suite_add_tcase(s, tc);

	tc = tcase_create("limits");
	tcase_add_loop_test(tc, items_have_limits, 0, 3);
	tcase_add_loop_test(tc, parts_have_a_limit, 0, 2);
	suite_add_tcase(s, tc);

	return s;
}
