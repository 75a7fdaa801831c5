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
 * Members as records: a part of gkm_state.h.
 *
 * @defgroup gkm_state_member gkm_state_member
 * @{ @ingroup libgkm
 */

#ifndef GKM_STATE_MEMBER_H_
#define GKM_STATE_MEMBER_H_

#include "gkm_members.h"

/**
 * Key of the record of a member: its identity.
 *
 * @param type			type of its identity
 * @param encoding		encoding of its identity
 * @return				key, allocated
 */
chunk_t gkm_state_member_key(id_type_t type, chunk_t encoding);

/**
 * Write a member.
 *
 * @return				record, allocated
 */
chunk_t gkm_state_encode_member(gkm_member_t *member);

/**
 * Read a member.
 *
 * @param key			key of the record
 * @param record		record
 * @param err			receives the reason on failure
 * @return				member, NULL if it isn't such a record
 */
gkm_member_t *gkm_state_decode_member(chunk_t key, chunk_t record,
									  gkm_error_t *err);

#endif /** GKM_STATE_MEMBER_H_ @}*/
