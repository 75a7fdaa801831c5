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

#include "gkm_rekey_aead.h"

typedef struct private_gkm_rekey_aead_t private_gkm_rekey_aead_t;

/**
 * Transform of a crypter and a signer. Does what that of libstrongswan does,
 * except that it logs nothing if the integrity isn't right: anyone can send
 * such messages to a multicast address, and fill the log.
 */
struct private_gkm_rekey_aead_t {

	/** public interface */
	aead_t public;

	/** the transform of libstrongswan */
	aead_t *aead;

	/** its parts, owned by it */
	crypter_t *crypter;
	signer_t *signer;
};

METHOD(aead_t, encrypt, bool,
	private_gkm_rekey_aead_t *this, chunk_t plain, chunk_t assoc, chunk_t iv,
	chunk_t *encrypted)
{
	return this->aead->encrypt(this->aead, plain, assoc, iv, encrypted);
}

METHOD(aead_t, decrypt, bool,
	private_gkm_rekey_aead_t *this, chunk_t encrypted, chunk_t assoc,
	chunk_t iv, chunk_t *plain)
{
	size_t icv_len = this->signer->get_block_size(this->signer);
	chunk_t crypt, icv;

	if (encrypted.len < icv_len)
	{
		return FALSE;
	}
	crypt = chunk_create(encrypted.ptr, encrypted.len - icv_len);
	icv = chunk_skip(encrypted, crypt.len);
	return this->signer->get_signature(this->signer, assoc, NULL) &&
		   this->signer->get_signature(this->signer, iv, NULL) &&
		   this->signer->verify_signature(this->signer, crypt, icv) &&
		   this->crypter->decrypt(this->crypter, crypt, iv, plain);
}

METHOD(aead_t, get_block_size, size_t,
	private_gkm_rekey_aead_t *this)
{
	return this->aead->get_block_size(this->aead);
}

METHOD(aead_t, get_icv_size, size_t,
	private_gkm_rekey_aead_t *this)
{
	return this->aead->get_icv_size(this->aead);
}

METHOD(aead_t, get_iv_size, size_t,
	private_gkm_rekey_aead_t *this)
{
	return this->aead->get_iv_size(this->aead);
}

METHOD(aead_t, get_iv_gen, iv_gen_t*,
	private_gkm_rekey_aead_t *this)
{
	return this->aead->get_iv_gen(this->aead);
}

METHOD(aead_t, get_key_size, size_t,
	private_gkm_rekey_aead_t *this)
{
	return this->aead->get_key_size(this->aead);
}

METHOD(aead_t, set_key, bool,
	private_gkm_rekey_aead_t *this, chunk_t key)
{
	return this->aead->set_key(this->aead, key);
}

METHOD(aead_t, destroy, void,
	private_gkm_rekey_aead_t *this)
{
	this->aead->destroy(this->aead);
	free(this);
}

/**
 * Create a transform of separate algorithms
 */
static aead_t *create_traditional(proposal_t *proposal, uint16_t encr,
								  uint16_t key_size)
{
	private_gkm_rekey_aead_t *this;
	crypter_t *crypter;
	signer_t *signer = NULL;
	uint16_t integ;

	crypter = lib->crypto->create_crypter(lib->crypto, encr, key_size / 8);
	if (proposal->get_algorithm(proposal, INTEGRITY_ALGORITHM, &integ, NULL))
	{
		signer = lib->crypto->create_signer(lib->crypto, integ);
	}
	if (!crypter || !signer)
	{
		DESTROY_IF(crypter);
		DESTROY_IF(signer);
		return NULL;
	}
	INIT(this,
		.public = {
			.encrypt = _encrypt,
			.decrypt = _decrypt,
			.get_block_size = _get_block_size,
			.get_icv_size = _get_icv_size,
			.get_iv_size = _get_iv_size,
			.get_iv_gen = _get_iv_gen,
			.get_key_size = _get_key_size,
			.set_key = _set_key,
			.destroy = _destroy,
		},
		.aead = aead_create(crypter, signer, iv_gen_create_for_alg(encr)),
		.crypter = crypter,
		.signer = signer,
	);
	return &this->public;
}

/*
 * Described in header
 */
aead_t *gkm_rekey_aead_create(proposal_t *proposal, gkm_rekey_keys_t *keys,
							  gkm_error_t *err)
{
	uint16_t encr = ENCR_UNDEFINED, size = 0;
	aead_t *aead;
	bool success;
	chunk_t key;

	proposal->get_algorithm(proposal, ENCRYPTION_ALGORITHM, &encr, &size);
	if (encryption_algorithm_is_aead(encr))
	{
		/* salt as long as the algorithm has it */
		aead = lib->crypto->create_aead(lib->crypto, encr, size / 8, 0);
	}
	else
	{
		aead = create_traditional(proposal, encr, size);
	}
	if (!aead)
	{
		gkm_fail(err, "rekey SA: no plugin has its algorithms");
		return NULL;
	}
	/* in this order, see aead_t */
	key = chunk_cat("cc", keys->integ, keys->encr);
	success = aead->get_key_size(aead) == key.len && aead->set_key(aead, key);
	chunk_clear(&key);
	if (!success)
	{
		gkm_fail(err, "rekey SA: keys don't fit its algorithms");
		aead->destroy(aead);
		return NULL;
	}
	return aead;
}
