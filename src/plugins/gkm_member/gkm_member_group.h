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
 * A group that this daemon is a member of, to be used from any thread. What
 * happens in it is in gkm_member_life.h.
 *
 * @defgroup gkm_member_group gkm_member_group
 * @{ @ingroup gkm_member
 */

#ifndef GKM_MEMBER_GROUP_H_
#define GKM_MEMBER_GROUP_H_

#include "plugins/gkm/gkm.h"
#include "gkm_member_links.h"
#include "gkm_member_plane.h"
#include "gkm_member_rekey.h"
#include "gkm_spi_filter.h"

typedef struct gkm_member_group_t gkm_member_group_t;

/**
 * A group. Synchronized.
 */
struct gkm_member_group_t {

	/**
	 * Get the group's configuration, which never changes.
	 *
	 * @return				configuration, borrowed
	 */
	gkm_cfg_t *(*get_cfg)(gkm_member_group_t *this);

	/**
	 * Register with a key server, or again if this is registered. Doesn't wait.
	 */
	void (*start)(gkm_member_group_t *this);

	/**
	 * As start(), but wait for the end of the round through the servers.
	 *
	 * @param timeout		milliseconds to wait at most
	 * @param err			receives the reason on failure
	 * @return				TRUE if registered
	 */
	bool (*start_and_wait)(gkm_member_group_t *this, u_int timeout,
						   gkm_error_t *err);

	/**
	 * Leave the group: remove all SAs, and tell the key server if there is an
	 * IKE_SA to it. None is opened just for that: the key server forgets a
	 * member that doesn't come back.
	 *
	 * @return				FALSE if it wasn't in the group
	 */
	bool (*leave)(gkm_member_group_t *this);

	/**
	 * Has the group been started?
	 */
	bool (*is_active)(gkm_member_group_t *this);

	/**
	 * An IKE_SA is gone, or was replaced by another one.
	 *
	 * @param ike_id		unique ID of the IKE_SA
	 * @param new_id		unique ID of the one in its place, 0 if none
	 * @param lost			TRUE if the key server doesn't answer, FALSE if either
	 *						side ended the IKE_SA
	 */
	void (*ike_replaced)(gkm_member_group_t *this, uint32_t ike_id,
						 uint32_t new_id, bool lost);

	/**
	 * Take a datagram, if it is for a rekey SA of this group.
	 *
	 * @param header		its header
	 * @param datagram		datagram
	 * @return				FALSE if it isn't for this group
	 */
	bool (*datagram)(gkm_member_group_t *this, gkm_rekey_datagram_t *datagram);

	/**
	 * Was the last registration made over an IKE_SA?
	 */
	bool (*uses_ike)(gkm_member_group_t *this, uint32_t ike_id);

	/**
	 * Take an update that came over the IKE_SA of the last registration.
	 *
	 * @param update		update, what is used is taken out of it
	 * @param only			TRUE if it can't be for another group
	 */
	void (*inband)(gkm_member_group_t *this, gkm_update_t *update, bool only);

	/**
	 * The kernel tells that an SA, if it is one of this group, reaches what it
	 * may be used for at most.
	 *
	 * @param spi			its protocol and SPI
	 * @param dst			its destination
	 * @param spent			TRUE if the kernel doesn't use it any more, FALSE if
	 *						it does for a while
	 */
	void (*use_up)(gkm_member_group_t *this, gkm_spi_t *spi, host_t *dst,
				   bool spent);

	/**
	 * Addresses of this host changed.
	 */
	void (*roam)(gkm_member_group_t *this);

	/**
	 * Describe the group as a section of its name.
	 *
	 * @return				message, to be destroyed
	 */
	vici_message_t *(*list)(gkm_member_group_t *this);

	/**
	 * Describe its IP delay detection for list-replay:
	 *   { <group> { role type window source enforced server-type
	 *				 server-window note packets-in packets-out errors-in
	 *				 errors-out history { ... } } }
	 * All from window to note are missing if there is none, all from packets-in
	 * on without data plane.
	 */
	vici_message_t *(*list_replay)(gkm_member_group_t *this);

	/**
	 * Describe what was counted since the group was loaded, for stats-groups:
	 *   { <group> { role registrations failures rekeys { received missed ... }
	 *				 packets { encrypted decrypted ... } } }
	 * There are packets on the data plane only.
	 */
	vici_message_t *(*list_stats)(gkm_member_group_t *this);

	/**
	 * Tell a vici client of its data SAs of applications, see
	 * gkm_member_apps.h.
	 *
	 * @param client		ID of the client
	 */
	void (*tell_client)(gkm_member_group_t *this, u_int client);

	/**
	 * Get another reference, to be given back with destroy().
	 */
	gkm_member_group_t *(*get_ref)(gkm_member_group_t *this);

	/**
	 * Try nothing any more, as the daemon is about to end, and let nobody wait
	 * for a registration. SAs stay.
	 *
	 * @param reason		what start_and_wait() fails with from now on
	 */
	void (*halt)(gkm_member_group_t *this, char *reason);

	/**
	 * Can the group stay as it is on the data plane if it is configured anew?
	 */
	bool (*suits_plane)(gkm_member_group_t *this, gkm_cfg_t *cfg);

	/**
	 * Remove all SAs, and try nothing any more.
	 *
	 * @param leave			TRUE to leave the group as leave() does
	 * @return				data plane that it was on, for the group that takes
	 *						its place, or to be destroyed; NULL if there is none
	 */
	gkm_member_plane_t *(*stop)(gkm_member_group_t *this, bool leave);

	/**
	 * Give back a reference.
	 */
	void (*destroy)(gkm_member_group_t *this);
};

/**
 * Create a group that isn't registered, nor tries.
 *
 * @param gkm		carrier
 * @param links		IKE_SAs to key servers, shared by all groups, has to
 *					outlive this
 * @param cfg		configuration, adopted
 * @param plane		data plane that it is on, adopted, or NULL
 * @return			group
 */
gkm_member_group_t *gkm_member_group_create(gkm_t *gkm,
											gkm_member_links_t *links,
											gkm_cfg_t *cfg,
											gkm_member_plane_t *plane);

#endif /** GKM_MEMBER_GROUP_H_ @}*/
