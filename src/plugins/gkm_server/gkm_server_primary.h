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
 * What the primary of a group says to other key servers besides the group's own
 * records: the key that it signs rekeys with, unless all have that in a file,
 * and the messages that it is sending.
 *
 * @defgroup gkm_server_primary gkm_server_primary
 * @{ @ingroup gkm_server
 */

#ifndef GKM_SERVER_PRIMARY_H_
#define GKM_SERVER_PRIMARY_H_

#include "gkm_server_groups.h"

#include "libgkm/group/gkm_record_list.h"

typedef struct gkm_server_primary_t gkm_server_primary_t;

/**
 * Plain data, empty if all zero.
 */
struct gkm_server_primary_t {

	/** key that signs rekeys, NULL if nothing was said of it */
	private_key_t *key;

	/** what is being sent, as gkm_outbox_t.encode() wrote it; may be empty, and
	 *  that may have been said, too */
	chunk_t sending;
	bool has_sending;
};

/**
 * Read records, and check that this key server could sign rekeys in place of the
 * primary: with its own key, if that is in a file.
 *
 * @param this			empty, receives what is said; to be cleared
 * @param entry			group, with its mutex
 * @param records		what the primary said
 * @param err			receives the reason on failure
 * @return				FALSE if it couldn't, or that isn't a key
 */
bool gkm_server_primary_read(gkm_server_primary_t *this,
							 gkm_server_group_t *entry,
							 gkm_record_list_t *records, gkm_error_t *err);

/**
 * Release what was said.
 */
void gkm_server_primary_clear(gkm_server_primary_t *this);

#endif /** GKM_SERVER_PRIMARY_H_ @}*/
