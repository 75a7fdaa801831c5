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

#include "libgkm/group/gkm_algs.h"
#include "libgkm/keys/gkm_keymat.h"

#include "samples.h"

/**
 * Proposals and the octets of their keys (RFC 9838, 3.4)
 */
static struct {
	protocol_id_t protocol;
	char *str;
	size_t encr;
	size_t integ;
	size_t wrap;
} lengths[] = {
	{ PROTO_ESP, "aes128gcm8",			20 },
	{ PROTO_ESP, "aes192gcm12",			28 },
	{ PROTO_ESP, "aes256gcm16",			36 },
	{ PROTO_ESP, "aes128ccm8",			19 },
	{ PROTO_ESP, "aes192ccm12",			27 },
	{ PROTO_ESP, "aes256ccm16",			35 },
	{ PROTO_ESP, "chacha20poly1305",	36 },
	{ PROTO_ESP, "aes128ctr-sha256",	20,	32 },
	{ PROTO_ESP, "aes256ctr-sha384",	36,	48 },
	{ PROTO_ESP, "aes128-sha1",			16,	20 },
	{ PROTO_ESP, "aes128-sha256",		16,	32 },
	{ PROTO_ESP, "aes192-sha384",		24,	48 },
	{ PROTO_ESP, "aes256-sha512",		32,	64 },
	{ PROTO_ESP, "aes256-aesxcbc",		32,	16 },
	{ PROTO_ESP, "aes256-aescmac",		32,	16 },
	{ PROTO_ESP, "null-sha256",			0,	32 },
	{ PROTO_ESP, "null-sha512",			0,	64 },
	{ PROTO_ESP, "aes128gmac",			20 },
	{ PROTO_ESP, "aes256gmac",			36 },
	{ PROTO_AH, "sha256",				0,	32 },
	{ PROTO_AH, "sha384",				0,	48 },
	{ PROTO_AH, "aescmac",				0,	16 },
	{ PROTO_AH, "aes128gmac",			0,	20 },
	{ PROTO_AH, "aes192gmac",			0,	28 },
	{ PROTO_AH, "aes256gmac",			0,	36 },
	{ PROTO_GIKE_UPDATE, "aes256gcm16-kw256",		36,	0,	32 },
	{ PROTO_GIKE_UPDATE, "aes128ccm16-kw128",		19,	0,	16 },
	{ PROTO_GIKE_UPDATE, "chacha20poly1305-kw256",	36,	0,	32 },
	{ PROTO_GIKE_UPDATE, "aes128-sha256-kw192",		16,	32,	24 },
	{ PROTO_GIKE_UPDATE, "aes256ctr-sha512-kw256",	36,	64,	32 },
};

/**
 * Make the i-th proposal
 */
static proposal_t *create(int i)
{
	gkm_error_t err = {};
	proposal_t *proposal;

	proposal = lengths[i].protocol == PROTO_GIKE_UPDATE ?
				gkm_rekey_proposal(lengths[i].str, &err) :
				gkm_data_proposal(lengths[i].protocol, GKM_SN_SEQUENTIAL,
								  lengths[i].str, &err);
	ck_assert_msg(proposal, "%s refused: %s", lengths[i].str, err.text);
	return proposal;
}

START_TEST(key_material_is_as_long_as_all_keys)
{
	proposal_t *proposal = create(_i);
	size_t expected, got;

	expected = lengths[_i].encr + lengths[_i].integ + lengths[_i].wrap;
	got = gkm_keymat_len(proposal);
	ck_assert_msg(got == expected, "%s: %zu octets instead of %zu",
				  lengths[_i].str, got, expected);
	proposal->destroy(proposal);
}
END_TEST

/**
 * Check a key: where it is, how long it is
 */
static void assert_key(const char *str, chunk_t material, chunk_t key,
					   size_t offset, size_t len, const char *what)
{
	ck_assert_msg(key.ptr == material.ptr + offset && key.len == len,
				  "%s: %s key of %zu octets at %td instead of %zu at %zu",
				  str, what, key.len, key.ptr - material.ptr, len,
				  offset);
}

START_TEST(key_material_is_split_in_the_order_of_the_rfc)
{
	proposal_t *proposal = create(_i);
	chunk_t material = count_up(0, gkm_keymat_len(proposal));
	gkm_rekey_keys_t rekey = {};
	gkm_data_keys_t data = {};
	gkm_error_t err = {};

	if (lengths[_i].protocol == PROTO_GIKE_UPDATE)
	{
		ck_assert_msg(gkm_keymat_split_rekey(proposal, material, &rekey, &err),
					  "%s: %s", lengths[_i].str, err.text);
		assert_key(lengths[_i].str, material, rekey.wrap,
				   lengths[_i].encr + lengths[_i].integ, lengths[_i].wrap,
				   "wrap");
	}
	else
	{
		ck_assert_msg(gkm_keymat_split_data(proposal, material, &data, &err),
					  "%s: %s", lengths[_i].str, err.text);
		rekey.encr = data.encr;
		rekey.integ = data.integ;
	}
	assert_key(lengths[_i].str, material, rekey.encr, 0, lengths[_i].encr,
			   "encryption");
	assert_key(lengths[_i].str, material, rekey.integ, lengths[_i].encr,
			   lengths[_i].integ, "integrity");
	chunk_clear(&material);
	proposal->destroy(proposal);
}
END_TEST

START_TEST(key_material_of_another_length_is_refused)
{
	proposal_t *proposal = create(_i);
	size_t right = gkm_keymat_len(proposal), lens[] = { 0, right - 1,
														right + 1, 2 * right };
	gkm_rekey_keys_t rekey = {};
	gkm_data_keys_t data = {};
	gkm_error_t err;
	chunk_t material;
	bool success;
	int i;

	for (i = 0; i < countof(lens); i++)
	{
		err = (gkm_error_t){};
		material = count_up(0, lens[i]);
		success = lengths[_i].protocol == PROTO_GIKE_UPDATE ?
					gkm_keymat_split_rekey(proposal, material, &rekey, &err) :
					gkm_keymat_split_data(proposal, material, &data, &err);
		ck_assert_msg(!success, "%s: %zu octets accepted instead of %zu",
					  lengths[_i].str, lens[i], right);
		ck_assert_msg(strstr(err.text, "octets instead of"), "%s: '%s'",
					  lengths[_i].str, err.text);
		chunk_clear(&material);
	}
	proposal->destroy(proposal);
}
END_TEST

/**
 * Algorithms with lengths that groups can't use
 */
static struct {
	protocol_id_t protocol;
	uint16_t alg;
	uint16_t size;
} unusable[] = {
	{ PROTO_ESP, ENCR_AES_CBC, 0 },
	{ PROTO_ESP, ENCR_AES_CBC, 129 },
	{ PROTO_ESP, ENCR_AES_GCM_ICV16, 512 },
	{ PROTO_ESP, ENCR_CHACHA20_POLY1305, 256 },
	{ PROTO_ESP, ENCR_NULL, 128 },
	{ PROTO_ESP, ENCR_3DES, 0 },
	{ PROTO_ESP, 29, 128 },
	{ PROTO_ESP, 30, 256 },
	{ PROTO_ESP, 31, 0 },
	{ PROTO_GIKE_UPDATE, ENCR_NULL, 0 },
	{ PROTO_GIKE_UPDATE, ENCR_NULL_AUTH_AES_GMAC, 256 },
	{ PROTO_GIKE_UPDATE, 30, 256 },
	{ PROTO_AH, ENCR_AES_CBC, 256 },
	{ PROTO_GDOI_KEK, ENCR_3DES, 192 },
	{ PROTO_GDOI_KEK, ENCR_AES_CBC, 0 },
	{ PROTO_GDOI_KEK, ENCR_AES_GCM_ICV16, 128 },
	{ PROTO_IEC_61850, ENCR_AES_CTR, 128 },
};

START_TEST(encryption_that_groups_cant_use_has_no_key_length)
{
	proposal_t *proposal;
	size_t len;

	ck_assert_msg(!gkm_keymat_encr_len(unusable[_i].protocol, unusable[_i].alg,
									   unusable[_i].size, &len),
				  "protocol %u, algorithm %u of %u bits: %zu octets",
				  unusable[_i].protocol, unusable[_i].alg, unusable[_i].size,
				  len);
	proposal = proposal_create(unusable[_i].protocol, 1);
	proposal->add_algorithm(proposal, ENCRYPTION_ALGORITHM, unusable[_i].alg,
							unusable[_i].size);
	ck_assert_msg(gkm_keymat_len(proposal) == 0,
				  "protocol %u, algorithm %u of %u bits: %zu octets",
				  unusable[_i].protocol, unusable[_i].alg, unusable[_i].size,
				  gkm_keymat_len(proposal));
	proposal->destroy(proposal);
}
END_TEST

START_TEST(gmac_is_an_integrity_algorithm_in_ah_only)
{
	size_t len;

	ck_assert_msg(gkm_keymat_integ_len(PROTO_AH, AUTH_AES_128_GMAC, &len),
				  "refused in AH");
	ck_assert_msg(!gkm_keymat_integ_len(PROTO_ESP, AUTH_AES_128_GMAC, &len),
				  "accepted in ESP");
	ck_assert_msg(!gkm_keymat_integ_len(PROTO_GIKE_UPDATE, AUTH_AES_128_GMAC,
										&len), "accepted for rekey SAs");
}
END_TEST

/**
 * Algorithms of SAs that GDOI only has, and the octets of their keys
 */
static struct {
	protocol_id_t protocol;
	uint16_t encr;
	uint16_t size;
	uint16_t integ;
	size_t iv;
	size_t key;
	size_t auth;
} gdoi[] = {
	{ PROTO_GDOI_KEK, ENCR_3DES, 0, 0, 8, 24 },
	{ PROTO_GDOI_KEK, ENCR_AES_CBC, 128, 0, 16, 16 },
	{ PROTO_GDOI_KEK, ENCR_AES_CBC, 192, 0, 16, 24 },
	{ PROTO_GDOI_KEK, ENCR_AES_CBC, 256, 0, 16, 32 },
	{ PROTO_IEC_61850, ENCR_AES_CBC, 128, AUTH_HMAC_SHA2_256_128, 0, 16, 32 },
	{ PROTO_IEC_61850, ENCR_AES_CBC, 256, AUTH_HMAC_SHA2_256_256, 0, 32, 32 },
	{ PROTO_IEC_61850, ENCR_AES_GCM_ICV16, 128, 0, 0, 20 },
	{ PROTO_IEC_61850, ENCR_AES_GCM_ICV16, 256, 0, 0, 36 },
	{ PROTO_IEC_61850, 0, 0, AUTH_AES_128_GMAC, 0, 0, 20 },
	{ PROTO_IEC_61850, 0, 0, AUTH_AES_256_GMAC, 0, 0, 36 },
	{ PROTO_IEC_61850, 0, 0, AUTH_HMAC_SHA2_384_384, 0, 0, 48 },
	{ PROTO_IEC_61850, 0, 0, AUTH_HMAC_SHA2_512_512, 0, 0, 64 },
};

START_TEST(keys_of_gdoi_are_split_into_iv_encryption_and_integrity)
{
	gkm_data_keys_t data = {};
	gkm_kek_keys_t kek = {};
	gkm_error_t err = {};
	proposal_t *proposal;
	chunk_t material;
	char what[32];

	snprintf(what, sizeof(what), "protocol %d, sample %d", gdoi[_i].protocol,
			 _i);
	proposal = proposal_create(gdoi[_i].protocol, 1);
	if (gdoi[_i].encr)
	{
		proposal->add_algorithm(proposal, ENCRYPTION_ALGORITHM, gdoi[_i].encr,
								gdoi[_i].size);
	}
	if (gdoi[_i].integ)
	{
		proposal->add_algorithm(proposal, INTEGRITY_ALGORITHM, gdoi[_i].integ,
								0);
	}
	material = count_up(0, gkm_keymat_len(proposal));
	ck_assert_msg(material.len == gdoi[_i].iv + gdoi[_i].key + gdoi[_i].auth,
				  "%s: %zu octets", what, material.len);
	if (gdoi[_i].protocol == PROTO_GDOI_KEK)
	{
		ck_assert_msg(gkm_keymat_split_kek(proposal, material, &kek, &err),
					  "%s: %s", what, err.text);
		assert_key(what, material, kek.iv, 0, gdoi[_i].iv, "IV");
		assert_key(what, material, kek.encr, gdoi[_i].iv, gdoi[_i].key,
				   "encryption");
		material.len--;
		ck_assert_msg(!gkm_keymat_split_kek(proposal, material, &kek, &err),
					  "%s: accepted with an octet less", what);
	}
	else
	{
		ck_assert_msg(gkm_keymat_split_data(proposal, material, &data, &err),
					  "%s: %s", what, err.text);
		assert_key(what, material, data.encr, 0, gdoi[_i].key, "encryption");
		assert_key(what, material, data.integ, gdoi[_i].key, gdoi[_i].auth,
				   "integrity");
	}
	chunk_clear(&material);
	proposal->destroy(proposal);
}
END_TEST

Suite *gkm_keymat_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gkm_keymat");

	tc = tcase_create("lengths");
	tcase_add_loop_test(tc, key_material_is_as_long_as_all_keys, 0,
						countof(lengths));
	tcase_add_loop_test(tc, encryption_that_groups_cant_use_has_no_key_length,
						0, countof(unusable));
	tcase_add_test(tc, gmac_is_an_integrity_algorithm_in_ah_only);
	suite_add_tcase(s, tc);

	tc = tcase_create("splitting");
	tcase_add_loop_test(tc, key_material_is_split_in_the_order_of_the_rfc, 0,
						countof(lengths));
	tcase_add_loop_test(tc, key_material_of_another_length_is_refused, 0,
						countof(lengths));
	tcase_add_loop_test(tc,
						keys_of_gdoi_are_split_into_iv_encryption_and_integrity,
						0, countof(gdoi));
	suite_add_tcase(s, tc);

	return s;
}
