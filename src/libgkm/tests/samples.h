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
 * Downloads and other values that several suites use.
 */

#ifndef SAMPLES_H_
#define SAMPLES_H_

#include "libgkm/gikev2/gikev2_download.h"

/** DER AlgorithmIdentifier of ECDSA with SHA-256, RSA with SHA-256 */
#define ECDSA_SHA256	"300a06082a8648ce3d040302"
#define RSA_SHA256		"300d06092a864886f70d01010b0500"

/** DER SubjectPublicKeyInfo of a key on P-256 */
#define ECDSA_KEY \
	"3059301306072a8648ce3d020106082a8648ce3d03010703420004ef43b07067cf" \
	"a0f83a5eba07ca54c9848f4a82f03f3203157901366bfcf1558cb8dfdf37b614b8" \
	"811e1e4bce0b5cdae9f54533c6b5ee537bc8cdc04397074261"

/**
 * Octets from hex digits, spaces ignored; allocated.
 */
chunk_t unhex(const char *hex);

/**
 * Octets that count up; allocated.
 */
chunk_t count_up(uint8_t first, size_t len);

/**
 * Name of a sample.
 */
const char *sample_name(int i);

/**
 * Number of samples.
 */
int sample_count();

/**
 * Make the i-th sample download, and the context it goes with. The key in the
 * context points to static memory.
 */
gkm_download_t *sample_create(int i, gikev2_context_t *ctx);

/**
 * Index of the sample of that name.
 */
int sample_find(const char *name);

/**
 * Compare numbers.
 *
 * @param what		sample, or other circumstances
 * @param name		what is compared
 */
#define assert_equal_numbers(got, expected, what, name) \
	ck_assert_msg((got) == (expected), "%s: %s is %u instead of %u", what, \
				  name, (u_int)(got), (u_int)(expected))

/**
 * Compare octets.
 */
void assert_equal_chunks(chunk_t got, chunk_t expected, const char *what,
						 const char *name);

/**
 * Check that two downloads are the same but for what is in their paths, which
 * just have to be equally long.
 */
void assert_equal_contents(gkm_download_t *got, gkm_download_t *expected,
						   const char *what);

/**
 * Check that two downloads of G-IKEv2 are the same in all respects.
 */
void assert_equal_downloads(gkm_download_t *got, gkm_download_t *expected,
							const char *what);

#endif /** SAMPLES_H_ */
