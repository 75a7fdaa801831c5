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

/**
 * SAs of the GDOI targets, as those of the seeds, see gdoi_fixture.h of the
 * unit tests.
 */

#ifndef FUZZ_GDOI_H_
#define FUZZ_GDOI_H_

#include "libgkm/gdoi/gdoi_isakmp.h"
#include "libgkm/group/gkm_download.h"
#include "libgkm/keys/gkm_keymat.h"

#include "fuzz.h"

/** Octet that SPI and key of the rekey SA count up from */
#define KEK_FIRST 0x10

/** DER AlgorithmIdentifier of ECDSA with SHA-256 */
static const chunk_t fuzz_ecdsa_sha256 = chunk_from_chars(
	0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02);

/**
 * Octets that count up.
 */
static inline chunk_t fuzz_count_up(uint8_t first, size_t len)
{
	chunk_t data = chunk_alloc(len);
	size_t i;

	for (i = 0; i < len; i++)
	{
		data.ptr[i] = first + i;
	}
	return data;
}

/**
 * Make a key on P-256.
 */
static inline private_key_t *fuzz_key_create()
{
	private_key_t *key;

	key = lib->creds->create(lib->creds, CRED_PRIVATE_KEY, KEY_ECDSA,
							 BUILD_KEY_SIZE, 256, BUILD_END);
	fuzz_assert(key != NULL, "no key", &(gkm_error_t){});
	return key;
}

/**
 * Make the rekey SA, with AES-256.
 */
static inline gkm_rekey_sa_t *fuzz_rekey_create(private_key_t *key)
{
	public_key_t *public = key->get_public_key(key);
	gkm_rekey_sa_t *sa = gkm_rekey_sa_create();
	int i;

	for (i = 0; i < GKM_REKEY_SPI_LEN; i++)
	{
		sa->spi[i] = KEK_FIRST + i;
	}
	sa->src = traffic_selector_create_from_cidr("192.0.2.1/32", 17, 848, 848);
	sa->dst = traffic_selector_create_from_cidr("239.192.0.1/32", 17, 848,
												848);
	sa->proposal = proposal_create(PROTO_GDOI_KEK, 1);
	sa->proposal->add_algorithm(sa->proposal, ENCRYPTION_ALGORITHM,
								ENCR_AES_CBC, 256);
	sa->auth = GKM_AUTH_SIGNATURE;
	sa->sig_alg = chunk_clone(fuzz_ecdsa_sha256);
	fuzz_assert(public->get_encoding(public, PUBKEY_SPKI_ASN1_DER,
									 &sa->auth_key), "key",
				&(gkm_error_t){});
	public->destroy(public);
	sa->lifetime = 86400;
	sa->message_id = 1;
	sa->key = fuzz_count_up(KEK_FIRST, gkm_keymat_len(sa->proposal));
	return sa;
}

/**
 * Make a data SA.
 */
static inline gkm_data_sa_t *fuzz_data_sa_create(protocol_id_t protocol,
												 char *words, uint32_t spi)
{
	gkm_data_sa_t *sa = gkm_data_sa_create();
	gkm_error_t err = {};

	sa->spi = htonl(spi);
	sa->src = traffic_selector_create_from_cidr("10.0.0.0/8", 0, 0, 65535);
	sa->dst = traffic_selector_create_from_cidr("239.1.0.0/16", 0, 0, 65535);
	sa->proposal = gkm_data_proposal(protocol, GKM_SN_UNSPECIFIED, words, &err);
	fuzz_assert(sa->proposal != NULL, words, &err);
	sa->mode = MODE_TUNNEL;
	sa->lifetime = 3600;
	sa->key = fuzz_count_up(spi, gkm_keymat_len(sa->proposal));
	return sa;
}

/**
 * Add a key to a path of the key tree.
 */
static inline void fuzz_path_add(array_t *path, uint32_t id, uint16_t node)
{
	chunk_t key = fuzz_count_up(id, 32);
	gkm_kwk_t *kwk = gkm_kwk_create(id, key);

	kwk->node = node;
	array_insert(path, ARRAY_TAIL, kwk);
	chunk_clear(&key);
}

#endif /** FUZZ_GDOI_H_ */
