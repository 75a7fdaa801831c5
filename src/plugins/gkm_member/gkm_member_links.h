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
 * IKE_SAs to key servers that are up, by connection, so that several groups
 * register over one.
 *
 * @defgroup gkm_member_links gkm_member_links
 * @{ @ingroup gkm_member
 */

#ifndef GKM_MEMBER_LINKS_H_
#define GKM_MEMBER_LINKS_H_

#include <library.h>

typedef struct gkm_member_links_t gkm_member_links_t;

/**
 * IKE_SAs in use. Synchronized.
 */
struct gkm_member_links_t {

	/**
	 * Note that an IKE_SA is up.
	 *
	 * @param connection	name of its connection
	 * @param ike_id		unique ID of the IKE_SA
	 */
	void (*set)(gkm_member_links_t *this, char *connection, uint32_t ike_id);

	/**
	 * Get the IKE_SA of a connection.
	 *
	 * @param connection	name of a connection
	 * @return				unique ID of the IKE_SA, 0 if there is none
	 */
	uint32_t (*get)(gkm_member_links_t *this, char *connection);

	/**
	 * Note that an IKE_SA was replaced, or is gone.
	 *
	 * @param ike_id		unique ID of the IKE_SA
	 * @param new_id		unique ID of the one in its place, 0 if none
	 */
	void (*replace)(gkm_member_links_t *this, uint32_t ike_id,
					uint32_t new_id);

	/**
	 * Find out whether an IKE_SA is still up, and forget it otherwise. It has
	 * to be checked in.
	 *
	 * @param ike_id		unique ID of the IKE_SA
	 * @return				TRUE if it is up
	 */
	bool (*check)(gkm_member_links_t *this, uint32_t ike_id);

	/**
	 * Forget an IKE_SA and delete it, in a job. Other groups that use it get
	 * another one when they register again.
	 *
	 * @param ike_id		unique ID of the IKE_SA
	 */
	void (*close)(gkm_member_links_t *this, uint32_t ike_id);

	/**
	 * Destroy this.
	 */
	void (*destroy)(gkm_member_links_t *this);
};

/**
 * Create an empty table.
 */
gkm_member_links_t *gkm_member_links_create();

#endif /** GKM_MEMBER_LINKS_H_ @}*/
