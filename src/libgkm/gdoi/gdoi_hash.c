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

#include "gdoi_hash.h"

/** Octets of padding at most: a block of the ciphers of phase 1 */
#define PADDING_MAX 16

/**
 * Calculate HASH
 *
 * @param payloads	all payloads after HASH
 */
static bool calculate(gdoi_hasher_t *hasher, uint32_t mid, chunk_t nonces,
					  chunk_t payloads, chunk_t *hash, gkm_error_t *err)
{
	chunk_t data = chunk_cat("cc", nonces, payloads);
	bool success;

	success = hasher->hash(hasher, mid, data, hash);
	chunk_clear(&data);
	return success || gkm_fail(err, "calculating HASH failed");
}

/*
 * Described in header
 */
bool gdoi_hash_build(gdoi_hasher_t *hasher, uint32_t mid, chunk_t nonces,
					 array_t *payloads, chunk_t *plain, gkm_error_t *err)
{
	gdoi_payload_t first = {
		.type = GDOI_PLD_NONE,
	};
	bio_writer_t *writer;
	chunk_t data, hash;
	bool success;

	if (!gdoi_payloads_build(payloads, &data, err))
	{
		return FALSE;
	}
	success = calculate(hasher, mid, nonces, data, &hash, err);
	if (success)
	{
		array_get(payloads, ARRAY_HEAD, &first);
		writer = bio_writer_create(GDOI_GENERIC_LEN + hash.len + data.len);
		gdoi_payload_build(writer, first.type, hash);
		writer->write_data(writer, data);
		*plain = writer->extract_buf(writer);
		writer->destroy(writer);
		chunk_free(&hash);
	}
	chunk_clear(&data);
	return success;
}

/**
 * Check HASH
 *
 * @param payloads	all payloads, gets those after HASH
 */
static bool check(gdoi_hasher_t *hasher, uint32_t mid, chunk_t nonces,
				  array_t *payloads, gkm_error_t *err)
{
	chunk_t rest = chunk_empty, expected;
	gdoi_payload_t hash, last;
	bool success;

	if (!array_remove(payloads, ARRAY_HEAD, &hash) ||
		hash.type != GDOI_PLD_HASH)
	{
		return gkm_fail(err, "HASH isn't the first payload");
	}
	if (array_get(payloads, ARRAY_TAIL, &last))
	{
		rest.ptr = hash.whole.ptr + hash.whole.len;
		rest.len = last.whole.ptr + last.whole.len - rest.ptr;
	}
	if (!calculate(hasher, mid, nonces, rest, &expected, err))
	{
		return FALSE;
	}
	success = chunk_equals_const(hash.body, expected) ||
			  gkm_fail(err, "HASH is wrong");
	chunk_free(&expected);
	return success;
}

/*
 * Described in header
 */
bool gdoi_hash_parse(gdoi_hasher_t *hasher, uint32_t mid, chunk_t nonces,
					 uint8_t first, chunk_t plain, array_t *payloads,
					 gkm_error_t *err)
{
	if (!gdoi_payloads_parse(first, plain, PADDING_MAX, payloads, err) ||
		!check(hasher, mid, nonces, payloads, err))
	{
		return FALSE;
	}
	/* these say nothing to us here */
	gdoi_payloads_remove(payloads, GDOI_PLD_VID);
	return TRUE;
}
