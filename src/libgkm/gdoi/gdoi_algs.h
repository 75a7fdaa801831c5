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
 * Algorithms of GDOI's SAs, from and to proposals.
 *
 * @defgroup gdoi_algs gdoi_algs
 * @{ @ingroup libgkm
 */

#ifndef GDOI_ALGS_H_
#define GDOI_ALGS_H_

#include <crypto/proposal/proposal.h>

#include "gdoi_codepoints.h"

#include "../group/gkm_algs.h"
#include "../group/gkm_error.h"

typedef struct gdoi_transform_t gdoi_transform_t;
typedef struct gdoi_iec_algs_t gdoi_iec_algs_t;

/**
 * Algorithms of an ESP or AH SA (RFC 2407, 4.4 and 4.5).
 */
struct gdoi_transform_t {

	/** gdoi_esp_transform_t or gdoi_ah_transform_t */
	uint8_t id;

	/** gdoi_auth_algorithm_t, 0 if there is none */
	uint16_t auth;

	/** bits in the key, without salt, 0 if there is no such attribute */
	uint16_t bits;
};

/**
 * Algorithms of an IEC 61850 SA (RFC 8052, 2.2).
 */
struct gdoi_iec_algs_t {

	/** gdoi_iec_auth_t */
	uint16_t auth;

	/** gdoi_iec_encr_t */
	uint16_t encr;
};

/**
 * Get the numbers of an ESP or AH proposal.
 *
 * @param proposal		proposal of PROTO_ESP or PROTO_AH
 * @param transform		receives the numbers
 * @param err			receives the reason on failure
 * @return				FALSE if an algorithm has no number in GDOI
 */
bool gdoi_transform_from_proposal(proposal_t *proposal,
								  gdoi_transform_t *transform,
								  gkm_error_t *err);

/**
 * Make an ESP or AH proposal.
 *
 * @param protocol		PROTO_ESP or PROTO_AH
 * @param transform		numbers
 * @param sn			sequence numbers transform
 * @param err			receives the reason on failure
 * @return				proposal, NULL if groups can't use these algorithms
 */
proposal_t *gdoi_transform_to_proposal(protocol_id_t protocol,
									   gdoi_transform_t *transform,
									   gkm_sn_t sn, gkm_error_t *err);

/**
 * Get the numbers of a proposal of PROTO_IEC_61850.
 */
bool gdoi_iec_from_proposal(proposal_t *proposal, gdoi_iec_algs_t *algs,
							gkm_error_t *err);

/**
 * Make a proposal of PROTO_IEC_61850, of encryption, integrity protection or
 * both; neither is refused (RFC 8052, 2.2.3: not recommended).
 */
proposal_t *gdoi_iec_to_proposal(gdoi_iec_algs_t *algs, gkm_error_t *err);

/**
 * Get the numbers of a proposal of PROTO_GDOI_KEK.
 *
 * @param alg			receives a gdoi_kek_algorithm_t
 * @param bits			receives the bits in the key, 0 if it has one length
 *						only
 */
bool gdoi_kek_from_proposal(proposal_t *proposal, uint16_t *alg,
							uint16_t *bits, gkm_error_t *err);

/**
 * Make a proposal of PROTO_GDOI_KEK.
 *
 * @param alg			gdoi_kek_algorithm_t
 * @param bits			bits in the key, of no importance to algorithms of which
 *						there is one length only (RFC 6407, 5.3.3)
 */
proposal_t *gdoi_kek_to_proposal(uint16_t alg, uint16_t bits,
								 gkm_error_t *err);

#endif /** GDOI_ALGS_H_ @}*/
