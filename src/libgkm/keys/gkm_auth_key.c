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

#include "gkm_auth_key.h"

#include <asn1/asn1.h>
#include <crypto/hashers/hasher.h>
#include <credentials/keys/public_key.h>
#include <credentials/keys/signature_params.h>

/**
 * Is this a single ASN.1 sequence?
 */
static bool is_sequence(chunk_t data)
{
	chunk_t content;

	return asn1_unwrap(&data, &content) == ASN1_SEQUENCE && !data.len;
}

/**
 * Get the type of key that an algorithm needs. Its hash has to be one that
 * IKEv2 signs with (RFC 7427, RFC 8247, 3.2, RFC 8420): no MD5, no SHA-1.
 */
static bool get_key_type(chunk_t sig_alg, key_type_t *type)
{
	signature_params_t params = {};
	hash_algorithm_t hash;

	if (!is_sequence(sig_alg) || !signature_params_parse(sig_alg, 0, &params))
	{
		return FALSE;
	}
	hash = hasher_from_signature_scheme(params.scheme, params.params);
	*type = key_type_from_signature_scheme(params.scheme);
	signature_params_clear(&params);
	return hasher_algorithm_for_ikev2(hash) && *type != KEY_ANY;
}

/*
 * Described in header
 */
bool gkm_auth_key_check(chunk_t sig_alg, chunk_t auth_key, gkm_error_t *err)
{
	key_type_t wanted, type;
	public_key_t *key;

	if (!get_key_type(sig_alg, &wanted))
	{
		return gkm_fail(err, "signature algorithm of %zu octets is not "
						"supported",
						sig_alg.len);
	}
	key = is_sequence(auth_key) ?
			lib->creds->create(lib->creds, CRED_PUBLIC_KEY, KEY_ANY,
							   BUILD_BLOB_ASN1_DER, auth_key, BUILD_END) : NULL;
	if (!key)
	{
		return gkm_fail(err, "public key of %zu octets can't be read",
						auth_key.len);
	}
	type = key->get_type(key);
	key->destroy(key);
	if (type != wanted)
	{
		return gkm_fail(err, "%N key for %N signatures", key_type_names, type,
						key_type_names, wanted);
	}
	return TRUE;
}
