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


#include "gdoi_algs.h"

#include "../keys/gkm_keymat.h"

/** Bits in the key of AES if the attribute is missing, which it must not be
 *  (RFC 3602, 5.3), but is with implementations that know no other length */
#define AES_BITS_DEFAULT 128

/**
 * ESP transforms. Algorithms that groups can't use aren't here: DES, 3DES.
 * ChaCha20-Poly1305 has no number.
 */
static const struct {
	uint8_t id;
	uint16_t alg;
} esp[] = {
	{ GDOI_ESP_NULL,				ENCR_NULL },
	{ GDOI_ESP_AES_CBC,				ENCR_AES_CBC },
	{ GDOI_ESP_AES_CTR,				ENCR_AES_CTR },
	{ GDOI_ESP_AES_CCM_8,			ENCR_AES_CCM_ICV8 },
	{ GDOI_ESP_AES_CCM_12,			ENCR_AES_CCM_ICV12 },
	{ GDOI_ESP_AES_CCM_16,			ENCR_AES_CCM_ICV16 },
	{ GDOI_ESP_AES_GCM_8,			ENCR_AES_GCM_ICV8 },
	{ GDOI_ESP_AES_GCM_12,			ENCR_AES_GCM_ICV12 },
	{ GDOI_ESP_AES_GCM_16,			ENCR_AES_GCM_ICV16 },
	{ GDOI_ESP_NULL_AUTH_AES_GMAC,	ENCR_NULL_AUTH_AES_GMAC },
};

/**
 * Integrity algorithms, and the AH transforms that have them: in AH both are
 * sent (RFC 2407, 4.4.3). AES-CMAC has no number.
 */
static const struct {
	uint16_t auth;
	uint8_t ah;
	uint16_t alg;
} auths[] = {
	{ GDOI_AUTH_HMAC_SHA1,		GDOI_AH_SHA1,		AUTH_HMAC_SHA1_96 },
	{ GDOI_AUTH_HMAC_SHA2_256,	GDOI_AH_SHA2_256,	AUTH_HMAC_SHA2_256_128 },
	{ GDOI_AUTH_HMAC_SHA2_384,	GDOI_AH_SHA2_384,	AUTH_HMAC_SHA2_384_192 },
	{ GDOI_AUTH_HMAC_SHA2_512,	GDOI_AH_SHA2_512,	AUTH_HMAC_SHA2_512_256 },
	{ GDOI_AUTH_AES_XCBC,		GDOI_AH_AES_XCBC,	AUTH_AES_XCBC_96 },
	{ GDOI_AUTH_AES_128_GMAC,	GDOI_AH_AES_128_GMAC,	AUTH_AES_128_GMAC },
	{ GDOI_AUTH_AES_192_GMAC,	GDOI_AH_AES_192_GMAC,	AUTH_AES_192_GMAC },
	{ GDOI_AUTH_AES_256_GMAC,	GDOI_AH_AES_256_GMAC,	AUTH_AES_256_GMAC },
};

/**
 * Algorithms of IEC 61850 SAs (RFC 8052, 2.2.1 and 2.2.2)
 */
static const struct {
	uint16_t auth;
	uint16_t alg;
} iec_auths[] = {
	{ GDOI_IEC_HMAC_SHA256_128,	AUTH_HMAC_SHA2_256_128 },
	{ GDOI_IEC_HMAC_SHA256,		AUTH_HMAC_SHA2_256_256 },
	{ GDOI_IEC_AES_GMAC_128,	AUTH_AES_128_GMAC },
	{ GDOI_IEC_AES_GMAC_256,	AUTH_AES_256_GMAC },
	{ GDOI_IEC_HMAC_SHA384,		AUTH_HMAC_SHA2_384_384 },
	{ GDOI_IEC_HMAC_SHA512,		AUTH_HMAC_SHA2_512_512 },
};

static const struct {
	uint16_t encr;
	uint16_t alg;
	uint16_t bits;
} iec_encrs[] = {
	{ GDOI_IEC_AES_CBC_128,	ENCR_AES_CBC,		128 },
	{ GDOI_IEC_AES_CBC_256,	ENCR_AES_CBC,		256 },
	{ GDOI_IEC_AES_GCM_128,	ENCR_AES_GCM_ICV16,	128 },
	{ GDOI_IEC_AES_GCM_256,	ENCR_AES_GCM_ICV16,	256 },
};

/**
 * Find an integrity algorithm, return its index or -1
 */
static int find_integ(proposal_t *proposal)
{
	uint16_t alg;
	int i;

	if (proposal->get_algorithm(proposal, INTEGRITY_ALGORITHM, &alg, NULL))
	{
		for (i = 0; i < countof(auths); i++)
		{
			if (auths[i].alg == alg)
			{
				return i;
			}
		}
	}
	return -1;
}

/**
 * Get the numbers of an ESP proposal
 */
static bool from_esp(proposal_t *proposal, gdoi_transform_t *transform)
{
	int integ = find_integ(proposal), i;
	uint16_t alg;

	if (!proposal->get_algorithm(proposal, ENCRYPTION_ALGORITHM, &alg,
								 &transform->bits) ||
		(integ < 0 && !encryption_algorithm_is_aead(alg)))
	{
		return FALSE;
	}
	transform->auth = integ < 0 ? 0 : auths[integ].auth;
	for (i = 0; i < countof(esp); i++)
	{
		if (esp[i].alg == alg)
		{
			transform->id = esp[i].id;
			return TRUE;
		}
	}
	return FALSE;
}

/*
 * Described in header
 */
bool gdoi_transform_from_proposal(proposal_t *proposal,
								  gdoi_transform_t *transform,
								  gkm_error_t *err)
{
	protocol_id_t protocol = proposal->get_protocol(proposal);
	int integ = find_integ(proposal);

	*transform = (gdoi_transform_t){};
	if (protocol == PROTO_ESP && from_esp(proposal, transform))
	{
		return TRUE;
	}
	if (protocol == PROTO_AH && integ >= 0)
	{
		transform->id = auths[integ].ah;
		transform->auth = auths[integ].auth;
		return TRUE;
	}
	return gkm_fail(err, "an algorithm of the %s proposal has no number in "
					"GDOI", protocol == PROTO_AH ? "AH" : "ESP");
}

/**
 * Add encryption to a proposal
 */
static bool add_encryption(proposal_t *proposal, gdoi_transform_t *transform,
						   gkm_error_t *err)
{
	uint16_t bits = transform->bits;
	int i;

	for (i = 0; i < countof(esp); i++)
	{
		if (esp[i].id == transform->id)
		{
			if (!bits && esp[i].alg != ENCR_NULL)
			{
				bits = AES_BITS_DEFAULT;
			}
			proposal->add_algorithm(proposal, ENCRYPTION_ALGORITHM, esp[i].alg,
									bits);
			return TRUE;
		}
	}
	return gkm_fail(err, "ESP transform %u is not supported", transform->id);
}

/**
 * Add integrity protection to a proposal
 */
static bool add_integrity(proposal_t *proposal, gdoi_transform_t *transform,
						  gkm_error_t *err)
{
	bool ah = proposal->get_protocol(proposal) == PROTO_AH;
	int i;

	for (i = 0; i < countof(auths); i++)
	{
		if (ah ? auths[i].ah == transform->id :
				 auths[i].auth == transform->auth)
		{
			if (ah && transform->auth && transform->auth != auths[i].auth)
			{
				return gkm_fail(err, "AH transform %u with authentication "
								"algorithm %u", transform->id,
								transform->auth);
			}
			proposal->add_algorithm(proposal, INTEGRITY_ALGORITHM,
									auths[i].alg, 0);
			return TRUE;
		}
	}
	return ah ? gkm_fail(err, "AH transform %u is not supported",
						 transform->id) :
				gkm_fail(err, "authentication algorithm %u is not supported",
						 transform->auth);
}

/*
 * Described in header
 */
proposal_t *gdoi_transform_to_proposal(protocol_id_t protocol,
									   gdoi_transform_t *transform,
									   gkm_sn_t sn, gkm_error_t *err)
{
	proposal_t *proposal = proposal_create(protocol, 1);
	bool success = TRUE;

	if (protocol == PROTO_ESP)
	{
		success = add_encryption(proposal, transform, err);
	}
	else if (transform->bits)
	{
		success = gkm_fail(err, "AH transform with a key length");
	}
	if (protocol == PROTO_AH || transform->auth)
	{
		success = success && add_integrity(proposal, transform, err);
	}
	proposal->add_algorithm(proposal, EXTENDED_SEQUENCE_NUMBERS, sn, 0);
	if (!success || !gkm_proposal_check(proposal, err))
	{
		proposal->destroy(proposal);
		return NULL;
	}
	return proposal;
}

/**
 * Check that algorithms of an IEC 61850 SA go together
 */
static bool check_iec(gdoi_iec_algs_t *algs, gkm_error_t *err)
{
	bool auth = algs->auth != GDOI_IEC_AUTH_NONE;
	bool aead = algs->encr == GDOI_IEC_AES_GCM_128 ||
				algs->encr == GDOI_IEC_AES_GCM_256;

	if (aead == auth)
	{	/* RFC 8052, 2.2.3 */
		return gkm_fail(err, "encryption %u with authentication %u in an "
						"IEC 61850 SA", algs->encr, algs->auth);
	}
	return TRUE;
}

/*
 * Described in header
 */
bool gdoi_iec_from_proposal(proposal_t *proposal, gdoi_iec_algs_t *algs,
							gkm_error_t *err)
{
	uint16_t alg, bits;
	int i;

	*algs = (gdoi_iec_algs_t){
		.auth = GDOI_IEC_AUTH_NONE,
		.encr = GDOI_IEC_ENCR_NONE,
	};
	if (proposal->get_algorithm(proposal, INTEGRITY_ALGORITHM, &alg, NULL))
	{
		algs->auth = 0;
		for (i = 0; i < countof(iec_auths); i++)
		{
			if (iec_auths[i].alg == alg)
			{
				algs->auth = iec_auths[i].auth;
			}
		}
	}
	if (proposal->get_algorithm(proposal, ENCRYPTION_ALGORITHM, &alg, &bits))
	{
		algs->encr = 0;
		for (i = 0; i < countof(iec_encrs); i++)
		{
			if (iec_encrs[i].alg == alg && iec_encrs[i].bits == bits)
			{
				algs->encr = iec_encrs[i].encr;
			}
		}
	}
	if (!algs->auth || !algs->encr)
	{
		return gkm_fail(err, "an algorithm of the IEC 61850 proposal has no "
						"number in GDOI");
	}
	return check_iec(algs, err);
}

/*
 * Described in header
 */
proposal_t *gdoi_iec_to_proposal(gdoi_iec_algs_t *algs, gkm_error_t *err)
{
	bool auth = algs->auth == GDOI_IEC_AUTH_NONE;
	bool encr = algs->encr == GDOI_IEC_ENCR_NONE;
	proposal_t *proposal;
	int i;

	proposal = proposal_create(PROTO_IEC_61850, 1);
	for (i = 0; i < countof(iec_encrs); i++)
	{
		if (iec_encrs[i].encr == algs->encr)
		{
			proposal->add_algorithm(proposal, ENCRYPTION_ALGORITHM,
									iec_encrs[i].alg, iec_encrs[i].bits);
			encr = TRUE;
		}
	}
	for (i = 0; i < countof(iec_auths); i++)
	{
		if (iec_auths[i].auth == algs->auth)
		{
			proposal->add_algorithm(proposal, INTEGRITY_ALGORITHM,
									iec_auths[i].alg, 0);
			auth = TRUE;
		}
	}
	if (!auth || !encr)
	{
		gkm_fail(err, "%s algorithm %u of an IEC 61850 SA is not supported",
				 auth ? "encryption" : "authentication",
				 auth ? algs->encr : algs->auth);
	}
	if (!auth || !encr || !check_iec(algs, err))
	{
		proposal->destroy(proposal);
		return NULL;
	}
	return proposal;
}

/*
 * Described in header
 */
bool gdoi_kek_from_proposal(proposal_t *proposal, uint16_t *alg,
							uint16_t *bits, gkm_error_t *err)
{
	uint16_t encr;

	if (proposal->get_protocol(proposal) == PROTO_GDOI_KEK &&
		gkm_keymat_len(proposal) &&
		proposal->get_algorithm(proposal, ENCRYPTION_ALGORITHM, &encr, bits))
	{
		*alg = encr == ENCR_3DES ? GDOI_KEK_3DES : GDOI_KEK_AES;
		return TRUE;
	}
	return gkm_fail(err, "rekey SA with algorithms that GDOI doesn't have");
}

/*
 * Described in header
 */
proposal_t *gdoi_kek_to_proposal(uint16_t alg, uint16_t bits,
								 gkm_error_t *err)
{
	uint16_t encr = ENCR_AES_CBC;
	proposal_t *proposal;
	size_t len;

	if (alg == GDOI_KEK_3DES)
	{
		encr = ENCR_3DES;
		bits = 0;
	}
	else if (alg != GDOI_KEK_AES)
	{	/* RFC 6407, 5.3.2: DES should not be used */
		gkm_fail(err, "KEK_ALGORITHM %u is not supported", alg);
		return NULL;
	}
	if (!gkm_keymat_encr_len(PROTO_GDOI_KEK, encr, bits, &len))
	{
		gkm_fail(err, "KEK_KEY_LENGTH %u with KEK_ALGORITHM %u", bits, alg);
		return NULL;
	}
	proposal = proposal_create(PROTO_GDOI_KEK, 1);
	proposal->add_algorithm(proposal, ENCRYPTION_ALGORITHM, encr, bits);
	return proposal;
}
