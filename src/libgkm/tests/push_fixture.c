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

#include "push_fixture.h"

#include <check.h>

#include "libgkm/gdoi/gdoi_isakmp.h"
#include "libgkm/gdoi/gdoi_push.h"
#include "libgkm/gdoi/gdoi_sig.h"
#include "libgkm/keys/gkm_keymat.h"

/** Octet that SPI and key of a new rekey SA count up from */
#define NEW_FIRST 0x50

/**
 * Add a new rekey SA
 */
static void add_rekey(push_fixture_t *f)
{
	gkm_rekey_sa_t *sa = gdoi_rekey_create(NEW_FIRST);

	gdoi_rekey_set_key(sa, f->key, ECDSA_SHA256);
	chunk_free(&sa->sig_alg);
	sa->sig_alg = chunk_clone(f->sa->sig_alg);
	gkm_rekey_sa_destroy(f->update->download->rekey);
	f->update->download->rekey = sa;
}

/**
 * Add data SAs
 */
static void add_data_sas(push_fixture_t *f)
{
	array_insert(f->update->download->sas, ARRAY_TAIL,
				 gdoi_data_sa_create(PROTO_ESP, "aes256gcm16", 0x200));
	array_insert(f->update->download->sas, ARRAY_TAIL,
				 gdoi_data_sa_create(PROTO_AH, "sha384", 0x201));
}

/**
 * Let a member have keys 3, 2 and 1, the first of which is replaced with 4 for
 * all below 2, and wraps the new rekey SA's key
 */
static void add_tree(push_fixture_t *f)
{
	gkm_kwk_t *kwk, *mid;
	gkm_wrap_t wrap;
	int i;

	for (i = 3; i > 0; i--)
	{
		gdoi_path_add(f->keys, i, i << 11 | 5);
	}
	for (i = 0; array_get(f->keys, i, &kwk); i++)
	{
		array_insert(f->path, ARRAY_TAIL, kwk);
	}
	gdoi_path_add(f->keys, 4, 3 << 11 | 5);
	array_get(f->keys, ARRAY_TAIL, &kwk);
	array_get(f->path, 1, &mid);
	wrap = (gkm_wrap_t){ kwk, mid };
	array_insert(f->update->wraps, ARRAY_TAIL, &wrap);
	array_insert(f->update->kwks, ARRAY_TAIL, kwk);
	array_insert(f->new_path, ARRAY_TAIL, kwk);
	for (i = 1; i < 3; i++)
	{
		array_get(f->path, i, &kwk);
		array_insert(f->new_path, ARRAY_TAIL, kwk);
	}
}

/*
 * Described in header
 */
void push_fixture_reset(push_fixture_t *f)
{
	DESTROY_IF(f->member);
	f->err = (gkm_error_t){};
	f->member = gdoi_push_create(f->sa, &f->format, &f->err);
	ck_assert_msg(f->member, "%s", f->err.text);
}

/*
 * Described in header
 */
void push_fixture_init_key(push_fixture_t *f, int sample, private_key_t *key,
						   const char *sig_alg)
{
	*f = (push_fixture_t){
		.sa = gdoi_rekey_create(KEK_FIRST),
		.key = key,
		.update = gkm_update_create(),
		.keys = array_create(0, 0),
		.path = array_create(0, 0),
		.new_path = array_create(0, 0),
	};
	gdoi_format_init(&f->format);
	gdoi_rekey_set_key(f->sa, key, sig_alg);
	switch (sample)
	{
		case TREE:
			add_tree(f);
			add_rekey(f);
			break;
		case REKEY_SA:
			add_rekey(f);
			break;
		case BOTH:
			add_rekey(f);
			add_data_sas(f);
			break;
		case DATA_SAS:
			add_data_sas(f);
			break;
		case DELETE_AND_REPLACE:
			gkm_update_delete(f->update, PROTO_AH, htonl(0x101));
			add_rekey(f);
			add_data_sas(f);
			break;
		case DELETES:
			gkm_update_delete(f->update, PROTO_ESP, htonl(0x100));
			gkm_update_delete(f->update, PROTO_ESP, htonl(0x102));
			gkm_update_delete(f->update, PROTO_AH, 0);
			break;
		case EXCLUSION:
			gkm_update_exclude(f->update);
			break;
	}
	push_fixture_reset(f);
}

/*
 * Described in header
 */
void push_fixture_init(push_fixture_t *f, int sample)
{
	push_fixture_init_key(f, sample, rekey_key_create(KEY_ECDSA, 256),
						  ECDSA_SHA256);
}

CALLBACK(destroy_kwk, void,
	gkm_kwk_t *kwk, int idx, void *user)
{
	gkm_kwk_destroy(kwk);
}

/*
 * Described in header
 */
void push_fixture_clear(push_fixture_t *f)
{
	DESTROY_IF(f->member);
	f->key->destroy(f->key);
	gkm_rekey_sa_destroy(f->sa);
	gkm_update_destroy(f->update);
	array_destroy(f->path);
	array_destroy(f->new_path);
	array_destroy_function(f->keys, (void*)destroy_kwk, NULL);
}

/*
 * Described in header
 */
chunk_t push_build(push_fixture_t *f, uint32_t seq)
{
	chunk_t datagram;

	f->err = (gkm_error_t){};
	ck_assert_msg(gdoi_push_build(f->sa, f->update, seq, f->key, &f->format,
								  &datagram, &f->err), "%s", f->err.text);
	return datagram;
}

/*
 * Described in header
 */
gkm_received_t push_receive(push_fixture_t *f, chunk_t datagram,
							gkm_update_t **update)
{
	/* as long as its data, so that sanitizers see what is read beyond */
	chunk_t copy = chunk_clone(datagram);
	gkm_received_t received;
	gkm_update_t *got;

	f->err = (gkm_error_t){};
	received = f->member->receive(f->member, copy, f->path, &got, &f->err);
	ck_assert(chunk_equals(copy, datagram) || !datagram.len);
	ck_assert_int_eq(!got, received != GKM_RECEIVED_UPDATE);
	ck_assert_msg(got || f->err.text[0], "result %d without a reason",
				  received);
	if (update)
	{
		*update = got;
	}
	else
	{
		gkm_update_destroy(got);
	}
	chunk_free(&copy);
	return received;
}

/*
 * Described in header
 */
void push_assert_taken(push_fixture_t *f, chunk_t datagram,
					   gkm_received_t expected, const char *why)
{
	gkm_received_t received = push_receive(f, datagram, NULL);

	ck_assert_msg(received == expected, "%d instead of %d: %s", received,
				  expected, f->err.text);
	ck_assert_msg(!why || strstr(f->err.text, why), "'%s' instead of '%s'",
				  f->err.text, why);
}

/*
 * Described in header
 */
void push_transcrypt(gkm_rekey_sa_t *sa, chunk_t datagram, bool encrypt)
{
	chunk_t data = chunk_skip(datagram, GDOI_HEADER_LEN);
	gkm_kek_keys_t keys;
	crypter_t *crypter;
	uint16_t alg;

	ck_assert(gkm_keymat_split_kek(sa->proposal, sa->key, &keys, NULL));
	sa->proposal->get_algorithm(sa->proposal, ENCRYPTION_ALGORITHM, &alg, NULL);
	crypter = lib->crypto->create_crypter(lib->crypto, alg, keys.encr.len);
	ck_assert(crypter && crypter->set_key(crypter, keys.encr));
	ck_assert(encrypt ? crypter->encrypt(crypter, data, keys.iv, NULL)
					  : crypter->decrypt(crypter, data, keys.iv, NULL));
	crypter->destroy(crypter);
}

/*
 * Described in header
 */
array_t *push_split(chunk_t datagram, chunk_t *padding)
{
	array_t *payloads = array_create(sizeof(gdoi_payload_t), 0);
	gdoi_payload_t last;
	gkm_error_t err = {};

	ck_assert_msg(gdoi_payloads_parse(datagram.ptr[16],
									  chunk_skip(datagram, GDOI_HEADER_LEN),
									  15, payloads, &err), "%s", err.text);
	ck_assert(array_get(payloads, ARRAY_TAIL, &last));
	*padding = chunk_skip(datagram, last.whole.ptr + last.whole.len -
									datagram.ptr);
	return payloads;
}

/*
 * Described in header
 */
chunk_t push_seal(push_fixture_t *f, uint8_t first, chunk_t plain)
{
	size_t sig_len = gdoi_sig_len(f->key, f->sa->sig_alg, &f->err);
	gdoi_header_t header = {
		.next = first,
		.exchange = GDOI_PUSH,
		.flags = GDOI_FLAG_ENCRYPTED,
	};
	size_t len = GDOI_HEADER_LEN + plain.len + 4 + sig_len;
	bio_writer_t *writer = bio_writer_create(0);
	chunk_t datagram, octets, signature;

	memcpy(header.cookies, f->sa->spi, sizeof(header.cookies));
	header.length = GDOI_HEADER_LEN + round_up(len - GDOI_HEADER_LEN, 16);
	gdoi_header_build(writer, &header);
	writer->write_data(writer, plain);
	octets = gdoi_sig_octets(writer->get_buf(writer), len);
	signature = chunk_alloca(sig_len);
	ck_assert(gdoi_sig_sign(f->key, f->sa->sig_alg, FALSE, octets, signature,
							&f->err));
	chunk_free(&octets);
	gdoi_payload_build(writer, GDOI_PLD_NONE, signature);
	octets = writer->skip(writer, header.length - len);
	memset(octets.ptr, 0, octets.len);
	datagram = writer->extract_buf(writer);
	writer->destroy(writer);
	push_transcrypt(f->sa, datagram, TRUE);
	return datagram;
}

/*
 * Described in header
 */
void push_accept(push_fixture_t *f, uint32_t seq)
{
	gkm_update_t *update = gkm_update_create();

	update->message_id = seq;
	f->member->accept(f->member, update);
	gkm_update_destroy(update);
}
