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

#include "gdoi_sig.h"
#include "gdoi_codepoints.h"
#include "gdoi_sig_key.h"

#include <credentials/keys/public_key.h>
#include <crypto/hashers/hasher.h>

typedef struct scheme_t scheme_t;

/**
 * Algorithm of signatures
 */
struct scheme_t {

	/** gdoi_sig_algorithm_t and gdoi_hash_algorithm_t */
	uint16_t sig;
	uint16_t hash;

	/** the same in libstrongswan */
	signature_scheme_t scheme;
	hash_algorithm_t alg;

	/** type of keys, and bits in these if there is one length only */
	key_type_t type;
	int bits;
};

/** Algorithms that are supported: no MD5, no SHA-1. The curve implies the hash
 *  (RFC 6407, 5.3.6). */
static const scheme_t schemes[] = {
	{ GDOI_SIG_RSA, GDOI_HASH_SHA256, SIGN_RSA_EMSA_PKCS1_SHA2_256,
	  HASH_SHA256, KEY_RSA },
	{ GDOI_SIG_RSA, GDOI_HASH_SHA384, SIGN_RSA_EMSA_PKCS1_SHA2_384,
	  HASH_SHA384, KEY_RSA },
	{ GDOI_SIG_RSA, GDOI_HASH_SHA512, SIGN_RSA_EMSA_PKCS1_SHA2_512,
	  HASH_SHA512, KEY_RSA },
	{ GDOI_SIG_ECDSA_256, GDOI_HASH_SHA256, SIGN_ECDSA_256, HASH_SHA256,
	  KEY_ECDSA, 256 },
	{ GDOI_SIG_ECDSA_384, GDOI_HASH_SHA384, SIGN_ECDSA_384, HASH_SHA384,
	  KEY_ECDSA, 384 },
	{ GDOI_SIG_ECDSA_521, GDOI_HASH_SHA512, SIGN_ECDSA_521, HASH_SHA512,
	  KEY_ECDSA, 521 },
};

/** What is signed in front of the message */
static const chunk_t prefix = chunk_from_chars('r', 'e', 'k', 'e', 'y');

/** Where the length is in a header */
#define LENGTH_OFFSET 24

/**
 * Private data
 */
struct gdoi_sig_t {

	/** public key */
	public_key_t *key;

	/** algorithm of the signatures */
	const scheme_t *scheme;
};

/**
 * Find the algorithm of signatures
 */
static const scheme_t *find_scheme(chunk_t sig_alg, gkm_error_t *err)
{
	uint16_t sig, hash;
	int i;

	if (!gdoi_sig_from_alg(sig_alg, &sig, &hash, err))
	{
		return NULL;
	}
	for (i = 0; i < countof(schemes); i++)
	{
		if (schemes[i].sig == sig &&
			(sig != GDOI_SIG_RSA || schemes[i].hash == hash))
		{
			return &schemes[i];
		}
	}
	gkm_fail(err, "signature algorithm %u with hash %u isn't supported", sig,
			 hash);
	return NULL;
}

/**
 * Check that a key goes with an algorithm
 */
static bool check_key(const scheme_t *scheme, key_type_t type, int bits,
					  gkm_error_t *err)
{
	if (type != scheme->type || (scheme->bits && bits != scheme->bits))
	{
		return gkm_fail(err, "%N key of %d bits for %N signatures",
						key_type_names, type, bits, signature_scheme_names,
						scheme->scheme);
	}
	return TRUE;
}

/**
 * Calculate the hash of data
 *
 * @param hash		receives the hash, HASH_SIZE_SHA512 octets at most
 */
static bool get_hash(const scheme_t *scheme, chunk_t data, chunk_t *hash)
{
	hasher_t *hasher;
	bool success;

	hasher = lib->crypto->create_hasher(lib->crypto, scheme->alg);
	if (!hasher)
	{
		return FALSE;
	}
	hash->len = hasher->get_hash_size(hasher);
	success = hasher->get_hash(hasher, data, hash->ptr);
	hasher->destroy(hasher);
	return success;
}

/*
 * Described in header
 */
gdoi_sig_t *gdoi_sig_create(chunk_t sig_alg, chunk_t auth_key, gkm_error_t *err)
{
	const scheme_t *scheme = find_scheme(sig_alg, err);
	gdoi_sig_t *this;

	if (!scheme)
	{
		return NULL;
	}
	INIT(this,
		.scheme = scheme,
		.key = lib->creds->create(lib->creds, CRED_PUBLIC_KEY, KEY_ANY,
								  BUILD_BLOB_ASN1_DER, auth_key, BUILD_END),
	);
	if (!this->key)
	{
		gkm_fail(err, "public key of %zu octets can't be read", auth_key.len);
	}
	else if (check_key(scheme, this->key->get_type(this->key),
					   this->key->get_keysize(this->key), err))
	{
		return this;
	}
	gdoi_sig_destroy(this);
	return NULL;
}

/**
 * Verify a signature in one encoding
 */
static bool verify(gdoi_sig_t *this, chunk_t data, chunk_t signature, bool bare)
{
	chunk_t hash = chunk_alloca(HASH_SIZE_SHA512);

	if (bare)
	{
		return get_hash(this->scheme, data, &hash) &&
			   this->key->verify(this->key, SIGN_RSA_EMSA_PKCS1_NULL, NULL,
								 hash, signature);
	}
	return this->key->verify(this->key, this->scheme->scheme, NULL, data,
							 signature);
}

/*
 * Described in header
 */
bool gdoi_sig_verify(gdoi_sig_t *this, chunk_t data, chunk_t signature,
					 bool bare)
{
	if (this->scheme->type != KEY_RSA)
	{
		return verify(this, data, signature, FALSE);
	}
	return verify(this, data, signature, bare) ||
		   verify(this, data, signature, !bare);
}

/*
 * Described in header
 */
void gdoi_sig_destroy(gdoi_sig_t *this)
{
	if (this)
	{
		DESTROY_IF(this->key);
		free(this);
	}
}

/*
 * Described in header
 */
size_t gdoi_sig_len(private_key_t *key, chunk_t sig_alg, gkm_error_t *err)
{
	const scheme_t *scheme = find_scheme(sig_alg, err);
	int bits = key->get_keysize(key);

	if (!scheme || !check_key(scheme, key->get_type(key), bits, err))
	{
		return 0;
	}
	return (bits + 7) / 8 * (scheme->type == KEY_ECDSA ? 2 : 1);
}

/*
 * Described in header
 */
bool gdoi_sig_sign(private_key_t *key, chunk_t sig_alg, bool bare,
				   chunk_t data, chunk_t signature, gkm_error_t *err)
{
	const scheme_t *scheme = find_scheme(sig_alg, err);
	chunk_t hash = chunk_alloca(HASH_SIZE_SHA512), made = chunk_empty;
	bool success;

	if (!scheme)
	{
		return FALSE;
	}
	if (bare && scheme->type == KEY_RSA)
	{
		success = get_hash(scheme, data, &hash) &&
				  key->sign(key, SIGN_RSA_EMSA_PKCS1_NULL, NULL, hash, &made);
	}
	else
	{
		success = key->sign(key, scheme->scheme, NULL, data, &made);
	}
	success = success && made.len == signature.len;
	if (success)
	{
		memcpy(signature.ptr, made.ptr, made.len);
	}
	chunk_free(&made);
	return success || gkm_fail(err, "signing with %N failed",
							   signature_scheme_names, scheme->scheme);
}

/*
 * Described in header
 */
chunk_t gdoi_sig_octets(chunk_t headers, uint32_t length)
{
	chunk_t octets = chunk_cat("cc", prefix, headers);

	htoun32(octets.ptr + prefix.len + LENGTH_OFFSET, length);
	return octets;
}
