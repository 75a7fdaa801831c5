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

#include "libgkm/gikev2/gikev2_idg.h"
#include "libgkm/gikev2/gikev2_rules.h"
#include "libgkm/gikev2/gikev2_sag.h"
#include "libgkm/keys/gkm_key_wrap.h"

#include "samples.h"

/** What octets are changed by */
static const uint8_t masks[] = { 0x01, 0x02, 0x80, 0xff };

/** Seconds that a test with all variants of a payload may take */
#define TIMEOUT 120

/**
 * A message with a part that is changed
 */
typedef struct {
	gkm_download_t *download;
	gikev2_context_t ctx;
	chunk_t gsa;
	chunk_t kd;
} message_t;

/**
 * Make the message of a sample
 */
static void message_init(message_t *this, int i)
{
	gkm_error_t err = {};

	this->download = sample_create(i, &this->ctx);
	ck_assert_msg(gikev2_download_build(this->download, &this->ctx, &this->gsa,
										&this->kd, &err), "%s: %s",
				  sample_name(i), err.text);
}

/**
 * Destroy a message
 */
static void message_clear(message_t *this)
{
	gkm_download_destroy(this->download);
	chunk_free(&this->gsa);
	chunk_free(&this->kd);
}

/**
 * Is this a valid reason: one line, and not empty?
 */
static bool is_reason(gkm_error_t *err)
{
	return err->text[0] && !strchr(err->text, '\n');
}

/**
 * What was accepted has to be well-formed: it can be written again, and then
 * means the same
 */
static void assert_well_formed(gkm_download_t *got, gikev2_context_t *ctx,
							   const char *what)
{
	gkm_error_t err = {};
	gkm_download_t *again;
	chunk_t gsa, kd;

	ck_assert_msg(gikev2_download_build(got, ctx, &gsa, &kd, &err),
				  "%s: accepted, but %s", what, err.text);
	again = gikev2_download_parse(gsa, kd, ctx, &err);
	ck_assert_msg(again, "%s: accepted, but %s", what, err.text);
	assert_equal_downloads(again, got, what);
	gkm_download_destroy(again);
	chunk_free(&gsa);
	chunk_free(&kd);
}

/**
 * Read a message with one payload replaced. Copies are as long as their data,
 * so that sanitizers see what is read beyond.
 */
static gkm_download_t *parse_copy(chunk_t gsa, chunk_t kd,
								  gikev2_context_t *ctx, const char *what)
{
	chunk_t gsa_copy = chunk_clone(gsa), kd_copy = chunk_clone(kd);
	gkm_download_t *got;
	gkm_error_t err = {};

	got = gikev2_download_parse(gsa_copy, kd_copy, ctx, &err);
	chunk_free(&gsa_copy);
	chunk_free(&kd_copy);
	if (got)
	{
		assert_well_formed(got, ctx, what);
	}
	else
	{
		ck_assert_msg(is_reason(&err), "%s: refused because of '%s'", what,
					  err.text);
	}
	return got;
}

START_TEST(payload_cut_short_is_refused_or_well_formed)
{
	gkm_download_t *got;
	message_t message;
	char what[128];
	size_t len;

	message_init(&message, _i);
	for (len = 0; len < message.gsa.len; len++)
	{
		snprintf(what, sizeof(what), "%s: GSA of %zu octets", sample_name(_i),
				 len);
		got = parse_copy(chunk_create(message.gsa.ptr, len), message.kd,
						 &message.ctx, what);
		gkm_download_destroy(got);
	}
	for (len = 0; len < message.kd.len; len++)
	{
		snprintf(what, sizeof(what), "%s: KD of %zu octets", sample_name(_i),
				 len);
		got = parse_copy(message.gsa, chunk_create(message.kd.ptr, len),
						 &message.ctx, what);
		gkm_download_destroy(got);
	}
	message_clear(&message);
}
END_TEST

START_TEST(gsa_payload_with_a_wrong_octet_is_refused_or_well_formed)
{
	gkm_download_t *got;
	message_t message;
	char what[128];
	size_t pos;
	int i;

	message_init(&message, _i);
	for (pos = 0; pos < message.gsa.len; pos++)
	{
		for (i = 0; i < countof(masks); i++)
		{
			snprintf(what, sizeof(what), "%s: octet %zu of GSA xor %.2x",
					 sample_name(_i), pos, masks[i]);
			message.gsa.ptr[pos] ^= masks[i];
			got = parse_copy(message.gsa, message.kd, &message.ctx, what);
			gkm_download_destroy(got);
			message.gsa.ptr[pos] ^= masks[i];
		}
	}
	message_clear(&message);
}
END_TEST

/**
 * Check that all keys are still those of the sample
 */
static void assert_same_keys(gkm_download_t *got, gkm_download_t *expected,
							 const char *what)
{
	gkm_data_sa_t *a, *b;
	int i;

	ck_assert_msg(!got->rekey == !expected->rekey, "%s: rekey SA", what);
	ck_assert_msg(!got->rekey ||
				  chunk_equals(got->rekey->key, expected->rekey->key),
				  "%s: accepted with a wrong rekey key", what);
	ck_assert_msg(array_count(got->sas) == array_count(expected->sas),
				  "%s: %d data SAs", what, array_count(got->sas));
	for (i = 0; i < array_count(got->sas); i++)
	{
		array_get(got->sas, i, &a);
		array_get(expected->sas, i, &b);
		ck_assert_msg(chunk_equals(a->key, b->key),
					  "%s: accepted with a wrong key", what);
	}
}

START_TEST(kd_payload_with_a_wrong_octet_is_refused_or_has_the_same_keys)
{
	gkm_download_t *got;
	message_t message;
	char what[128];
	size_t pos;
	int i;

	message_init(&message, _i);
	for (pos = 0; pos < message.kd.len; pos++)
	{
		for (i = 0; i < countof(masks); i++)
		{
			snprintf(what, sizeof(what), "%s: octet %zu of KD xor %.2x",
					 sample_name(_i), pos, masks[i]);
			message.kd.ptr[pos] ^= masks[i];
			got = parse_copy(message.gsa, message.kd, &message.ctx, what);
			if (got)
			{
				assert_same_keys(got, message.download, what);
				gkm_download_destroy(got);
			}
			message.kd.ptr[pos] ^= masks[i];
		}
	}
	message_clear(&message);
}
END_TEST

/**
 * Change each octet of a wrapped key in a KD payload, and of the IDs before it
 */
static void assert_key_refused(message_t *message, chunk_t kwk, chunk_t key,
							   const char *sample)
{
	size_t start, pos;
	gkm_error_t err = {};
	gkm_download_t *got;
	chunk_t wrapped;
	char what[128];
	u_char *found;
	int i;

	ck_assert_msg(gkm_key_wrap(kwk, key, &wrapped, &err), "%s",
				  err.text);
	found = memmem(message->kd.ptr, message->kd.len, wrapped.ptr, wrapped.len);
	ck_assert_msg(found, "%s: key of %zu octets not in KD", sample, key.len);
	start = found - message->kd.ptr - 8;
	for (pos = start; pos < start + 8 + wrapped.len; pos++)
	{
		for (i = 0; i < countof(masks); i++)
		{
			snprintf(what, sizeof(what), "%s: octet %zu of KD xor %.2x", sample,
					 pos, masks[i]);
			message->kd.ptr[pos] ^= masks[i];
			got = parse_copy(message->gsa, message->kd, &message->ctx, what);
			ck_assert_msg(!got, "%s: in a wrapped key, accepted", what);
			message->kd.ptr[pos] ^= masks[i];
		}
	}
	chunk_free(&wrapped);
}

START_TEST(wrapped_key_with_a_wrong_octet_is_refused)
{
	message_t message;
	gkm_data_sa_t *sa;
	gkm_kwk_t *kwk;
	chunk_t next;
	int i;

	message_init(&message, _i);
	next = message.ctx.gsk_w;
	for (i = array_count(message.download->path) - 1; i >= 0; i--)
	{
		array_get(message.download->path, i, &kwk);
		assert_key_refused(&message, next, kwk->key, sample_name(_i));
		next = kwk->key;
	}
	if (message.download->rekey)
	{
		assert_key_refused(&message, next, message.download->rekey->key,
						   sample_name(_i));
	}
	for (i = 0; i < array_count(message.download->sas); i++)
	{
		array_get(message.download->sas, i, &sa);
		assert_key_refused(&message, message.ctx.gsk_w, sa->key,
						   sample_name(_i));
	}
	message_clear(&message);
}
END_TEST

/**
 * Read an IDg or SAg payload. What is accepted has to come back the same when
 * it is written again.
 */
static void try_payload(bool idg, chunk_t data, const char *what)
{
	chunk_t copy = chunk_clone(data), again;
	identification_t *id = NULL;
	linked_list_t *list = NULL;
	gkm_error_t err = {};

	if (idg)
	{
		id = gikev2_idg_parse(copy, &err);
	}
	else
	{
		list = gikev2_sag_parse(copy, &err);
	}
	chunk_free(&copy);
	if (id)
	{
		again = gikev2_idg_build(id);
		id->destroy(id);
		id = gikev2_idg_parse(again, &err);
		ck_assert_msg(id, "%s: accepted, but %s", what, err.text);
		id->destroy(id);
		chunk_free(&again);
	}
	else if (list)
	{
		again = gikev2_sag_build(list);
		list->destroy_offset(list, offsetof(proposal_t, destroy));
		chunk_free(&again);
	}
	else
	{
		ck_assert_msg(is_reason(&err), "%s: refused because of '%s'", what,
					  err.text);
	}
}

START_TEST(other_payload_cut_short_or_with_a_wrong_octet_is_read_safely)
{
	struct {
		bool idg;
		const char *hex;
	} payloads[] = {
		{ TRUE, "0b000000 000004d2" },
		{ TRUE, "01000000 c0000201" },
		{ TRUE, "02000000 67726f75702e6578616d706c65" },
		{ TRUE, "05000000 20010db8000000000000000000000001" },
		{ FALSE, "02 00 003c 01 06 00 05"
				 "03 00 000c 01 00 0014 800e 0100 03 00 0008 03 00 0000"
				 "03 00 0008 0d 00 0003 03 00 0008 0e 00 0001"
				 "00 00 0010 0e 00 0002 0012 0004 3002 0500"
				 "00 00 002c 01 03 04 03 00000000"
				 "03 00 000c 01 00 000c 800e 0100 03 00 0008 03 00 000c"
				 "00 00 000c 05 00 0002 8063 0001" },
	};
	chunk_t data = unhex(payloads[_i].hex);
	char what[128];
	size_t pos;
	int mask;

	for (pos = 0; pos <= data.len; pos++)
	{
		snprintf(what, sizeof(what), "%s cut to %zu", payloads[_i].hex, pos);
		try_payload(payloads[_i].idg, chunk_create(data.ptr, pos), what);
	}
	for (pos = 0; pos < data.len; pos++)
	{
		for (mask = 1; mask < 256; mask++)
		{
			snprintf(what, sizeof(what), "%s, octet %zu xor %.2x",
					 payloads[_i].hex, pos, mask);
			data.ptr[pos] ^= mask;
			try_payload(payloads[_i].idg, data, what);
			data.ptr[pos] ^= mask;
		}
	}
	chunk_free(&data);
}
END_TEST

Suite *gikev2_robustness_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gikev2_robustness");

	tc = tcase_create("GSA and KD");
	tcase_set_timeout(tc, TIMEOUT);
	tcase_add_loop_test(tc, payload_cut_short_is_refused_or_well_formed, 0,
						sample_count());
	tcase_add_loop_test(tc,
				gsa_payload_with_a_wrong_octet_is_refused_or_well_formed, 0,
				sample_count());
	tcase_add_loop_test(tc,
				kd_payload_with_a_wrong_octet_is_refused_or_has_the_same_keys,
				0, sample_count());
	tcase_add_loop_test(tc, wrapped_key_with_a_wrong_octet_is_refused, 0,
						sample_count());
	suite_add_tcase(s, tc);

	tc = tcase_create("IDg and SAg");
	tcase_set_timeout(tc, TIMEOUT);
	tcase_add_loop_test(tc,
				other_payload_cut_short_or_with_a_wrong_octet_is_read_safely,
				0, 5);
	suite_add_tcase(s, tc);

	return s;
}
