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

#include "gdoi_kek.h"

#include <crypto/crypters/crypter.h>

/**
 * Private data
 */
struct gdoi_kek_t {

	/** encryption, has the key */
	crypter_t *crypter;

	/** IV */
	chunk_t iv;
};

/**
 * Get the algorithm of a rekey SA
 *
 * @param key_len		receives octets of its key
 * @param block_len		receives octets of a block
 */
static bool get_algorithm(gkm_rekey_sa_t *sa, uint16_t *alg, size_t *key_len,
						  size_t *block_len)
{
	uint16_t bits;

	if (!sa->proposal->get_algorithm(sa->proposal, ENCRYPTION_ALGORITHM, alg,
									 &bits))
	{
		return FALSE;
	}
	switch (*alg)
	{
		case ENCR_AES_CBC:
			*key_len = bits / 8;
			*block_len = 16;
			return bits == 128 || bits == 192 || bits == 256;
		case ENCR_3DES:
			*key_len = 24;
			*block_len = 8;
			return TRUE;
		default:
			return FALSE;
	}
}

/*
 * Described in header
 */
bool gdoi_kek_split(gkm_rekey_sa_t *sa, chunk_t *iv, chunk_t *key)
{
	size_t key_len, block_len;
	uint16_t alg;

	if (!get_algorithm(sa, &alg, &key_len, &block_len) ||
		sa->key.len != block_len + key_len)
	{
		return FALSE;
	}
	*iv = chunk_create(sa->key.ptr, block_len);
	*key = chunk_skip(sa->key, block_len);
	return TRUE;
}

/*
 * Described in header
 */
gdoi_kek_t *gdoi_kek_create(gkm_rekey_sa_t *sa, gkm_error_t *err)
{
	size_t key_len, block_len;
	crypter_t *crypter;
	chunk_t iv, key;
	gdoi_kek_t *this;
	uint16_t alg;

	if (!get_algorithm(sa, &alg, &key_len, &block_len) ||
		!gdoi_kek_split(sa, &iv, &key))
	{
		gkm_fail(err, "rekey SA: key of %zu octets, or algorithm that GDOI "
				 "doesn't have", sa->key.len);
		return NULL;
	}
	crypter = lib->crypto->create_crypter(lib->crypto, alg, key_len);
	if (!crypter || !crypter->set_key(crypter, key))
	{
		DESTROY_IF(crypter);
		gkm_fail(err, "rekey SA: %N isn't supported",
				 encryption_algorithm_names, alg);
		return NULL;
	}
	INIT(this,
		.crypter = crypter,
		.iv = chunk_clone(iv),
	);
	return this;
}

/*
 * Described in header
 */
size_t gdoi_kek_get_block_len(gdoi_kek_t *this)
{
	return this->iv.len;
}

/*
 * Described in header
 */
bool gdoi_kek_encrypt(gdoi_kek_t *this, chunk_t data)
{
	return this->crypter->encrypt(this->crypter, data, this->iv, NULL);
}

/*
 * Described in header
 */
bool gdoi_kek_decrypt(gdoi_kek_t *this, chunk_t data)
{
	return this->crypter->decrypt(this->crypter, data, this->iv, NULL);
}

/*
 * Described in header
 */
void gdoi_kek_destroy(gdoi_kek_t *this)
{
	if (this)
	{
		this->crypter->destroy(this->crypter);
		chunk_clear(&this->iv);
		free(this);
	}
}
