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

/**
 * Create a transform of separate algorithms
 */
static aead_t *create_traditional(proposal_t *proposal, uint16_t encr,
								  uint16_t key_size)
{
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
	return aead_create(crypter, signer, iv_gen_create_for_alg(encr));
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
