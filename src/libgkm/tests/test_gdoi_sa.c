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
#include "libgkm/gdoi/gdoi_sa.h"
#include "libgkm/group/gkm_algs.h"

#include "gdoi_samples.h"

/** Parts of SAK payloads: all but attributes, and these */
#define SAK_TS		"01 0350 04 c0000201 01 0350 04 efc00001"
#define SPI			"0102030405060708090a0b0c0d0e0f10"
#define SAK_HEAD	"11" SAK_TS SPI "00000000"
#define ALG			"8002 0003 8003 0100"
#define SIG			"8005 0003 8006 0004"
#define SAK_ATTRS	ALG "0004 0004 00015180" SIG "8007 0100"

/** Parts of SAT payloads: the same */
#define SAT_TS		"04 0000 08 0a000000 ff000000 04 0000 08 ef010000 ffff0000"
#define SAT_HEAD	"01 00" SAT_TS "0c c0000001"
#define LIFE		"8001 0001 0002 0004 00000e10"
#define ALGS		"8005 0005 8006 0100"
#define SAT_ATTRS	LIFE "8004 0001" ALGS

/** Object identifier of IEC 61850, with its length */
#define OID			"0d 060b2a8648ce5683e31a080102"

/** Types of SA attribute payloads */
#define SAK 15
#define SAT 16
#define GAP 22

/**
 * SA payload as SA attribute payloads, which generic headers are added to
 */
typedef struct {
	struct {
		uint8_t type;
		const char *body;
	} parts[3];
} payload_t;

/**
 * Write an SA payload
 */
static chunk_t write_payload(payload_t *payload)
{
	bio_writer_t *writer = bio_writer_create(0);
	chunk_t body;
	int i;

	writer->write_uint32(writer, 2);
	writer->write_uint32(writer, 0);
	writer->write_uint16(writer, payload->parts[0].type);
	writer->write_uint16(writer, 0);
	for (i = 0; i < countof(payload->parts) && payload->parts[i].body; i++)
	{
		body = unhex(payload->parts[i].body);
		gdoi_payload_build(writer, i + 1 < countof(payload->parts) ?
						   payload->parts[i + 1].type : 0, body);
		chunk_free(&body);
	}
	body = writer->extract_buf(writer);
	writer->destroy(writer);
	return body;
}

/**
 * Read an SA payload
 */
static gkm_download_t *read_payload(payload_t *payload, bool push,
									gkm_error_t *err)
{
	chunk_t body = write_payload(payload);
	gkm_download_t *download;
	gdoi_format_t format;

	gdoi_format_init(&format);
	download = gdoi_sa_parse(body, &format, push, err);
	chunk_free(&body);
	return download;
}

/**
 * Read a SAT payload that has to be accepted
 */
static gkm_download_t *read_sat(const char *sat)
{
	payload_t payload = {
		.parts = { { SAT, sat } },
	};
	gkm_download_t *download;
	gkm_error_t err = {};

	download = read_payload(&payload, FALSE, &err);
	ck_assert_msg(download, "%s: %s", sat, err.text);
	return download;
}

/**
 * Read a SAK payload that has to be accepted
 */
static gkm_download_t *read_sak(const char *sak, bool push)
{
	payload_t payload = {
		.parts = { { SAK, sak } },
	};
	gkm_download_t *download;
	gkm_error_t err = {};

	download = read_payload(&payload, push, &err);
	ck_assert_msg(download, "%s: %s", sak, err.text);
	return download;
}

/**
 * Samples, and SA payloads as RFC 6407, 5.1 to 5.5, and RFC 8052, 2.2, lay
 * them out
 */
static struct {
	const char *sample;
	const char *hex;
} vectors[] = {
	{ "ESP and rekey SA",
	  "00000002 00000000 000f 0000"
	  "10 00 0045" SAK_HEAD SAK_ATTRS
	  "00 00 003b" SAT_HEAD SAT_ATTRS },
	{ "AH, delays, IP delay detection",
	  "00000002 00000000 000f 0000"
	  "16 00 0049" SAK_HEAD "8002 0003 8003 0080 0004 0004 00015180"
			"8005 0003 8006 0004 8007 0100 8009 0003"
	  "10 00 0018 8001 000a 8002 003c 8080 0001 0081 0004 00000bb8"
	  "10 00 0037 02 00" SAT_TS "07 c0000001" LIFE "8004 0002 8005 0007"
	  "00 00 0037 02 00" SAT_TS "09 c0000002 8001 0001 0002 0004 0000003c"
			"8004 0001 8005 0009" },
	{ "RSA and 3DES, any source, no end",
	  "00000002 00000000 000f 0000"
	  "10 00 0045" SAK_HEAD "8002 0002 0004 0004 00015180 8005 0003 8006 0001"
			"8007 0800 8009 0001"
	  "00 00 0037 01 00 04 0000 08 00000000 00000000"
			"04 0000 08 ef010000 ffff0000 0b c0000001"
			"8001 0001 0002 0004 ffffffff 8004 0002 8005 0006" },
	{ "IPv6, port, sender IDs of 12 bits",
	  "00000002 00000000 000f 0000"
	  "10 00 005d 11 05 0350 10 20010db8000000000000000000000001"
			"05 0350 10 ff150000000000000000000000000001" SPI "00000000"
			SAK_ATTRS
	  "00 00 0057 01 11"
			"08 0000 20 20010db8000000000000000000000001"
			"20010db800000000000000000000fffe"
			"05 138c 10 ff150000000000000000000000000002 0e c0000001"
			"8001 0001 0002 0004 0000003c 8004 0001 8006 0100" },
	{ "IEC 61850",
	  "00000002 00000000 0010 0000"
	  "10 00 0021 03" OID "0000 c0000001 0002 0002 00000e10"
	  "10 00 002d 03" OID "0000 c0000002 0001 0005 0000a8c0"
			"0001 0004 00000ce4 8002 0064"
	  "10 00 002d 03" OID "0008 a00680010181010c c0000003 0004 0001 00000000"
			"8002 0000"
	  "00 00 0021 03" OID "0000 c0000004 0007 0001 00000001" },
};

START_TEST(payload_is_laid_out_as_in_the_rfcs)
{
	int sample = gdoi_sample_find(vectors[_i].sample);
	chunk_t expected = unhex(vectors[_i].hex), body;
	gdoi_format_t format;
	gkm_download_t *download;
	gkm_error_t err = {};

	gdoi_format_init(&format);
	download = gdoi_sample_create(sample);
	ck_assert_msg(gdoi_sa_build(download, &format, &body, &err), "%s: %s",
				  vectors[_i].sample, err.text);
	ck_assert_msg(chunk_equals(body, expected), "%s: %#B\ninstead of %#B",
				  vectors[_i].sample, &body, &expected);
	chunk_free(&body);
	chunk_free(&expected);
	gkm_download_destroy(download);
}
END_TEST

START_TEST(payload_that_was_written_is_read_as_the_same)
{
	gkm_download_t *download = gdoi_sample_create(_i), *got;
	chunk_t sa = chunk_empty, kd = chunk_empty;
	gdoi_format_t format;
	gkm_error_t err = {};

	gdoi_format_init(&format);
	ck_assert_msg(gdoi_sample_build(download, &format, &sa, &kd, &err),
				  "%s: %s", gdoi_sample_name(_i), err.text);
	got = gdoi_sample_parse(sa, kd, &format, gdoi_sample_is_sender(_i), &err);
	ck_assert_msg(got, "%s: %s", gdoi_sample_name(_i), err.text);
	assert_equal_gdoi(got, download, gdoi_sample_name(_i));
	gkm_download_destroy(got);
	gkm_download_destroy(download);
	chunk_free(&sa);
	chunk_clear(&kd);
}
END_TEST

/**
 * Is there a GAP payload of that length in an SA payload, or with 0, none?
 */
static bool has_gap(chunk_t sa, size_t len)
{
	gdoi_payload_t payload;
	gkm_error_t err = {};
	array_t *payloads;
	bool found = FALSE;
	int i;

	payloads = array_create(sizeof(payload), 0);
	ck_assert_msg(gdoi_payloads_parse(untoh16(sa.ptr + 8), chunk_skip(sa, 12),
									  0, payloads, &err), "%s", err.text);
	for (i = 0; array_get(payloads, i, &payload); i++)
	{
		if (payload.type == GAP)
		{
			ck_assert(!found);
			found = TRUE;
			ck_assert_msg(!len || payload.body.len == len, "%zu octets",
						  payload.body.len);
		}
	}
	array_destroy(payloads);
	return found == (len != 0);
}

START_TEST(member_is_sent_what_it_understands_only)
{
	gkm_download_t *download, *got;
	gdoi_format_t format;
	gkm_error_t err = {};
	chunk_t sa;

	download = gdoi_sample_create(
						gdoi_sample_find("AH, delays, IP delay detection"));
	gdoi_format_init(&format);
	format.delays = _i & 1;
	format.d3p = _i & 2;
	format.ack = _i & 4;
	ck_assert_msg(gdoi_sa_build(download, &format, &sa, &err), "%s", err.text);
	ck_assert(has_gap(sa, (_i & 1 ? 8 : 0) + (_i & 2 ? 12 : 0)));
	got = gdoi_sa_parse(sa, &format, FALSE, &err);
	ck_assert_msg(got, "%s", err.text);
	ck_assert_int_eq(got->atd, _i & 1 ? 10 : 0);
	ck_assert_int_eq(got->dtd, _i & 1 ? 60 : 0);
	ck_assert_int_eq(got->d3p.window, _i & 2 ? 3000 : 0);
	ck_assert_int_eq(got->rekey->ack, _i & 4 ? GKM_ACK_KEK_SHA512
											 : GKM_ACK_NONE);
	gkm_download_destroy(got);
	gkm_download_destroy(download);
	chunk_free(&sa);
}
END_TEST

START_TEST(numbers_of_ip_delay_detection_can_be_chosen)
{
	gkm_download_t *download, *got;
	gdoi_format_t format, standard;
	gkm_error_t err = {};
	chunk_t sa;

	download = gdoi_sample_create(
						gdoi_sample_find("AH, delays, IP delay detection"));
	gdoi_format_init(&standard);
	gdoi_format_init(&format);
	format.d3p_type = 200;
	format.d3p_window = 201;
	ck_assert_msg(gdoi_sa_build(download, &format, &sa, &err), "%s", err.text);
	got = gdoi_sa_parse(sa, &format, FALSE, &err);
	ck_assert_msg(got, "%s", err.text);
	ck_assert_int_eq(got->d3p.type, GKM_D3P_POSIX_TIME);
	ck_assert_int_eq(got->d3p.window, 3000);
	gkm_download_destroy(got);
	ck_assert(!gdoi_sa_parse(sa, &standard, FALSE, &err));
	ck_assert_msg(strstr(err.text, "attribute 200"), "%s", err.text);
	gkm_download_destroy(download);
	chunk_free(&sa);
}
END_TEST

START_TEST(doi_and_situation_are_those_of_the_format_or_of_the_rfc)
{
	struct {
		const char *head;
		bool standard;
		bool other;
	} heads[] = {
		{ "00000002 00000000",	TRUE,	TRUE },
		{ "00000001 00000001",	FALSE,	TRUE },
		{ "00000001 00000000",	FALSE,	FALSE },
		{ "00000002 00000001",	FALSE,	FALSE },
		{ "00000003 00000000",	FALSE,	FALSE },
	};
	gdoi_format_t standard, other;
	gkm_download_t *download;
	gkm_error_t err = {};
	char hex[512];
	chunk_t body;

	gdoi_format_init(&standard);
	gdoi_format_init(&other);
	other.doi = GDOI_DOI_IPSEC;
	other.situation = 1;
	snprintf(hex, sizeof(hex), "%s 0010 0000 00 00 003b %s %s", heads[_i].head,
			 SAT_HEAD, SAT_ATTRS);
	body = unhex(hex);
	download = gdoi_sa_parse(body, &standard, FALSE, &err);
	ck_assert_msg(!download == !heads[_i].standard, "%s: %s", hex, err.text);
	gkm_download_destroy(download);
	download = gdoi_sa_parse(body, &other, FALSE, &err);
	ck_assert_msg(!download == !heads[_i].other, "%s: %s", hex, err.text);
	gkm_download_destroy(download);
	chunk_free(&body);
}
END_TEST

START_TEST(doi_of_the_format_is_written)
{
	gkm_download_t *download = gdoi_sample_create(0);
	gdoi_format_t format;
	gkm_error_t err = {};
	chunk_t sa;

	gdoi_format_init(&format);
	format.doi = GDOI_DOI_IPSEC;
	format.situation = 7;
	ck_assert_msg(gdoi_sa_build(download, &format, &sa, &err), "%s", err.text);
	ck_assert_int_eq(untoh32(sa.ptr), 1);
	ck_assert_int_eq(untoh32(sa.ptr + 4), 7);
	gkm_download_destroy(download);
	chunk_free(&sa);
}
END_TEST

/**
 * Payloads to refuse, and a part of the reason
 */
static struct {
	payload_t payload;
	const char *reason;
} refused[] = {
	/* order and number (RFC 6407, 5.1) */
	{ { { { SAT, SAT_HEAD SAT_ATTRS }, { SAK, SAK_HEAD SAK_ATTRS } } },
	  "type 15 at place 2" },
	{ { { { GAP, "8001 000a" }, { SAK, SAK_HEAD SAK_ATTRS } } },
	  "type 15 at place 2" },
	{ { { { SAT, SAT_HEAD SAT_ATTRS }, { GAP, "8001 000a" } } },
	  "type 22 at place 2" },
	{ { { { SAK, SAK_HEAD SAK_ATTRS }, { SAK, SAK_HEAD SAK_ATTRS } } },
	  "type 15 at place 2" },
	{ { { { GAP, "8001 000a" }, { GAP, "8002 000a" },
		  { SAT, SAT_HEAD SAT_ATTRS } } }, "type 22 at place 2" },
	{ { { { GAP, "8001 000a" } } }, "without any SA" },
	{ { { { SAK, SAK_HEAD SAK_ATTRS }, { 17, "00000000" } } },
	  "type 17 at place 2" },
	{ { { { 17, "00000000" } } }, "SA Attribute Next Payload 17" },
	{ { { { SAT, SAT_HEAD SAT_ATTRS }, { SAT, SAT_HEAD SAT_ATTRS } } },
	  "second data SA with SPI 0xc0000001" },
	{ { { { SAT, SAT_HEAD SAT_ATTRS },
		  { SAT, "02 00" SAT_TS "05 c0000001" LIFE "8004 0001" } } },
	  "second data SA with SPI 0xc0000001" },
	/* SAK (5.3) */
	{ { { { SAK, "06" SAK_TS SPI "00000000" SAK_ATTRS } } }, "aren't UDP" },
	{ { { { SAK, "11 01 0350 04 c0000201 04 0350 08 efc00000 ffff0000" SPI
				 "00000000" SAK_ATTRS } } }, "rekeys to" },
	{ { { { SAK, "11" SAK_TS SPI "00010000" SAK_ATTRS } } },
	  "proof of possession" },
	{ { { { SAK, "11" SAK_TS "0102030405060708090a0b0c0d0e0f" } } },
	  "incomplete" },
	{ { { { SAK, SAK_HEAD SIG } } }, "no KEK_ALGORITHM" },
	{ { { { SAK, SAK_HEAD ALG } } }, "no SIG_ALGORITHM" },
	{ { { { SAK, SAK_HEAD "8002 0003" SIG } } }, "KEK_KEY_LENGTH 0" },
	{ { { { SAK, SAK_HEAD "8002 0003 8003 0081" SIG } } },
	  "KEK_KEY_LENGTH 129" },
	{ { { { SAK, SAK_HEAD "8002 0001" SIG } } }, "KEK_ALGORITHM 1" },
	{ { { { SAK, SAK_HEAD ALG "8006 0001" } } }, "SIG_HASH_ALGORITHM 0" },
	{ { { { SAK, SAK_HEAD ALG "8005 0002 8006 0001" } } },
	  "SIG_HASH_ALGORITHM 2" },
	{ { { { SAK, SAK_HEAD ALG "8005 0003 8006 0005" } } },
	  "SIG_ALGORITHM 5" },
	{ { { { SAK, SAK_HEAD ALG "8005 0003 8006 0002" } } },
	  "SIG_ALGORITHM 2" },
	{ { { { SAK, SAK_HEAD SAK_ATTRS "8002 0003" } } },
	  "second KEK attribute 2" },
	{ { { { SAK, SAK_HEAD SAK_ATTRS "8008 000e" } } }, "KEK attribute 8" },
	{ { { { SAK, SAK_HEAD SAK_ATTRS "800a 0001" } } }, "KEK attribute 10" },
	{ { { { SAK, SAK_HEAD SAK_ATTRS "8080 0001" } } }, "KEK attribute 128" },
	{ { { { SAK, SAK_HEAD ALG SIG "0007 0002 0100" } } },
	  "KEK attribute 7 isn't a basic one" },
	{ { { { SAK, SAK_HEAD ALG SIG "0004 0005 0000000001" } } },
	  "KEK attribute 4 of 5 octets" },
	{ { { { SAK, SAK_HEAD ALG SIG "0004 0004 00000000" } } }, "value 0" },
	{ { { { SAK, SAK_HEAD ALG SIG "0004 0000" } } },
	  "KEK attribute 4 of 0 octets" },
	{ { { { SAK, SAK_HEAD ALG SIG "80" } } }, "incomplete attribute" },
	/* GAP (5.4) */
	{ { { { GAP, "8004 0001" }, { SAT, SAT_HEAD SAT_ATTRS } } },
	  "unknown attribute 4" },
	{ { { { GAP, "8003 0001" }, { SAT, SAT_HEAD SAT_ATTRS } } },
	  "SENDER_ID_REQUEST" },
	{ { { { GAP, "8001 0001 8001 0002" }, { SAT, SAT_HEAD SAT_ATTRS } } },
	  "second attribute 1" },
	{ { { { GAP, "0001 0002 0001" }, { SAT, SAT_HEAD SAT_ATTRS } } },
	  "isn't a basic one" },
	{ { { { GAP, "8080 0001" }, { SAT, SAT_HEAD SAT_ATTRS } } },
	  "window of 0" },
	{ { { { GAP, "8081 0001" }, { SAT, SAT_HEAD SAT_ATTRS } } }, "type 0" },
	{ { { { GAP, "8080 0002 8081 0001" }, { SAT, SAT_HEAD SAT_ATTRS } } },
	  "type 2" },
	/* SAT (5.5) */
	{ { { { SAT, "" } } }, "empty" },
	{ { { { SAT, "04 00" } } }, "Protocol-ID 4" },
	{ { { { SAT, "01" } } }, "incomplete" },
	{ { { { SAT, "01 00" SAT_TS "0c c00000" } } }, "incomplete" },
	{ { { { SAT, "01 00" SAT_TS "0c 00000000" SAT_ATTRS } } }, "SPI 0" },
	{ { { { SAT, "01 00" SAT_TS "02 c0000001" SAT_ATTRS } } },
	  "ESP transform 2" },
	{ { { { SAT, "01 00" SAT_TS "03 c0000001" LIFE "8005 0005" } } },
	  "ESP transform 3" },
	{ { { { SAT, "02 00" SAT_TS "02 c0000001" LIFE } } }, "AH transform 2" },
	{ { { { SAT, "02 00" SAT_TS "05 c0000001" LIFE "8005 0002" } } },
	  "authentication algorithm 2" },
	{ { { { SAT, "02 00" SAT_TS "05 c0000001" LIFE "8006 0100" } } },
	  "key length" },
	{ { { { SAT, SAT_HEAD LIFE } } }, "without an integrity algorithm" },
	{ { { { SAT, SAT_HEAD LIFE "8005 0001" } } },
	  "authentication algorithm 1" },
	{ { { { SAT, "01 00" SAT_TS "14 c0000001" SAT_ATTRS } } },
	  "takes no integrity algorithm" },
	{ { { { SAT, SAT_HEAD LIFE "8005 0005 8006 0200" } } },
	  "key length of 512" },
	{ { { { SAT, SAT_HEAD SAT_ATTRS "800b 0001" } } }, "attribute 11" },
	{ { { { SAT, SAT_HEAD SAT_ATTRS "8007 0001" } } }, "attribute 7" },
	{ { { { SAT, SAT_HEAD SAT_ATTRS "000c 0002 0400" } } }, "attribute 12" },
	{ { { { SAT, SAT_HEAD SAT_ATTRS "8010 0001" } } }, "attribute 16" },
	{ { { { SAT, SAT_HEAD SAT_ATTRS "fd01 0001" } } }, "attribute 32001" },
	{ { { { SAT, SAT_HEAD SAT_ATTRS "800e 0001" } } }, "attribute 14" },
	{ { { { SAT, SAT_HEAD SAT_ATTRS "800e 0002" } } }, "attribute 14" },
	{ { { { SAT, SAT_HEAD SAT_ATTRS "800f 0004" } } }, "attribute 15" },
	{ { { { SAT, SAT_HEAD SAT_ATTRS "8004 0001" } } },
	  "second SA attribute 4" },
	{ { { { SAT, SAT_HEAD LIFE ALGS "8004 0003" } } }, "attribute 4" },
	{ { { { SAT, SAT_HEAD LIFE LIFE ALGS } } }, "second lifetime" },
	{ { { { SAT, SAT_HEAD "8001 0001" ALGS } } }, "without Life Duration" },
	{ { { { SAT, SAT_HEAD ALGS "8001 0001" } } }, "without Life Duration" },
	{ { { { SAT, SAT_HEAD "0002 0004 00000e10" ALGS } } },
	  "without Life Type" },
	{ { { { SAT, SAT_HEAD "8001 0003 0002 0004 00000e10" ALGS } } },
	  "attribute 1 of value 3" },
	{ { { { SAT, SAT_HEAD "8001 0001 0002 0004 00000000" ALGS } } },
	  "lifetime of 0" },
	/* selectors */
	{ { { { SAT, "01 00 04 0000 07 0a000000 ff0000 01 0000 04 ef010203 0c"
				 "c0000001" SAT_ATTRS } } }, "type 4 with 7 octets" },
	{ { { { SAT, "01 00 04 0000 08 0a000000 ff00ff00 01 0000 04 ef010203 0c"
				 "c0000001" SAT_ATTRS } } }, "gaps" },
	{ { { { SAT, "01 00 07 0000 08 0a000001 0a000000 01 0000 04 ef010203 0c"
				 "c0000001" SAT_ATTRS } } }, "ends before" },
	{ { { { SAT, "01 00 02 0000 03 612e62 01 0000 04 ef010203 0c c0000001"
				 SAT_ATTRS } } }, "identification of type 2" },
	{ { { { SAT, "01 00 01 0000 04 0a000001"
				 "05 0000 10 ff150000000000000000000000000001 0c c0000001"
				 SAT_ATTRS } } }, "address families" },
	{ { { { SAT, "01 00 01 0000 04 0a0000" } } }, "incomplete source" },
	/* IEC 61850 (RFC 8052, 2.2) */
	{ { { { SAT, "03" OID "0000 c0000001 0001 0001 00000e10" } } },
	  "encryption 1 with authentication 1" },
	{ { { { SAT, "03" OID "0000 c0000001 0001 0002 00000e10" } } },
	  "encryption 2 with authentication 1" },
	{ { { { SAT, "03" OID "0000 c0000001 0002 0004 00000e10" } } },
	  "encryption 4 with authentication 2" },
	{ { { { SAT, "03" OID "0000 c0000001 0000 0002 00000e10" } } },
	  "authentication algorithm 0" },
	{ { { { SAT, "03" OID "0000 c0000001 0008 0002 00000e10" } } },
	  "authentication algorithm 8" },
	{ { { { SAT, "03" OID "0000 c0000001 0002 0006 00000e10" } } },
	  "encryption algorithm 6" },
	{ { { { SAT, "03" OID "0001 c0000001 0002 0002 00000e10" } } },
	  "incomplete" },
	{ { { { SAT, "03 03 060180 0000 c0000001 0002 0002 00000e10" } } },
	  "malformed object identifier" },
	{ { { { SAT, "03 00 0000 c0000001 0002 0002 00000e10" } } },
	  "malformed object identifier" },
	{ { { { SAT, "03" OID "0000 c0000001 0002 0002 00000e10 8003 0001" } } },
	  "unknown attribute 3" },
	{ { { { SAT, "03" OID "0000 c0000001 0002 0002 00000e10 8002 0065" } } },
	  "percentage" },
	{ { { { SAT, "03" OID "0000 c0000001 0002 0002 00000e10 8001 0001"
				 "8001 0001" } } }, "second attribute 1" },
	{ { { { SAT, "03" OID "0000 00000000 0002 0002 00000e10" } } }, "SPI 0" },
};

START_TEST(payload_that_is_not_as_the_rfcs_say_is_refused)
{
	gkm_download_t *download;
	gkm_error_t err = {};

	download = read_payload(&refused[_i].payload, FALSE, &err);
	ck_assert_msg(!download, "%d: accepted, in spite of '%s'", _i,
				  refused[_i].reason);
	ck_assert_msg(strstr(err.text, refused[_i].reason),
				  "%d: '%s' instead of '%s'", _i, err.text,
				  refused[_i].reason);
}
END_TEST

START_TEST(reserved_octets_and_octets_after_the_last_payload_are_refused)
{
	const char *payloads[] = {
		"00000002 00000000 0010 0001 00 00 003b" SAT_HEAD SAT_ATTRS,
		"00000002 00000000 0010 0000 00 00 003b" SAT_HEAD SAT_ATTRS "00",
		"00000002 00000000 0010 0000 10 00 003b" SAT_HEAD SAT_ATTRS,
		"00000002 00000000 0010 0000 00 01 003b" SAT_HEAD SAT_ATTRS,
		"00000002 00000000 0000 0000",
		"00000002 00000000 0010",
	};
	chunk_t body = unhex(payloads[_i]);
	gdoi_format_t format;
	gkm_error_t err = {};

	gdoi_format_init(&format);
	ck_assert_msg(!gdoi_sa_parse(body, &format, FALSE, &err), "%s accepted",
				  payloads[_i]);
	ck_assert(err.text[0]);
	chunk_free(&body);
}
END_TEST

START_TEST(lifetime_of_a_data_sa_is_that_in_seconds)
{
	struct {
		const char *life;
		uint32_t lifetime;
	} lives[] = {
		{ LIFE, 3600 },
		/* the default (RFC 2407, 4.5) */
		{ "", 28800 },
		/* kilobytes, before or after seconds, or alone */
		{ "8001 0002 0002 0004 00000064" LIFE, 3600 },
		{ LIFE "8001 0002 0002 0004 00000064", 3600 },
		{ "8001 0002 0002 0008 0000000000000064", 28800 },
		{ "8001 0001 8002 0e10", 3600 },
		{ "8001 0001 0002 0004 ffffffff", 0 },
	};
	gkm_download_t *download;
	gkm_data_sa_t *sa;
	char hex[256];

	snprintf(hex, sizeof(hex), "%s %s %s", SAT_HEAD, lives[_i].life, ALGS);
	download = read_sat(hex);
	array_get(download->sas, 0, &sa);
	ck_assert_msg(sa->lifetime == lives[_i].lifetime, "%s: %u", hex,
				  sa->lifetime);
	gkm_download_destroy(download);
}
END_TEST

START_TEST(attributes_that_may_be_left_out_have_their_defaults)
{
	struct {
		const char *sat;
		uint16_t alg;
		uint16_t bits;
		gkm_sn_t sn;
		bool receive_only;
	} sats[] = {
		{ SAT_HEAD "8005 0005", ENCR_AES_CBC, 128, GKM_SN_UNSPECIFIED },
		{ "01 00" SAT_TS "14 c0000001", ENCR_AES_GCM_ICV16, 128,
		  GKM_SN_UNSPECIFIED },
		{ SAT_HEAD ALGS "800e 0004 800f 0003", ENCR_AES_CBC, 256,
		  GKM_SN_UNSPECIFIED },
		{ SAT_HEAD ALGS "800f 0001", ENCR_AES_CBC, 256, GKM_SN_SEQUENTIAL },
		{ SAT_HEAD ALGS "800f 0002", ENCR_AES_CBC, 256, GKM_SN_SEQUENTIAL,
		  TRUE },
		{ SAT_HEAD ALGS "8003 000e 800a 0001", ENCR_AES_CBC, 256,
		  GKM_SN_UNSPECIFIED },
	};
	gkm_download_t *download = read_sat(sats[_i].sat);
	uint16_t alg, bits, sn;
	gkm_data_sa_t *sa;

	array_get(download->sas, 0, &sa);
	ck_assert_int_eq(sa->mode, MODE_TUNNEL);
	ck_assert(sa->receive_only == sats[_i].receive_only);
	ck_assert(sa->proposal->get_algorithm(sa->proposal, ENCRYPTION_ALGORITHM,
										  &alg, &bits));
	ck_assert_int_eq(alg, sats[_i].alg);
	ck_assert_int_eq(bits, sats[_i].bits);
	ck_assert(sa->proposal->get_algorithm(sa->proposal,
									EXTENDED_SEQUENCE_NUMBERS, &sn, NULL));
	ck_assert_int_eq(sn, sats[_i].sn);
	gkm_download_destroy(download);
}
END_TEST

START_TEST(selectors_of_all_types_are_read)
{
	struct {
		const char *ts;
		char *src;
		char *dst;
		uint8_t protocol;
		uint16_t src_port;
		uint16_t dst_port;
	} selectors[] = {
		{ "00 01 0000 04 0a000001 01 0000 04 ef010203", "10.0.0.1-10.0.0.1",
		  "239.1.2.3-239.1.2.3" },
		{ "11 01 0035 04 0a000001 01 138c 04 ef010203", "10.0.0.1-10.0.0.1",
		  "239.1.2.3-239.1.2.3", IPPROTO_UDP, 53, 5004 },
		{ "00 04 0000 08 0a010203 ff000000 01 0000 04 ef010203",
		  "10.0.0.0-10.255.255.255", "239.1.2.3-239.1.2.3" },
		{ "00 04 0000 08 0a010203 fffff000 01 0000 04 ef010203",
		  "10.1.0.0-10.1.15.255", "239.1.2.3-239.1.2.3" },
		{ "00 07 0000 08 0a000001 0a000005 07 0000 08 ef000001 ef000003",
		  "10.0.0.1-10.0.0.5", "239.0.0.1-239.0.0.3" },
		/* anyone (RFC 6407, 5.5.1) */
		{ "00 01 0000 03 000000 01 0000 04 ef010203",
		  "0.0.0.0-255.255.255.255", "239.1.2.3-239.1.2.3" },
		{ "00 00 0000 00 01 0000 04 ef010203", "0.0.0.0-255.255.255.255",
		  "239.1.2.3-239.1.2.3" },
		{ "00 00 0000 00 00 0000 00", "0.0.0.0-255.255.255.255",
		  "0.0.0.0-255.255.255.255" },
		{ "00 00 0000 00 05 0000 10 ff150000000000000000000000000001",
		  "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ff15::1-ff15::1" },
		{ "00 06 0000 20 20010db8000000000000000000000001"
		  "ffffffff000000000000000000000000"
		  "08 0000 20 ff150000000000000000000000000001"
		  "ff150000000000000000000000000003",
		  "2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
		  "ff15::1-ff15::3" },
	};
	traffic_selector_t *src, *dst;
	gkm_download_t *download;
	gkm_data_sa_t *sa;
	host_t *from, *to;
	char hex[512];
	int type;

	snprintf(hex, sizeof(hex), "01 %s 0c c0000001 %s", selectors[_i].ts,
			 SAT_ATTRS);
	download = read_sat(hex);
	array_get(download->sas, 0, &sa);
	ck_assert(host_create_from_range(selectors[_i].src, &from, &to));
	type = from->get_family(from) == AF_INET6 ? TS_IPV6_ADDR_RANGE
											  : TS_IPV4_ADDR_RANGE;
	src = traffic_selector_create_from_bytes(selectors[_i].protocol, type,
				from->get_address(from), selectors[_i].src_port,
				to->get_address(to), selectors[_i].src_port ?: 65535);
	from->destroy(from);
	to->destroy(to);
	ck_assert(host_create_from_range(selectors[_i].dst, &from, &to));
	dst = traffic_selector_create_from_bytes(selectors[_i].protocol, type,
				from->get_address(from), selectors[_i].dst_port,
				to->get_address(to), selectors[_i].dst_port ?: 65535);
	from->destroy(from);
	to->destroy(to);
	ck_assert_msg(sa->src->equals(sa->src, src), "%s: src", hex);
	ck_assert_msg(sa->dst->equals(sa->dst, dst), "%s: dst", hex);
	src->destroy(src);
	dst->destroy(dst);
	gkm_download_destroy(download);
}
END_TEST

START_TEST(selectors_that_gdoi_cannot_say_are_not_written)
{
	struct {
		uint8_t src_protocol;
		uint16_t from;
		uint16_t to;
		const char *reason;
	} selectors[] = {
		{ IPPROTO_UDP, 5004, 5005, "single ports" },
		{ IPPROTO_UDP, 0, 1, "single ports" },
		{ IPPROTO_UDP, 0, 0, "single ports" },
		{ IPPROTO_TCP, 80, 80, "different protocols" },
	};
	gkm_download_t *download = gdoi_sample_create(0);
	gdoi_format_t format;
	gkm_error_t err = {};
	gkm_data_sa_t *sa;
	chunk_t body;

	gdoi_format_init(&format);
	array_get(download->sas, 0, &sa);
	sa->src->destroy(sa->src);
	sa->src = traffic_selector_create_from_cidr("10.0.0.0/8",
								selectors[_i].src_protocol, 0, 65535);
	sa->dst->destroy(sa->dst);
	sa->dst = traffic_selector_create_from_cidr("239.1.0.0/16", IPPROTO_UDP,
								selectors[_i].from, selectors[_i].to);
	ck_assert(!gdoi_sa_build(download, &format, &body, &err));
	ck_assert_msg(strstr(err.text, selectors[_i].reason), "%s", err.text);
	gkm_download_destroy(download);
}
END_TEST

START_TEST(algorithms_without_number_are_not_written)
{
	struct {
		protocol_id_t protocol;
		char *words;
	} proposals[] = {
		{ PROTO_ESP, "chacha20poly1305" },
		{ PROTO_ESP, "aes128-aescmac" },
		{ PROTO_AH, "aescmac" },
	};
	gkm_download_t *download = gdoi_sample_create(0);
	gdoi_format_t format;
	gkm_error_t err = {};
	gkm_data_sa_t *sa;
	chunk_t body;

	gdoi_format_init(&format);
	array_get(download->sas, 0, &sa);
	sa->proposal->destroy(sa->proposal);
	sa->proposal = gkm_data_proposal(proposals[_i].protocol,
									 GKM_SN_UNSPECIFIED, proposals[_i].words,
									 &err);
	ck_assert_msg(sa->proposal, "%s", err.text);
	ck_assert(!gdoi_sa_build(download, &format, &body, &err));
	ck_assert_msg(strstr(err.text, "has no number in GDOI"), "%s", err.text);
	gkm_download_destroy(download);
}
END_TEST

START_TEST(rekey_sa_that_gdoi_cannot_say_is_not_written)
{
	gkm_download_t *download = gdoi_sample_create(0);
	gkm_rekey_sa_t *sa = download->rekey;
	gdoi_format_t format;
	gkm_error_t err = {};
	chunk_t body;

	gdoi_format_init(&format);
	switch (_i)
	{
		case 0:
			sa->auth = GKM_AUTH_IMPLICIT;
			break;
		case 1:
			chunk_free(&sa->sig_alg);
			break;
		case 2:
			/* Ed25519 */
			chunk_free(&sa->sig_alg);
			sa->sig_alg = unhex("300506032b6570");
			break;
		case 3:
			/* an ECDSA key */
			chunk_free(&sa->sig_alg);
			sa->sig_alg = unhex(RSA_SHA256);
			break;
		default:
			sa->proposal->destroy(sa->proposal);
			sa->proposal = gkm_rekey_proposal("aes128gcm16-kw128", &err);
			break;
	}
	ck_assert_msg(!gdoi_sa_build(download, &format, &body, &err),
				  "%d written", _i);
	ck_assert(err.text[0]);
	gkm_download_destroy(download);
}
END_TEST

START_TEST(rekey_sa_is_read_with_its_defaults)
{
	gkm_download_t *download;
	gkm_rekey_sa_t *sa;
	chunk_t sig_alg = unhex(ECDSA_SHA256);

	/* no port, no lifetime, no hash */
	download = read_sak("00 01 0000 04 c0000201 01 0000 04 efc00001" SPI
						"00000000" ALG "8006 0004", FALSE);
	sa = download->rekey;
	ck_assert_int_eq(sa->dst->get_from_port(sa->dst), 848);
	ck_assert_int_eq(sa->dst->get_to_port(sa->dst), 848);
	ck_assert_int_eq(sa->dst->get_protocol(sa->dst), IPPROTO_UDP);
	ck_assert_int_eq(sa->src->get_from_port(sa->src), 0);
	ck_assert_int_eq(sa->src->get_to_port(sa->src), 65535);
	ck_assert_int_eq(sa->lifetime, 0);
	ck_assert_int_eq(sa->ack, GKM_ACK_NONE);
	ck_assert(chunk_equals(sa->sig_alg, sig_alg));
	gkm_download_destroy(download);
	chunk_free(&sig_alg);
}
END_TEST

START_TEST(rekeys_by_unicast_may_have_any_destination)
{
	const char *dsts[] = {
		"00 0350 00", "04 0350 08 00000000 00000000", "01 0350 04 00000000",
	};
	gkm_download_t *download;
	char hex[512];
	host_t *addr;

	snprintf(hex, sizeof(hex), "11 01 0350 04 c0000201 %s %s 00000000 %s",
			 dsts[_i], SPI, SAK_ATTRS);
	download = read_sak(hex, FALSE);
	addr = gkm_rekey_sa_get_address(download->rekey);
	ck_assert(addr->is_anyaddr(addr));
	ck_assert_int_eq(addr->get_port(addr), 848);
	addr->destroy(addr);
	gkm_download_destroy(download);
}
END_TEST

START_TEST(acknowledgement_of_a_type_that_is_not_known_is_not_sent)
{
	gkm_download_t *download;

	download = read_sak(SAK_HEAD SAK_ATTRS "8009 0004", FALSE);
	ck_assert_int_eq(download->rekey->ack, GKM_ACK_LKH_SHA512);
	gkm_download_destroy(download);
	download = read_sak(SAK_HEAD SAK_ATTRS "8009 0005", FALSE);
	ck_assert_int_eq(download->rekey->ack, GKM_ACK_NONE);
	gkm_download_destroy(download);
}
END_TEST

START_TEST(key_management_algorithm_counts_in_rekeys_only)
{
	payload_t payload = {
		.parts = { { SAK, SAK_HEAD SAK_ATTRS "8001 0002" } },
	};
	gkm_error_t err = {};

	gkm_download_destroy(read_sak(payload.parts[0].body, FALSE));
	ck_assert(!read_payload(&payload, TRUE, &err));
	ck_assert_msg(strstr(err.text, "KEK_MANAGEMENT_ALGORITHM 2"), "%s",
				  err.text);
	gkm_download_destroy(read_sak(SAK_HEAD SAK_ATTRS "8001 0001", TRUE));
}
END_TEST

START_TEST(key_management_algorithm_is_sent_with_keys_of_a_key_tree)
{
	gkm_update_t *update = gkm_update_create();
	gkm_kwk_t *kwk = gdoi_sample_kwk(1, 1, 32);
	chunk_t with = unhex("8001 0001"), body;
	gkm_download_t *sample;
	gdoi_format_t format;
	gkm_error_t err = {};

	gdoi_format_init(&format);
	sample = gdoi_sample_create(gdoi_sample_find("ESP and rekey SA"));
	update->download->rekey = sample->rekey;
	sample->rekey = NULL;
	ck_assert_msg(gdoi_sa_build_update(update, &format, &body, &err), "%s",
				  err.text);
	ck_assert(!memmem(body.ptr, body.len, with.ptr, with.len));
	chunk_free(&body);
	array_insert_create(&update->kwks, ARRAY_TAIL, kwk);
	ck_assert_msg(gdoi_sa_build_update(update, &format, &body, &err), "%s",
				  err.text);
	/* the first attribute: headers have 12 and 4 octets */
	ck_assert(memeq(body.ptr + 12 + 4 + 37, with.ptr, with.len));
	chunk_free(&body);
	chunk_free(&with);
	gkm_download_destroy(sample);
	gkm_update_destroy(update);
	gkm_kwk_destroy(kwk);
}
END_TEST

START_TEST(payload_without_any_sa_is_not_written)
{
	gkm_download_t *download = gkm_download_create();
	gdoi_format_t format;
	gkm_error_t err = {};
	chunk_t body;

	gdoi_format_init(&format);
	download->atd = 1;
	ck_assert(!gdoi_sa_build(download, &format, &body, &err));
	ck_assert_msg(strstr(err.text, "without any SA"), "%s", err.text);
	gkm_download_destroy(download);
}
END_TEST

START_TEST(data_sas_are_limited_in_number)
{
	gkm_download_t *download = gdoi_sample_create(0), *got;
	gkm_data_sa_t *sa, *next;
	gdoi_format_t format;
	gkm_error_t err = {};
	chunk_t body;
	int i;

	gdoi_format_init(&format);
	array_get(download->sas, 0, &sa);
	for (i = 1; i < GDOI_SAS_MAX; i++)
	{
		next = gkm_data_sa_clone(sa);
		next->spi = htonl(i);
		array_insert(download->sas, ARRAY_TAIL, next);
	}
	ck_assert_msg(gdoi_sa_build(download, &format, &body, &err), "%s",
				  err.text);
	got = gdoi_sa_parse(body, &format, FALSE, &err);
	ck_assert_msg(got, "%s", err.text);
	ck_assert_int_eq(array_count(got->sas), GDOI_SAS_MAX);
	gkm_download_destroy(got);
	chunk_free(&body);
	next = gkm_data_sa_clone(sa);
	next->spi = htonl(i);
	array_insert(download->sas, ARRAY_TAIL, next);
	ck_assert(!gdoi_sa_build(download, &format, &body, &err));
	gkm_download_destroy(download);
}
END_TEST

Suite *gdoi_sa_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gdoi_sa");

	tc = tcase_create("layout");
	tcase_add_loop_test(tc, payload_is_laid_out_as_in_the_rfcs, 0,
						countof(vectors));
	tcase_add_loop_test(tc, payload_that_was_written_is_read_as_the_same, 0,
						gdoi_sample_count());
	tcase_add_loop_test(tc,
				doi_and_situation_are_those_of_the_format_or_of_the_rfc, 0, 5);
	tcase_add_test(tc, doi_of_the_format_is_written);
	tcase_add_test(tc, payload_without_any_sa_is_not_written);
	tcase_add_test(tc, data_sas_are_limited_in_number);
	suite_add_tcase(s, tc);

	tc = tcase_create("refusals");
	tcase_add_loop_test(tc, payload_that_is_not_as_the_rfcs_say_is_refused, 0,
						countof(refused));
	tcase_add_loop_test(tc,
			reserved_octets_and_octets_after_the_last_payload_are_refused, 0,
			6);
	suite_add_tcase(s, tc);

	tc = tcase_create("SAK and GAP");
	tcase_add_loop_test(tc, member_is_sent_what_it_understands_only, 0, 8);
	tcase_add_test(tc, numbers_of_ip_delay_detection_can_be_chosen);
	tcase_add_loop_test(tc, rekey_sa_that_gdoi_cannot_say_is_not_written, 0,
						5);
	tcase_add_test(tc, rekey_sa_is_read_with_its_defaults);
	tcase_add_loop_test(tc, rekeys_by_unicast_may_have_any_destination, 0, 3);
	tcase_add_test(tc, acknowledgement_of_a_type_that_is_not_known_is_not_sent);
	tcase_add_test(tc, key_management_algorithm_counts_in_rekeys_only);
	tcase_add_test(tc,
				key_management_algorithm_is_sent_with_keys_of_a_key_tree);
	suite_add_tcase(s, tc);

	tc = tcase_create("SAT");
	tcase_add_loop_test(tc, lifetime_of_a_data_sa_is_that_in_seconds, 0, 7);
	tcase_add_loop_test(tc, attributes_that_may_be_left_out_have_their_defaults,
						0, 6);
	tcase_add_loop_test(tc, selectors_of_all_types_are_read, 0, 10);
	tcase_add_loop_test(tc, selectors_that_gdoi_cannot_say_are_not_written, 0,
						4);
	tcase_add_loop_test(tc, algorithms_without_number_are_not_written, 0, 3);
	suite_add_tcase(s, tc);

	return s;
}
