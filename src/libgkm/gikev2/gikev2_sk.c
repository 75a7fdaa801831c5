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

#include "gikev2_sk.h"

/** Octets of the Pad Length field */
#define PAD_LENGTH_LEN 1

/*
 * Described in header
 */
size_t gikev2_sk_len(aead_t *aead, size_t plain_len)
{
	return aead->get_iv_size(aead) +
		   round_up(plain_len + PAD_LENGTH_LEN, aead->get_block_size(aead)) +
		   aead->get_icv_size(aead);
}

/*
 * Described in header
 */
size_t gikev2_sk_capacity(aead_t *aead, size_t len)
{
	size_t overhead, crypt;

	overhead = aead->get_iv_size(aead) + aead->get_icv_size(aead);
	if (len < overhead)
	{
		return 0;
	}
	crypt = round_down(len - overhead, aead->get_block_size(aead));
	return crypt > PAD_LENGTH_LEN ? crypt - PAD_LENGTH_LEN : 0;
}

/*
 * Described in header
 */
bool gikev2_sk_encrypt(aead_t *aead, uint64_t seq, chunk_t assoc, chunk_t plain,
					   chunk_t content)
{
	size_t iv_len = aead->get_iv_size(aead);
	iv_gen_t *iv_gen = aead->get_iv_gen(aead);
	chunk_t iv, crypt;

	iv = chunk_create(content.ptr, iv_len);
	crypt = chunk_create(content.ptr + iv_len,
						 content.len - iv_len - aead->get_icv_size(aead));
	memcpy(crypt.ptr, plain.ptr, plain.len);
	/* what padding consists of is up to the sender */
	memset(crypt.ptr + plain.len, 0, crypt.len - plain.len);
	crypt.ptr[crypt.len - 1] = crypt.len - plain.len - PAD_LENGTH_LEN;
	return iv_gen && iv_gen->get_iv(iv_gen, seq, iv.len, iv.ptr) &&
		   aead->encrypt(aead, crypt, assoc, iv, NULL);
}

/*
 * Described in header
 */
bool gikev2_sk_decrypt(aead_t *aead, chunk_t assoc, chunk_t content,
					   chunk_t *plain)
{
	size_t iv_len = aead->get_iv_size(aead), icv_len, bs;
	chunk_t iv, crypt;

	bs = aead->get_block_size(aead);
	icv_len = aead->get_icv_size(aead);
	if (content.len < iv_len + bs + icv_len ||
		(content.len - iv_len - icv_len) % bs)
	{
		return FALSE;
	}
	iv = chunk_create(content.ptr, iv_len);
	crypt = chunk_skip(content, iv_len);
	/* not into plain, which some implementations don't free if this fails */
	if (!aead->decrypt(aead, crypt, assoc, iv, NULL))
	{
		return FALSE;
	}
	*plain = chunk_create(crypt.ptr, crypt.len - icv_len);
	return TRUE;
}

/*
 * Described in header
 */
bool gikev2_sk_strip(chunk_t *plain)
{
	size_t pad;

	if (!plain->len)
	{
		return FALSE;
	}
	pad = plain->ptr[plain->len - 1] + PAD_LENGTH_LEN;
	if (plain->len < pad)
	{
		return FALSE;
	}
	plain->len -= pad;
	return TRUE;
}
