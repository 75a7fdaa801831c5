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

#include "libgkm/gikev2/gikev2_attribute.h"
#include "libgkm/gikev2/gikev2_substructure.h"
#include "libgkm/gikev2/gikev2_transform.h"
#include "libgkm/gikev2/gikev2_ts.h"

#include "samples.h"

/**
 * What the small structures have in common, to try them in one way
 */
typedef enum {
	ATTRIBUTE,
	TRANSFORM,
	SELECTOR,
	SUBSTRUCTURE,
} part_t;

/**
 * Read a structure and write it again
 */
static bool reparse(part_t part, gikev2_input_t *in, bio_reader_t *reader,
					bio_writer_t *writer)
{
	gikev2_substructure_t sub;
	gikev2_transform_t transform;
	gikev2_attribute_t attr;
	traffic_selector_t *ts;
	proposal_t *none;

	switch (part)
	{
		case ATTRIBUTE:
			if (!gikev2_attribute_parse(in, reader, &attr))
			{
				return FALSE;
			}
			if (attr.tv)
			{
				gikev2_attribute_build_tv(writer, attr.type,
										  untoh16(attr.value.ptr));
			}
			else
			{
				gikev2_attribute_build_tlv(writer, attr.type, attr.value);
			}
			return TRUE;
		case TRANSFORM:
			if (!gikev2_transform_parse(in, reader, &transform))
			{
				return FALSE;
			}
			none = proposal_create(PROTO_ESP, 1);
			gikev2_transforms_build(writer, none, &transform, 1);
			none->destroy(none);
			return TRUE;
		case SELECTOR:
			ts = gikev2_ts_parse(in, reader);
			if (!ts)
			{
				return FALSE;
			}
			gikev2_ts_build(writer, ts);
			ts->destroy(ts);
			return TRUE;
		case SUBSTRUCTURE:
			if (!gikev2_substructure_parse(in, reader, &sub))
			{
				return FALSE;
			}
			gikev2_substructure_build(writer, &sub);
			return TRUE;
	}
	return FALSE;
}

/**
 * Structures as they are on the wire
 */
static struct {
	part_t part;
	const char *hex;
} good[] = {
	{ ATTRIBUTE, "800e 0100" },
	{ ATTRIBUTE, "ffff 0000" },
	{ ATTRIBUTE, "0001 0004 00015180" },
	{ ATTRIBUTE, "0003 0000" },
	{ TRANSFORM, "00 00 0008 03 00 000c" },
	{ TRANSFORM, "00 00 000c 01 00 0014 800e 0100" },
	{ TRANSFORM, "00 00 0018 0e 00 0002 0012 000c " ECDSA_SHA256 },
	{ SELECTOR, "07 00 0010 0000 ffff 0a000000 0affffff" },
	{ SELECTOR, "07 11 0010 0350 0350 efc00001 efc00001" },
	{ SELECTOR, "07 06 0010 ffff 0000 0a000001 0a000001" },
	{ SELECTOR, "07 01 0010 0800 08ff 0a000000 0affffff" },
	{ SELECTOR, "08 11 0028 0000 ffff "
				"20010db8000000000000000000000000"
				"20010db8ffffffffffffffffffffffff" },
	{ SUBSTRUCTURE, "03 04 000a c0000001 1234" },
	{ SUBSTRUCTURE, "02 04 0008 00000100" },
	{ SUBSTRUCTURE, "06 10 0015 0102030405060708 090a0b0c0d0e0f10 ff" },
	{ SUBSTRUCTURE, "00 00 0004" },
	{ SUBSTRUCTURE, "00 00 0008 8001 000a" },
};

START_TEST(structure_is_read_and_written_as_on_the_wire)
{
	chunk_t data = unhex(good[_i].hex), built;
	gkm_error_t err = {};
	gikev2_input_t in = { "test", data, &err };
	bio_reader_t *reader = bio_reader_create(data);
	bio_writer_t *writer = bio_writer_create(64);

	ck_assert_msg(reparse(good[_i].part, &in, reader, writer), "%s: %s",
				  good[_i].hex, err.text);
	ck_assert_msg(!reader->remaining(reader), "%s: %u octets not read",
				  good[_i].hex, reader->remaining(reader));
	built = writer->get_buf(writer);
	ck_assert_msg(chunk_equals(built, data), "%s becomes %+B", good[_i].hex,
				  &built);
	writer->destroy(writer);
	reader->destroy(reader);
	chunk_free(&data);
}
END_TEST

START_TEST(structure_cut_short_is_refused)
{
	chunk_t data = unhex(good[_i].hex), cut;
	bio_reader_t *reader;
	bio_writer_t *writer;
	gkm_error_t err;
	size_t len;

	for (len = 0; len < data.len; len++)
	{
		cut = chunk_clone(chunk_create(data.ptr, len));
		err = (gkm_error_t){};
		gikev2_input_t in = { "test", cut, &err };
		reader = bio_reader_create(cut);
		writer = bio_writer_create(64);
		ck_assert_msg(!reparse(good[_i].part, &in, reader, writer),
					  "%s: accepted with %zu octets", good[_i].hex, len);
		ck_assert_msg(strpfx(err.text, "test payload: octet "),
					  "%s with %zu octets: '%s'", good[_i].hex, len, err.text);
		writer->destroy(writer);
		reader->destroy(reader);
		chunk_free(&cut);
	}
	chunk_free(&data);
}
END_TEST

/**
 * Structures that are refused, and what the message says
 */
static struct {
	part_t part;
	const char *hex;
	const char *what;
} bad[] = {
	{ ATTRIBUTE, "0001 0005 00015180", "value of 5 octets, but only 4" },
	{ TRANSFORM, "01 00 0008 03 00 000c", "followed by 1" },
	{ TRANSFORM, "02 00 0008 03 00 000c", "followed by 2" },
	{ TRANSFORM, "00 00 0007 03 00 000c", "length of 7" },
	{ TRANSFORM, "00 00 0009 03 00 000c", "length of 9" },
	{ TRANSFORM, "00 00 000a 03 00 000c 0000", "octet 8: attribute of" },
	{ TRANSFORM, "00 00 000c 01 00 0014 800e 0000", "key length of 0" },
	{ TRANSFORM, "00 00 0010 01 00 0014 800e 0100 800e 0080",
	  "octet 12: second key length" },
	{ TRANSFORM, "00 00 000e 01 00 0014 000e 0002 0100", "TLV format" },
	{ TRANSFORM, "00 00 000c 0e 00 0002 8012 0001", "TV format" },
	{ TRANSFORM, "00 00 000c 0e 00 0002 0012 0000", "empty" },
	{ TRANSFORM, "00 00 0012 0e 00 0002 0012 0001 30 0012 0001 30",
	  "octet 13: second signature" },
	{ SELECTOR, "09 00 0010 0000 ffff 0a000000 0affffff", "type 9" },
	{ SELECTOR, "07 00 000f 0000 ffff 0a000000 0affffff", "length of 15" },
	{ SELECTOR, "07 00 0011 0000 ffff 0a000000 0affffff", "length of 17" },
	{ SELECTOR, "08 00 0010 0000 ffff 0a000000 0affffff", "length of 16" },
	{ SELECTOR, "07 00 0010 0000 ffff 0b000000 0a000000", "ends before" },
	{ SELECTOR, "07 11 0010 0351 0350 0a000000 0affffff", "ports 849 to 848" },
	{ SELECTOR, "07 11 0010 ffff 0001 0a000000 0affffff", "ports 65535 to 1" },
	{ SUBSTRUCTURE, "01 08 0010 0102030405060708 00000000", "protocol 1" },
	{ SUBSTRUCTURE, "04 04 0008 c0000001", "protocol 4" },
	{ SUBSTRUCTURE, "03 10 0018 0102030405060708090a0b0c0d0e0f10 00000000",
	  "SPI of 16 octets instead of 4" },
	{ SUBSTRUCTURE, "06 04 0008 c0000001", "SPI of 4 octets instead of 16" },
	{ SUBSTRUCTURE, "03 04 0007 c0000001", "length of 7" },
	{ SUBSTRUCTURE, "03 04 0009 c0000001", "length of 9" },
	{ SUBSTRUCTURE, "00 00 0003", "length of 3" },
	{ SUBSTRUCTURE, "03 04 0008 00000000", "reserved" },
	{ SUBSTRUCTURE, "03 04 0008 000000ff", "reserved" },
	{ SUBSTRUCTURE, "06 10 0014 0000000000000000 090a0b0c0d0e0f10",
	  "reserved" },
	{ SUBSTRUCTURE, "06 10 0014 0102030405060708 0000000000000000",
	  "reserved" },
};

START_TEST(structure_that_makes_no_sense_is_refused)
{
	chunk_t data = unhex(bad[_i].hex);
	gkm_error_t err = {};
	gikev2_input_t in = { "test", data, &err };
	bio_reader_t *reader = bio_reader_create(data);
	bio_writer_t *writer = bio_writer_create(64);

	ck_assert_msg(!reparse(bad[_i].part, &in, reader, writer), "%s accepted",
				  bad[_i].hex);
	ck_assert_msg(strstr(err.text, bad[_i].what), "%s: '%s' instead of '%s'",
				  bad[_i].hex, err.text, bad[_i].what);
	writer->destroy(writer);
	reader->destroy(reader);
	chunk_free(&data);
}
END_TEST

START_TEST(reserved_octets_are_ignored)
{
	chunk_t data = unhex("00 ff 000c 01 ff 0014 800e 0100 00 ff 0004");
	gkm_error_t err = {};
	gikev2_input_t in = { "test", data, &err };
	bio_reader_t *reader = bio_reader_create(data);
	gikev2_transform_t transform;
	gikev2_substructure_t sub;

	ck_assert_msg(gikev2_transform_parse(&in, reader, &transform), "%s",
				  err.text);
	ck_assert_msg(transform.last && transform.type == ENCRYPTION_ALGORITHM &&
				  transform.id == ENCR_AES_GCM_ICV16 &&
				  transform.key_size == 256, "transform of type %u, ID %u, "
				  "key length %u", transform.type, transform.id,
				  transform.key_size);
	ck_assert_msg(gikev2_substructure_parse(&in, reader, &sub), "%s",
				  err.text);
	ck_assert_msg(sub.protocol == PROTO_NONE && !sub.spi.len,
				  "protocol %u, SPI of %zu octets", sub.protocol, sub.spi.len);
	reader->destroy(reader);
	chunk_free(&data);
}
END_TEST

START_TEST(message_counts_octets_from_the_start_of_the_body)
{
	chunk_t data = unhex("800e 0100 0001 0004 00015180 0002 0009 00");
	gkm_error_t err = {};
	gikev2_input_t in = { "KD", data, &err };
	bio_reader_t *reader = bio_reader_create(data);
	gikev2_attribute_t attr;

	ck_assert(gikev2_attribute_parse(&in, reader, &attr));
	ck_assert(gikev2_attribute_parse(&in, reader, &attr));
	ck_assert(!gikev2_attribute_parse(&in, reader, &attr));
	ck_assert_msg(strpfx(err.text, "KD payload: octet 12: attribute 2 "),
				  "'%s'", err.text);
	reader->destroy(reader);
	chunk_free(&data);
}
END_TEST

Suite *gikev2_parts_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gikev2_parts");
	tc = tcase_create("structures");
	tcase_add_loop_test(tc, structure_is_read_and_written_as_on_the_wire, 0,
						countof(good));
	tcase_add_loop_test(tc, structure_cut_short_is_refused, 0, countof(good));
	tcase_add_loop_test(tc, structure_that_makes_no_sense_is_refused, 0,
						countof(bad));
	tcase_add_test(tc, reserved_octets_are_ignored);
	tcase_add_test(tc, message_counts_octets_from_the_start_of_the_body);
	suite_add_tcase(s, tc);
	return s;
}
