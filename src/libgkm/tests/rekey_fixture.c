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

#include "rekey_fixture.h"

#include <check.h>

#include "libgkm/gikev2/gikev2_codepoints.h"
#include "libgkm/gikev2/gikev2_sk.h"
#include "libgkm/gikev2/gikev2_wire.h"
#include "libgkm/keys/gkm_rekey_aead.h"

/*
 * Described in header
 */
private_key_t *rekey_key_create(key_type_t type, u_int bits)
{
	private_key_t *key;

	key = lib->creds->create(lib->creds, CRED_PRIVATE_KEY, type,
							 BUILD_KEY_SIZE, bits, BUILD_END);
	ck_assert_msg(key, "no %N key of %u bits", key_type_names, type, bits);
	return key;
}

/**
 * Set the public key in a rekey SA
 */
static void set_auth_key(gkm_rekey_sa_t *sa, private_key_t *key)
{
	public_key_t *public = key->get_public_key(key);

	chunk_free(&sa->auth_key);
	ck_assert(public->get_encoding(public, PUBKEY_SPKI_ASN1_DER,
								   &sa->auth_key));
	public->destroy(public);
}

/*
 * Described in header
 */
void rekey_fixture_set_key(rekey_fixture_t *this, private_key_t *key)
{
	gkm_update_t *update = this->sample.update;

	DESTROY_IF(this->key);
	this->key = key;
	set_auth_key(this->sample.rekey, key);
	if (update->download->rekey && !update->auth_key.len)
	{
		set_auth_key(update->download->rekey, key);
	}
}

/*
 * Described in header
 */
void rekey_fixture_init_key(rekey_fixture_t *this, const char *sample,
							private_key_t *key, const char *sig_alg)
{
	gkm_rekey_sa_t *new;

	*this = (rekey_fixture_t){};
	update_sample_init(&this->sample, update_sample_find(sample));
	this->sample.rekey->message_id = 0;
	if (this->sample.rekey->auth == GKM_AUTH_SIGNATURE)
	{
		new = this->sample.update->download->rekey;
		chunk_free(&this->sample.rekey->sig_alg);
		this->sample.rekey->sig_alg = unhex(sig_alg);
		if (new)
		{
			chunk_free(&new->sig_alg);
			new->sig_alg = unhex(sig_alg);
		}
		rekey_fixture_set_key(this, key);
	}
	else
	{
		DESTROY_IF(key);
	}
	this->member = gikev2_rekey_create(this->sample.rekey, &this->err);
	ck_assert_msg(this->member, "%s", this->err.text);
}

/*
 * Described in header
 */
void rekey_fixture_init(rekey_fixture_t *this, const char *sample)
{
	rekey_fixture_init_key(this, sample, rekey_key_create(KEY_ECDSA, 256),
						   ECDSA_SHA256);
}

/*
 * Described in header
 */
void rekey_fixture_clear(rekey_fixture_t *this)
{
	DESTROY_IF(this->member);
	DESTROY_IF(this->key);
	update_sample_clear(&this->sample);
}

/*
 * Described in header
 */
array_t *rekey_fixture_build(rekey_fixture_t *this, uint32_t message_id,
							 size_t max)
{
	array_t *datagrams = array_create(sizeof(chunk_t), 0);

	this->err = (gkm_error_t){};
	ck_assert_msg(gikev2_rekey_build(this->sample.rekey, this->sample.update,
									 message_id, this->key, max, datagrams,
									 &this->err), "%s: %s", this->sample.name,
				  this->err.text);
	return datagrams;
}

/*
 * Described in header
 */
chunk_t rekey_fixture_build_one(rekey_fixture_t *this, uint32_t message_id)
{
	array_t *datagrams = rekey_fixture_build(this, message_id, 0);
	chunk_t datagram;

	ck_assert_int_eq(array_count(datagrams), 1);
	array_remove(datagrams, ARRAY_HEAD, &datagram);
	array_destroy(datagrams);
	return datagram;
}

/*
 * Described in header
 */
void rekey_fixture_free(array_t *datagrams)
{
	chunk_t datagram;

	while (array_remove(datagrams, ARRAY_TAIL, &datagram))
	{
		chunk_free(&datagram);
	}
	array_destroy(datagrams);
}

/*
 * Described in header
 */
chunk_t rekey_fixture_seal(rekey_fixture_t *this, uint32_t message_id,
						   uint8_t flags, uint8_t first, chunk_t plain)
{
	gkm_rekey_sa_t *sa = this->sample.rekey;
	size_t headers = IKE_HEADER_LEN + GENERIC_HEADER_LEN;
	gkm_rekey_keys_t keys;
	chunk_t datagram;
	aead_t *aead;

	ck_assert(gkm_keymat_split_rekey(sa->proposal, sa->key, &keys, NULL));
	aead = gkm_rekey_aead_create(sa->proposal, &keys, NULL);
	ck_assert(aead);
	datagram = chunk_alloc(headers + gikev2_sk_len(aead, plain.len));
	memset(datagram.ptr, 0, headers);
	memcpy(datagram.ptr, sa->spi, sizeof(sa->spi));
	datagram.ptr[16] = GIKEV2_PL_SK;
	datagram.ptr[17] = 0x20;
	datagram.ptr[18] = GSA_REKEY;
	datagram.ptr[19] = flags;
	htoun32(datagram.ptr + 20, message_id);
	htoun32(datagram.ptr + 24, datagram.len);
	datagram.ptr[28] = first;
	htoun16(datagram.ptr + 30, datagram.len - 28);
	ck_assert(gikev2_sk_encrypt(aead, message_id,
								chunk_create(datagram.ptr, headers), plain,
								chunk_skip(datagram, headers)));
	aead->destroy(aead);
	return datagram;
}

/*
 * Described in header
 */
gkm_received_t rekey_fixture_receive(rekey_fixture_t *this, chunk_t datagram)
{
	/* as long as its data, so that sanitizers see what is read beyond */
	chunk_t copy = chunk_clone(datagram);
	gkm_received_t received;
	gkm_update_t *update;

	this->err = (gkm_error_t){};
	received = this->member->receive(this->member, copy, this->sample.path,
									 &update, &this->err);
	ck_assert_msg(chunk_equals(copy, datagram) || !datagram.len,
				  "datagram was changed");
	ck_assert_msg(!update == (received != GKM_RECEIVED_UPDATE), "result %d "
				  "with %s update", received, update ? "an" : "no");
	ck_assert_msg(received == GKM_RECEIVED_UPDATE ||
				  received == GKM_RECEIVED_FRAGMENT || this->err.text[0],
				  "result %d without a reason", received);
	if (update)
	{
		ck_assert_int_eq(update->message_id,
						 untoh32(copy.ptr + IKE_MESSAGE_ID_OFFSET));
		assert_equal_updates(update, this->sample.update, this->sample.new_path,
							 this->sample.name);
		gkm_update_destroy(update);
	}
	chunk_free(&copy);
	return received;
}

/*
 * Described in header
 */
void assert_received(rekey_fixture_t *this, chunk_t datagram,
					 gkm_received_t expected, const char *what)
{
	gkm_received_t received = rekey_fixture_receive(this, datagram);

	ck_assert_msg(received == expected, "%s: %d instead of %d: %s", what,
				  received, expected, this->err.text);
}
