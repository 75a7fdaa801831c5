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

#include "gikev2_sa_policy.h"
#include "gikev2_attribute.h"
#include "gikev2_transform.h"
#include "gikev2_ts.h"

/*
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |    Protocol   |   SPI Size    |            Length             |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  ~                              SPI                              ~
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  ~                    Source Traffic Selector                    ~
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  ~                 Destination Traffic Selector                  ~
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  ~                    Transforms, the last marked                ~
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  ~                          Attributes                           ~
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * RFC 9838, 4.4.2.
 */

/** Integrity transform that stands for none (RFC 7296, 3.3.2) */
#define AUTH_NONE 0

/**
 * Read both selectors
 */
static bool parse_selectors(gikev2_input_t *in, bio_reader_t *reader,
							gikev2_sa_policy_t *policy)
{
	policy->src = gikev2_ts_parse(in, reader);
	if (!policy->src)
	{
		return FALSE;
	}
	policy->dst = gikev2_ts_parse(in, reader);
	if (!policy->dst)
	{
		return FALSE;
	}
	if (policy->src->get_type(policy->src) !=
		policy->dst->get_type(policy->dst))
	{
		return gikev2_fail(in, policy->sub.at, "traffic selectors of different "
						   "address families");
	}
	return TRUE;
}

/**
 * Read a GCAUTH transform (RFC 9838, 4.4.2.1.1)
 */
static bool parse_gcauth(gikev2_input_t *in, gikev2_transform_t *transform,
						 gikev2_sa_policy_t *policy)
{
	if (policy->gcauth)
	{
		return gikev2_fail(in, transform->at, "second authentication method");
	}
	if (transform->key_size)
	{
		return gikev2_fail(in, transform->at, "authentication method with a "
						   "key length");
	}
	switch (transform->id)
	{
		case GCAUTH_IMPLICIT:
			if (transform->sig_alg.len)
			{
				return gikev2_fail(in, transform->at, "implicit authentication "
								   "with a signature algorithm");
			}
			break;
		case GCAUTH_SIGNATURE:
			if (!transform->sig_alg.len)
			{
				return gikev2_fail(in, transform->at, "signature "
								   "authentication without its algorithm");
			}
			break;
		default:
			return gikev2_fail(in, transform->at, "authentication method %u",
							   transform->id);
	}
	policy->gcauth = transform->id;
	policy->sig_alg = transform->sig_alg;
	return TRUE;
}

/**
 * Read a transform
 */
static bool parse_transform(gikev2_input_t *in, bio_reader_t *reader,
							bool seen[KEY_WRAP_ALGORITHM + 1],
							gikev2_sa_policy_t *policy, bool *last)
{
	proposal_t *proposal = policy->proposal;
	gikev2_transform_t transform;

	if (!gikev2_transform_parse(in, reader, &transform))
	{
		return FALSE;
	}
	*last = transform.last;
	if (transform.unknown)
	{	/* policy that isn't understood can't be followed */
		return gikev2_fail(in, transform.at, "transform of type %u has an "
						   "attribute that is not known", transform.type);
	}
	if (policy->sub.protocol == PROTO_GIKE_UPDATE &&
		transform.type == GROUP_CONTROLLER_AUTH)
	{
		return parse_gcauth(in, &transform, policy);
	}
	if (!gkm_transform_allowed(policy->sub.protocol, transform.type))
	{
		return gikev2_fail(in, transform.at, "transform of type %u in a policy "
						   "of protocol %u", transform.type,
						   policy->sub.protocol);
	}
	if (transform.sig_alg.len)
	{
		return gikev2_fail(in, transform.at, "transform of type %u with a "
						   "signature algorithm", transform.type);
	}
	if (seen[transform.type])
	{
		return gikev2_fail(in, transform.at, "second transform of type %u",
						   transform.type);
	}
	seen[transform.type] = TRUE;
	if (transform.key_size && transform.type != ENCRYPTION_ALGORITHM)
	{
		return gikev2_fail(in, transform.at, "transform of type %u with a key "
						   "length", transform.type);
	}
	if (transform.type == INTEGRITY_ALGORITHM && transform.id == AUTH_NONE)
	{	/* the same as no such transform */
		return TRUE;
	}
	proposal->add_algorithm(proposal, transform.type, transform.id,
							transform.key_size);
	return TRUE;
}

/**
 * Read all transforms
 */
static bool parse_transforms(gikev2_input_t *in, bio_reader_t *reader,
							 gikev2_sa_policy_t *policy)
{
	bool last = FALSE, seen[KEY_WRAP_ALGORITHM + 1] = {};
	gkm_error_t err = {};

	policy->proposal = proposal_create(policy->sub.protocol, 1);
	while (!last)
	{
		if (!parse_transform(in, reader, seen, policy, &last))
		{
			return FALSE;
		}
	}
	if (!gkm_proposal_check(policy->proposal, &err))
	{
		return gikev2_fail(in, policy->sub.at, "%s", err.text);
	}
	return TRUE;
}

/**
 * Read an attribute with a number, that may come once
 */
static bool parse_number(gikev2_input_t *in, gikev2_attribute_t *attr,
						 bool *seen, uint32_t *value)
{
	if (*seen)
	{
		return gikev2_fail(in, attr->at, "second attribute %u", attr->type);
	}
	*seen = TRUE;
	return gikev2_attribute_uint32(in, attr, value);
}

/**
 * Read all attributes (RFC 9838, 4.4.2.2)
 */
static bool parse_attributes(gikev2_input_t *in, bio_reader_t *reader,
							 gikev2_sa_policy_t *policy)
{
	bool has_lifetime = FALSE;
	gikev2_attribute_t attr;

	while (reader->remaining(reader))
	{
		if (!gikev2_attribute_parse(in, reader, &attr))
		{
			return FALSE;
		}
		switch (attr.type)
		{
			case GSA_KEY_LIFETIME:
				if (!parse_number(in, &attr, &has_lifetime, &policy->lifetime))
				{
					return FALSE;
				}
				if (!policy->lifetime)
				{
					return gikev2_fail(in, attr.at, "lifetime of 0");
				}
				break;
			case GSA_INITIAL_MESSAGE_ID:
				if (policy->sub.protocol != PROTO_GIKE_UPDATE)
				{
					return gikev2_fail(in, attr.at, "initial message ID in the "
									   "policy of a data SA");
				}
				if (!parse_number(in, &attr, &policy->has_message_id,
								  &policy->message_id))
				{
					return FALSE;
				}
				break;
			case GSA_NEXT_SPI:
				if (!gikev2_attribute_is_tlv(in, &attr))
				{
					return FALSE;
				}
				if (attr.value.len != policy->sub.spi.len)
				{
					return gikev2_fail(in, attr.at, "next SPI of %zu octets "
									   "instead of %zu", attr.value.len,
									   policy->sub.spi.len);
				}
				if (!policy->next_spi.len)
				{
					policy->next_spi = attr.value;
				}
				break;
			default:
				break;
		}
	}
	return TRUE;
}

/*
 * Described in header
 */
bool gikev2_sa_policy_parse(gikev2_input_t *in, gikev2_substructure_t *sub,
							gikev2_sa_policy_t *policy)
{
	bio_reader_t *reader;
	bool success;

	*policy = (gikev2_sa_policy_t){
		.sub = *sub,
	};
	reader = bio_reader_create(sub->content);
	success = parse_selectors(in, reader, policy) &&
			  parse_transforms(in, reader, policy) &&
			  parse_attributes(in, reader, policy);
	reader->destroy(reader);
	return success;
}

/*
 * Described in header
 */
void gikev2_sa_policy_build(bio_writer_t *writer, gikev2_sa_policy_t *policy)
{
	gikev2_substructure_t sub = policy->sub;
	gikev2_transform_t gcauth = {
		.type = GROUP_CONTROLLER_AUTH,
		.id = policy->gcauth,
		.sig_alg = policy->sig_alg,
	};
	bio_writer_t *content;

	content = bio_writer_create(128);
	gikev2_ts_build(content, policy->src);
	gikev2_ts_build(content, policy->dst);
	gikev2_transforms_build(content, policy->proposal, &gcauth,
							policy->gcauth ? 1 : 0);
	if (policy->lifetime)
	{
		gikev2_attribute_build_uint32(content, GSA_KEY_LIFETIME,
									  policy->lifetime);
	}
	if (policy->message_id)
	{
		gikev2_attribute_build_uint32(content, GSA_INITIAL_MESSAGE_ID,
									  policy->message_id);
	}
	if (policy->next_spi.len)
	{
		gikev2_attribute_build_tlv(content, GSA_NEXT_SPI, policy->next_spi);
	}
	sub.content = content->get_buf(content);
	gikev2_substructure_build(writer, &sub);
	content->destroy(content);
}

/*
 * Described in header
 */
void gikev2_sa_policy_clear(gikev2_sa_policy_t *policy)
{
	DESTROY_IF(policy->src);
	DESTROY_IF(policy->dst);
	DESTROY_IF(policy->proposal);
	*policy = (gikev2_sa_policy_t){};
}
