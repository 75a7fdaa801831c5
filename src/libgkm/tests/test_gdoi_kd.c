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

#include <bio/bio_writer.h>

#include "libgkm/gdoi/gdoi_isakmp.h"
#include "libgkm/gdoi/gdoi_kd.h"
#include "libgkm/gdoi/gdoi_key_packet.h"
#include "libgkm/gdoi/gdoi_sa.h"
#include "libgkm/group/gkm_algs.h"

#include "gdoi_samples.h"

/** SPI of the rekey SA of samples, and IV and key of 256 bits */
#define SPI "0102030405060708090a0b0c0d0e0f10"
#define KEK \
	"404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f" \
	"606162636465666768696a6b6c6d6e6f"

/** Keys of the first data SA: AES of 256 bits, HMAC with SHA-256 */
#define ENCR \
	"a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf"
#define INTEG \
	"c0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedf"

/** Key packets of the sample with these */
#define KEK_PACKET	"02 00 00a8 10" SPI "0001 0030" KEK "0002 005b" ECDSA_KEY
#define TEK_PACKET	"01 00 0051 04 c0000001 0001 0020" ENCR "0002 0020" INTEG

/** Sample that these are from */
#define SAMPLE "ESP and rekey SA"

/**
 * Samples, and KD payloads as RFC 6407, 5.6, lays them out
 */
static struct {
	const char *sample;
	const char *hex;
} vectors[] = {
	{ SAMPLE, "0002 0000" KEK_PACKET TEK_PACKET },
	{ "IPv6, port, sender IDs of 12 bits",
	  "0003 0000" KEK_PACKET
	  "01 00 0030 04 c0000001 0001 0023" ENCR "c0c1c2"
	  "04 00 000f 00 8001 000c 0002 0002 0abc" },
	/* LKH ID 7 as it is in the member's array, the key of the rekey SA above */
	{ "key tree of one key, 3DES, no data SA",
	  "0001 0000"
	  "03 00 00dc 10" SPI
	  "0001 0064 01 0002 00"
	  "0007 02 00 00000000 00000000 00000001 0000000000000000"
	  "0102030405060708090a0b0c0d0e0f101112131415161718"
	  "f800 02 00 00000000 00000000 01020304"
	  "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
	  "0003 005b" ECDSA_KEY },
	/* of IEC 61850: AES-CBC and HMAC, AES-GCM, AES-GMAC, HMAC */
	{ "IEC 61850",
	  "0004 0000"
	  "01 00 0041 04 c0000001 0001 0010 a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"
	  "0002 0020"
	  "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
	  "01 00 0031 04 c0000002 0001 0024"
	  "a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4"
	  "01 00 0021 04 c0000003 0002 0014"
	  "a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5"
	  "01 00 004d 04 c0000004 0002 0040"
	  "a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2"
	  "c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2" },
};

START_TEST(payload_is_laid_out_as_in_the_rfc)
{
	chunk_t expected = unhex(vectors[_i].hex), body;
	gkm_download_t *download;
	gdoi_format_t format;
	gkm_error_t err = {};

	gdoi_format_init(&format);
	download = gdoi_sample_create(gdoi_sample_find(vectors[_i].sample));
	ck_assert_msg(gdoi_kd_build(download, &format, &body, &err), "%s: %s",
				  vectors[_i].sample, err.text);
	ck_assert_msg(chunk_equals(body, expected), "%s: %#B\ninstead of %#B",
				  vectors[_i].sample, &body, &expected);
	chunk_clear(&body);
	chunk_free(&expected);
	gkm_download_destroy(download);
}
END_TEST

/**
 * Make what the SA payload of a sample gives
 */
static gkm_download_t *create_policy(const char *sample)
{
	gkm_download_t *download, *policy;
	gdoi_format_t format;
	gkm_error_t err = {};
	chunk_t sa;

	gdoi_format_init(&format);
	download = gdoi_sample_create(gdoi_sample_find(sample));
	ck_assert_msg(gdoi_sa_build(download, &format, &sa, &err), "%s: %s",
				  sample, err.text);
	policy = gdoi_sa_parse(sa, &format, FALSE, &err);
	ck_assert_msg(policy, "%s: %s", sample, err.text);
	gkm_download_destroy(download);
	chunk_free(&sa);
	return policy;
}

/**
 * KD payloads to refuse with the SA payload of a sample, and a part of the
 * reason
 */
static struct {
	const char *sample;
	const char *hex;
	const char *reason;
} refused[] = {
	/* frame */
	{ SAMPLE, "", "incomplete" },
	{ SAMPLE, "0002 00", "incomplete" },
	{ SAMPLE, "0003 0000" KEK_PACKET TEK_PACKET, "incomplete key packet" },
	{ SAMPLE, "0001 0000" KEK_PACKET TEK_PACKET, "after the last key packet" },
	{ SAMPLE, "0002 0000" KEK_PACKET TEK_PACKET "00", "1 octets after" },
	{ SAMPLE, "0001 0000 01 00 0003", "incomplete key packet" },
	{ SAMPLE, "0001 0000 01 00 0004", "key packet of 4 octets" },
	{ SAMPLE, "0001 0000 01 00 0008 04 c00000", "key packet of 8 octets" },
	{ SAMPLE, "0001 0000 05 00 0005 00", "key packet of type 5" },
	{ SAMPLE, "0001 0000 00 00 0005 00", "key packet of type 0" },
	/* data SAs (5.6.1) */
	{ SAMPLE, "0001 0000" KEK_PACKET, "no key of SA 0xc0000001" },
	{ SAMPLE, "0003 0000" KEK_PACKET TEK_PACKET TEK_PACKET,
	  "second key of SA" },
	{ SAMPLE, "0002 0000" KEK_PACKET
			  "01 00 0051 04 c0000002 0001 0020" ENCR "0002 0020" INTEG,
	  "key without SA" },
	{ SAMPLE, "0002 0000" KEK_PACKET
			  "01 00 0050 03 c00000 0001 0020" ENCR "0002 0020" INTEG,
	  "key without SA" },
	{ SAMPLE, "0002 0000" KEK_PACKET
			  "01 00 002d 04 c0000001 0001 0020" ENCR,
	  "32 octets instead of 64" },
	{ SAMPLE, "0002 0000" KEK_PACKET
			  "01 00 0051 04 c0000001 0001 0021" ENCR "c0 0002 001f"
			  "c0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcddde",
	  "encryption key of 33 octets instead of 32" },
	{ SAMPLE, "0002 0000" KEK_PACKET "01 00 0009 04 c0000001",
	  "0 octets instead of 64" },
	{ SAMPLE, "0002 0000" KEK_PACKET
			  "01 00 0056 04 c0000001 0001 0020" ENCR "0002 0020" INTEG
			  "0003 0001 00", "attribute 3 in key packet of type 1" },
	{ SAMPLE, "0002 0000" KEK_PACKET
			  "01 00 0055 04 c0000001 0001 0020" ENCR "0002 0020" INTEG
			  "0002 0000", "attribute 2 in key packet of type 1" },
	{ SAMPLE, "0002 0000" KEK_PACKET
			  "01 00 0051 04 c0000001 0001 0021" ENCR "0002 0020" INTEG,
	  "attribute" },
	/* rekey SA (5.6.2) */
	{ SAMPLE, "0001 0000" TEK_PACKET, "no key of the rekey SA" },
	{ SAMPLE, "0003 0000" KEK_PACKET KEK_PACKET TEK_PACKET,
	  "second key packet of type 2" },
	{ SAMPLE, "0002 0000" TEK_PACKET
			  "02 00 00a8 10 0102030405060708090a0b0c0d0e0f11 0001 0030" KEK
			  "0002 005b" ECDSA_KEY, "rekey key without SA" },
	{ SAMPLE, "0002 0000" TEK_PACKET "02 00 0049 10" SPI "0001 0030" KEK,
	  "no SIG_ALGORITHM_KEY" },
	{ SAMPLE, "0002 0000" TEK_PACKET
			  "02 00 0074 10" SPI "0002 005b" ECDSA_KEY,
	  "no key of the rekey SA" },
	{ SAMPLE, "0002 0000" TEK_PACKET
			  "02 00 0098 10" SPI "0001 0020" ENCR "0002 005b" ECDSA_KEY,
	  "32 octets instead of 48" },
	{ SAMPLE, "0002 0000" TEK_PACKET
			  "02 00 00ac 10" SPI "0001 0030" KEK "0002 005b" ECDSA_KEY
			  "0003 0000", "attribute 3 in key packet of type 2" },
	{ SAMPLE, "0002 0000" TEK_PACKET
			  "02 00 00ac 10" SPI "0001 0030" KEK "0002 005b" ECDSA_KEY
			  "0001 0000", "attribute 1 in key packet of type 2" },
	{ SAMPLE, "0002 0000" TEK_PACKET
			  "02 00 004d 10" SPI "0001 0030" KEK "0002 0000",
	  "empty SIG_ALGORITHM_KEY" },
	{ SAMPLE, "0002 0000" TEK_PACKET
			  "02 00 0051 10" SPI "0001 0030" KEK "0002 0004 04020000",
	  "neither SubjectPublicKeyInfo nor RSAPublicKey" },
	{ SAMPLE, "0002 0000" TEK_PACKET
			  "02 00 0173 10" SPI "0001 0030" KEK "0002 0126" RSA_KEY,
	  "rekey SA: RSA key" },
	{ "IEC 61850", "0001 0000" KEK_PACKET, "rekey key without SA" },
	/* key tree (5.6.3) */
	{ SAMPLE, "0003 0000" KEK_PACKET TEK_PACKET "03 00 0019 10" SPI
			  "0002 0000", "attribute 2 in key packet of type 3" },
	{ SAMPLE, "0004 0000" KEK_PACKET TEK_PACKET "03 00 0015 10" SPI
			  "03 00 0015 10" SPI, "second key packet of type 3" },
	{ SAMPLE, "0003 0000" KEK_PACKET TEK_PACKET "03 00 0019 10" SPI
			  "0004 0000", "attribute 4 in key packet of type 3" },
	{ SAMPLE, "0003 0000" KEK_PACKET TEK_PACKET
			  "03 00 0059 10" SPI
			  "0001 0040 01 0001 00 f800 03 00 00000000 00000000 01020304"
			  "4142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f60"
			  "6162636465666768696a6b6c",
	  "incomplete key" },
	{ SAMPLE, "0003 0000" KEK_PACKET TEK_PACKET
			  "03 00 005d 10" SPI
			  "0001 0044 01 0001 00 f800 03 00 00000000 00000000 01020304"
			  "4142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f60"
			  "6162636465666768696a6b6c6d6e6f70",
	  "two keys of the rekey SA" },
	{ SAMPLE, "0003 0000" KEK_PACKET TEK_PACKET
			  "03 00 001a 10" SPI "0003 0001 30", "different" },
	/* sender IDs (5.6.4) */
	{ SAMPLE, "0003 0000" KEK_PACKET TEK_PACKET "04 00 0009 00 8001 0010",
	  "without sender IDs" },
	{ SAMPLE, "0003 0000" KEK_PACKET TEK_PACKET "04 00 000a 00 0002 0001 00",
	  "of 0 bits" },
	{ SAMPLE, "0003 0000" KEK_PACKET TEK_PACKET
			  "04 00 0012 04 00000000 8001 0008 0002 0001 00", "with an SPI" },
	{ SAMPLE, "0003 0000" KEK_PACKET TEK_PACKET
			  "04 00 000f 00 8001 0008 0002 0002 0100", "hasn't 8 bits" },
	{ SAMPLE, "0003 0000" KEK_PACKET TEK_PACKET
			  "04 00 000f 00 8001 0021 0002 0002 0001", "33 bits" },
	{ SAMPLE, "0003 0000" KEK_PACKET TEK_PACKET
			  "04 00 000f 00 8001 0000 0002 0002 0001", "0 bits" },
	{ SAMPLE, "0003 0000" KEK_PACKET TEK_PACKET
			  "04 00 000d 00 8001 0008 0002 0000", "hasn't 8 bits" },
	{ SAMPLE, "0003 0000" KEK_PACKET TEK_PACKET
			  "04 00 0012 00 8001 0008 8003 0001 0002 0001 00",
	  "attribute 3 in key packet of type 4" },
	{ SAMPLE, "0004 0000" KEK_PACKET TEK_PACKET
			  "04 00 000e 00 8001 0008 0002 0001 00"
			  "04 00 000e 00 8001 0008 0002 0001 01", "again" },
};

START_TEST(payload_that_is_not_as_the_rfc_says_is_refused)
{
	gkm_download_t *download = create_policy(refused[_i].sample);
	chunk_t body = unhex(refused[_i].hex);
	gkm_error_t err = {};

	ck_assert_msg(!gdoi_kd_parse(download, body, FALSE, &err),
				  "%d: accepted, in spite of '%s'", _i, refused[_i].reason);
	ck_assert_msg(err.text[0] && strstr(err.text, refused[_i].reason),
				  "%d: '%s' instead of '%s'", _i, err.text,
				  refused[_i].reason);
	chunk_clear(&body);
	gkm_download_destroy(download);
}
END_TEST

START_TEST(packets_may_come_in_any_order_and_say_the_same_twice)
{
	const char *payloads[] = {
		"0002 0000" TEK_PACKET KEK_PACKET,
		/* the key of the rekey SA in an array as well */
		"0003 0000" KEK_PACKET TEK_PACKET
		"03 00 005d 10" SPI
		"0001 0044 01 0001 00 f800 03 00 00000000 00000000 01020304" KEK,
		"0003 0000 03 00 0074 10" SPI "0003 005b" ECDSA_KEY
		KEK_PACKET TEK_PACKET,
	};
	gkm_download_t *download = create_policy(SAMPLE), *expected;
	chunk_t body = unhex(payloads[_i]);
	gkm_error_t err = {};

	expected = gdoi_sample_create(gdoi_sample_find(SAMPLE));
	ck_assert_msg(gdoi_kd_parse(download, body, FALSE, &err), "%d: %s", _i,
				  err.text);
	assert_equal_gdoi(download, expected, payloads[_i]);
	chunk_clear(&body);
	gkm_download_destroy(expected);
	gkm_download_destroy(download);
}
END_TEST

START_TEST(sender_of_a_counter_mode_needs_sender_ids)
{
	struct {
		const char *sample;
		bool sender;
		bool ids;
		bool accepted;
		gkm_direction_t direction;
	} cases[] = {
		{ "counter modes, sender IDs of 16 bits",	TRUE,	TRUE,	TRUE },
		{ "counter modes, sender IDs of 16 bits",	TRUE,	FALSE,	FALSE },
		/* the key server says that it doesn't send */
		{ "counter modes, sender IDs of 16 bits",	TRUE,	FALSE,	TRUE,
		  GKM_RECEIVER_ONLY },
		{ "counter modes, sender IDs of 16 bits",	TRUE,	FALSE,	FALSE,
		  GKM_SENDER_ONLY },
		{ "counter modes, sender IDs of 16 bits",	FALSE,	FALSE,	TRUE },
		{ "IPv6, port, sender IDs of 12 bits",		TRUE,	FALSE,	FALSE },
		{ SAMPLE,									TRUE,	FALSE,	TRUE },
		{ "IEC 61850",								TRUE,	FALSE,	TRUE },
	};
	gkm_download_t *download, *policy = create_policy(cases[_i].sample);
	gdoi_format_t format;
	gkm_error_t err = {};
	gkm_data_sa_t *sa;
	chunk_t body;
	void *id;
	int i;

	gdoi_format_init(&format);
	for (i = 0; array_get(policy->sas, i, &sa); i++)
	{
		sa->direction = cases[_i].direction;
	}
	download = gdoi_sample_create(gdoi_sample_find(cases[_i].sample));
	while (!cases[_i].ids && array_remove(download->sender_ids, ARRAY_HEAD,
										  &id))
	{
		free(id);
	}
	ck_assert_msg(gdoi_kd_build(download, &format, &body, &err), "%s",
				  err.text);
	ck_assert_msg(gdoi_kd_parse(policy, body, cases[_i].sender, &err) ==
				  cases[_i].accepted, "%d: %s", _i, err.text);
	chunk_clear(&body);
	gkm_download_destroy(download);
	gkm_download_destroy(policy);
}
END_TEST

START_TEST(sender_ids_that_do_not_fit_are_not_written)
{
	uint16_t bits[] = { 0, 33 };
	gkm_download_t *download;
	gdoi_format_t format;
	gkm_error_t err = {};
	chunk_t body;

	gdoi_format_init(&format);
	download = gdoi_sample_create(
					gdoi_sample_find("counter modes, sender IDs of 16 bits"));
	download->sender_id_bits = bits[_i];
	ck_assert(!gdoi_kd_build(download, &format, &body, &err));
	ck_assert_msg(strstr(err.text, "sender IDs of"), "%s", err.text);
	gkm_download_destroy(download);
}
END_TEST

START_TEST(keys_of_a_wrong_length_are_not_written)
{
	gkm_download_t *download = gdoi_sample_create(_i % 2 ? 0 :
					gdoi_sample_find("key tree, keys of 192 bits"));
	gdoi_format_t format;
	gkm_error_t err = {};
	gkm_data_sa_t *sa;
	chunk_t body;

	gdoi_format_init(&format);
	if (_i < 2)
	{
		download->rekey->key.len--;
	}
	else
	{
		array_get(download->sas, 0, &sa);
		sa->key.len--;
	}
	ck_assert(!gdoi_kd_build(download, &format, &body, &err));
	ck_assert_msg(strstr(err.text, "octets instead of"), "%s", err.text);
	gkm_download_destroy(download);
}
END_TEST

START_TEST(rsa_key_is_sent_in_either_form_and_read_as_the_same)
{
	const char *name = "RSA and 3DES, any source, no end";
	gkm_download_t *download, *policy = create_policy(name);
	gdoi_format_t format;
	gkm_error_t err = {};
	chunk_t body, key;

	download = gdoi_sample_create(gdoi_sample_find(name));
	gdoi_format_init(&format);
	format.pkcs1_key = _i;
	ck_assert_msg(gdoi_kd_build(download, &format, &body, &err), "%s",
				  err.text);
	/* RSAPublicKey is what comes after 24 octets of SubjectPublicKeyInfo */
	key = download->rekey->auth_key;
	ck_assert(untoh16(body.ptr + 4 + 21 + 36 + 2) == key.len - (_i ? 24 : 0));
	key = chunk_skip(key, _i ? 24 : 0);
	ck_assert(memeq(body.ptr + 4 + 21 + 36 + 4, key.ptr, key.len));
	ck_assert_msg(gdoi_kd_parse(policy, body, FALSE, &err), "%s", err.text);
	assert_equal_gdoi(policy, download, name);
	chunk_clear(&body);
	gkm_download_destroy(download);
	gkm_download_destroy(policy);
}
END_TEST

START_TEST(sender_ids_are_limited_in_number)
{
	gkm_download_t *download, *policy = create_policy(SAMPLE);
	int i, count = GDOI_SENDER_IDS_MAX + _i;
	gdoi_format_t format;
	gkm_error_t err = {};
	uint32_t *id;
	chunk_t body;

	gdoi_format_init(&format);
	download = gdoi_sample_create(gdoi_sample_find(SAMPLE));
	download->sender_id_bits = 16;
	for (i = 0; i < count; i++)
	{
		id = malloc_thing(uint32_t);
		*id = i;
		array_insert(download->sender_ids, ARRAY_TAIL, id);
	}
	ck_assert_msg(gdoi_kd_build(download, &format, &body, &err), "%s",
				  err.text);
	ck_assert_msg(gdoi_kd_parse(policy, body, TRUE, &err) == (_i == 0), "%s",
				  err.text);
	if (_i == 0)
	{
		assert_equal_gdoi(policy, download, "sender IDs");
	}
	chunk_clear(&body);
	gkm_download_destroy(download);
	gkm_download_destroy(policy);
}
END_TEST

/**
 * Make the update that an SA payload of GROUPKEY-PUSH gives
 */
static gkm_update_t *create_update(const char *sample)
{
	gkm_update_t *update = gkm_update_create();

	gkm_download_destroy(update->download);
	update->download = create_policy(sample);
	return update;
}

START_TEST(rekey_has_new_keys_of_data_sas_and_rekey_sa)
{
	gkm_update_t *update = gkm_update_create(), *got = create_update(SAMPLE);
	chunk_t expected = unhex(vectors[0].hex), body;
	gdoi_format_t format;
	gkm_error_t err = {};

	gdoi_format_init(&format);
	gkm_download_destroy(update->download);
	update->download = gdoi_sample_create(gdoi_sample_find(SAMPLE));
	ck_assert_msg(gdoi_kd_build_update(update, &format, &body, &err), "%s",
				  err.text);
	ck_assert(chunk_equals(body, expected));
	ck_assert_msg(gdoi_kd_parse_update(got, body, NULL, &err), "%s", err.text);
	assert_equal_gdoi(got->download, update->download, "update");
	ck_assert(!got->excluded);
	chunk_clear(&body);
	chunk_free(&expected);
	gkm_update_destroy(update);
	gkm_update_destroy(got);
}
END_TEST

START_TEST(rekey_without_new_key_for_signatures_leaves_the_current_one)
{
	chunk_t body = unhex("0002 0000" TEK_PACKET
						 "02 00 0049 10" SPI "0001 0030" KEK);
	gkm_update_t *update = create_update(SAMPLE);
	gkm_error_t err = {};

	ck_assert_msg(gdoi_kd_parse_update(update, body, NULL, &err), "%s",
				  err.text);
	ck_assert(update->download->rekey->key.len);
	ck_assert(!update->download->rekey->auth_key.len);
	chunk_clear(&body);
	gkm_update_destroy(update);
}
END_TEST

START_TEST(sender_ids_in_a_rekey_are_refused)
{
	chunk_t body = unhex("0003 0000" KEK_PACKET TEK_PACKET
						 "04 00 000e 00 8001 0008 0002 0001 00");
	gkm_update_t *update = create_update(SAMPLE);
	gkm_error_t err = {};

	ck_assert(!gdoi_kd_parse_update(update, body, NULL, &err));
	ck_assert_msg(strstr(err.text, "in GROUPKEY-PUSH"), "%s", err.text);
	chunk_clear(&body);
	gkm_update_destroy(update);
}
END_TEST

START_TEST(sender_ids_are_not_written_to_a_rekey)
{
	const char *name = "IPv6, port, sender IDs of 12 bits";
	gkm_update_t *update = gkm_update_create(), *got = create_update(name);
	gdoi_format_t format;
	gkm_error_t err = {};
	chunk_t body;

	gdoi_format_init(&format);
	gkm_download_destroy(update->download);
	update->download = gdoi_sample_create(gdoi_sample_find(name));
	ck_assert_msg(gdoi_kd_build_update(update, &format, &body, &err), "%s",
				  err.text);
	ck_assert_msg(gdoi_kd_parse_update(got, body, NULL, &err), "%s", err.text);
	ck_assert_int_eq(array_count(got->download->sender_ids), 0);
	chunk_clear(&body);
	gkm_update_destroy(update);
	gkm_update_destroy(got);
}
END_TEST

START_TEST(data_sas_are_not_sent_with_keys_of_a_key_tree)
{
	gkm_kwk_t *kwk = gdoi_sample_kwk(1, 1, 32);
	gkm_update_t *update = gkm_update_create();
	gdoi_format_t format;
	gkm_error_t err = {};
	chunk_t body;

	gdoi_format_init(&format);
	gkm_download_destroy(update->download);
	update->download = gdoi_sample_create(gdoi_sample_find(SAMPLE));
	array_insert_create(&update->kwks, ARRAY_TAIL, kwk);
	ck_assert(!gdoi_kd_build_update(update, &format, &body, &err));
	ck_assert_msg(strstr(err.text, "excludes members"), "%s", err.text);
	gkm_update_destroy(update);
	gkm_kwk_destroy(kwk);
}
END_TEST

START_TEST(rekey_key_in_an_array_is_only_for_members_that_hold_a_key)
{
	const char *name = "key tree of one key, 3DES, no data SA";
	gkm_kwk_t *kwk = gdoi_sample_kwk(6, 0x1001, 24), *held;
	gkm_update_t *update = gkm_update_create(), *got = create_update(name);
	gdoi_format_t format;
	gkm_error_t err = {};
	array_t *path;
	chunk_t body;

	gdoi_format_init(&format);
	gkm_download_destroy(update->download);
	update->download = gdoi_sample_create(gdoi_sample_find(name));
	array_insert_create(&update->kwks, ARRAY_TAIL, kwk);
	ck_assert_msg(gdoi_kd_build_update(update, &format, &body, &err), "%s",
				  err.text);
	path = array_create(0, 0);
	held = gdoi_sample_kwk(6, 0x1001, 24);
	held->id += _i;
	array_insert(path, ARRAY_TAIL, held);
	ck_assert_msg(gdoi_kd_parse_update(got, body, path, &err), "%s", err.text);
	ck_assert_int_eq(got->excluded, _i);
	if (_i)
	{
		ck_assert_int_eq(got->download->rekey->key.len, 0);
	}
	else
	{
		ck_assert(chunk_equals(got->download->rekey->key,
							   update->download->rekey->key));
	}
	ck_assert(chunk_equals(got->download->rekey->auth_key,
						   update->download->rekey->auth_key));
	gkm_kwk_destroy(held);
	array_destroy(path);
	chunk_clear(&body);
	gkm_update_destroy(update);
	gkm_update_destroy(got);
	gkm_kwk_destroy(kwk);
}
END_TEST

START_TEST(key_packet_of_more_than_its_length_can_say_is_not_written)
{
	bio_writer_t *attributes = bio_writer_create(0);
	chunk_t key = count_up(0, UINT16_MAX);
	gkm_error_t err = {};

	gdoi_attribute_variable(attributes, GDOI_TEK_ALGORITHM_KEY, key);
	ck_assert(!gdoi_key_packet_build(GDOI_KD_TEK, chunk_empty, attributes,
									 &err).len);
	ck_assert_msg(strstr(err.text, "key packet of 65544 octets"), "%s",
				  err.text);
	attributes->destroy(attributes);
	chunk_free(&key);
}
END_TEST

Suite *gdoi_kd_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gdoi_kd");

	tc = tcase_create("registration");
	tcase_add_loop_test(tc, payload_is_laid_out_as_in_the_rfc, 0,
						countof(vectors));
	tcase_add_loop_test(tc, payload_that_is_not_as_the_rfc_says_is_refused, 0,
						countof(refused));
	tcase_add_loop_test(tc,
				packets_may_come_in_any_order_and_say_the_same_twice, 0, 3);
	tcase_add_loop_test(tc, keys_of_a_wrong_length_are_not_written, 0, 4);
	tcase_add_loop_test(tc, rsa_key_is_sent_in_either_form_and_read_as_the_same,
						0, 2);
	tcase_add_test(tc,
				key_packet_of_more_than_its_length_can_say_is_not_written);
	suite_add_tcase(s, tc);

	tc = tcase_create("sender IDs");
	tcase_add_loop_test(tc, sender_of_a_counter_mode_needs_sender_ids, 0, 8);
	tcase_add_loop_test(tc, sender_ids_that_do_not_fit_are_not_written, 0, 2);
	tcase_add_loop_test(tc, sender_ids_are_limited_in_number, 0, 2);
	suite_add_tcase(s, tc);

	tc = tcase_create("rekey");
	tcase_add_test(tc, rekey_has_new_keys_of_data_sas_and_rekey_sa);
	tcase_add_test(tc,
				rekey_without_new_key_for_signatures_leaves_the_current_one);
	tcase_add_test(tc, sender_ids_in_a_rekey_are_refused);
	tcase_add_test(tc, sender_ids_are_not_written_to_a_rekey);
	tcase_add_test(tc, data_sas_are_not_sent_with_keys_of_a_key_tree);
	tcase_add_loop_test(tc,
				rekey_key_in_an_array_is_only_for_members_that_hold_a_key, 0,
				2);
	suite_add_tcase(s, tc);

	return s;
}
