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
#include "gikev2_sa_policy.h"

#include "../keys/gkm_key_wrap.h"

/** Octets in the body of a payload at most: its length has 16 bits and counts
 *  the generic header (RFC 7296, 3.2) */
#define BODY_MAX (UINT16_MAX - 4)

/**
 * SPI of a data SA as a chunk
 */
#define spi_chunk(spi) (chunk_create((u_char*)&(spi), sizeof(spi)))

/**
 * Write the policy of the rekey SA
 */
static void build_rekey_policy(bio_writer_t *writer, gkm_rekey_sa_t *sa,
							   gikev2_exchange_t exchange)
{
	gikev2_sa_policy_t policy = {
		.sub = {
			.protocol = PROTO_GIKE_UPDATE,
			.spi = chunk_from_thing(sa->spi),
		},
		.src = sa->src,
		.dst = sa->dst,
		.proposal = sa->proposal,
		.lifetime = sa->lifetime,
		.message_id = sa->message_id,
	};

	if (exchange == GSA_REGISTRATION)
	{	/* rekeys can't change it (RFC 9838, 4.4.2.1.1) */
		policy.gcauth = sa->auth == GKM_AUTH_SIGNATURE ? GCAUTH_SIGNATURE
													   : GCAUTH_IMPLICIT;
		policy.sig_alg = sa->sig_alg;
	}
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
static chunk_t build_gsa(gkm_download_t *download, gikev2_exchange_t exchange)
{
	gikev2_gw_policy_t gw = {
		.atd = download->atd,
		.dtd = download->dtd,
		.sender_id_bits = download->sender_id_bits,
		.d3p = download->d3p,
	};
	bio_writer_t *writer;
	gkm_data_sa_t *sa;
	chunk_t body;
	int i;

	writer = bio_writer_create(512);
	if (download->rekey)
	{
		build_rekey_policy(writer, download->rekey, exchange);
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
 * Add a wrapped key to a bag
 *
 * @param id		its ID, 0 for the key of an SA
 * @param kwk		wraps it, NULL for the default key
 */
static bool add_key(gikev2_key_bag_t *bag, uint32_t id, chunk_t key,
					gkm_kwk_t *kwk, gikev2_wrapping_t *how, gkm_error_t *err)
{
	gikev2_wrapped_key_t wrapped = {
		.id = id,
		.kwk_id = kwk ? kwk->id : 0,
	};

	if (!gkm_key_wrap(kwk ? kwk->key : how->gsk_w, key, &wrapped.data, err))
	{
		return FALSE;
	}
	array_insert(bag->keys, ARRAY_TAIL, &wrapped);
	return TRUE;
}

/**
 * Write a bag, and destroy it with the keys that were wrapped for it
 */
static void finish_bag(bio_writer_t *writer, gikev2_key_bag_t *bag)
{
	gikev2_wrapped_key_t wrapped;

	gikev2_key_bag_build(writer, bag);
	while (array_remove(bag->keys, ARRAY_TAIL, &wrapped))
	{
		chunk_free(&wrapped.data);
	}
	gikev2_key_bag_clear(bag);
}

/**
 * Write the key bag of an SA
 *
 * @param kwks		keys that wrap its key, NULL or empty for the default one
 */
static bool build_sa_key(bio_writer_t *writer, protocol_id_t protocol,
						 chunk_t spi, chunk_t key, array_t *kwks,
						 gikev2_wrapping_t *how, gkm_error_t *err)
{
	gikev2_substructure_t sub = {
		.protocol = protocol,
		.spi = spi,
	};
	gikev2_key_bag_t bag;
	gkm_kwk_t *kwk = NULL;
	bool success;
	int i = 0;

	gikev2_key_bag_init(&bag, &sub);
	array_get(kwks, 0, &kwk);
	do
	{
		success = add_key(&bag, 0, key, kwk, how, err);
	}
	while (success && array_get(kwks, ++i, &kwk));
	finish_bag(writer, &bag);
	return success;
}

/**
 * Write the member key bag
 */
static bool build_member_bag(bio_writer_t *writer, gkm_download_t *download,
							 gikev2_wrapping_t *how, gkm_error_t *err)
{
	gikev2_substructure_t sub = {
		.protocol = PROTO_NONE,
	};
	bool success = TRUE;
	gikev2_key_bag_t bag;
	gkm_wrap_t wrap;
	uint32_t *id;
	uint64_t value;
	int i;

	gikev2_key_bag_init(&bag, &sub);
	for (i = 0; success && array_get(how->wraps, i, &wrap); i++)
	{
		success = add_key(&bag, wrap.key->id, wrap.key->key, wrap.kwk, how,
						  err);
	}
	bag.auth_key = how->auth_key;
	for (i = 0; array_get(download->sender_ids, i, &id); i++)
	{
		value = *id;
		array_insert(bag.sender_ids, ARRAY_TAIL, &value);
	}
	finish_bag(writer, &bag);
	return success;
}

/**
 * Write the body of the KD payload
 */
static bool build_kd(gkm_download_t *download, gikev2_wrapping_t *how,
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
							   chunk_from_thing(rekey->spi), rekey->key,
							   how->kwks, how, err);
	}
	for (i = 0; success && array_get(download->sas, i, &sa); i++)
	{
		success = build_sa_key(writer,
							   sa->proposal->get_protocol(sa->proposal),
							   spi_chunk(sa->spi), sa->key, NULL, how, err);
	}
	success = success && build_member_bag(writer, download, how, err);
	if (success)
	{
		*kd = writer->extract_buf(writer);
	}
	writer->destroy(writer);
	return success;
}

/*
 * Described in header
 */
bool gikev2_content_build(gkm_download_t *download, gikev2_wrapping_t *how,
						  chunk_t *gsa, chunk_t *kd, gkm_error_t *err)
{
	if (!build_kd(download, how, kd, err))
	{
		return FALSE;
	}
	*gsa = build_gsa(download, how->exchange);
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
