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

#include "gikev2_content.h"
#include "gikev2_download.h"
#include "gikev2_rules.h"

#include "../keys/gkm_auth_key.h"

/** Salt of GSK_w (RFC 9838, 3.1.1) */
#define GSK_W_LABEL "Key Wrap for G-IKEv2"

/**
 * prf+ of RFC 7296, 2.13: Tn = prf(K, Tn-1 | S | n). libstrongswan's own comes
 * by way of a kdf_t, which takes several times as long, and this is done for
 * each member that is rekeyed in-band.
 *
 * @param prf		PRF that has its key
 */
static bool prf_plus(prf_t *prf, chunk_t seed, chunk_t out)
{
	chunk_t last = chunk_empty, block = chunk_alloca(prf->get_block_size(prf));
	uint8_t n = 1;
	size_t len;

	while (out.len)
	{
		if (!prf->get_bytes(prf, last, NULL) ||
			!prf->get_bytes(prf, seed, NULL) ||
			!prf->get_bytes(prf, chunk_from_thing(n), block.ptr))
		{
			return FALSE;
		}
		n++;
		last = block;
		len = min(out.len, block.len);
		memcpy(out.ptr, block.ptr, len);
		out = chunk_skip(out, len);
	}
	memwipe(block.ptr, block.len);
	return TRUE;
}

/*
 * Described in header
 */
bool gikev2_derive_gsk_w(pseudo_random_function_t alg, chunk_t sk_d,
						 uint16_t kwa, chunk_t *gsk_w)
{
	size_t len = gkm_key_wrap_key_len(kwa);
	bool success;
	prf_t *prf;

	prf = len ? lib->crypto->create_prf(lib->crypto, alg) : NULL;
	if (!prf)
	{
		return FALSE;
	}
	*gsk_w = chunk_alloc(len);
	success = prf->set_key(prf, sk_d) &&
			  prf_plus(prf, chunk_from_str(GSK_W_LABEL), *gsk_w);
	prf->destroy(prf);
	if (!success)
	{
		chunk_clear(gsk_w);
	}
	return success;
}

/**
 * How the keys of a member's path wrap each other, the default key the last
 * one (RFC 9838, 3.3), as gkm_wrap_t by value
 */
static array_t *wrap_path(array_t *path)
{
	gkm_wrap_t wrap;
	array_t *wraps;
	int i;

	wraps = array_create(sizeof(wrap), 0);
	for (i = 0; array_get(path, i, &wrap.key); i++)
	{
		wrap.kwk = NULL;
		array_get(path, i + 1, &wrap.kwk);
		array_insert(wraps, ARRAY_TAIL, &wrap);
	}
	return wraps;
}

/*
 * Described in header
 */
bool gikev2_download_build(gkm_download_t *download, gikev2_context_t *ctx,
						   chunk_t *gsa, chunk_t *kd, gkm_error_t *err)
{
	gikev2_wrapping_t how = {
		.exchange = GSA_REGISTRATION,
		.gsk_w = ctx->gsk_w,
	};
	gkm_kwk_t *top;
	bool success;

	if (!gikev2_rules_check(download, ctx, err))
	{
		return FALSE;
	}
	if (download->rekey)
	{
		how.auth_key = download->rekey->auth_key;
	}
	how.kwks = array_create(0, 0);
	if (array_get(download->path, 0, &top))
	{
		array_insert(how.kwks, ARRAY_TAIL, top);
	}
	how.wraps = wrap_path(download->path);
	success = gikev2_content_build(download, &how, gsa, kd, err);
	array_destroy(how.kwks);
	array_destroy(how.wraps);
	return success;
}

/**
 * Take over the sender IDs
 */
static bool add_sender_ids(gikev2_content_t *this, bool sender)
{
	int i, count = array_count(this->member.sender_ids);
	gkm_download_t *download = this->download;
	uint32_t *copy;
	uint64_t id;

	if (count > GIKEV2_SENDER_IDS_MAX)
	{
		return gikev2_fail(&this->kd, this->member.sub.at, "%d sender IDs, at "
						   "most %u are supported", count,
						   GIKEV2_SENDER_IDS_MAX);
	}
	for (i = 0; i < count; i++)
	{
		array_get(this->member.sender_ids, i, &id);
		if (id > UINT32_MAX)
		{
			return gikev2_fail(&this->kd, this->member.sub.at, "sender ID of "
							   "more than 32 bits");
		}
		copy = malloc_thing(uint32_t);
		*copy = id;
		array_insert(download->sender_ids, ARRAY_TAIL, copy);
	}
	if (sender || !gkm_download_has_counter_mode(download))
	{
		download->sender_id_bits = this->gw.sender_id_bits;
	}
	return TRUE;
}

/**
 * Take over the rest of the member key bag
 */
static bool add_member(gikev2_content_t *this, bool sender)
{
	gkm_download_t *download = this->download;

	if (download->rekey)
	{
		download->rekey->auth_key = chunk_clone(this->member.auth_key);
	}
	else if (this->member.auth_key.len || array_count(this->member.keys))
	{	/* RFC 9838, 5, for in-band rekeys */
		return gikev2_fail(&this->kd, this->member.sub.at, "%s, but there is "
						   "no rekey SA", this->member.auth_key.len ? "AUTH_KEY"
														   : "WRAP_KEY");
	}
	return add_sender_ids(this, sender);
}

/**
 * Check that rekeys can be checked with the key that came along. A matter of
 * the receiver only: reading a key is slow, and a server knows its own.
 */
static bool check_auth_key(gkm_rekey_sa_t *rekey, gkm_error_t *err)
{
	gkm_error_t reason = {};

	if (rekey && rekey->auth == GKM_AUTH_SIGNATURE &&
		!gkm_auth_key_check(rekey->sig_alg, rekey->auth_key, &reason))
	{
		return gkm_fail(err, "rekey SA: %s", reason.text);
	}
	return TRUE;
}

/*
 * Described in header
 */
gkm_download_t *gikev2_download_parse(chunk_t gsa, chunk_t kd,
									  gikev2_context_t *ctx, gkm_error_t *err)
{
	gkm_download_t *download = gkm_download_create();
	gikev2_content_t content = {
		.exchange = GSA_REGISTRATION,
		.transport = ctx->transport,
		.download = download,
	};
	bool success;

	success = gikev2_content_parse(&content, gsa, kd, err) &&
			  add_member(&content, ctx->sender) &&
			  gikev2_content_unwrap(&content, ctx->gsk_w, NULL, NULL);
	gikev2_content_clear(&content);
	if (!success || !gikev2_rules_check(download, ctx, err) ||
		!check_auth_key(download->rekey, err))
	{
		gkm_download_destroy(download);
		return NULL;
	}
	return download;
}
