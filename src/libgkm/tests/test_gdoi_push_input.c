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

#include "libgkm/gdoi/gdoi_push.h"

#include "push_fixture.h"

/**
 * Octets of padding in a datagram
 */
static size_t get_padding(push_fixture_t *f, chunk_t datagram)
{
	chunk_t plain = chunk_clone(datagram), padding;

	push_transcrypt(f->sa, plain, FALSE);
	array_destroy(push_split(plain, &padding));
	chunk_free(&plain);
	return padding.len;
}

START_TEST(damaged_datagram_is_never_accepted)
{
	gkm_received_t received;
	chunk_t datagram, cut;
	push_fixture_t f;
	size_t pos, end;

	push_fixture_init(&f, _i);
	f.sa->message_id = 1;
	datagram = push_build(&f, 1);
	end = datagram.len;
	if (get_padding(&f, datagram) > 8)
	{
		/* the last block has few octets of the signature, and whatever it
		 * decrypts to may have these by chance: padding isn't signed */
		end -= 16;
	}
	for (pos = 0; pos < end; pos++)
	{
		cut = chunk_clone(chunk_create(datagram.ptr, pos));
		push_assert_taken(&f, cut, GKM_RECEIVED_FORGED, NULL);
		if (pos >= GDOI_HEADER_LEN)
		{
			/* also if the length says so */
			htoun32(cut.ptr + 24, cut.len);
			push_assert_taken(&f, cut, GKM_RECEIVED_FORGED, NULL);
		}
		chunk_free(&cut);

		datagram.ptr[pos] ^= 1;
		received = push_receive(&f, datagram, NULL);
		ck_assert_msg(received == GKM_RECEIVED_FORGED ||
					  received == GKM_RECEIVED_REPLAYED ||
					  received == GKM_RECEIVED_MALFORMED,
					  "octet %zu: %d", pos, received);
		/* the header, and the first block, which is SEQ and the next header */
		ck_assert_msg(received == GKM_RECEIVED_FORGED ||
					  pos >= GDOI_HEADER_LEN + 16, "octet %zu: %d", pos,
					  received);
		datagram.ptr[pos] ^= 1;
	}
	ck_assert_int_eq(f.member->get_next_id(f.member), 1);
	push_assert_taken(&f, datagram, GKM_RECEIVED_UPDATE, NULL);
	chunk_free(&datagram);
	push_fixture_clear(&f);
}
END_TEST

START_TEST(nobody_without_the_key_costs_a_signature_check)
{
	chunk_t datagram;
	push_fixture_t f;
	rng_t *rng;
	int i;

	push_fixture_init(&f, BOTH);
	datagram = push_build(&f, 1);
	rng = lib->crypto->create_rng(lib->crypto, RNG_WEAK);
	ck_assert(rng);
	for (i = 0; i < 5000; i++)
	{
		/* one in 2^48 or so has the form of a message */
		ck_assert(rng->get_bytes(rng, datagram.len - GDOI_HEADER_LEN,
								 datagram.ptr + GDOI_HEADER_LEN));
		push_assert_taken(&f, datagram, GKM_RECEIVED_FORGED, NULL);
	}
	rng->destroy(rng);
	chunk_free(&datagram);
	push_fixture_clear(&f);
}
END_TEST

START_TEST(message_with_other_headers_is_forged)
{
	static struct {
		size_t pos;
		uint8_t value;
	} changes[] = {
		{ 0, 0x11 }, { 15, 0x1e }, { 16, GDOI_PLD_DELETE }, { 16, 0 },
		{ 17, 0x20 }, { 18, GDOI_PULL }, { 18, GDOI_PUSH_ACK }, { 19, 0 },
		{ 19, 3 }, { 19, 5 }, { 20, 1 }, { 23, 1 }, { 24, 1 },
	};
	chunk_t datagram;
	push_fixture_t f;

	push_fixture_init(&f, BOTH);
	datagram = push_build(&f, 1);
	datagram.ptr[changes[_i].pos] = changes[_i].value;
	push_assert_taken(&f, datagram, GKM_RECEIVED_FORGED, NULL);
	chunk_free(&datagram);
	push_fixture_clear(&f);
}
END_TEST

START_TEST(datagram_of_another_kind_is_not_seen)
{
	uint8_t spi[GKM_REKEY_SPI_LEN];
	chunk_t datagram;
	push_fixture_t f;

	push_fixture_init(&f, BOTH);
	datagram = push_build(&f, 1);
	ck_assert(gdoi_push_peek(datagram, spi));
	ck_assert(memeq(spi, f.sa->spi, sizeof(spi)));
	datagram.ptr[17] = 0x20;
	ck_assert(!gdoi_push_peek(datagram, spi));
	datagram.ptr[17] = 0x10;
	datagram.ptr[18] = GDOI_PUSH_ACK;
	ck_assert(!gdoi_push_peek(datagram, spi));
	datagram.ptr[18] = GDOI_PUSH;
	ck_assert(!gdoi_push_peek(chunk_create(datagram.ptr, 27), spi));
	ck_assert(!gdoi_push_peek(chunk_create(datagram.ptr, datagram.len - 1),
							  spi));
	chunk_free(&datagram);
	push_fixture_clear(&f);
}
END_TEST

#define SEQ(next) next "000008 00000001"
#define D_ESP(next) next "000010 00000002 01040001 00000000"

/**
 * Payloads that are signed, and what is wrong with them, NULL for nothing
 */
static struct {
	char *hex;
	gkm_received_t received;
	char *what;
} sealed[] = {
	{ SEQ("0c") D_ESP("09"), GKM_RECEIVED_UPDATE, NULL },
	{ SEQ("09"), GKM_RECEIVED_UPDATE, NULL },
	{ SEQ("0d") "0c000006 1234" D_ESP("0d") "09000004", GKM_RECEIVED_UPDATE,
	  NULL },
	{ SEQ("0c") "09000010 00000002 00040001 00000000", GKM_RECEIVED_UPDATE,
	  NULL },
	{ SEQ("0c") "09000010 00000003 01040001 00000000", GKM_RECEIVED_MALFORMED,
	  "DOI 3" },
	{ SEQ("0c") "0900000c 00000002 01040001", GKM_RECEIVED_MALFORMED,
	  "Delete payload" },
	{ SEQ("12") SEQ("09"), GKM_RECEIVED_MALFORMED, "type 18 isn't expected" },
	{ SEQ("09") "09000004", GKM_RECEIVED_MALFORMED, "type 9 isn't expected" },
	{ SEQ("05") "0900000c 0b000000 00002710", GKM_RECEIVED_MALFORMED,
	  "type 5 isn't expected" },
	{ SEQ("01") "09000014 00000002 00000000 00000000 00000000",
	  GKM_RECEIVED_MALFORMED, "SA payload without KD" },
	{ SEQ("01") "11000004" "09000008 00000000", GKM_RECEIVED_MALFORMED, "" },
	{ SEQ("11") "09000008 00000000", GKM_RECEIVED_MALFORMED,
	  "type 17 isn't expected" },
	{ "09000007 000001", GKM_RECEIVED_FORGED, "SEQ isn't the first" },
	{ "0900000c 00000001 00000000", GKM_RECEIVED_FORGED, "SEQ isn't the first" },
	{ "09000008 00000000", GKM_RECEIVED_REPLAYED, "0 is a replay" },
};

START_TEST(payloads_that_were_signed_are_checked)
{
	chunk_t plain = unhex(sealed[_i].hex), datagram;
	push_fixture_t f;

	push_fixture_init(&f, BOTH);
	datagram = push_seal(&f, GDOI_PLD_SEQ, plain);
	push_assert_taken(&f, datagram, sealed[_i].received, sealed[_i].what);
	chunk_free(&datagram);
	chunk_free(&plain);
	push_fixture_clear(&f);
}
END_TEST

START_TEST(message_that_does_not_begin_with_seq_is_forged)
{
	chunk_t plain = unhex(D_ESP("12") SEQ("09")), datagram;
	push_fixture_t f;

	push_fixture_init(&f, BOTH);
	datagram = push_seal(&f, GDOI_PLD_DELETE, plain);
	push_assert_taken(&f, datagram, GKM_RECEIVED_FORGED, "SEQ isn't the first");
	chunk_free(&datagram);
	chunk_free(&plain);
	push_fixture_clear(&f);
}
END_TEST

START_TEST(message_without_signature_is_refused)
{
	chunk_t plain = unhex(SEQ("0c") D_ESP("00") "00000000000000000000"
						  "00000000000000"), header, datagram;
	push_fixture_t f;

	push_fixture_init(&f, BOTH);
	header = unhex("00000000000000000000000000000000 12102101 00000000 "
				   "00000000");
	plain.len = round_down(plain.len, 16);
	datagram = chunk_cat("mc", header, plain);
	memcpy(datagram.ptr, f.sa->spi, sizeof(f.sa->spi));
	htoun32(datagram.ptr + 24, datagram.len);
	push_transcrypt(f.sa, datagram, TRUE);
	push_assert_taken(&f, datagram, GKM_RECEIVED_MALFORMED,
					  "SIG isn't the last");
	chunk_free(&datagram);
	chunk_free(&plain);
	push_fixture_clear(&f);
}
END_TEST

Suite *gdoi_push_input_suite()
{
	Suite *suite = suite_create("gdoi_push_input");
	TCase *tcase;

	tcase = tcase_create("bad input");
	tcase_set_timeout(tcase, TIMEOUT);
	tcase_add_loop_test(tcase, damaged_datagram_is_never_accepted, 0, SAMPLES);
	tcase_add_test(tcase, nobody_without_the_key_costs_a_signature_check);
	tcase_add_loop_test(tcase, message_with_other_headers_is_forged, 0, 13);
	tcase_add_test(tcase, datagram_of_another_kind_is_not_seen);
	tcase_add_loop_test(tcase, payloads_that_were_signed_are_checked, 0,
						countof(sealed));
	tcase_add_test(tcase, message_that_does_not_begin_with_seq_is_forged);
	tcase_add_test(tcase, message_without_signature_is_refused);
	suite_add_tcase(suite, tcase);

	return suite;
}
