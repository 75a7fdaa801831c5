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

#include "../keys/gkm_keymat.h"

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

/*
 * Described in header
 */
gdoi_kek_t *gdoi_kek_create(gkm_rekey_sa_t *sa, gkm_error_t *err)
{
	gkm_kek_keys_t keys;
	crypter_t *crypter;
	gdoi_kek_t *this;
	uint16_t alg;

	if (!gkm_keymat_split_kek(sa->proposal, sa->key, &keys, err) ||
		!sa->proposal->get_algorithm(sa->proposal, ENCRYPTION_ALGORITHM, &alg,
									 NULL))
	{
		return NULL;
	}
	crypter = lib->crypto->create_crypter(lib->crypto, alg, keys.encr.len);
	if (!crypter || crypter->get_iv_size(crypter) != keys.iv.len ||
		!crypter->set_key(crypter, keys.encr))
	{
		DESTROY_IF(crypter);
		gkm_fail(err, "rekey SA: %N isn't supported",
				 encryption_algorithm_names, alg);
		return NULL;
	}
	INIT(this,
		.crypter = crypter,
		.iv = chunk_clone(keys.iv),
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
