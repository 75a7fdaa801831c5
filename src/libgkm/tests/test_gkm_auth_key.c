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

#include <check.h>

#include "libgkm/keys/gkm_auth_key.h"

#include "rekey_fixture.h"

/** RSA key of 2048 bits */
#define RSA_KEY \
	"30820122300d06092a864886f70d01010105000382010f003082010a0282010100" \
	"968cefc6d5163c98a9101e5b996c52fab846d26c4d40467adee7148e7e8a82c037" \
	"7b1b3f8153f9534d91af2a5ba711af0c477630b781be4dcac049a3b98c73dc4b5e" \
	"d2165f381f495e9789e213c44fc8026e40cc194c541d8fe1e70c712ad487515061" \
	"8de9d2cd54e776d7a6bb067203cd11ce0369647f916e1d00aa2e26919e524795d0" \
	"e5058c769dd66738593da0bd7b9ee2ac5dcce1e5cd286b949535bca18ce07010b0" \
	"f34950727bce83edc6ae1397fba49553c6735fa617cda00c1611c6ed0b0b03dcf7" \
	"b8a019596773cae0e510fd10596386f3a421582fa446dbb016f8ed542e4958b499" \
	"3797633dfd19b36b591155f57cbe393cb25d03716e5fd09cb10203010001"

START_TEST(key_goes_with_algorithms_of_its_type)
{
	struct {
		const char *alg;
		const char *key;
	} pairs[] = {
		{ ECDSA_SHA256, ECDSA_KEY },
		{ "300a06082a8648ce3d040303", ECDSA_KEY },
		{ RSA_SHA256, RSA_KEY },
		{ RSA_PSS_SHA256, RSA_KEY },
	};
	chunk_t alg = unhex(pairs[_i].alg), key = unhex(pairs[_i].key);
	gkm_error_t err = {};

	ck_assert_msg(gkm_auth_key_check(alg, key, &err), "%s: %s", pairs[_i].alg,
				  err.text);
	chunk_free(&alg);
	chunk_free(&key);
}
END_TEST

/**
 * What doesn't go together, and what the message says
 */
static struct {
	const char *alg;
	const char *key;
	const char *what;
} bad[] = {
	{ RSA_SHA256, ECDSA_KEY, "ECDSA key for RSA signatures" },
	{ ECDSA_SHA256, RSA_KEY, "RSA key for ECDSA signatures" },
	{ "", ECDSA_KEY, "signature algorithm of 0 octets" },
	{ "00", ECDSA_KEY, "signature algorithm of 1 octets" },
	{ "300a06082a8648ce3d0403", ECDSA_KEY, "is not supported" },
	{ ECDSA_SHA256 "00", ECDSA_KEY, "is not supported" },
	/* MD5 and SHA-1 */
	{ "300d06092a864886f70d0101040500", RSA_KEY, "is not supported" },
	{ "300d06092a864886f70d0101050500", RSA_KEY, "is not supported" },
	{ "300906072a8648ce3d0401", ECDSA_KEY, "is not supported" },
	/* ecPublicKey is no signature algorithm */
	{ "300906072a8648ce3d0201", ECDSA_KEY, "is not supported" },
	{ ECDSA_SHA256, "", "public key of 0 octets" },
	{ ECDSA_SHA256, "3000", "can't be read" },
	{ ECDSA_SHA256, ECDSA_KEY "00", "can't be read" },
};

START_TEST(key_that_cant_check_signatures_is_refused)
{
	chunk_t alg = unhex(bad[_i].alg), key = unhex(bad[_i].key);
	gkm_error_t err = {};

	ck_assert_msg(!gkm_auth_key_check(alg, key, &err), "%s with %s accepted",
				  bad[_i].alg, bad[_i].key);
	ck_assert_msg(strstr(err.text, bad[_i].what), "'%s' instead of '%s'",
				  err.text, bad[_i].what);
	chunk_free(&alg);
	chunk_free(&key);
}
END_TEST

/** Keys and the algorithms that they sign with */
static const struct {
	key_type_t type;
	u_int bits;
	const char *alg;
	/** octets in most signatures */
	size_t len;
} signers[] = {
	{ KEY_ECDSA, 256, ECDSA_SHA256, 71 },
	{ KEY_ECDSA, 256, ECDSA_SHA384, 71 },
	{ KEY_ECDSA, 384, ECDSA_SHA384, 103 },
	{ KEY_ECDSA, 521, ECDSA_SHA512, 139 },
	{ KEY_ED25519, 256, ED25519, 64 },
	{ KEY_RSA, 2048, RSA_SHA256, 256 },
	{ KEY_RSA, 2048, RSA_SHA384, 256 },
	{ KEY_RSA, 2048, RSA_SHA512, 256 },
	{ KEY_RSA, 2048, RSA_PSS_SHA256, 256 },
};

/**
 * Get the public key of a private key
 */
static gkm_auth_key_t *get_public(private_key_t *key, chunk_t alg)
{
	public_key_t *public = key->get_public_key(key);
	gkm_auth_key_t *auth_key;
	gkm_error_t err = {};
	chunk_t encoding;

	ck_assert(public->get_encoding(public, PUBKEY_SPKI_ASN1_DER, &encoding));
	public->destroy(public);
	auth_key = gkm_auth_key_create(alg, encoding, &err);
	ck_assert_msg(auth_key, "%s", err.text);
	chunk_free(&encoding);
	return auth_key;
}

START_TEST(signature_is_verified_with_its_key_and_data_only)
{
	private_key_t *key = rekey_key_create(signers[_i].type, signers[_i].bits);
	private_key_t *other = rekey_key_create(signers[_i].type, signers[_i].bits);
	chunk_t alg = unhex(signers[_i].alg), data = count_up(0, 100), signature;
	gkm_auth_key_t *public = get_public(key, alg);
	gkm_auth_key_t *other_public = get_public(other, alg);
	gkm_error_t err = {};

	ck_assert_msg(gkm_auth_key_sign(key, alg, data, &signature, &err), "%s",
				  err.text);
	ck_assert(gkm_auth_key_verify(public, data, signature));
	ck_assert(!gkm_auth_key_verify(other_public, data, signature));
	data.ptr[99] ^= 1;
	ck_assert(!gkm_auth_key_verify(public, data, signature));
	data.ptr[99] ^= 1;
	signature.ptr[signature.len - 1] ^= 1;
	ck_assert(!gkm_auth_key_verify(public, data, signature));
	signature.ptr[signature.len - 1] ^= 1;
	ck_assert(!gkm_auth_key_verify(public, data, chunk_empty));
	ck_assert_int_eq(gkm_auth_key_signature_len(key), signers[_i].len);
	ck_assert_msg(signature.len <= signers[_i].len + 1, "%zu octets",
				  signature.len);
	gkm_auth_key_destroy(public);
	gkm_auth_key_destroy(other_public);
	key->destroy(key);
	other->destroy(other);
	chunk_free(&signature);
	chunk_free(&data);
	chunk_free(&alg);
}
END_TEST

START_TEST(key_doesnt_sign_with_algorithms_of_another_type)
{
	private_key_t *key = rekey_key_create(KEY_ECDSA, 256);
	chunk_t alg = unhex(RSA_SHA256), data = count_up(0, 100), signature;
	gkm_error_t err = {};

	ck_assert(!gkm_auth_key_sign(key, alg, data, &signature, &err));
	ck_assert_str_eq(err.text, "ECDSA key for RSA signatures");
	err = (gkm_error_t){};
	ck_assert(!gkm_auth_key_sign(key, chunk_empty, data, &signature, &err));
	ck_assert_str_eq(err.text, "signature algorithm of 0 octets is not "
					 "supported");
	key->destroy(key);
	chunk_free(&data);
	chunk_free(&alg);
}
END_TEST

Suite *gkm_auth_key_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gkm_auth_key");
	tc = tcase_create("keys");
	tcase_add_loop_test(tc, key_goes_with_algorithms_of_its_type, 0, 4);
	tcase_add_loop_test(tc, key_that_cant_check_signatures_is_refused, 0,
						countof(bad));
	suite_add_tcase(s, tc);

	tc = tcase_create("signatures");
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, signature_is_verified_with_its_key_and_data_only, 0,
						countof(signers));
	tcase_add_test(tc, key_doesnt_sign_with_algorithms_of_another_type);
	suite_add_tcase(s, tc);

	return s;
}
