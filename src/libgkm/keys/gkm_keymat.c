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

#include "gkm_keymat.h"

#include "../group/gkm_algs.h"

/**
 * Which protocols can use an algorithm
 */
typedef enum {
	FOR_ESP = (1 << 0),
	FOR_AH = (1 << 1),
	FOR_REKEY = (1 << 2),
	FOR_KEK = (1 << 3),
	FOR_IEC = (1 << 4),
} usable_t;

/**
 * Encryption algorithms that groups can use. The salt is part of the key, as
 * RFC 9838, 3.4, says: RFC 3686 (CTR), 4309 (CCM), 4106 (GCM), 4543 (GMAC),
 * 7634 (ChaCha20). In GDOI's rekey SAs an IV takes its place (RFC 6407,
 * 5.6.2.1).
 */
static const struct {
	uint16_t alg;
	/** octets, 0 if the key length attribute says */
	size_t key;
	size_t salt;
	usable_t usable;
} encrs[] = {
	{ ENCR_NULL,				 0,	0,	FOR_ESP },
	{ ENCR_3DES,				24,	8,	FOR_KEK },
	{ ENCR_AES_CBC,				 0,	0,	FOR_ESP | FOR_REKEY | FOR_IEC },
	{ ENCR_AES_CBC,				 0,	16,	FOR_KEK },
	{ ENCR_AES_CTR,				 0,	4,	FOR_ESP | FOR_REKEY },
	{ ENCR_AES_CCM_ICV8,		 0,	3,	FOR_ESP | FOR_REKEY },
	{ ENCR_AES_CCM_ICV12,		 0,	3,	FOR_ESP | FOR_REKEY },
	{ ENCR_AES_CCM_ICV16,		 0,	3,	FOR_ESP | FOR_REKEY },
	{ ENCR_AES_GCM_ICV8,		 0,	4,	FOR_ESP | FOR_REKEY },
	{ ENCR_AES_GCM_ICV12,		 0,	4,	FOR_ESP | FOR_REKEY },
	{ ENCR_AES_GCM_ICV16,		 0,	4,	FOR_ESP | FOR_REKEY | FOR_IEC },
	{ ENCR_NULL_AUTH_AES_GMAC,	 0,	4,	FOR_ESP },
	{ ENCR_CHACHA20_POLY1305,	32,	4,	FOR_ESP | FOR_REKEY },
};

/**
 * Integrity algorithms that groups can use: RFC 2404, 3566, 4494, 4543, 4868,
 * and for IEC 61850 what RFC 8052, 2.2.1, has and its registry added since.
 * Keys are as long as the output of the hash, or as AES wants them.
 */
static const struct {
	uint16_t alg;
	/** octets, with salt */
	size_t len;
	usable_t usable;
} integs[] = {
	{ AUTH_HMAC_SHA1_96,		20,		FOR_ESP | FOR_AH | FOR_REKEY },
	{ AUTH_AES_XCBC_96,			16,		FOR_ESP | FOR_AH | FOR_REKEY },
	{ AUTH_AES_CMAC_96,			16,		FOR_ESP | FOR_AH | FOR_REKEY },
	{ AUTH_AES_128_GMAC,		16 + 4,	FOR_AH | FOR_IEC },
	{ AUTH_AES_192_GMAC,		24 + 4,	FOR_AH },
	{ AUTH_AES_256_GMAC,		32 + 4,	FOR_AH | FOR_IEC },
	{ AUTH_HMAC_SHA2_256_128,	32,		FOR_ESP | FOR_AH | FOR_REKEY |
										FOR_IEC },
	{ AUTH_HMAC_SHA2_384_192,	48,		FOR_ESP | FOR_AH | FOR_REKEY },
	{ AUTH_HMAC_SHA2_512_256,	64,		FOR_ESP | FOR_AH | FOR_REKEY },
	{ AUTH_HMAC_SHA2_256_256,	32,		FOR_IEC },
	{ AUTH_HMAC_SHA2_384_384,	48,		FOR_IEC },
	{ AUTH_HMAC_SHA2_512_512,	64,		FOR_IEC },
};

/**
 * Flag of a protocol
 */
static usable_t usable_for(protocol_id_t protocol)
{
	switch ((int)protocol)
	{
		case PROTO_ESP:
			return FOR_ESP;
		case PROTO_AH:
			return FOR_AH;
		case PROTO_GIKE_UPDATE:
			return FOR_REKEY;
		case PROTO_GDOI_KEK:
			return FOR_KEK;
		case PROTO_IEC_61850:
			return FOR_IEC;
		default:
			return 0;
	}
}

/*
 * Described in header
 */
bool gkm_keymat_encr_len(protocol_id_t protocol, uint16_t alg,
						 uint16_t key_size, size_t *len)
{
	int i;

	for (i = 0; i < countof(encrs); i++)
	{
		if (encrs[i].alg != alg || !(encrs[i].usable & usable_for(protocol)))
		{
			continue;
		}
		if (alg == ENCR_NULL || encrs[i].key)
		{	/* no key length attribute (RFC 7296, 3.3.5) */
			*len = encrs[i].key + encrs[i].salt;
			return key_size == 0;
		}
		/* AES */
		*len = key_size / 8 + encrs[i].salt;
		return key_size == 128 || key_size == 192 || key_size == 256;
	}
	return FALSE;
}

/*
 * Described in header
 */
bool gkm_keymat_integ_len(protocol_id_t protocol, uint16_t alg, size_t *len)
{
	int i;

	for (i = 0; i < countof(integs); i++)
	{
		if (integs[i].alg == alg && (integs[i].usable & usable_for(protocol)))
		{
			*len = integs[i].len;
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * Lengths of the keys of an SA, in the order they come in
 */
typedef struct {
	size_t encr;
	size_t integ;
	size_t wrap;
} lengths_t;

/**
 * Find out how long the keys of an SA are
 */
static bool get_lengths(proposal_t *proposal, lengths_t *lengths)
{
	protocol_id_t protocol = proposal->get_protocol(proposal);
	uint16_t alg, size;

	*lengths = (lengths_t){};
	if (proposal->get_algorithm(proposal, ENCRYPTION_ALGORITHM, &alg, &size) &&
		!gkm_keymat_encr_len(protocol, alg, size, &lengths->encr))
	{
		return FALSE;
	}
	if (proposal->get_algorithm(proposal, INTEGRITY_ALGORITHM, &alg, NULL) &&
		!gkm_keymat_integ_len(protocol, alg, &lengths->integ))
	{
		return FALSE;
	}
	if (proposal->get_algorithm(proposal, KEY_WRAP_ALGORITHM, &alg, NULL))
	{
		lengths->wrap = gkm_key_wrap_key_len(alg);
		return lengths->wrap != 0;
	}
	return TRUE;
}

/*
 * Described in header
 */
size_t gkm_keymat_len(proposal_t *proposal)
{
	lengths_t lengths;

	if (!get_lengths(proposal, &lengths))
	{
		return 0;
	}
	return lengths.encr + lengths.integ + lengths.wrap;
}

/**
 * Find out how long the keys of an SA are, if they make up the key material
 */
static bool match_lengths(proposal_t *proposal, chunk_t material,
						  lengths_t *lengths, gkm_error_t *err)
{
	size_t expected;

	if (!get_lengths(proposal, lengths))
	{
		return gkm_fail(err, "key material of algorithms that are not known");
	}
	expected = lengths->encr + lengths->integ + lengths->wrap;
	if (!expected || material.len != expected)
	{
		return gkm_fail(err, "key material of %zu octets instead of %zu",
						material.len, expected);
	}
	return TRUE;
}

/*
 * Described in header
 */
bool gkm_keymat_split_data(proposal_t *proposal, chunk_t material,
						   gkm_data_keys_t *keys, gkm_error_t *err)
{
	lengths_t lengths;

	if (!match_lengths(proposal, material, &lengths, err))
	{
		return FALSE;
	}
	keys->encr = chunk_create(material.ptr, lengths.encr);
	keys->integ = chunk_create(material.ptr + lengths.encr, lengths.integ);
	return TRUE;
}

/*
 * Described in header
 */
bool gkm_keymat_split_rekey(proposal_t *proposal, chunk_t material,
							gkm_rekey_keys_t *keys, gkm_error_t *err)
{
	lengths_t lengths;

	if (!match_lengths(proposal, material, &lengths, err))
	{
		return FALSE;
	}
	keys->encr = chunk_create(material.ptr, lengths.encr);
	keys->integ = chunk_create(material.ptr + lengths.encr, lengths.integ);
	keys->wrap = chunk_create(material.ptr + lengths.encr + lengths.integ,
							  lengths.wrap);
	return TRUE;
}

/*
 * Described in header
 */
bool gkm_keymat_split_kek(proposal_t *proposal, chunk_t material,
						  gkm_kek_keys_t *keys, gkm_error_t *err)
{
	lengths_t lengths;
	uint16_t alg;
	size_t iv;

	if (!match_lengths(proposal, material, &lengths, err))
	{
		return FALSE;
	}
	proposal->get_algorithm(proposal, ENCRYPTION_ALGORITHM, &alg, NULL);
	iv = alg == ENCR_3DES ? 8 : 16;
	keys->iv = chunk_create(material.ptr, iv);
	keys->encr = chunk_create(material.ptr + iv, material.len - iv);
	return TRUE;
}
