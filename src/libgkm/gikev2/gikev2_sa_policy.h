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

/**
 * Group SA policy substructure: policy of one SA (RFC 9838, 4.4.2).
 *
 * @defgroup gikev2_sa_policy gikev2_sa_policy
 * @{ @ingroup libgkm
 */

#ifndef GIKEV2_SA_POLICY_H_
#define GIKEV2_SA_POLICY_H_

#include <selectors/traffic_selector.h>

#include "gikev2_codepoints.h"
#include "gikev2_substructure.h"

/**
 * Policy of an SA. Chunks point into the payload.
 */
typedef struct gikev2_sa_policy_t {

	/** protocol and SPI; its content isn't used for writing */
	gikev2_substructure_t sub;

	/** traffic, of one address family */
	traffic_selector_t *src;
	traffic_selector_t *dst;

	/** algorithms, as gkm_proposal_check() wants them */
	proposal_t *proposal;

	/** a gikev2_gcauth_t, 0 if there is no such transform. Whether there has to
	 *  be one depends on the exchange. */
	uint16_t gcauth;

	/** signature algorithm, empty if there is none */
	chunk_t sig_alg;

	/** seconds, 0 if there is no such attribute */
	uint32_t lifetime;

	/** initial message ID, 0 if there is no such attribute */
	uint32_t message_id;
	bool has_message_id;

	/** first of the SPIs that a successor might have, empty if there is none */
	chunk_t next_spi;

} gikev2_sa_policy_t;

/**
 * Read the content of a policy.
 *
 * @param in		payload, for messages
 * @param sub		policy, its protocol isn't PROTO_NONE
 * @param policy	receives it, to be cleared also on failure
 * @return			FALSE if it isn't complete, or something is in it that
 *					can't be, or that may come once only and comes again
 */
bool gikev2_sa_policy_parse(gikev2_input_t *in, gikev2_substructure_t *sub,
							gikev2_sa_policy_t *policy);

/**
 * Write a policy.
 *
 * @param writer	receives it
 * @param policy	policy to write
 */
void gikev2_sa_policy_build(bio_writer_t *writer, gikev2_sa_policy_t *policy);

/**
 * Destroy what a policy owns: selectors and proposal, unless taken out.
 */
void gikev2_sa_policy_clear(gikev2_sa_policy_t *policy);

#endif /** GIKEV2_SA_POLICY_H_ @}*/
