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


#include "gdoi_sig_key.h"

#include <asn1/asn1.h>
#include <asn1/oid.h>

/**
 * Algorithms of signatures (RFC 6407, 5.3.6). ECDSA has a fixed hash and curve
 * (RFC 4754).
 */
static const struct {
	uint16_t sig;
	uint16_t hash;
	int oid;
	/** bits in the key, 0 if that varies */
	uint16_t bits;
} algs[] = {
	{ GDOI_SIG_RSA,			GDOI_HASH_SHA256,	OID_SHA256_WITH_RSA },
	{ GDOI_SIG_RSA,			GDOI_HASH_SHA384,	OID_SHA384_WITH_RSA },
	{ GDOI_SIG_RSA,			GDOI_HASH_SHA512,	OID_SHA512_WITH_RSA },
	{ GDOI_SIG_ECDSA_256,	GDOI_HASH_SHA256,	OID_ECDSA_WITH_SHA256,	256 },
	{ GDOI_SIG_ECDSA_384,	GDOI_HASH_SHA384,	OID_ECDSA_WITH_SHA384,	384 },
	{ GDOI_SIG_ECDSA_521,	GDOI_HASH_SHA512,	OID_ECDSA_WITH_SHA512,	521 },
};

/*
 * Described in header
 */
bool gdoi_sig_from_alg(chunk_t sig_alg, uint16_t *sig, uint16_t *hash,
					   gkm_error_t *err)
{
	int oid = asn1_parse_algorithmIdentifier(sig_alg, 0, NULL), i;

	for (i = 0; i < countof(algs); i++)
	{
		if (algs[i].oid == oid)
		{
			*sig = algs[i].sig;
			*hash = algs[i].hash;
			return TRUE;
		}
	}
	return gkm_fail(err, "signature algorithm of %zu octets has no number in "
					"GDOI", sig_alg.len);
}

/*
 * Described in header
 */
bool gdoi_sig_to_alg(uint16_t sig, uint16_t hash, chunk_t *sig_alg,
					 gkm_error_t *err)
{
	int i;

	for (i = 0; i < countof(algs); i++)
	{
		if (algs[i].sig == sig &&
			(algs[i].hash == hash || (!hash && algs[i].bits)))
		{
			*sig_alg = asn1_algorithmIdentifier(algs[i].oid);
			return TRUE;
		}
	}
	return gkm_fail(err, "SIG_ALGORITHM %u with SIG_HASH_ALGORITHM %u is not "
					"supported", sig, hash);
}

/**
 * Get the RSAPublicKey in a SubjectPublicKeyInfo (RFC 3279, 2.3.1)
 */
static bool get_pkcs1(chunk_t key, chunk_t *pkcs1)
{
	chunk_t content, alg = chunk_empty, inner;

	if (asn1_unwrap(&key, &content) != ASN1_SEQUENCE)
	{
		return FALSE;
	}
	alg = content;
	if (asn1_unwrap(&content, &inner) != ASN1_SEQUENCE)
	{
		return FALSE;
	}
	alg.len -= content.len;
	if (asn1_parse_algorithmIdentifier(alg, 0, NULL) != OID_RSA_ENCRYPTION ||
		asn1_unwrap(&content, &inner) != ASN1_BIT_STRING || inner.len < 1)
	{
		return FALSE;
	}
	/* number of unused bits */
	*pkcs1 = chunk_skip(inner, 1);
	return TRUE;
}

/**
 * Bits in the modulus of an RSA key
 */
static uint16_t get_rsa_bits(chunk_t key)
{
	chunk_t pkcs1, content, modulus;
	uint8_t first;
	size_t bits;

	if (!get_pkcs1(key, &pkcs1) ||
		asn1_unwrap(&pkcs1, &content) != ASN1_SEQUENCE ||
		asn1_unwrap(&content, &modulus) != ASN1_INTEGER)
	{
		return 0;
	}
	modulus = chunk_skip_zero(modulus);
	if (!modulus.len || modulus.len > UINT16_MAX / 8)
	{
		return 0;
	}
	bits = modulus.len * 8;
	for (first = modulus.ptr[0]; first && !(first & 0x80); first <<= 1)
	{
		bits--;
	}
	return bits;
}

/*
 * Described in header
 */
uint16_t gdoi_sig_key_bits(uint16_t sig, chunk_t key)
{
	int i;

	for (i = 0; i < countof(algs); i++)
	{
		if (algs[i].sig == sig)
		{
			return algs[i].bits ?: get_rsa_bits(key);
		}
	}
	return 0;
}

/*
 * Described in header
 */
chunk_t gdoi_sig_key_to_wire(chunk_t key, bool pkcs1)
{
	chunk_t found;

	return pkcs1 && get_pkcs1(key, &found) ? found : key;
}

/*
 * Described in header
 */
bool gdoi_sig_key_from_wire(chunk_t wire, chunk_t *key, gkm_error_t *err)
{
	chunk_t rest = wire, content, inner;

	if (asn1_unwrap(&rest, &content) == ASN1_SEQUENCE && !rest.len)
	{
		switch (asn1_unwrap(&content, &inner))
		{
			case ASN1_SEQUENCE:
				*key = chunk_clone(wire);
				return TRUE;
			case ASN1_INTEGER:
				*key = asn1_wrap(ASN1_SEQUENCE, "mm",
								 asn1_algorithmIdentifier(OID_RSA_ENCRYPTION),
								 asn1_bitstring("c", wire));
				return TRUE;
			default:
				break;
		}
	}
	return gkm_fail(err, "SIG_ALGORITHM_KEY of %zu octets is neither "
					"SubjectPublicKeyInfo nor RSAPublicKey", wire.len);
}
