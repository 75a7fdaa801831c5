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
 * Tells members what changed in a group, and keeps that before it does:
 *
 *   notice -> datagrams, signed -> store -> multicast or unicast, and copies
 *          |                               later
 *          `-> tasks for members that are rekeyed in-band
 *
 * If other key servers serve the group too, messages and tasks wait until these
 * know what is in the store, see gkm_server_coop.h.
 *
 * @defgroup gkm_rekeyer gkm_rekeyer
 * @{ @ingroup gkm_server
 */

#ifndef GKM_REKEYER_H_
#define GKM_REKEYER_H_

#include "gkm_ack_receiver.h"
#include "gkm_inband.h"
#include "gkm_server_groups.h"
#include "gkm_store.h"

#include "libgkm/group/gkm_record_list.h"

typedef struct gkm_rekeyer_t gkm_rekeyer_t;

/**
 * Tells members. All functions are called with the mutex of the group.
 */
struct gkm_rekeyer_t {

	/**
	 * Do what is due in a group.
	 */
	void (*update)(gkm_rekeyer_t *this, gkm_server_group_t *entry);

	/**
	 * Keep what changed in a group and tell members.
	 *
	 * If it can't be kept members are told all the same, since they would be
	 * without keys otherwise, and administrators hear of it.
	 *
	 * @param key			key that signs the messages, NULL if they aren't
	 * @param notices		gkm_notice_t*, destroyed; may be empty
	 */
	void (*deliver)(gkm_rekeyer_t *this, gkm_server_group_t *entry,
					private_key_t *key, array_t *notices);

	/**
	 * As deliver(), of what another key server said, and knows.
	 */
	void (*follow)(gkm_rekeyer_t *this, gkm_server_group_t *entry,
				   private_key_t *key, array_t *notices);

	/**
	 * Other key servers know of rekeys: tell members what waited for that.
	 *
	 * @param number		number of the last rekey that they know,
	 *						see gkm_server_group_t.held
	 */
	void (*release)(gkm_rekeyer_t *this, gkm_server_group_t *entry,
					u_int number);

	/**
	 * Keep what changed in a group, as this key server stops, or other changes
	 * follow.
	 */
	void (*keep)(gkm_rekeyer_t *this, gkm_server_group_t *entry);

	/**
	 * Get all that there is of a group.
	 *
	 * @return				records, to be destroyed
	 */
	gkm_record_list_t *(*get_all)(gkm_rekeyer_t *this,
								  gkm_server_group_t *entry);

	/**
	 * Send copies that are due.
	 */
	void (*run)(gkm_rekeyer_t *this, gkm_server_group_t *entry);

	/**
	 * This key server becomes primary of a group: go on sending what is in
	 * gkm_server_group_t.sending, and expect acknowledgements.
	 *
	 * @param err			receives the reason on failure
	 * @return				FALSE if that can't be sent, all else goes on
	 */
	bool (*take_over)(gkm_rekeyer_t *this, gkm_server_group_t *entry,
					  gkm_error_t *err);

	/**
	 * It isn't primary any more: tell members what waits, in the state that
	 * they have to be left in, and expect no acknowledgements.
	 */
	void (*stand_back)(gkm_rekeyer_t *this, gkm_server_group_t *entry);

	/**
	 * Let a new group go on with what was kept, and send messages again that
	 * may not have been sent; where there are others, as soon as it takes over.
	 *
	 * @param err			receives the reason on failure
	 * @return				FALSE if that can't be read; the group is of no use
	 */
	bool (*resume)(gkm_rekeyer_t *this, gkm_server_group_t *entry,
				   gkm_error_t *err);

	/**
	 * A group isn't served any more: remove what is kept of it.
	 */
	void (*forget)(gkm_rekeyer_t *this, gkm_server_group_t *entry);

	/**
	 * Destroy this.
	 */
	void (*destroy)(gkm_rekeyer_t *this);
};

/**
 * Create a rekeyer.
 *
 * @param gkm		carries messages
 * @param store		keeps state, has to outlive this
 * @param inband	rekeys members in-band, has to outlive this
 * @param acks		receives acknowledgements, has to outlive this
 */
gkm_rekeyer_t *gkm_rekeyer_create(gkm_t *gkm, gkm_store_t *store,
								  gkm_inband_t *inband,
								  gkm_ack_receiver_t *acks);

#endif /** GKM_REKEYER_H_ @}*/
