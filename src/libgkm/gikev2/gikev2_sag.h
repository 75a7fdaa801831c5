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
 * SAg payload: what a member can do (RFC 9838, 4.3). It has the format of an
 * SA payload (RFC 7296, 3.3) with SPI size 0 and may mix protocols.
 *
 * @defgroup gikev2_sag gikev2_sag
 * @{ @ingroup libgkm
 */

#ifndef GIKEV2_SAG_H_
#define GIKEV2_SAG_H_

#include <collections/linked_list.h>

#include "../group/gkm_algs.h"
#include "../group/gkm_download.h"
#include "../group/gkm_error.h"

/**
 * Write the body of an SAg payload. Proposals of PROTO_GIKE_UPDATE get both
 * methods of key server authentication, as members of this implementation
 * can follow either.
 *
 * @param proposals	proposal_t* of PROTO_ESP, PROTO_AH and PROTO_GIKE_UPDATE,
 *					numbered by the caller (see linkage in RFC 9838, 2.3.3)
 * @return			body, allocated
 */
chunk_t gikev2_sag_build(linked_list_t *proposals);

/**
 * Read the body of an SAg payload. Proposals of other protocols and transforms
 * of types that a protocol can't have are ignored, as RFC 9838, 2.3.3, says;
 * so are transforms with attributes that are not known (RFC 7296, 3.3.6).
 * Methods of key server authentication become GROUP_CONTROLLER_AUTH algorithms
 * of the proposals.
 *
 * @param data		body
 * @param err		receives the reason on failure
 * @return			list of proposal_t*, NULL if refused
 */
linked_list_t *gikev2_sag_parse(chunk_t data, gkm_error_t *err);

/**
 * Could a member with these capabilities use the group's SAs? Proposals of
 * different protocols with the same number belong together (RFC 9838, 2.3.3).
 *
 * @param proposals	what gikev2_sag_parse() returned
 * @param rekey		rekey SA of the group, NULL if there is none
 * @param sas		data SAs, as gkm_data_sa_t*
 * @param err		receives which SA it can't
 * @return			TRUE if there is a set of proposals that covers all
 */
bool gikev2_sag_covers(linked_list_t *proposals, gkm_rekey_sa_t *rekey,
					   array_t *sas, gkm_error_t *err);

#endif /** GIKEV2_SAG_H_ @}*/
