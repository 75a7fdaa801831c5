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

#include "gikev2_download.h"
#include "gikev2_gw_policy.h"
#include "gikev2_key_bag.h"
#include "gikev2_rules.h"
#include "gikev2_sa_policy.h"

#include "../keys/gkm_key_wrap.h"

/** Octets in the body of a payload at most: its length has 16 bits and counts
 *  the generic header (RFC 7296, 3.2) */
#define BODY_MAX (UINT16_MAX - 4)

/** Salt of GSK_w (RFC 9838, 3.1.1) */
#define GSK_W_LABEL "Key Wrap for G-IKEv2"

/*
 * Described in header
 */
bool gikev2_derive_gsk_w(pseudo_random_function_t prf, chunk_t sk_d,
						 uint16_t kwa, chunk_t *gsk_w)
{
	size_t len = gkm_key_wrap_key_len(kwa);
	bool success;
	kdf_t *kdf;

	if (!len)
	{
		return FALSE;
	}
	kdf = lib->crypto->create_kdf(lib->crypto, KDF_PRF_PLUS, prf);
	if (!kdf)
	{
		return FALSE;
	}
	success = kdf->set_param(kdf, KDF_PARAM_KEY, sk_d) &&
			  kdf->set_param(kdf, KDF_PARAM_SALT,
							 chunk_from_str(GSK_W_LABEL)) &&
			  kdf->allocate_bytes(kdf, len, gsk_w);
	kdf->destroy(kdf);
	return success;
}

/**
 * SPI of a data SA as a chunk
 */
#define spi_chunk(spi) (chunk_create((u_char*)&(spi), sizeof(spi)))

/**
 * Write the policy of the rekey SA
 */
static void build_rekey_policy(bio_writer_t *writer, gkm_rekey_sa_t *sa)
{
	gikev2_sa_policy_t policy = {
		.sub = {
			.protocol = PROTO_GIKE_UPDATE,
			.spi = chunk_from_thing(sa->spi),
		},
		.src = sa->src,
		.dst = sa->dst,
		.proposal = sa->proposal,
		.gcauth = sa->auth == GKM_AUTH_SIGNATURE ? GCAUTH_SIGNATURE
												 : GCAUTH_IMPLICIT,
		.sig_alg = sa->sig_alg,
		.lifetime = sa->lifetime,
		.message_id = sa->message_id,
	};

	if (sa->has_next_spi)
	{
		policy.next_spi = chunk_from_thing(sa->next_spi);
	}
	gikev2_sa_policy_build(writer, &policy);
}

/**
 * Write the policy of a data SA
 */
static void build_data_policy(bio_writer_t *writer, gkm_data_sa_t *sa)
{
	gikev2_sa_policy_t policy = {
		.sub = {
			.protocol = sa->proposal->get_protocol(sa->proposal),
			.spi = spi_chunk(sa->spi),
		},
		.src = sa->src,
		.dst = sa->dst,
		.proposal = sa->proposal,
		.lifetime = sa->lifetime,
	};

	if (sa->next_spi)
	{
		policy.next_spi = spi_chunk(sa->next_spi);
	}
	gikev2_sa_policy_build(writer, &policy);
}

/**
 * Write the body of the GSA payload
 */
static chunk_t build_gsa(gkm_download_t *download)
{
	gikev2_gw_policy_t gw = {
		.atd = download->atd,
		.dtd = download->dtd,
		.sender_id_bits = download->sender_id_bits,
	};
	bio_writer_t *writer;
	gkm_data_sa_t *sa;
	chunk_t body;
	int i;

	writer = bio_writer_create(512);
	if (download->rekey)
	{
		build_rekey_policy(writer, download->rekey);
	}
	for (i = 0; i < array_count(download->sas); i++)
	{
		array_get(download->sas, i, &sa);
		build_data_policy(writer, sa);
	}
	gikev2_gw_policy_build(writer, &gw);
	body = writer->extract_buf(writer);
	writer->destroy(writer);
	return body;
}

/**
 * Write the key bag of an SA
 */
static bool build_sa_key(bio_writer_t *writer, protocol_id_t protocol,
						 chunk_t spi, chunk_t key, gikev2_context_t *ctx,
						 gkm_error_t *err)
{
	gikev2_substructure_t sub = {
		.protocol = protocol,
		.spi = spi,
	};
	gikev2_wrapped_key_t wrapped = {};
	gikev2_key_bag_t bag;

	if (!gkm_key_wrap(ctx->gsk_w, key, &wrapped.data, err))
	{
		return FALSE;
	}
	gikev2_key_bag_init(&bag, &sub);
	array_insert(bag.keys, ARRAY_TAIL, &wrapped);
	gikev2_key_bag_build(writer, &bag);
	gikev2_key_bag_clear(&bag);
	chunk_free(&wrapped.data);
	return TRUE;
}

/**
 * Write the member key bag
 */
static void build_member_bag(bio_writer_t *writer, gkm_download_t *download)
{
	gikev2_substructure_t sub = {
		.protocol = PROTO_NONE,
	};
	gikev2_key_bag_t bag;
	uint32_t *id;
	uint64_t value;
	int i;

	gikev2_key_bag_init(&bag, &sub);
	if (download->rekey)
	{
		bag.auth_key = download->rekey->auth_key;
	}
	for (i = 0; i < array_count(download->sender_ids); i++)
	{
		array_get(download->sender_ids, i, &id);
		value = *id;
		array_insert(bag.sender_ids, ARRAY_TAIL, &value);
	}
	gikev2_key_bag_build(writer, &bag);
	gikev2_key_bag_clear(&bag);
}

/**
 * Write the body of the KD payload
 */
static bool build_kd(gkm_download_t *download, gikev2_context_t *ctx,
					 chunk_t *kd, gkm_error_t *err)
{
	gkm_rekey_sa_t *rekey = download->rekey;
	bool success = TRUE;
	bio_writer_t *writer;
	gkm_data_sa_t *sa;
	int i;

	writer = bio_writer_create(512);
	if (rekey)
	{
		success = build_sa_key(writer, PROTO_GIKE_UPDATE,
							   chunk_from_thing(rekey->spi), rekey->key, ctx,
							   err);
	}
	for (i = 0; success && i < array_count(download->sas); i++)
	{
		array_get(download->sas, i, &sa);
		success = build_sa_key(writer,
							   sa->proposal->get_protocol(sa->proposal),
							   spi_chunk(sa->spi), sa->key, ctx, err);
	}
	if (success)
	{
		build_member_bag(writer, download);
		*kd = writer->extract_buf(writer);
	}
	writer->destroy(writer);
	return success;
}

/*
 * Described in header
 */
bool gikev2_download_build(gkm_download_t *download, gikev2_context_t *ctx,
						   chunk_t *gsa, chunk_t *kd, gkm_error_t *err)
{
	if (!gikev2_rules_check(download, ctx, err) ||
		!build_kd(download, ctx, kd, err))
	{
		return FALSE;
	}
	*gsa = build_gsa(download);
	if (gsa->len > BODY_MAX || kd->len > BODY_MAX)
	{
		gkm_fail(err, "GSA and KD payloads would have %zu and %zu octets, at "
				 "most %u are possible", gsa->len, kd->len, BODY_MAX);
		chunk_free(gsa);
		chunk_free(kd);
		return FALSE;
	}
	return TRUE;
}
