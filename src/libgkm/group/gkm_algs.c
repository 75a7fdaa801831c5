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

#include "gkm_algs.h"

#include <ctype.h>

#include "../keys/gkm_keymat.h"

/** Longest proposal that is read */
#define PROPOSAL_MAX 128

/**
 * Key wrap algorithms and the words for them
 */
static const struct {
	char *name;
	key_wrap_t kwa;
	size_t key_len;
} key_wraps[] = {
	{ "kw128",	KW_5649_128,	16 },
	{ "kw192",	KW_5649_192,	24 },
	{ "kw256",	KW_5649_256,	32 },
};

/*
 * Described in header
 */
void gkm_algs_register()
{
	int i;

	for (i = 0; i < countof(key_wraps); i++)
	{
		if (!lib->proposal->get_token(lib->proposal, key_wraps[i].name))
		{
			lib->proposal->register_token(lib->proposal, key_wraps[i].name,
								KEY_WRAP_ALGORITHM, key_wraps[i].kwa, 0);
		}
	}
}

/*
 * Described in header
 */
size_t gkm_key_wrap_key_len(uint16_t kwa)
{
	int i;

	for (i = 0; i < countof(key_wraps); i++)
	{
		if (key_wraps[i].kwa == kwa)
		{
			return key_wraps[i].key_len;
		}
	}
	return 0;
}

/**
 * Name of a protocol in messages
 */
static char *protocol_name(protocol_id_t protocol)
{
	switch ((int)protocol)
	{
		case PROTO_AH:
			return "AH";
		case PROTO_ESP:
			return "ESP";
		case PROTO_GIKE_UPDATE:
			return "rekey";
		case PROTO_GDOI_KEK:
			return "GDOI rekey";
		case PROTO_IEC_61850:
			return "IEC 61850";
		default:
			return "unknown";
	}
}

/**
 * Kinds of algorithms, and the protocols that can have them (RFC 9838,
 * 4.4.2.1; RFC 6407, 5.3; RFC 8052, 2.2)
 */
static const struct {
	transform_type_t type;
	char *name;
	bool esp;
	bool ah;
	bool rekey;
	bool gdoi_kek;
	bool iec_61850;
} kinds[] = {
	{ ENCRYPTION_ALGORITHM, "encryption",
		.esp = TRUE, .rekey = TRUE, .gdoi_kek = TRUE, .iec_61850 = TRUE },
	{ INTEGRITY_ALGORITHM, "integrity",
		.esp = TRUE, .ah = TRUE, .rekey = TRUE, .iec_61850 = TRUE },
	{ EXTENDED_SEQUENCE_NUMBERS, "sequence number",
		.esp = TRUE, .ah = TRUE },
	{ KEY_WRAP_ALGORITHM, "key wrap",
		.rekey = TRUE },
	{ PSEUDO_RANDOM_FUNCTION, "PRF" },
	{ KEY_EXCHANGE_METHOD, "key exchange" },
};

/**
 * Words of proposals for IEC 61850 (RFC 8052, 2.2.1 and 2.2.2). Those of
 * libstrongswan are for IPsec, where SHA2 is truncated.
 */
static const proposal_token_t iec_61850_words[] = {
	{ "aes128",			ENCRYPTION_ALGORITHM,	ENCR_AES_CBC,			128 },
	{ "aes256",			ENCRYPTION_ALGORITHM,	ENCR_AES_CBC,			256 },
	{ "aes128gcm16",	ENCRYPTION_ALGORITHM,	ENCR_AES_GCM_ICV16,		128 },
	{ "aes256gcm16",	ENCRYPTION_ALGORITHM,	ENCR_AES_GCM_ICV16,		256 },
	{ "null",			ENCRYPTION_ALGORITHM,	ENCR_NULL,				0 },
	{ "sha256_128",		INTEGRITY_ALGORITHM,	AUTH_HMAC_SHA2_256_128,	0 },
	{ "sha256",			INTEGRITY_ALGORITHM,	AUTH_HMAC_SHA2_256_256,	0 },
	{ "sha384",			INTEGRITY_ALGORITHM,	AUTH_HMAC_SHA2_384_384,	0 },
	{ "sha512",			INTEGRITY_ALGORITHM,	AUTH_HMAC_SHA2_512_512,	0 },
	{ "aes128gmac",		INTEGRITY_ALGORITHM,	AUTH_AES_128_GMAC,		0 },
	{ "aes256gmac",		INTEGRITY_ALGORITHM,	AUTH_AES_256_GMAC,		0 },
};

/*
 * Described in header
 */
bool gkm_transform_allowed(protocol_id_t protocol, transform_type_t type)
{
	int i;

	for (i = 0; i < countof(kinds); i++)
	{
		if (kinds[i].type == type)
		{
			switch ((int)protocol)
			{
				case PROTO_AH:
					return kinds[i].ah;
				case PROTO_ESP:
					return kinds[i].esp;
				case PROTO_GIKE_UPDATE:
					return kinds[i].rekey;
				case PROTO_GDOI_KEK:
					return kinds[i].gdoi_kek;
				case PROTO_IEC_61850:
					return kinds[i].iec_61850;
				default:
					return FALSE;
			}
		}
	}
	return FALSE;
}

/**
 * Number of algorithms of a type
 */
static int count_algs(proposal_t *proposal, transform_type_t type)
{
	enumerator_t *enumerator;
	uint16_t alg, key_size;
	int count = 0;

	enumerator = proposal->create_enumerator(proposal, type);
	while (enumerator->enumerate(enumerator, &alg, &key_size))
	{
		count++;
	}
	enumerator->destroy(enumerator);
	return count;
}

/**
 * Check encryption and whether there is integrity protection
 */
static bool check_encryption(proposal_t *proposal, gkm_error_t *err)
{
	protocol_id_t protocol = proposal->get_protocol(proposal);
	uint16_t encr, key_size;
	bool integ;
	size_t len;

	if (!proposal->get_algorithm(proposal, ENCRYPTION_ALGORITHM, &encr,
								 &key_size))
	{
		return protocol == PROTO_IEC_61850 ||
			   gkm_fail(err, "%s proposal has no encryption algorithm",
						protocol_name(protocol));
	}
	if (!gkm_keymat_encr_len(protocol, encr, key_size, &len))
	{
		return gkm_fail(err, "%s proposal: encryption algorithm %N with a "
						"key length of %u is not supported for groups",
						protocol_name(protocol), encryption_algorithm_names,
						encr, key_size);
	}
	if (protocol == PROTO_GDOI_KEK)
	{	/* signatures are all the protection there is */
		return TRUE;
	}
	integ = count_algs(proposal, INTEGRITY_ALGORITHM) != 0;
	if (encryption_algorithm_is_aead(encr) == integ)
	{
		return gkm_fail(err, integ ? "%s proposal: %N takes no integrity "
						"algorithm" : "%s proposal: %N without an integrity "
						"algorithm", protocol_name(protocol),
						encryption_algorithm_names, encr);
	}
	return TRUE;
}

/**
 * Check the kinds of algorithms that aren't encryption
 */
static bool check_others(proposal_t *proposal, gkm_error_t *err)
{
	protocol_id_t protocol = proposal->get_protocol(proposal);
	uint16_t alg;
	size_t len;

	if (proposal->get_algorithm(proposal, INTEGRITY_ALGORITHM, &alg, NULL))
	{
		if (!gkm_keymat_integ_len(protocol, alg, &len))
		{
			return gkm_fail(err, "%s proposal: integrity algorithm %N is not "
							"supported for groups", protocol_name(protocol),
							integrity_algorithm_names, alg);
		}
	}
	else if (protocol == PROTO_AH ||
			 !proposal->get_algorithm(proposal, ENCRYPTION_ALGORITHM, NULL,
									  NULL))
	{
		return gkm_fail(err, "%s proposal has no integrity algorithm",
						protocol_name(protocol));
	}
	if (protocol == PROTO_GDOI_KEK || protocol == PROTO_IEC_61850)
	{
		return TRUE;
	}
	if (protocol == PROTO_GIKE_UPDATE)
	{
		if (!proposal->get_algorithm(proposal, KEY_WRAP_ALGORITHM, &alg, NULL))
		{
			return gkm_fail(err, "rekey proposal has no key wrap algorithm");
		}
		if (!gkm_key_wrap_key_len(alg))
		{
			return gkm_fail(err, "rekey proposal: key wrap algorithm %u is "
							"not supported", alg);
		}
		return TRUE;
	}
	if (!proposal->get_algorithm(proposal, EXTENDED_SEQUENCE_NUMBERS, &alg,
								 NULL))
	{
		return gkm_fail(err, "%s proposal has no sequence number transform",
						protocol_name(protocol));
	}
	if (alg != GKM_SN_SEQUENTIAL && alg != GKM_SN_UNSPECIFIED)
	{
		return gkm_fail(err, "%s proposal: sequence numbers of type %u can't "
						"be used in groups", protocol_name(protocol), alg);
	}
	return TRUE;
}

/*
 * Described in header
 */
bool gkm_proposal_is_sequential(proposal_t *proposal)
{
	uint16_t sn;

	return proposal->get_algorithm(proposal, EXTENDED_SEQUENCE_NUMBERS, &sn,
								   NULL) && sn == GKM_SN_SEQUENTIAL;
}

/*
 * Described in header
 */
proposal_t *gkm_proposal_set_sn(proposal_t *proposal, gkm_sn_t sn)
{
	transform_type_t kept[] = { ENCRYPTION_ALGORITHM, INTEGRITY_ALGORITHM };
	enumerator_t *enumerator;
	uint16_t alg, size;
	proposal_t *new;
	int i;

	/* there is no way to take a transform out of a proposal */
	new = proposal_create(proposal->get_protocol(proposal),
						  proposal->get_number(proposal));
	for (i = 0; i < countof(kept); i++)
	{
		enumerator = proposal->create_enumerator(proposal, kept[i]);
		while (enumerator->enumerate(enumerator, &alg, &size))
		{
			new->add_algorithm(new, kept[i], alg, size);
		}
		enumerator->destroy(enumerator);
	}
	new->add_algorithm(new, EXTENDED_SEQUENCE_NUMBERS, sn, 0);
	proposal->destroy(proposal);
	return new;
}

/*
 * Described in header
 */
bool gkm_proposal_check(proposal_t *proposal, gkm_error_t *err)
{
	protocol_id_t protocol = proposal->get_protocol(proposal);
	int i, count;

	if (protocol != PROTO_ESP && protocol != PROTO_AH &&
		protocol != PROTO_GIKE_UPDATE && protocol != PROTO_GDOI_KEK &&
		protocol != PROTO_IEC_61850)
	{
		return gkm_fail(err, "proposal of protocol %u", protocol);
	}
	for (i = 0; i < countof(kinds); i++)
	{
		count = count_algs(proposal, kinds[i].type);
		if (count && !gkm_transform_allowed(protocol, kinds[i].type))
		{
			return gkm_fail(err, "%s proposal has a %s algorithm",
							protocol_name(protocol), kinds[i].name);
		}
		if (count > 1)
		{
			return gkm_fail(err, "%s proposal has %d %s algorithms",
							protocol_name(protocol), count, kinds[i].name);
		}
	}
	return (protocol == PROTO_AH || check_encryption(proposal, err)) &&
			check_others(proposal, err);
}

/*
 * Described in header
 */
bool gkm_proposal_check_gdoi(proposal_t *proposal, gkm_error_t *err)
{
	uint16_t alg;

	if (proposal->get_algorithm(proposal, ENCRYPTION_ALGORITHM, &alg, NULL) &&
		alg == ENCR_CHACHA20_POLY1305)
	{
		return gkm_fail(err, "GDOI has no %N", encryption_algorithm_names, alg);
	}
	if (proposal->get_algorithm(proposal, INTEGRITY_ALGORITHM, &alg, NULL) &&
		alg == AUTH_AES_CMAC_96)
	{
		return gkm_fail(err, "GDOI has no %N", integrity_algorithm_names, alg);
	}
	return TRUE;
}

/**
 * Find the algorithm that a word stands for in proposals of a protocol
 */
static const proposal_token_t *find_word(protocol_id_t protocol, char *word)
{
	int i;

	if (protocol != PROTO_IEC_61850)
	{
		return lib->proposal->get_token(lib->proposal, word);
	}
	for (i = 0; i < countof(iec_61850_words); i++)
	{
		if (strcaseeq(iec_61850_words[i].name, word))
		{
			return &iec_61850_words[i];
		}
	}
	return NULL;
}

/**
 * AES-GMAC is written as encryption, but is an integrity algorithm in AH
 */
static bool map_gmac(proposal_t *proposal, const proposal_token_t *token)
{
	integrity_algorithm_t alg;

	if (token->type != ENCRYPTION_ALGORITHM ||
		token->algorithm != ENCR_NULL_AUTH_AES_GMAC)
	{
		return FALSE;
	}
	switch (token->keysize)
	{
		case 128:
			alg = AUTH_AES_128_GMAC;
			break;
		case 192:
			alg = AUTH_AES_192_GMAC;
			break;
		default:
			alg = AUTH_AES_256_GMAC;
			break;
	}
	proposal->add_algorithm(proposal, INTEGRITY_ALGORITHM, alg, 0);
	return TRUE;
}

/**
 * Add the algorithm that a word stands for
 */
static bool add_word(proposal_t *proposal, char *word, gkm_error_t *err)
{
	protocol_id_t protocol = proposal->get_protocol(proposal);
	const proposal_token_t *token;
	int i;

	token = find_word(protocol, word);
	if (!token)
	{
		return gkm_fail(err, "unknown algorithm '%s'", word);
	}
	if (protocol == PROTO_IEC_61850 && token->algorithm == ENCR_NULL &&
		token->type == ENCRYPTION_ALGORITHM)
	{	/* written to be clear, but it is no algorithm there */
		return TRUE;
	}
	if (token->type == EXTENDED_SEQUENCE_NUMBERS)
	{
		return gkm_fail(err, "'%s' can't be chosen: sequence numbers of a "
						"group depend on its senders", word);
	}
	if (protocol == PROTO_AH && map_gmac(proposal, token))
	{
		return TRUE;
	}
	for (i = 0; i < countof(kinds); i++)
	{
		if (kinds[i].type == token->type)
		{
			if (!gkm_transform_allowed(protocol, token->type))
			{
				return gkm_fail(err, "'%s' is a %s algorithm, which %s "
								"proposals of groups don't have", word,
								kinds[i].name, protocol_name(protocol));
			}
			if (count_algs(proposal, token->type))
			{
				return gkm_fail(err, "'%s' is a second %s algorithm", word,
								kinds[i].name);
			}
			proposal->add_algorithm(proposal, token->type, token->algorithm,
									token->keysize);
			return TRUE;
		}
	}
	return gkm_fail(err, "'%s' can't be used in proposals of groups", word);
}

/**
 * Add all algorithms of a proposal written as words with dashes between them
 */
static bool add_words(proposal_t *proposal, char *str, gkm_error_t *err)
{
	char buf[PROPOSAL_MAX], *pos = buf, *word;

	while (isspace((u_char)*str))
	{
		str++;
	}
	if (!*str)
	{
		return gkm_fail(err, "empty proposal");
	}
	if (strlen(str) >= sizeof(buf))
	{
		return gkm_fail(err, "proposal of %zu characters, at most %zu",
						strlen(str), sizeof(buf) - 1);
	}
	strcpy(buf, str);
	while (isspace((u_char)buf[strlen(buf) - 1]))
	{
		buf[strlen(buf) - 1] = '\0';
	}
	while ((word = strsep(&pos, "-")))
	{
		if (!add_word(proposal, word, err))
		{
			return FALSE;
		}
	}
	return TRUE;
}

/*
 * Described in header
 */
proposal_t *gkm_data_proposal(protocol_id_t protocol, gkm_sn_t sn, char *str,
							  gkm_error_t *err)
{
	proposal_t *proposal;

	proposal = proposal_create(protocol, 1);
	if (add_words(proposal, str, err))
	{
		if (protocol != PROTO_IEC_61850)
		{
			proposal->add_algorithm(proposal, EXTENDED_SEQUENCE_NUMBERS, sn, 0);
		}
		if (gkm_proposal_check(proposal, err))
		{
			return proposal;
		}
	}
	proposal->destroy(proposal);
	return NULL;
}

/**
 * Parse a proposal for rekey SAs
 */
static proposal_t *rekey_proposal(protocol_id_t protocol, char *str,
								  gkm_error_t *err)
{
	proposal_t *proposal;

	proposal = proposal_create(protocol, 1);
	if (add_words(proposal, str, err) && gkm_proposal_check(proposal, err))
	{
		return proposal;
	}
	proposal->destroy(proposal);
	return NULL;
}

/*
 * Described in header
 */
proposal_t *gkm_rekey_proposal(char *str, gkm_error_t *err)
{
	return rekey_proposal(PROTO_GIKE_UPDATE, str, err);
}

/*
 * Described in header
 */
proposal_t *gkm_gdoi_kek_proposal(char *str, gkm_error_t *err)
{
	return rekey_proposal(PROTO_GDOI_KEK, str, err);
}

/*
 * Described in header
 */
bool gkm_is_counter_mode(proposal_t *proposal)
{
	uint16_t alg;

	if (proposal->get_protocol(proposal) == PROTO_IEC_61850)
	{
		return FALSE;
	}
	if (proposal->get_algorithm(proposal, ENCRYPTION_ALGORITHM, &alg, NULL))
	{
		/* all AEAD algorithms are counter modes */
		return alg == ENCR_AES_CTR || alg == ENCR_CAMELLIA_CTR ||
				encryption_algorithm_is_aead(alg);
	}
	if (proposal->get_algorithm(proposal, INTEGRITY_ALGORITHM, &alg, NULL))
	{
		return alg == AUTH_AES_128_GMAC || alg == AUTH_AES_192_GMAC ||
				alg == AUTH_AES_256_GMAC;
	}
	return FALSE;
}
