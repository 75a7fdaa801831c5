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
#include "gikev2_kwk.h"
#include "gikev2_rules.h"
#include "gikev2_sa_policy.h"

#include "../keys/gkm_auth_key.h"
#include "../keys/gkm_keymat.h"

/**
 * What is known while payloads are read
 */
typedef struct {

	/** IKE_SA's part */
	gikev2_context_t *ctx;

	/** what comes out of it */
	gkm_download_t *download;

	/** group-wide policy, if there is one */
	gikev2_gw_policy_t gw;
	bool has_gw;

	/** member key bag, if there is one */
	gikev2_key_bag_t member;
	bool has_member;

	/** group key bags, as gikev2_key_bag_t, by value */
	array_t *bags;

} parser_t;

/**
 * Take over a policy as rekey SA
 */
static bool add_rekey_sa(parser_t *this, gikev2_input_t *in,
						 gikev2_sa_policy_t *policy)
{
	gkm_rekey_sa_t *sa;

	if (this->download->rekey)
	{
		return gikev2_fail(in, policy->sub.at, "second rekey SA");
	}
	sa = this->download->rekey = gkm_rekey_sa_create();
	memcpy(sa->spi, policy->sub.spi.ptr, sizeof(sa->spi));
	sa->src = policy->src;
	sa->dst = policy->dst;
	sa->proposal = policy->proposal;
	policy->src = policy->dst = NULL;
	policy->proposal = NULL;
	sa->auth = policy->gcauth == GCAUTH_SIGNATURE ? GKM_AUTH_SIGNATURE
												  : GKM_AUTH_IMPLICIT;
	sa->sig_alg = chunk_clone(policy->sig_alg);
	sa->lifetime = policy->lifetime;
	sa->message_id = policy->message_id;
	if (policy->next_spi.len)
	{
		memcpy(sa->next_spi, policy->next_spi.ptr, sizeof(sa->next_spi));
		sa->has_next_spi = TRUE;
	}
	return TRUE;
}

/**
 * Take over a policy as data SA
 */
static bool add_data_sa(parser_t *this, gikev2_input_t *in,
						gikev2_sa_policy_t *policy)
{
	gkm_data_sa_t *sa;

	if (array_count(this->download->sas) == GIKEV2_SAS_MAX)
	{
		return gikev2_fail(in, policy->sub.at, "more than %u data SAs",
						   GIKEV2_SAS_MAX);
	}
	sa = gkm_data_sa_create();
	memcpy(&sa->spi, policy->sub.spi.ptr, sizeof(sa->spi));
	sa->src = policy->src;
	sa->dst = policy->dst;
	sa->proposal = policy->proposal;
	policy->src = policy->dst = NULL;
	policy->proposal = NULL;
	sa->mode = this->ctx->transport ? MODE_TRANSPORT : MODE_TUNNEL;
	sa->lifetime = policy->lifetime;
	if (policy->next_spi.len)
	{
		memcpy(&sa->next_spi, policy->next_spi.ptr, sizeof(sa->next_spi));
	}
	array_insert(this->download->sas, ARRAY_TAIL, sa);
	return TRUE;
}

/**
 * Read a policy
 */
static bool parse_policy(parser_t *this, gikev2_input_t *in,
						 gikev2_substructure_t *sub)
{
	gikev2_sa_policy_t policy;
	bool success;

	if (sub->protocol == PROTO_NONE)
	{
		if (this->has_gw)
		{
			return gikev2_fail(in, sub->at, "second group-wide policy");
		}
		this->has_gw = TRUE;
		return gikev2_gw_policy_parse(in, sub, &this->gw);
	}
	success = gikev2_sa_policy_parse(in, sub, &policy);
	if (success)
	{
		success = sub->protocol == PROTO_GIKE_UPDATE ?
									add_rekey_sa(this, in, &policy) :
									add_data_sa(this, in, &policy);
	}
	gikev2_sa_policy_clear(&policy);
	return success;
}

/**
 * Read a key bag
 */
static bool parse_bag(parser_t *this, gikev2_input_t *in,
					  gikev2_substructure_t *sub)
{
	gikev2_key_bag_t bag;

	if (sub->protocol == PROTO_NONE)
	{
		if (this->has_member)
		{
			return gikev2_fail(in, sub->at, "second member key bag");
		}
		this->has_member = TRUE;
		return gikev2_key_bag_parse(in, sub, &this->member);
	}
	if (!gikev2_key_bag_parse(in, sub, &bag))
	{
		gikev2_key_bag_clear(&bag);
		return FALSE;
	}
	array_insert(this->bags, ARRAY_TAIL, &bag);
	return TRUE;
}

/**
 * Read all substructures of a payload
 */
static bool parse_body(parser_t *this, gikev2_input_t *in,
					   bool (*parse)(parser_t*, gikev2_input_t*,
									 gikev2_substructure_t*))
{
	gikev2_substructure_t sub;
	bio_reader_t *reader;
	bool success = TRUE;

	reader = bio_reader_create(in->body);
	while (success && reader->remaining(reader))
	{
		success = gikev2_substructure_parse(in, reader, &sub) &&
				  parse(this, in, &sub);
	}
	reader->destroy(reader);
	return success;
}

/**
 * Find the SA that a key bag is for
 */
static bool find_sa(parser_t *this, gikev2_key_bag_t *bag,
					proposal_t **proposal, chunk_t **key)
{
	gkm_rekey_sa_t *rekey = this->download->rekey;
	gkm_data_sa_t *sa;
	int i;

	if (bag->sub.protocol == PROTO_GIKE_UPDATE)
	{
		if (!rekey ||
			!chunk_equals(bag->sub.spi, chunk_from_thing(rekey->spi)))
		{
			return FALSE;
		}
		*proposal = rekey->proposal;
		*key = &rekey->key;
		return TRUE;
	}
	for (i = 0; i < array_count(this->download->sas); i++)
	{
		array_get(this->download->sas, i, &sa);
		if (sa->proposal->get_protocol(sa->proposal) == bag->sub.protocol &&
			memeq(bag->sub.spi.ptr, &sa->spi, sizeof(sa->spi)))
		{
			*proposal = sa->proposal;
			*key = &sa->key;
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * Give an SA its key (RFC 9838, 4.5.2.1)
 */
static bool add_key(parser_t *this, gikev2_input_t *in, gikev2_kwks_t *kwks,
					gikev2_key_bag_t *bag)
{
	gikev2_wrapped_key_t wrapped;
	proposal_t *proposal;
	chunk_t *key;

	if (!find_sa(this, bag, &proposal, &key))
	{
		return gikev2_fail(in, bag->sub.at, "key bag for an SA of protocol %u "
						   "that is not in the GSA payload",
						   bag->sub.protocol);
	}
	if (key->len)
	{
		return gikev2_fail(in, bag->sub.at, "second key bag for an SA");
	}
	if (array_count(bag->keys) != 1)
	{
		return gikev2_fail(in, bag->sub.at, "key bag with %u SA_KEYs instead "
						   "of one", array_count(bag->keys));
	}
	array_get(bag->keys, 0, &wrapped);
	if (wrapped.kwk_id && bag->sub.protocol != PROTO_GIKE_UPDATE)
	{
		return gikev2_fail(in, wrapped.at, "key of a data SA is wrapped with "
						   "key %u instead of the default one",
						   wrapped.kwk_id);
	}
	return gikev2_kwks_unwrap(kwks, in, &wrapped, gkm_keymat_len(proposal),
							  key);
}

/**
 * Check that all SAs have got their keys
 */
static bool has_keys(parser_t *this, gkm_error_t *err)
{
	gkm_data_sa_t *sa;
	int i;

	if (this->download->rekey && !this->download->rekey->key.len)
	{
		return gkm_fail(err, "KD payload: no key for the rekey SA");
	}
	for (i = 0; i < array_count(this->download->sas); i++)
	{
		array_get(this->download->sas, i, &sa);
		if (!sa->key.len)
		{
			return gkm_fail(err, "KD payload: no key for %N SA %.8x",
							protocol_id_names,
							sa->proposal->get_protocol(sa->proposal),
							ntohl(sa->spi));
		}
	}
	return TRUE;
}

/**
 * Unwrap all keys
 */
static bool add_keys(parser_t *this, gikev2_input_t *in)
{
	gikev2_kwks_t *kwks;
	gikev2_key_bag_t bag;
	bool success;
	int i;

	kwks = gikev2_kwks_create(in, this->ctx->gsk_w, this->member.keys);
	success = kwks != NULL;
	for (i = 0; success && i < array_count(this->bags); i++)
	{
		array_get(this->bags, i, &bag);
		success = add_key(this, in, kwks, &bag);
	}
	gikev2_kwks_destroy(kwks);
	return success && has_keys(this, in->err);
}

/**
 * Take over the sender IDs
 */
static bool add_sender_ids(parser_t *this, gikev2_input_t *in)
{
	int i, count = array_count(this->member.sender_ids);
	gkm_download_t *download = this->download;
	uint32_t *copy;
	uint64_t id;

	if (count > GIKEV2_SENDER_IDS_MAX)
	{
		return gikev2_fail(in, this->member.sub.at, "%d sender IDs, at most %u "
						   "are supported", count, GIKEV2_SENDER_IDS_MAX);
	}
	for (i = 0; i < count; i++)
	{
		array_get(this->member.sender_ids, i, &id);
		if (id > UINT32_MAX)
		{
			return gikev2_fail(in, this->member.sub.at, "sender ID of more "
							   "than 32 bits");
		}
		copy = malloc_thing(uint32_t);
		*copy = id;
		array_insert(download->sender_ids, ARRAY_TAIL, copy);
	}
	if (this->ctx->sender || !gikev2_has_counter_mode(download))
	{
		download->sender_id_bits = this->gw.sender_id_bits;
	}
	return TRUE;
}

/**
 * Take over the rest of the member key bag
 */
static bool add_member(parser_t *this, gikev2_input_t *in)
{
	gkm_download_t *download = this->download;

	if (download->rekey)
	{
		download->rekey->auth_key = chunk_clone(this->member.auth_key);
	}
	else if (this->member.auth_key.len || array_count(this->member.keys))
	{	/* RFC 9838, 5, for in-band rekeys */
		return gikev2_fail(in, this->member.sub.at, "%s, but there is no rekey "
						   "SA", this->member.auth_key.len ? "AUTH_KEY"
														   : "WRAP_KEY");
	}
	return add_sender_ids(this, in);
}

/**
 * Destroy what was only needed while reading
 */
static void clear_parser(parser_t *this)
{
	gikev2_key_bag_t bag;

	while (array_remove(this->bags, ARRAY_HEAD, &bag))
	{
		gikev2_key_bag_clear(&bag);
	}
	array_destroy(this->bags);
	gikev2_key_bag_clear(&this->member);
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
	gikev2_input_t in_gsa = { "GSA", gsa, err }, in_kd = { "KD", kd, err };
	parser_t this = {
		.ctx = ctx,
		.download = gkm_download_create(),
		.bags = array_create(sizeof(gikev2_key_bag_t), 0),
	};
	bool success;

	success = parse_body(&this, &in_gsa, parse_policy) &&
			  parse_body(&this, &in_kd, parse_bag) &&
			  add_member(&this, &in_kd) &&
			  add_keys(&this, &in_kd);
	this.download->atd = this.gw.atd;
	this.download->dtd = this.gw.dtd;
	clear_parser(&this);
	if (!success || !gikev2_rules_check(this.download, ctx, err) ||
		!check_auth_key(this.download->rekey, err))
	{
		gkm_download_destroy(this.download);
		return NULL;
	}
	return this.download;
}
