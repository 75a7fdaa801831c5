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
 * Private data
 */
struct gkm_auth_key_t {

	/** public key */
	public_key_t *key;

	/** algorithm of the signatures */
	signature_params_t params;
};

/**
 * Read the algorithm of signatures, and get the type of key that it needs. Its
 * hash has to be one that IKEv2 signs with (RFC 7427, RFC 8247, 3.2, RFC 8420):
 * no MD5, no SHA-1.
 *
 * @param params	receives the algorithm, to be cleared
 */
static bool parse_algorithm(chunk_t sig_alg, signature_params_t *params,
							key_type_t *type, gkm_error_t *err)
{
	hash_algorithm_t hash;

	*params = (signature_params_t){};
	if (is_sequence(sig_alg) && signature_params_parse(sig_alg, 0, params))
	{
		hash = hasher_from_signature_scheme(params->scheme, params->params);
		*type = key_type_from_signature_scheme(params->scheme);
		if (hasher_algorithm_for_ikev2(hash) && *type != KEY_ANY)
		{
			return TRUE;
		}
		signature_params_clear(params);
	}
	return gkm_fail(err, "signature algorithm of %zu octets is not supported",
					sig_alg.len);
}

/**
 * Check that a key is of the type that an algorithm needs
 */
static bool check_type(key_type_t type, key_type_t wanted, gkm_error_t *err)
{
	if (type != wanted)
	{
		return gkm_fail(err, "%N key for %N signatures", key_type_names, type,
						key_type_names, wanted);
	}
	return TRUE;
}

/*
 * Described in header
 */
gkm_auth_key_t *gkm_auth_key_create(chunk_t sig_alg, chunk_t auth_key,
									gkm_error_t *err)
{
	signature_params_t params;
	gkm_auth_key_t *this;
	key_type_t wanted;

	if (!parse_algorithm(sig_alg, &params, &wanted, err))
	{
		return NULL;
	}
	INIT(this,
		.params = params,
	);
	if (is_sequence(auth_key))
	{
		this->key = lib->creds->create(lib->creds, CRED_PUBLIC_KEY, KEY_ANY,
									   BUILD_BLOB_ASN1_DER, auth_key,
									   BUILD_END);
	}
	if (!this->key)
	{
		gkm_fail(err, "public key of %zu octets can't be read", auth_key.len);
	}
	else if (check_type(this->key->get_type(this->key), wanted, err))
	{
		return this;
	}
	gkm_auth_key_destroy(this);
	return NULL;
}

/*
 * Described in header
 */
bool gkm_auth_key_verify(gkm_auth_key_t *this, chunk_t data, chunk_t signature)
{
	return this->key->verify(this->key, this->params.scheme,
							 this->params.params, data, signature);
}

/*
 * Described in header
 */
void gkm_auth_key_destroy(gkm_auth_key_t *this)
{
	if (this)
	{
		DESTROY_IF(this->key);
		signature_params_clear(&this->params);
		free(this);
	}
}

/*
 * Described in header
 */
bool gkm_auth_key_check(chunk_t sig_alg, chunk_t auth_key, gkm_error_t *err)
{
	gkm_auth_key_t *key = gkm_auth_key_create(sig_alg, auth_key, err);

	gkm_auth_key_destroy(key);
	return key != NULL;
}

/**
 * Compare a private key with a public one by their fingerprints: reading the
 * public one, or verifying a signature, takes much longer than signing
 */
static bool has_public_key(private_key_t *key, chunk_t auth_key)
{
	chunk_t fingerprint, expected = chunk_alloca(HASH_SIZE_SHA1);
	hasher_t *hasher;
	bool equal;

	hasher = lib->crypto->create_hasher(lib->crypto, HASH_SHA1);
	equal = hasher && hasher->get_hash(hasher, auth_key, expected.ptr) &&
			key->get_fingerprint(key, KEYID_PUBKEY_INFO_SHA1, &fingerprint) &&
			chunk_equals(fingerprint, expected);
	DESTROY_IF(hasher);
	return equal;
}

/*
 * Described in header
 */
bool gkm_auth_key_matches(private_key_t *key, chunk_t sig_alg, chunk_t auth_key,
						  gkm_error_t *err)
{
	signature_params_t params;
	key_type_t wanted;

	if (!parse_algorithm(sig_alg, &params, &wanted, err))
	{
		return FALSE;
	}
	signature_params_clear(&params);
	return check_type(key->get_type(key), wanted, err) &&
		  (has_public_key(key, auth_key) ||
		   gkm_fail(err, "key that signs rekeys isn't the one that members "
					"check them with"));
}

/*
 * Described in header
 */
bool gkm_auth_key_sign(private_key_t *key, chunk_t sig_alg, chunk_t data,
					   chunk_t *signature, gkm_error_t *err)
{
	signature_params_t params;
	key_type_t wanted;
	bool success;

	if (!parse_algorithm(sig_alg, &params, &wanted, err))
	{
		return FALSE;
	}
	success = check_type(key->get_type(key), wanted, err);
	if (success && !key->sign(key, params.scheme, params.params, data,
							  signature))
	{
		success = gkm_fail(err, "signing with %N failed", key_type_names,
						   wanted);
	}
	signature_params_clear(&params);
	return success;
}

/*
 * Described in header
 */
size_t gkm_auth_key_signature_len(private_key_t *key)
{
	size_t octets = (key->get_keysize(key) + 7) / 8;

	switch (key->get_type(key))
	{
		case KEY_ECDSA:
			/* DER sequence of two integers (RFC 3279, 2.2.3): three headers
			 * make 6 octets, and one of two numbers is as likely to need a
			 * leading 0. On P-521 none does, but the sequence's length takes an
			 * octet more. */
			return 2 * octets + 7;
		case KEY_ED25519:
			/* RFC 8032, 5.1.6 and 5.2.6 */
			return 64;
		case KEY_ED448:
			return 114;
		default:
			return octets;
	}
}
