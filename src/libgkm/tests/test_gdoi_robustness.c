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

#include "libgkm/gdoi/gdoi_id.h"
#include "libgkm/gdoi/gdoi_kd.h"
#include "libgkm/gdoi/gdoi_sa.h"

#include "gdoi_samples.h"

/** What octets are changed by */
static const uint8_t masks[] = { 0x01, 0x02, 0x80, 0xff };

/** Seconds that a test with all variants of a payload may take */
#define TIMEOUT 120

/**
 * A message with a part that is changed
 */
typedef struct {
	gdoi_format_t format;
	bool sender;
	chunk_t sa;
	chunk_t kd;
} message_t;

/**
 * Make the message of a sample
 */
static void message_init(message_t *this, int i)
{
	gkm_download_t *download = gdoi_sample_create(i);
	gkm_error_t err = {};

	gdoi_format_init(&this->format);
	this->sender = gdoi_sample_is_sender(i);
	ck_assert_msg(gdoi_sample_build(download, &this->format, &this->sa,
									&this->kd, &err), "%s: %s",
				  gdoi_sample_name(i), err.text);
	gkm_download_destroy(download);
}

/**
 * Destroy a message
 */
static void message_clear(message_t *this)
{
	chunk_free(&this->sa);
	chunk_clear(&this->kd);
}

/**
 * Check that what was refused was for a reason: one line, and not empty
 */
static void assert_reason(gkm_error_t *err, const char *what)
{
	ck_assert_msg(err->text[0] && !strchr(err->text, '\n'),
				  "%s: refused because of '%s'", what, err->text);
}

/**
 * Read a message with one payload replaced, and check that what was accepted is
 * well-formed: it can be written again, and then means the same. Copies are as
 * long as their data, so that sanitizers see what is read beyond.
 */
static void try_message(message_t *this, chunk_t sa, chunk_t kd,
						const char *what)
{
	chunk_t sa_copy = chunk_clone(sa), kd_copy = chunk_clone(kd);
	gkm_download_t *got, *again;
	gkm_error_t err = {};

	got = gdoi_sample_parse(sa_copy, kd_copy, &this->format, this->sender,
							&err);
	chunk_free(&sa_copy);
	chunk_free(&kd_copy);
	if (!got)
	{
		assert_reason(&err, what);
		return;
	}
	ck_assert_msg(gdoi_sample_build(got, &this->format, &sa_copy, &kd_copy,
									&err), "%s: accepted, but %s", what,
				  err.text);
	again = gdoi_sample_parse(sa_copy, kd_copy, &this->format, this->sender,
							  &err);
	ck_assert_msg(again, "%s: accepted, but %s", what, err.text);
	assert_equal_gdoi(again, got, what);
	gkm_download_destroy(again);
	gkm_download_destroy(got);
	chunk_free(&sa_copy);
	chunk_free(&kd_copy);
}

START_TEST(payload_cut_short_is_refused)
{
	gkm_download_t *got;
	gkm_error_t err;
	message_t message;
	chunk_t copy;
	size_t len;

	message_init(&message, _i);
	for (len = 0; len < message.sa.len; len++)
	{
		err = (gkm_error_t){};
		copy = chunk_clone(chunk_create(message.sa.ptr, len));
		got = gdoi_sa_parse(copy, &message.format, FALSE, &err);
		ck_assert_msg(!got, "%s: SA of %zu octets", gdoi_sample_name(_i), len);
		assert_reason(&err, gdoi_sample_name(_i));
		chunk_free(&copy);
	}
	for (len = 0; len < message.kd.len; len++)
	{
		err = (gkm_error_t){};
		copy = chunk_clone(chunk_create(message.kd.ptr, len));
		got = gdoi_sample_parse(message.sa, copy, &message.format,
								message.sender, &err);
		ck_assert_msg(!got, "%s: KD of %zu octets", gdoi_sample_name(_i), len);
		assert_reason(&err, gdoi_sample_name(_i));
		chunk_free(&copy);
	}
	message_clear(&message);
}
END_TEST

/**
 * Change each octet of a payload of a message
 */
static void change_octets(message_t *message, chunk_t payload,
						  const char *what)
{
	char buf[128];
	size_t pos;
	int i;

	for (pos = 0; pos < payload.len; pos++)
	{
		for (i = 0; i < countof(masks); i++)
		{
			snprintf(buf, sizeof(buf), "%s, octet %zu xor %.2x", what, pos,
					 masks[i]);
			payload.ptr[pos] ^= masks[i];
			try_message(message, message->sa, message->kd, buf);
			payload.ptr[pos] ^= masks[i];
		}
	}
}

START_TEST(sa_payload_with_a_wrong_octet_is_refused_or_well_formed)
{
	message_t message;

	message_init(&message, _i);
	change_octets(&message, message.sa, gdoi_sample_name(_i));
	message_clear(&message);
}
END_TEST

START_TEST(kd_payload_with_a_wrong_octet_is_refused_or_well_formed)
{
	message_t message;

	message_init(&message, _i);
	change_octets(&message, message.kd, gdoi_sample_name(_i));
	message_clear(&message);
}
END_TEST

/**
 * Read SA and KD payloads of a rekey
 */
static void try_update(chunk_t sa, chunk_t kd, array_t *path, const char *what)
{
	chunk_t sa_copy = chunk_clone(sa), kd_copy = chunk_clone(kd);
	gkm_update_t *update = gkm_update_create();
	gkm_download_t *download;
	gdoi_format_t format;
	gkm_error_t err = {};

	gdoi_format_init(&format);
	download = gdoi_sa_parse(sa_copy, &format, TRUE, &err);
	if (!download)
	{
		assert_reason(&err, what);
	}
	else
	{
		gkm_download_destroy(update->download);
		update->download = download;
		if (!gdoi_kd_parse_update(update, kd_copy, path, &err))
		{
			assert_reason(&err, what);
		}
		else if (download->rekey)
		{
			ck_assert_msg(!download->rekey->key.len == update->excluded,
						  "%s: key of %zu octets", what,
						  download->rekey->key.len);
		}
	}
	chunk_free(&sa_copy);
	chunk_free(&kd_copy);
	gkm_update_destroy(update);
}

START_TEST(rekey_with_a_key_tree_that_is_changed_is_read_safely)
{
	gkm_download_t *sample;
	chunk_t sa, kd, payload;
	gdoi_format_t format;
	gkm_update_t *update;
	gkm_error_t err = {};
	char what[64];
	size_t pos;
	int i;

	gdoi_format_init(&format);
	sample = gdoi_sample_create(
						gdoi_sample_find("key tree, keys of 192 bits"));
	update = gdoi_sample_update(sample);
	ck_assert_msg(gdoi_sa_build_update(update, &format, &sa, &err) &&
				  gdoi_kd_build_update(update, &format, &kd, &err), "%s",
				  err.text);
	payload = _i ? kd : sa;
	for (pos = 0; pos < payload.len; pos++)
	{
		for (i = 0; i < countof(masks); i++)
		{
			snprintf(what, sizeof(what), "%d: octet %zu xor %.2x", _i, pos,
					 masks[i]);
			payload.ptr[pos] ^= masks[i];
			try_update(sa, kd, sample->path, what);
			payload.ptr[pos] ^= masks[i];
		}
		snprintf(what, sizeof(what), "%d: %zu octets", _i, pos);
		try_update(_i ? sa : chunk_create(sa.ptr, pos),
				   _i ? chunk_create(kd.ptr, pos) : kd, sample->path, what);
	}
	gkm_update_destroy(update);
	gkm_download_destroy(sample);
	chunk_free(&sa);
	chunk_clear(&kd);
}
END_TEST

/**
 * Read an ID payload. What is accepted has to come back the same when it is
 * written again.
 */
static void try_id(chunk_t data, const char *what)
{
	chunk_t copy = chunk_clone(data), body;
	identification_t *id, *again;
	gkm_error_t err = {};

	id = gdoi_id_parse(copy, &err);
	chunk_free(&copy);
	if (!id)
	{
		assert_reason(&err, what);
		return;
	}
	ck_assert_msg(gdoi_id_build(id, &body, &err), "%s: accepted, but %s", what,
				  err.text);
	again = gdoi_id_parse(body, &err);
	ck_assert_msg(again && again->equals(again, id), "%s: accepted, but %s",
				  what, err.text);
	again->destroy(again);
	id->destroy(id);
	chunk_free(&body);
}

START_TEST(id_payload_cut_short_or_with_a_wrong_octet_is_read_safely)
{
	const char *ids[] = {
		"0b000000 000004d2", "01000000 c0000201",
		"0d000000 0d 060b2a8648ce5683e31a080102 0003 020101",
		"0b000000 4f494400 060b2a8648ce5683e31a080102 0001 0201",
	};
	chunk_t data = unhex(ids[_i]);
	char what[128];
	size_t pos;
	int mask;

	for (pos = 0; pos <= data.len; pos++)
	{
		snprintf(what, sizeof(what), "%s cut to %zu", ids[_i], pos);
		try_id(chunk_create(data.ptr, pos), what);
	}
	for (pos = 0; pos < data.len; pos++)
	{
		for (mask = 1; mask < 256; mask++)
		{
			snprintf(what, sizeof(what), "%s, octet %zu xor %.2x", ids[_i],
					 pos, mask);
			data.ptr[pos] ^= mask;
			try_id(data, what);
			data.ptr[pos] ^= mask;
		}
	}
	chunk_free(&data);
}
END_TEST

Suite *gdoi_robustness_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gdoi_robustness");

	tc = tcase_create("SA and KD");
	tcase_set_timeout(tc, TIMEOUT);
	tcase_add_loop_test(tc, payload_cut_short_is_refused, 0,
						gdoi_sample_count());
	tcase_add_loop_test(tc,
				sa_payload_with_a_wrong_octet_is_refused_or_well_formed, 0,
				gdoi_sample_count());
	tcase_add_loop_test(tc,
				kd_payload_with_a_wrong_octet_is_refused_or_well_formed, 0,
				gdoi_sample_count());
	tcase_add_loop_test(tc,
				rekey_with_a_key_tree_that_is_changed_is_read_safely, 0, 2);
	suite_add_tcase(s, tc);

	tc = tcase_create("ID");
	tcase_set_timeout(tc, TIMEOUT);
	tcase_add_loop_test(tc,
				id_payload_cut_short_or_with_a_wrong_octet_is_read_safely, 0,
				4);
	suite_add_tcase(s, tc);

	return s;
}
