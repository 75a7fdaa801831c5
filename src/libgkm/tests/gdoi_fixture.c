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

#include "gdoi_fixture.h"

#include "libgkm/group/gkm_algs.h"
#include "libgkm/keys/gkm_keymat.h"

/**
 * End if something can't be made. Check's macros work in its tests only.
 */
static void insist(bool condition, const char *what)
{
	if (!condition)
	{
		fprintf(stderr, "%s can't be made\n", what);
		abort();
	}
}

/*
 * Described in header
 */
void gdoi_rekey_set_cipher(gkm_rekey_sa_t *sa, u_int bits)
{
	DESTROY_IF(sa->proposal);
	sa->proposal = proposal_create(PROTO_GDOI_KEK, 1);
	sa->proposal->add_algorithm(sa->proposal, ENCRYPTION_ALGORITHM,
								bits ? ENCR_AES_CBC : ENCR_3DES, bits);
	chunk_clear(&sa->key);
	sa->key = count_up(sa->spi[0], gkm_keymat_len(sa->proposal));
	insist(sa->key.len, "key");
}

/*
 * Described in header
 */
gkm_rekey_sa_t *gdoi_rekey_create(uint8_t first)
{
	gkm_rekey_sa_t *sa = gkm_rekey_sa_create();
	int i;

	for (i = 0; i < GKM_REKEY_SPI_LEN; i++)
	{
		sa->spi[i] = first + i;
	}
	sa->src = traffic_selector_create_from_cidr("192.0.2.1/32", IPPROTO_UDP,
												848, 848);
	sa->dst = traffic_selector_create_from_cidr("239.192.0.1/32", IPPROTO_UDP,
												848, 848);
	sa->auth = GKM_AUTH_SIGNATURE;
	sa->sig_alg = unhex(ECDSA_SHA256);
	sa->auth_key = unhex(ECDSA_KEY);
	sa->lifetime = 86400;
	sa->message_id = 1;
	gdoi_rekey_set_cipher(sa, 256);
	return sa;
}

/*
 * Described in header
 */
void gdoi_rekey_set_key(gkm_rekey_sa_t *sa, private_key_t *key,
						const char *sig_alg)
{
	public_key_t *public = key->get_public_key(key);

	chunk_free(&sa->auth_key);
	insist(public->get_encoding(public, PUBKEY_SPKI_ASN1_DER, &sa->auth_key),
		   "public key");
	public->destroy(public);
	chunk_free(&sa->sig_alg);
	sa->sig_alg = unhex(sig_alg);
}

/*
 * Described in header
 */
gkm_data_sa_t *gdoi_data_sa_create(protocol_id_t protocol, char *words,
								   uint32_t spi)
{
	gkm_data_sa_t *sa = gkm_data_sa_create();

	sa->spi = htonl(spi);
	sa->src = traffic_selector_create_from_cidr("10.0.0.0/8", 0, 0, 65535);
	sa->dst = traffic_selector_create_from_cidr("239.1.0.0/16", 0, 0, 65535);
	sa->proposal = gkm_data_proposal(protocol, GKM_SN_UNSPECIFIED, words, NULL);
	insist(sa->proposal, words);
	sa->mode = MODE_TUNNEL;
	sa->lifetime = 3600;
	sa->key = count_up(spi, gkm_keymat_len(sa->proposal));
	return sa;
}

/*
 * Described in header
 */
void gdoi_path_add(array_t *path, uint32_t id, uint16_t node)
{
	chunk_t key = count_up(id, 32);
	gkm_kwk_t *kwk = gkm_kwk_create(id, key);

	kwk->node = node;
	array_insert(path, ARRAY_TAIL, kwk);
	chunk_clear(&key);
}

/**
 * Check that rekey SAs are the same
 */
static void assert_equal_rekeys(gkm_rekey_sa_t *got, gkm_rekey_sa_t *expected)
{
	ck_assert_int_eq(!got, !expected);
	if (got)
	{
		ck_assert(memeq(got->spi, expected->spi, sizeof(got->spi)));
		ck_assert(got->proposal->equals(got->proposal, expected->proposal));
		ck_assert(chunk_equals(got->key, expected->key));
		ck_assert(chunk_equals(got->sig_alg, expected->sig_alg));
		ck_assert(chunk_equals(got->auth_key, expected->auth_key));
		ck_assert_int_eq(got->message_id, expected->message_id);
	}
}

/*
 * Described in header
 */
void assert_equal_sas(gkm_download_t *got, gkm_download_t *expected)
{
	gkm_data_sa_t *sa, *other;
	gkm_kwk_t *kwk, *other_kwk;
	int i;

	assert_equal_rekeys(got->rekey, expected->rekey);
	ck_assert_int_eq(array_count(got->sas), array_count(expected->sas));
	for (i = 0; array_get(got->sas, i, &sa); i++)
	{
		array_get(expected->sas, i, &other);
		ck_assert_int_eq(sa->spi, other->spi);
		ck_assert(sa->proposal->equals(sa->proposal, other->proposal));
		ck_assert(chunk_equals(sa->key, other->key));
	}
	ck_assert_int_eq(array_count(got->path), array_count(expected->path));
	for (i = 0; array_get(got->path, i, &kwk); i++)
	{
		array_get(expected->path, i, &other_kwk);
		ck_assert_int_eq(kwk->id, other_kwk->id);
		ck_assert_int_eq(kwk->node, other_kwk->node);
		ck_assert(chunk_equals(kwk->key, other_kwk->key));
	}
}
