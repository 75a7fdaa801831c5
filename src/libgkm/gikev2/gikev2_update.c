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
#include "gikev2_delete.h"
#include "gikev2_rules.h"
#include "gikev2_update.h"

#include "../keys/gkm_auth_key.h"

CALLBACK(free_body, void,
	chunk_t *body, int idx, void *user)
{
	chunk_free(body);
}

/*
 * Described in header
 */
void gikev2_update_payloads_clear(gikev2_update_payloads_t *this)
{
	chunk_free(&this->gsa);
	chunk_clear(&this->kd);
	array_destroy_function(this->deletes, (void*)free_body, NULL);
	*this = (gikev2_update_payloads_t){};
}

/*
 * Described in header
 */
bool gikev2_update_is_transport(gkm_update_t *update)
{
	gkm_data_sa_t *sa;

	return array_get(update->download->sas, 0, &sa) &&
		   sa->mode == MODE_TRANSPORT;
}

/**
 * Check the key tree's part in an update
 */
static bool check_tree(gkm_update_t *update, gikev2_update_context_t *ctx,
					   gkm_error_t *err)
{
	gkm_download_t *download = update->download;
	uint16_t kwa = KW_NONE;
	gkm_wrap_t wrap;
	int i;

	if (!array_count(update->kwks) && !array_count(update->wraps))
	{
		return TRUE;
	}
	if (ctx->inband || !download->rekey)
	{
		return gkm_fail(err, "keys of the key tree %s", ctx->inband ?
						"in an in-band rekey" : "without a new rekey SA");
	}
	if (array_count(download->sas))
	{	/* the default key wraps those of data SAs, and members that are to be
		 * excluded have it (RFC 9838, 3.2.1) */
		return gkm_fail(err, "data SAs in a rekey that excludes members");
	}
	download->rekey->proposal->get_algorithm(download->rekey->proposal,
											 KEY_WRAP_ALGORITHM, &kwa, NULL);
	for (i = 0; array_get(update->wraps, i, &wrap); i++)
	{
		if (!gikev2_rules_check_kwk(wrap.key, kwa, err))
		{
			return FALSE;
		}
	}
	return TRUE;
}

/**
 * Write Delete payloads
 */
static bool build_deletes(gkm_update_t *update, array_t *deletes,
						  gkm_error_t *err)
{
	gkm_delete_t *delete;
	chunk_t body;
	int i;

	if (array_count(update->deletes) > GIKEV2_DELETES_MAX)
	{
		return gkm_fail(err, "%d Delete payloads, at most %u are supported",
						array_count(update->deletes), GIKEV2_DELETES_MAX);
	}
	for (i = 0; array_get(update->deletes, i, &delete); i++)
	{
		if (!gikev2_delete_build(delete, &body, err))
		{
			return FALSE;
		}
		array_insert(deletes, ARRAY_TAIL, &body);
	}
	return TRUE;
}

/**
 * Write GSA and KD payloads
 */
static bool build_content(gkm_update_t *update, gikev2_update_context_t *ctx,
						  gikev2_update_payloads_t *payloads, gkm_error_t *err)
{
	gkm_download_t *download = update->download;
	gikev2_wrapping_t how = {
		.exchange = ctx->inband ? GSA_INBAND_REKEY : GSA_REKEY,
		.gsk_w = ctx->gsk_w,
		.kwks = update->kwks,
		.wraps = update->wraps,
		.auth_key = update->auth_key,
	};

	return (!download->rekey && !array_count(download->sas)) ||
			gikev2_content_build(download, &how, &payloads->gsa, &payloads->kd,
								 err);
}

/*
 * Described in header
 */
bool gikev2_update_build(gkm_update_t *update, gikev2_update_context_t *ctx,
						 gikev2_update_payloads_t *payloads, gkm_error_t *err)
{
	*payloads = (gikev2_update_payloads_t){
		.deletes = array_create(sizeof(chunk_t), 0),
	};
	if (!gikev2_rules_check_update(update, ctx, err) ||
		!check_tree(update, ctx, err) ||
		!build_content(update, ctx, payloads, err) ||
		!build_deletes(update, payloads->deletes, err))
	{
		gikev2_update_payloads_clear(payloads);
		return FALSE;
	}
	return TRUE;
}

/**
 * Take over the member key bag
 */
static bool add_member(gikev2_content_t *this, gikev2_update_context_t *ctx,
					   gkm_update_t *update)
{
	u_char *at = this->member.sub.at;

	if (array_count(this->member.sender_ids) || this->gw.sender_id_bits)
	{
		return gkm_fail(this->kd.err, "sender IDs in a rekey");
	}
	if (ctx->inband && array_count(this->member.keys))
	{
		return gikev2_fail(&this->kd, at, "WRAP_KEY in an in-band rekey");
	}
	if (!this->member.auth_key.len)
	{
		return TRUE;
	}
	update->auth_key = chunk_clone(this->member.auth_key);
	if (!ctx->rekey || ctx->rekey->auth == GKM_AUTH_IMPLICIT)
	{
		return gikev2_fail(&this->kd, at, "AUTH_KEY, but rekeys aren't signed");
	}
	return gkm_auth_key_check(ctx->rekey->sig_alg, update->auth_key,
							  this->kd.err);
}

/**
 * Authenticate a new rekey SA as the current one
 */
static void inherit_auth(gkm_update_t *update, gikev2_update_context_t *ctx)
{
	gkm_rekey_sa_t *sa = update->download->rekey, *old = ctx->rekey;

	if (sa && old)
	{
		sa->auth = old->auth;
		sa->sig_alg = chunk_clone(old->sig_alg);
		sa->auth_key = chunk_clone(update->auth_key.len ? update->auth_key
														: old->auth_key);
	}
}

/**
 * Read GSA and KD payloads
 */
static bool parse_content(gikev2_update_payloads_t *payloads,
						  gikev2_update_context_t *ctx, gkm_update_t *update,
						  gkm_error_t *err)
{
	gikev2_content_t content = {
		.exchange = ctx->inband ? GSA_INBAND_REKEY : GSA_REKEY,
		.transport = ctx->transport,
		.download = update->download,
	};
	/* in-band, there is only the default key */
	bool success, *excluded = ctx->inband ? NULL : &update->excluded;

	success = gikev2_content_parse(&content, payloads->gsa, payloads->kd,
								   err) &&
			  add_member(&content, ctx, update) &&
			  gikev2_content_unwrap(&content, ctx->gsk_w,
									ctx->inband ? NULL : ctx->path, excluded);
	inherit_auth(update, ctx);
	gikev2_content_clear(&content);
	return success;
}

/**
 * Read Delete payloads
 */
static bool parse_deletes(array_t *deletes, gkm_update_t *update,
						  gkm_error_t *err)
{
	chunk_t body;
	int i;

	if (array_count(deletes) > GIKEV2_DELETES_MAX)
	{
		return gkm_fail(err, "%d Delete payloads, at most %u are supported",
						array_count(deletes), GIKEV2_DELETES_MAX);
	}
	for (i = 0; array_get(deletes, i, &body); i++)
	{
		if (!gikev2_delete_parse(body, update, err))
		{
			return FALSE;
		}
	}
	return TRUE;
}

/*
 * Described in header
 */
gkm_update_t *gikev2_update_parse(gikev2_update_payloads_t *payloads,
								  gikev2_update_context_t *ctx,
								  gkm_error_t *err)
{
	gkm_update_t *update = gkm_update_create();
	bool success = TRUE;

	if (payloads->gsa.len || payloads->kd.len)
	{
		success = parse_content(payloads, ctx, update, err);
	}
	if (!success || !parse_deletes(payloads->deletes, update, err) ||
		!gikev2_rules_check_update(update, ctx, err))
	{
		gkm_update_destroy(update);
		return NULL;
	}
	return update;
}
