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

#include "gikev2_rules.h"

#include <netinet/in.h>

#include "../keys/gkm_keymat.h"

/*
 * Described in header
 */
bool gikev2_rules_check_kwk(gkm_kwk_t *kwk, uint16_t kwa, gkm_error_t *err)
{
	if (!kwk->id)
	{
		return gkm_fail(err, "key of the key tree with number 0");
	}
	if (kwk->key.len != gkm_key_wrap_key_len(kwa))
	{
		return gkm_fail(err, "key %u of the key tree has %zu octets instead of "
						"%zu", kwk->id, kwk->key.len,
						gkm_key_wrap_key_len(kwa));
	}
	return TRUE;
}

/**
 * Note what is wrong with a data SA
 */
static bool fail_sa(gkm_data_sa_t *sa, gkm_error_t *err, const char *what)
{
	return gkm_fail(err, "%N SA %.8x: %s", protocol_id_names,
					sa->proposal->get_protocol(sa->proposal), ntohl(sa->spi),
					what);
}

/**
 * Is this exactly one multicast address?
 */
static bool is_multicast_address(traffic_selector_t *ts)
{
	chunk_t from = ts->get_from_address(ts);

	return chunk_equals(from, ts->get_to_address(ts)) && gkm_is_multicast(from);
}

/**
 * Check selectors that any SA has
 */
static bool have_family(traffic_selector_t *src, traffic_selector_t *dst)
{
	return src && dst && src->get_type(src) == dst->get_type(dst);
}

/**
 * Check how rekey messages are authenticated (RFC 9838, 4.4.2.1.1, 4.5.3.2)
 */
static bool check_auth(gkm_rekey_sa_t *rekey, gkm_error_t *err)
{
	if (rekey->auth == GKM_AUTH_IMPLICIT)
	{
		if (rekey->sig_alg.len || rekey->auth_key.len)
		{
			return gkm_fail(err, "rekey SA: implicit authentication with a "
							"key or algorithm for signatures");
		}
		return TRUE;
	}
	if (!rekey->sig_alg.len || !rekey->auth_key.len)
	{
		return gkm_fail(err, "rekey SA: no %s to check signatures with",
						rekey->auth_key.len ? "algorithm" : "AUTH_KEY");
	}
	return TRUE;
}

/**
 * Check the rekey SA (RFC 9838, 4.4.2)
 *
 * @param excluded	the member has no key for it
 */
static bool check_rekey_sa(gkm_rekey_sa_t *rekey, bool excluded,
						   gkm_error_t *err)
{
	traffic_selector_t *dst = rekey->dst;
	gkm_error_t reason = {};
	size_t key_len;

	if (!rekey->proposal ||
		rekey->proposal->get_protocol(rekey->proposal) != PROTO_GIKE_UPDATE ||
		!gkm_proposal_check(rekey->proposal, &reason))
	{
		return gkm_fail(err, "rekey SA: %s",
						reason.text[0] ? reason.text : "no rekey proposal");
	}
	if (!have_family(rekey->src, dst))
	{
		return gkm_fail(err, "rekey SA: no selectors of one address family");
	}
	if (!is_multicast_address(dst) || dst->get_protocol(dst) != IPPROTO_UDP ||
		!dst->get_from_port(dst) ||
		dst->get_from_port(dst) != dst->get_to_port(dst))
	{
		return gkm_fail(err, "rekey SA: destination %R instead of one "
						"multicast address and UDP port", dst);
	}
	if (!rekey->lifetime)
	{
		return gkm_fail(err, "rekey SA: no lifetime");
	}
	key_len = excluded ? 0 : gkm_keymat_len(rekey->proposal);
	if (rekey->key.len != key_len)
	{
		return gkm_fail(err, "rekey SA: key of %zu octets instead of %zu",
						rekey->key.len, key_len);
	}
	return check_auth(rekey, err);
}

/**
 * Check a data SA (RFC 9838, 4.4.2)
 *
 * @param multicast	the group is rekeyed by multicast (RFC 9838, 5)
 * @param mode		what all data SAs of the message have
 */
static bool check_data_sa(gkm_data_sa_t *sa, bool multicast, ipsec_mode_t mode,
						  gkm_error_t *err)
{
	gkm_error_t reason = {};

	if (!sa->proposal || (gkm_proposal_check(sa->proposal, &reason) &&
		sa->proposal->get_protocol(sa->proposal) == PROTO_GIKE_UPDATE))
	{
		return gkm_fail(err, "data SA %.8x: no ESP or AH proposal",
						ntohl(sa->spi));
	}
	if (reason.text[0])
	{
		return fail_sa(sa, err, reason.text);
	}
	if (!have_family(sa->src, sa->dst))
	{
		return fail_sa(sa, err, "no selectors of one address family");
	}
	if (sa->mode != mode)
	{
		return fail_sa(sa, err, "not in the mode of this message");
	}
	if (sa->key.len != gkm_keymat_len(sa->proposal))
	{
		return fail_sa(sa, err, "key has a wrong length");
	}
	if (multicast && !sa->lifetime)
	{
		return fail_sa(sa, err, "no lifetime, but there is a rekey SA");
	}
	if (!multicast && sa->next_spi)
	{
		return fail_sa(sa, err, "has a next SPI, but there is no rekey SA");
	}
	return TRUE;
}

/**
 * Check that two data SAs can exist together
 */
static bool check_pair(gkm_data_sa_t *a, gkm_data_sa_t *b, gkm_error_t *err)
{
	bool same;

	same = a->proposal->get_protocol(a->proposal) ==
		   b->proposal->get_protocol(b->proposal);
	if (same && a->spi == b->spi)
	{
		return fail_sa(b, err, "SPI is used twice");
	}
	if (!same && a->src->equals(a->src, b->src) &&
		a->dst->equals(a->dst, b->dst))
	{	/* RFC 9838, 4.4.2 */
		return fail_sa(b, err, "both ESP and AH for the same traffic");
	}
	return TRUE;
}

/**
 * Check all data SAs
 */
static bool check_data_sas(gkm_download_t *download, bool multicast,
						   ipsec_mode_t mode, gkm_error_t *err)
{
	int i, j, count = array_count(download->sas);
	gkm_data_sa_t *sa, *other;

	if (count > GIKEV2_SAS_MAX)
	{
		return gkm_fail(err, "%d data SAs, at most %d are supported", count,
						GIKEV2_SAS_MAX);
	}
	for (i = 0; i < count; i++)
	{
		array_get(download->sas, i, &sa);
		if (!check_data_sa(sa, multicast, mode, err))
		{
			return FALSE;
		}
		for (j = 0; j < i; j++)
		{
			array_get(download->sas, j, &other);
			if (!check_pair(other, sa, err))
			{
				return FALSE;
			}
		}
	}
	return TRUE;
}

/**
 * Check the sender IDs themselves
 */
static bool check_sender_id_values(gkm_download_t *download, gkm_error_t *err)
{
	int i, j, count = array_count(download->sender_ids);
	uint32_t *id, *other;

	for (i = 0; i < count; i++)
	{
		array_get(download->sender_ids, i, &id);
		if (download->sender_id_bits < 32 && *id >> download->sender_id_bits)
		{
			return gkm_fail(err, "sender ID %u doesn't fit in %u bits", *id,
							download->sender_id_bits);
		}
		for (j = 0; j < i; j++)
		{
			array_get(download->sender_ids, j, &other);
			if (*id == *other)
			{
				return gkm_fail(err, "sender ID %u comes twice", *id);
			}
		}
	}
	return TRUE;
}

/**
 * Check presence of sender IDs (RFC 9838, 4.5.3.3, and note 1 of section 5)
 */
static bool check_sender_ids(gkm_download_t *download, gikev2_context_t *ctx,
							 gkm_error_t *err)
{
	int count = array_count(download->sender_ids);

	if (!ctx->sender || !gkm_download_has_counter_mode(download))
	{
		if (count || download->sender_id_bits)
		{
			return gkm_fail(err, "sender IDs without a %s", ctx->sender ?
							"data SA that has a counter mode" : "sender");
		}
		return TRUE;
	}
	if (!count || !download->sender_id_bits)
	{
		return gkm_fail(err, "no %s for a sender that uses counter modes",
						count ? "length of sender IDs" : "sender ID");
	}
	if (count > GIKEV2_SENDER_IDS_MAX || download->sender_id_bits > 32)
	{
		return gkm_fail(err, "%d sender IDs of %u bits, at most %d of 32 are "
						"supported", count, download->sender_id_bits,
						GIKEV2_SENDER_IDS_MAX);
	}
	return check_sender_id_values(download, err);
}

/**
 * Check a member's path through the key tree (RFC 9838, 3.3, 4.5.3.1)
 */
static bool check_path(gkm_download_t *download, gkm_error_t *err)
{
	int i, j, count = array_count(download->path);
	gkm_kwk_t *kwk, *other;
	uint16_t kwa = KW_NONE;

	if (!count)
	{
		return TRUE;
	}
	if (!download->rekey)
	{
		return gkm_fail(err, "key tree without a rekey SA");
	}
	if (count > GIKEV2_WRAP_KEYS_MAX)
	{
		return gkm_fail(err, "path of %d keys through the key tree, at most %u "
						"are supported", count, GIKEV2_WRAP_KEYS_MAX);
	}
	download->rekey->proposal->get_algorithm(download->rekey->proposal,
											 KEY_WRAP_ALGORITHM, &kwa, NULL);
	for (i = 0; array_get(download->path, i, &kwk); i++)
	{
		if (!gikev2_rules_check_kwk(kwk, kwa, err))
		{
			return FALSE;
		}
		for (j = 0; j < i; j++)
		{
			array_get(download->path, j, &other);
			if (kwk->id == other->id)
			{
				return gkm_fail(err, "key %u of the key tree comes twice",
								kwk->id);
			}
		}
	}
	return TRUE;
}

/*
 * Described in header
 */
bool gikev2_rules_check(gkm_download_t *download, gikev2_context_t *ctx,
						gkm_error_t *err)
{
	if (!download->rekey && !array_count(download->sas))
	{	/* RFC 9838, 4.4.1 */
		return gkm_fail(err, "neither rekey SA nor data SA");
	}
	return (!download->rekey || check_rekey_sa(download->rekey, FALSE, err)) &&
			check_data_sas(download, download->rekey != NULL,
						   ctx->transport ? MODE_TRANSPORT : MODE_TUNNEL,
						   err) &&
			check_path(download, err) &&
			check_sender_ids(download, ctx, err);
}

/**
 * Check what can't be in-band (RFC 9838, 5)
 */
static bool check_inband(gkm_update_t *update, gkm_error_t *err)
{
	gkm_rekey_sa_t *rekey = update->download->rekey;

	if (update->auth_key.len)
	{
		return gkm_fail(err, "AUTH_KEY in an in-band rekey");
	}
	if (rekey && (rekey->message_id || rekey->has_next_spi))
	{
		return gkm_fail(err, "rekey SA: %s in an in-band rekey",
						rekey->has_next_spi ? "next SPI" : "message ID");
	}
	return TRUE;
}

/**
 * Are these the same octets, or both empty?
 */
static bool same(chunk_t a, chunk_t b)
{
	return chunk_equals(a, b) || (!a.len && !b.len);
}

/**
 * Check a new rekey SA against the one that it replaces: authentication can't
 * change, but for the key (RFC 9838, 4.4.2.1.1, 4.5.3.2)
 */
static bool check_successor(gkm_update_t *update, gkm_rekey_sa_t *old,
							gkm_error_t *err)
{
	gkm_rekey_sa_t *rekey = update->download->rekey;
	chunk_t auth_key = update->auth_key.len ? update->auth_key : old->auth_key;

	if (update->auth_key.len && old->auth == GKM_AUTH_IMPLICIT)
	{
		return gkm_fail(err, "AUTH_KEY, but authentication is implicit");
	}
	if (!rekey)
	{
		return TRUE;
	}
	if (memeq(rekey->spi, old->spi, sizeof(rekey->spi)))
	{
		return gkm_fail(err, "rekey SA: has the SPI of the one it replaces");
	}
	if (rekey->auth != old->auth ||
		!same(rekey->sig_alg, old->sig_alg) ||
		!same(rekey->auth_key, auth_key))
	{
		return gkm_fail(err, "rekey SA: authentication differs from that of "
						"the one it replaces");
	}
	return check_rekey_sa(rekey, update->excluded, err);
}

/*
 * Described in header
 */
bool gikev2_rules_check_update(gkm_update_t *update,
							   gikev2_update_context_t *ctx, gkm_error_t *err)
{
	gkm_download_t *download = update->download;
	ipsec_mode_t mode = MODE_TUNNEL;
	gkm_data_sa_t *sa;

	if (!download->rekey && !array_count(download->sas) &&
		(update->auth_key.len || !array_count(update->deletes)))
	{	/* RFC 9838, 2.4 */
		return gkm_fail(err, "neither rekey SA nor data SA");
	}
	if (array_count(download->sender_ids) || download->sender_id_bits)
	{	/* RFC 9838, 5 */
		return gkm_fail(err, "sender IDs in a rekey");
	}
	if (download->rekey && !ctx->rekey)
	{
		return gkm_fail(err, "rekey SA for a group without one");
	}
	if (array_get(download->sas, 0, &sa))
	{
		mode = sa->mode;
	}
	return (!ctx->inband || check_inband(update, err)) &&
		   (!ctx->rekey || check_successor(update, ctx->rekey, err)) &&
			check_data_sas(download, !ctx->inband, mode, err);
}
