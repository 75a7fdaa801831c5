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
 * Rekeys members in-band, and notices when the IKE_SAs that this needs are gone
 * (RFC 9838, 2.4.2). A member that doesn't answer isn't one any more.
 *
 * @defgroup gkm_inband gkm_inband
 * @{ @ingroup gkm_server
 */

#ifndef GKM_INBAND_H_
#define GKM_INBAND_H_

#include "gkm_linger.h"
#include "gkm_server_groups.h"

#include "libgkm/group/gkm_notice.h"

typedef struct gkm_inband_t gkm_inband_t;

/**
 * Rekeys members in-band.
 */
struct gkm_inband_t {

	/**
	 * Learns of IKE_SAs that are gone or replaced. Registered with charon's bus
	 * by this object itself.
	 */
	listener_t listener;

	/**
	 * Tell all members of a group that are rekeyed in-band. Called with the
	 * group's mutex.
	 *
	 * @param notice		what to tell them
	 * @param note			counts them, may be NULL
	 * @param hold			TRUE to wait for release()
	 */
	void (*push)(gkm_inband_t *this, gkm_server_group_t *entry,
				 gkm_notice_t *notice, gkm_rekey_note_t *note, bool hold);

	/**
	 * Tell members of a group what waits. Called with the group's mutex.
	 *
	 * @param number		number of the last rekey that they are told of
	 */
	void (*release)(gkm_inband_t *this, gkm_server_group_t *entry,
					u_int number);

	/**
	 * Tell a member that was removed that it is excluded, and close its IKE_SA
	 * as after a registration. Called with the group's mutex.
	 *
	 * @param member		member that was rekeyed in-band
	 */
	void (*exclude)(gkm_inband_t *this, gkm_server_group_t *entry,
					gkm_member_t *member);

	/**
	 * Destroy this.
	 */
	void (*destroy)(gkm_inband_t *this);
};

/**
 * Create it.
 *
 * @param gkm		carries messages
 * @param groups	groups of this key server, has to outlive this
 * @param linger	closes IKE_SAs, has to outlive this
 */
gkm_inband_t *gkm_inband_create(gkm_t *gkm, gkm_server_groups_t *groups,
								gkm_linger_t *linger);

#endif /** GKM_INBAND_H_ @}*/
