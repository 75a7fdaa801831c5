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
 * Group-wide policy substructure: what belongs to no particular SA (RFC 9838,
 * 4.4.3).
 *
 * RFC 9838 has no attribute for IP delay detection as GDOI would have it
 * (draft-weis-delay-detection-01, 5), so that there is one of our own for all
 * data SAs of the group, in TLV format:
 *
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |0|       GWP_D3P = 16637       |          Length = 6           |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |           D3P type            |    window in milliseconds     |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |     window in milliseconds    |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * Members that don't know it ignore it (RFC 9838, 4.4.3.1). Numbers for private
 * use may be somebody else's: what has another format, another type or a window
 * that can't be isn't ours, and ignored, too.
 *
 * @defgroup gikev2_gw_policy gikev2_gw_policy
 * @{ @ingroup libgkm
 */

#ifndef GIKEV2_GW_POLICY_H_
#define GIKEV2_GW_POLICY_H_

#include "gikev2_codepoints.h"
#include "gikev2_substructure.h"

#include "../group/gkm_download.h"

/**
 * Group-wide policy.
 */
typedef struct gikev2_gw_policy_t {

	/** activation and deactivation time delay in seconds, 0 for none */
	uint16_t atd;
	uint16_t dtd;

	/** bits in a sender ID, 0 if there is no such attribute */
	uint16_t sender_id_bits;

	/** IP delay detection, all zero if there is no such attribute */
	gkm_d3p_t d3p;

} gikev2_gw_policy_t;

/**
 * Read the content of a group-wide policy.
 *
 * @param in		payload, for messages
 * @param sub		policy, its protocol is PROTO_NONE
 * @param policy	receives it
 * @return			FALSE if it isn't complete, an attribute comes twice or
 *					has a value that can't be
 */
bool gikev2_gw_policy_parse(gikev2_input_t *in, gikev2_substructure_t *sub,
							gikev2_gw_policy_t *policy);

/**
 * Write a group-wide policy, if there is anything in it.
 *
 * @param writer	receives it
 * @param policy	policy to write
 */
void gikev2_gw_policy_build(bio_writer_t *writer, gikev2_gw_policy_t *policy);

#endif /** GIKEV2_GW_POLICY_H_ @}*/
