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

#include <arpa/inet.h>

#include "libgkm/group/gkm_algs.h"
#include "plugins/gkm_dataplane/gkm_plane_overhead.h"

/**
 * Proposals, and the most that Linux was seen to add to IPv4 packets of any
 * length.
 */
static struct {
	char *str;
	u_int overhead;
} data[] = {
	{ "aes256-sha256",		77 },
	{ "aes128-sha1",		73 },
	{ "aes128-aesxcbc",		73 },
	{ "aes128-aescmac",		73 },
	{ "aes192-sha384",		85 },
	{ "aes128-sha512",		93 },
	{ "aes256ctr-sha256",	57 },
	{ "aes256gcm16",		57 },
	{ "aes128gcm12",		53 },
	{ "aes128gcm8",			49 },
	{ "aes128ccm16",		57 },
	{ "aes128ccm12",		53 },
	{ "aes128ccm8",			49 },
	{ "chacha20poly1305",	57 },
	{ "aes256gmac",			57 },
	{ "null-sha256",		49 },
};

START_TEST(test_overhead)
{
	u_int expected = data[_i].overhead, v4;
	gkm_error_t err = {};
	proposal_t *proposal;

	proposal = gkm_data_proposal(PROTO_ESP, GKM_SN_UNSPECIFIED, data[_i].str,
								 &err);
	ck_assert_msg(proposal, "%s: %s", data[_i].str, err.text);
	v4 = gkm_plane_overhead(proposal, AF_INET, FALSE);
	ck_assert_msg(v4 == expected, "%s: %u octets instead of %u", data[_i].str,
				  v4, expected);
	/* a longer IP header, 12 octets of D3P, what XFRM reserves in IPv4 */
	ck_assert_uint_eq(gkm_plane_overhead(proposal, AF_INET6, FALSE),
					  expected + 20);
	ck_assert_uint_eq(gkm_plane_overhead(proposal, AF_INET, TRUE),
					  expected + 40);
	ck_assert_uint_eq(gkm_plane_overhead(proposal, AF_INET6, TRUE),
					  expected + 32);
	proposal->destroy(proposal);
}
END_TEST

/**
 * What groups don't have today is no less than anything they have
 */
START_TEST(test_unknown)
{
	proposal_t *proposal;

	proposal = proposal_create(PROTO_ESP, 1);
	proposal->add_algorithm(proposal, ENCRYPTION_ALGORITHM, ENCR_SERPENT_CBC,
							256);
	proposal->add_algorithm(proposal, INTEGRITY_ALGORITHM,
							AUTH_HMAC_SHA2_256_256, 0);
	ck_assert_uint_ge(gkm_plane_overhead(proposal, AF_INET, FALSE), 93);
	proposal->destroy(proposal);
}
END_TEST

Suite *plane_overhead_suite()
{
	Suite *s = suite_create("plane_overhead");
	TCase *tc;

	tc = tcase_create("overhead");
	tcase_add_loop_test(tc, test_overhead, 0, countof(data));
	tcase_add_test(tc, test_unknown);
	suite_add_tcase(s, tc);

	return s;
}
