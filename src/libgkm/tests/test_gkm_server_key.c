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

#include "suites.h"
#include "rekey_fixture.h"

#include <credentials/keys/signature_params.h>

#include "plugins/gkm_server/gkm_server_key.h"

#define GIKEV2 (1 << GKM_PROTOCOL_GIKEV2)
#define GDOI (1 << GKM_PROTOCOL_GDOI)

static gkm_error_t err;

/** gdoi.hash */
static hash_algorithm_t hash;

static void setup()
{
	hash = HASH_SHA256;
	err = (gkm_error_t){};
}

/**
 * Describe a key, and get the scheme that it signs with
 *
 * @return			SIGN_UNKNOWN if it is refused
 */
static signature_scheme_t get_scheme(u_int protocols, private_key_t *key)
{
	gkm_cfg_t cfg = {
		.protocols = protocols,
		.gdoi.hash = hash,
	};
	signature_params_t params = {};
	signature_scheme_t scheme = SIGN_UNKNOWN;
	chunk_t auth_key, sig_alg;

	if (gkm_server_key_describe(&cfg, key, &auth_key, &sig_alg, &err))
	{
		ck_assert(auth_key.len);
		ck_assert(signature_params_parse(sig_alg, 0, &params));
		scheme = params.scheme;
		signature_params_clear(&params);
		chunk_free(&auth_key);
		chunk_free(&sig_alg);
	}
	else
	{
		ck_assert(!auth_key.len && !sig_alg.len);
	}
	return scheme;
}

/** Kinds of keys, and what they sign with for G-IKEv2, and for GDOI */
static struct {
	key_type_t type;
	u_int bits;
	signature_scheme_t gikev2;
	signature_scheme_t gdoi;
} kinds[] = {
	{ KEY_RSA, 1024, SIGN_RSA_EMSA_PKCS1_SHA2_256,
	  SIGN_RSA_EMSA_PKCS1_SHA2_256 },
	{ KEY_ECDSA, 256, SIGN_ECDSA_WITH_SHA256_DER, SIGN_ECDSA_WITH_SHA256_DER },
	{ KEY_ECDSA, 384, SIGN_ECDSA_WITH_SHA384_DER, SIGN_ECDSA_WITH_SHA384_DER },
	{ KEY_ECDSA, 521, SIGN_ECDSA_WITH_SHA512_DER, SIGN_ECDSA_WITH_SHA512_DER },
	{ KEY_ED25519, 0, SIGN_ED25519, SIGN_UNKNOWN },
	{ KEY_ED448, 0, SIGN_ED448, SIGN_UNKNOWN },
};

START_TEST(key_signs_with_what_its_protocols_have)
{
	private_key_t *key = rekey_key_create(kinds[_i].type, kinds[_i].bits);

	ck_assert_int_eq(get_scheme(GIKEV2, key), kinds[_i].gikev2);
	ck_assert_str_eq(err.text, "");
	ck_assert_int_eq(get_scheme(GDOI, key), kinds[_i].gdoi);
	ck_assert_int_eq(get_scheme(GIKEV2 | GDOI, key), kinds[_i].gdoi);
	if (kinds[_i].gdoi == SIGN_UNKNOWN)
	{
		ck_assert_msg(strpfx(err.text, "rekey.key: GDOI can't sign with"), "%s",
					  err.text);
	}
	key->destroy(key);
}
END_TEST

START_TEST(gdoi_has_no_pss_whatever_charon_uses)
{
	private_key_t *key = rekey_key_create(KEY_RSA, 1024);
	char option[64];

	snprintf(option, sizeof(option), "%s.rsa_pss", lib->ns);
	lib->settings->set_bool(lib->settings, option, TRUE);
	ck_assert_int_eq(get_scheme(GIKEV2, key), SIGN_RSA_EMSA_PSS);
	ck_assert_int_eq(get_scheme(GDOI, key), SIGN_RSA_EMSA_PKCS1_SHA2_256);
	ck_assert_int_eq(get_scheme(GIKEV2 | GDOI, key),
					 SIGN_RSA_EMSA_PKCS1_SHA2_256);
	lib->settings->set_bool(lib->settings, option, FALSE);
	key->destroy(key);
}
END_TEST

START_TEST(hash_of_rsa_signatures_is_configured)
{
	static const struct {
		hash_algorithm_t hash;
		signature_scheme_t scheme;
	} schemes[] = {
		{ HASH_SHA256, SIGN_RSA_EMSA_PKCS1_SHA2_256 },
		{ HASH_SHA384, SIGN_RSA_EMSA_PKCS1_SHA2_384 },
		{ HASH_SHA512, SIGN_RSA_EMSA_PKCS1_SHA2_512 },
	};
	private_key_t *rsa = rekey_key_create(KEY_RSA, 1024);
	private_key_t *ecdsa = rekey_key_create(KEY_ECDSA, 256);
	int i;

	for (i = 0; i < countof(schemes); i++)
	{
		hash = schemes[i].hash;
		ck_assert_int_eq(get_scheme(GDOI, rsa), schemes[i].scheme);
		ck_assert_int_eq(get_scheme(GDOI, ecdsa), SIGN_ECDSA_WITH_SHA256_DER);
		ck_assert_int_eq(get_scheme(GIKEV2, rsa),
						 SIGN_RSA_EMSA_PKCS1_SHA2_256);
	}
	rsa->destroy(rsa);
	ecdsa->destroy(ecdsa);
}
END_TEST

START_TEST(rekeys_of_gdoi_are_always_signed)
{
	gkm_cfg_t cfg = {
		.protocols = GIKEV2,
		.rekey.auth = GKM_AUTH_IMPLICIT,
	};
	private_key_t *key;

	ck_assert(gkm_server_key_load(&cfg, NULL, &key, &err));
	ck_assert(!key);
	cfg.protocols = GDOI;
	ck_assert(gkm_server_key_load(&cfg, NULL, &key, &err));
	ck_assert_int_eq(key->get_type(key), KEY_ECDSA);
	ck_assert_int_eq(key->get_keysize(key), 256);
	key->destroy(key);
}
END_TEST

Suite *gkm_server_key_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gkm_server_key");

	tc = tcase_create("key");
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, key_signs_with_what_its_protocols_have, 0,
						countof(kinds));
	tcase_add_test(tc, gdoi_has_no_pss_whatever_charon_uses);
	tcase_add_test(tc, hash_of_rsa_signatures_is_configured);
	tcase_add_test(tc, rekeys_of_gdoi_are_always_signed);
	suite_add_tcase(s, tc);

	return s;
}
