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

#include "gikev2_auth.h"
#include "gikev2_codepoints.h"
#include "gikev2_wire.h"

#include <bio/bio_writer.h>

/*
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |  Auth Method  |                  RESERVED                     |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  | ASN.1 Length  | AlgorithmIdentifier ASN.1 object              |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  ~                          Signature Value                      ~
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * RFC 7296, 3.8, and RFC 7427, 3, after the generic payload header.
 */

/** Octets before the AlgorithmIdentifier */
#define HEADER_LEN 5

/** How often a message is signed until the length is as expected. ECDSA takes
 *  two tries on average. */
#define SIGN_TRIES 64

/*
 * Described in header
 */
chunk_t gikev2_auth_build(chunk_t sig_alg, size_t len)
{
	bio_writer_t *writer;
	chunk_t body;

	writer = bio_writer_create(HEADER_LEN + sig_alg.len + len);
	writer->write_uint8(writer, GIKEV2_AUTH_METHOD);
	writer->write_uint24(writer, 0);
	writer->write_data8(writer, sig_alg);
	body = writer->skip(writer, len);
	memset(body.ptr, 0, body.len);
	body = writer->extract_buf(writer);
	writer->destroy(writer);
	return body;
}

/*
 * Described in header
 */
bool gikev2_auth_parse(chunk_t body, chunk_t sig_alg, chunk_t *signature,
					   gkm_error_t *err)
{
	chunk_t alg;

	if (body.len < HEADER_LEN || body.len - HEADER_LEN <= body.ptr[4])
	{
		return gkm_fail(err, "AUTH payload: incomplete with %zu octets",
						body.len);
	}
	if (body.ptr[0] != GIKEV2_AUTH_METHOD)
	{
		return gkm_fail(err, "AUTH payload: method %u instead of %u",
						body.ptr[0], GIKEV2_AUTH_METHOD);
	}
	alg = chunk_create(body.ptr + HEADER_LEN, body.ptr[4]);
	if (!chunk_equals(alg, sig_alg))
	{
		return gkm_fail(err, "AUTH payload: signature algorithm isn't that of "
						"the rekey SA");
	}
	*signature = chunk_skip(body, HEADER_LEN + alg.len);
	return TRUE;
}

/*
 * Described in header
 */
chunk_t gikev2_auth_octets(chunk_t header, chunk_t plain, chunk_t signature)
{
	chunk_t octets = chunk_cat("cc", header, plain);
	u_char *sk = octets.ptr + IKE_HEADER_LEN;

	/* as if the payloads weren't encrypted */
	htoun32(octets.ptr + IKE_LENGTH_OFFSET, octets.len);
	htoun16(sk + GENERIC_LENGTH_OFFSET, GENERIC_HEADER_LEN + plain.len);
	memset(octets.ptr + header.len + (signature.ptr - plain.ptr), 0,
		   signature.len);
	return octets;
}

/*
 * Described in header
 */
bool gikev2_auth_sign(chunk_t header, gikev2_inner_t *inner, chunk_t sig_alg,
					  private_key_t *key, chunk_t auth_key, chunk_t *plain,
					  gkm_error_t *err)
{
	size_t len = gkm_auth_key_signature_len(key);
	chunk_t octets, signature, place;
	bool success, fits = FALSE;
	int i;

	inner->auth = gikev2_auth_build(sig_alg, len);
	*plain = gikev2_inner_build(inner);
	chunk_free(&inner->auth);
	place = chunk_create(plain->ptr + plain->len - len, len);
	octets = gikev2_auth_octets(header, *plain, place);
	success = gkm_auth_key_matches(key, sig_alg, auth_key, err);
	for (i = 0; success && !fits && i < SIGN_TRIES; i++)
	{
		success = gkm_auth_key_sign(key, sig_alg, octets, &signature, err);
		if (success)
		{
			fits = signature.len == place.len;
			if (fits)
			{
				memcpy(place.ptr, signature.ptr, place.len);
			}
			chunk_free(&signature);
		}
	}
	chunk_clear(&octets);
	if (success && !fits)
	{
		gkm_fail(err, "no signature of %zu octets in %d tries", len,
				 SIGN_TRIES);
	}
	if (!fits)
	{
		chunk_clear(plain);
	}
	return fits;
}
