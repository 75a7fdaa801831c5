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
#include "gikev2_kwk.h"
#include "gikev2_sa_policy.h"

#include "../keys/gkm_keymat.h"

/**
 * Take over a policy as rekey SA
 */
static bool add_rekey_sa(gikev2_content_t *this, gikev2_input_t *in,
						 gikev2_sa_policy_t *policy)
{
	gkm_rekey_sa_t *sa;

	if (this->download->rekey)
	{
		return gikev2_fail(in, policy->sub.at, "second rekey SA");
	}
	if (this->exchange == GSA_REGISTRATION && !policy->gcauth)
	{
		return gikev2_fail(in, policy->sub.at, "rekey SA without an "
						   "authentication method");
	}
	if (this->exchange != GSA_REGISTRATION && policy->gcauth)
	{	/* RFC 9838, 4.4.2.1.1 */
		return gikev2_fail(in, policy->sub.at, "authentication method in a "
						   "rekey");
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
static bool add_data_sa(gikev2_content_t *this, gikev2_input_t *in,
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
	sa->mode = this->transport ? MODE_TRANSPORT : MODE_TUNNEL;
	sa->lifetime = policy->lifetime;
	if (policy->next_spi.len)
	{
		memcpy(&sa->next_spi, policy->next_spi.ptr, sizeof(sa->next_spi));
	}
	array_insert(this->download->sas, ARRAY_TAIL, sa);
	return TRUE;
}

/**
 * Check what may be in a rekey (RFC 9838, 5)
 */
static bool check_exchange(gikev2_content_t *this, gikev2_input_t *in,
						   gikev2_sa_policy_t *policy)
{
	if (this->exchange == GSA_INBAND_REKEY &&
		(policy->has_message_id || policy->next_spi.len))
	{
		return gikev2_fail(in, policy->sub.at, "%s in an in-band rekey",
						   policy->has_message_id ? "initial message ID"
												  : "next SPI");
	}
	return TRUE;
}

/**
 * Read a policy
 */
static bool parse_policy(gikev2_content_t *this, gikev2_input_t *in,
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
	success = gikev2_sa_policy_parse(in, sub, &policy) &&
			  check_exchange(this, in, &policy);
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
static bool parse_bag(gikev2_content_t *this, gikev2_input_t *in,
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
static bool parse_body(gikev2_content_t *this, gikev2_input_t *in,
					   bool (*parse)(gikev2_content_t*, gikev2_input_t*,
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
static bool find_sa(gikev2_content_t *this, gikev2_key_bag_t *bag,
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
 * Unwrap the key of the rekey SA. In rekeys it may come more than once,
 * wrapped with different keys (RFC 9838, 4.5.2.1).
 *
 * @param excluded	receives TRUE if none leads to a key that the member has
 */
static bool add_rekey_key(gikev2_content_t *this, gikev2_kwks_t *kwks,
						  gikev2_key_bag_t *bag, chunk_t *key, bool *excluded)
{
	gkm_download_t *download = this->download;
	gikev2_wrapped_key_t wrapped;
	int i;

	for (i = 0; array_get(bag->keys, i, &wrapped); i++)
	{
		/* if there is none that can be excluded, unwrapping says why */
		if (!excluded || gikev2_kwks_can_unwrap(kwks, &wrapped))
		{
			return gikev2_kwks_unwrap(kwks, &this->kd, &wrapped,
									  gkm_keymat_len(download->rekey->proposal),
									  key, download->path);
		}
	}
	*excluded = TRUE;
	return TRUE;
}

/**
 * Unwrap the key of a data SA
 */
static bool add_data_key(gikev2_content_t *this, gikev2_kwks_t *kwks,
						 gikev2_key_bag_t *bag, proposal_t *proposal,
						 chunk_t *key)
{
	gikev2_wrapped_key_t wrapped;

	array_get(bag->keys, 0, &wrapped);
	if (wrapped.kwk_id)
	{
		return gikev2_fail(&this->kd, wrapped.at, "key of a data SA is wrapped "
						   "with key %u instead of the default one",
						   wrapped.kwk_id);
	}
	return gikev2_kwks_unwrap(kwks, &this->kd, &wrapped,
							  gkm_keymat_len(proposal), key, NULL);
}

/**
 * Give an SA its key (RFC 9838, 4.5.2.1)
 */
static bool add_key(gikev2_content_t *this, gikev2_kwks_t *kwks,
					gikev2_key_bag_t *bag, bool *excluded)
{
	bool rekey = bag->sub.protocol == PROTO_GIKE_UPDATE;
	proposal_t *proposal;
	chunk_t *key;

	if (!find_sa(this, bag, &proposal, &key))
	{
		return gikev2_fail(&this->kd, bag->sub.at, "key bag for an SA of "
						   "protocol %u that is not in the GSA payload",
						   bag->sub.protocol);
	}
	if (key->len || (rekey && excluded && *excluded))
	{
		return gikev2_fail(&this->kd, bag->sub.at, "second key bag for an SA");
	}
	if (array_count(bag->keys) != 1 &&
		(!rekey || this->exchange != GSA_REKEY || !array_count(bag->keys)))
	{
		return gikev2_fail(&this->kd, bag->sub.at, "key bag with %u SA_KEYs "
						   "instead of one", array_count(bag->keys));
	}
	return rekey ? add_rekey_key(this, kwks, bag, key, excluded)
				 : add_data_key(this, kwks, bag, proposal, key);
}

/**
 * Check that all SAs have got their keys
 */
static bool has_keys(gikev2_content_t *this, bool excluded, gkm_error_t *err)
{
	gkm_data_sa_t *sa;
	int i;

	if (this->download->rekey && !this->download->rekey->key.len && !excluded)
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
 * Octets in keys of a key tree, 0 if there is none without a rekey SA
 */
static size_t get_tree_key_len(gkm_download_t *download)
{
	uint16_t kwa;

	if (!download->rekey ||
		!download->rekey->proposal->get_algorithm(download->rekey->proposal,
											KEY_WRAP_ALGORITHM, &kwa, NULL))
	{
		return 0;
	}
	return gkm_key_wrap_key_len(kwa);
}

/*
 * Described in header
 */
bool gikev2_content_unwrap(gikev2_content_t *this, chunk_t gsk_w, array_t *path,
						   bool *excluded)
{
	gikev2_kwks_t kwks = {
		.gsk_w = gsk_w,
		.path = path,
		.wrapped = this->member.keys,
		.len = get_tree_key_len(this->download),
	};
	gikev2_key_bag_t bag;
	int i;

	if (this->exchange == GSA_REGISTRATION &&
		!gikev2_kwks_check(&kwks, &this->kd))
	{
		return FALSE;
	}
	for (i = 0; array_get(this->bags, i, &bag); i++)
	{
		if (!add_key(this, &kwks, &bag, excluded))
		{
			return FALSE;
		}
	}
	return has_keys(this, excluded && *excluded, this->kd.err);
}

/*
 * Described in header
 */
bool gikev2_content_parse(gikev2_content_t *this, chunk_t gsa, chunk_t kd,
						  gkm_error_t *err)
{
	this->gsa = (gikev2_input_t){ "GSA", gsa, err };
	this->kd = (gikev2_input_t){ "KD", kd, err };
	this->bags = array_create(sizeof(gikev2_key_bag_t), 0);
	if (!parse_body(this, &this->gsa, parse_policy) ||
		!parse_body(this, &this->kd, parse_bag))
	{
		return FALSE;
	}
	this->download->atd = this->gw.atd;
	this->download->dtd = this->gw.dtd;
	this->download->d3p = this->gw.d3p;
	return TRUE;
}

/*
 * Described in header
 */
void gikev2_content_clear(gikev2_content_t *this)
{
	gikev2_key_bag_t bag;

	while (array_remove(this->bags, ARRAY_HEAD, &bag))
	{
		gikev2_key_bag_clear(&bag);
	}
	array_destroy(this->bags);
	gikev2_key_bag_clear(&this->member);
}
