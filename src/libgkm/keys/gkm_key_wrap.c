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

#include "gkm_key_wrap.h"

#include <openssl/err.h>
#include <openssl/evp.h>

/** Octets of a block of RFC 3394, which RFC 5649 pads to and adds one of */
#define BLOCK 8

/**
 * OpenSSL's cipher for a key wrap key, NULL if there is none of its length
 */
static const EVP_CIPHER *get_cipher(chunk_t kwk)
{
	switch (kwk.len)
	{
		case 16:
			return EVP_aes_128_wrap_pad();
		case 24:
			return EVP_aes_192_wrap_pad();
		case 32:
			return EVP_aes_256_wrap_pad();
		default:
			return NULL;
	}
}

/**
 * Wrap or unwrap; out has to have room for the longer of both sides
 */
static bool run(const EVP_CIPHER *cipher, chunk_t kwk, bool wrap, chunk_t in,
				chunk_t *out)
{
	EVP_CIPHER_CTX *ctx;
	int len = 0;
	bool success;

	ctx = EVP_CIPHER_CTX_new();
	if (!ctx)
	{
		return FALSE;
	}
	EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	success = EVP_CipherInit_ex(ctx, cipher, NULL, kwk.ptr, NULL, wrap) == 1 &&
			  EVP_CipherUpdate(ctx, out->ptr, &len, in.ptr, in.len) == 1 &&
			  len > 0 && len <= out->len;
	if (success)
	{
		out->len = len;
	}
	EVP_CIPHER_CTX_free(ctx);
	/* a failure is nobody else's business */
	ERR_clear_error();
	return success;
}

/*
 * Described in header
 */
bool gkm_key_wrap(chunk_t kwk, chunk_t key, chunk_t *wrapped,
				  gkm_error_t *err)
{
	const EVP_CIPHER *cipher = get_cipher(kwk);

	if (!cipher)
	{
		return gkm_fail(err, "key wrap key of %zu octets", kwk.len);
	}
	if (key.len < 1 || key.len > GKM_KEY_WRAP_MAX)
	{
		return gkm_fail(err, "key of %zu octets to wrap, 1 to %d allowed",
						key.len, GKM_KEY_WRAP_MAX);
	}
	*wrapped = chunk_alloc(round_up(key.len, BLOCK) + BLOCK);
	if (!run(cipher, kwk, TRUE, key, wrapped))
	{
		chunk_clear(wrapped);
		return gkm_fail(err, "wrapping a key failed");
	}
	return TRUE;
}

/*
 * Described in header
 */
bool gkm_key_unwrap(chunk_t kwk, chunk_t wrapped, chunk_t *key,
					gkm_error_t *err)
{
	const EVP_CIPHER *cipher = get_cipher(kwk);

	if (!cipher)
	{
		return gkm_fail(err, "key wrap key of %zu octets", kwk.len);
	}
	if (wrapped.len < 2 * BLOCK || wrapped.len > GKM_KEY_WRAP_MAX + BLOCK ||
		wrapped.len % BLOCK)
	{
		return gkm_fail(err, "wrapped key of %zu octets, multiples of %d from "
						"%d to %d allowed", wrapped.len, BLOCK, 2 * BLOCK,
						GKM_KEY_WRAP_MAX + BLOCK);
	}
	*key = chunk_alloc(wrapped.len);
	if (!run(cipher, kwk, FALSE, wrapped, key))
	{
		memwipe(key->ptr, wrapped.len);
		chunk_free(key);
		return gkm_fail(err, "wrapped key of %zu octets fails its integrity "
						"check", wrapped.len);
	}
	return TRUE;
}
