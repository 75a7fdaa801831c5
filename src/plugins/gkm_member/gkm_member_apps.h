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
 * Data SAs of applications: those for IEC 61850 (RFC 8052) protect GOOSE and
 * sampled values, which the kernel knows nothing of. Local applications get
 * their keys in two ways, and hear when an SA is gone:
 *
 *  - the vici event "group-key"
 *    { action group name spi oid oid-data encr-alg encr-keysize integ-alg
 *      lifetime delay kda encr-key integ-key }
 *  - the program gdoi.script (gkm_member_script.h), which gets the same in
 *    variables of its environment, such as GKM_OID_DATA, but the keys on
 *    standard input, as others can read an environment
 *
 * A vici client that comes late gets the event for each SA that there is with
 * the command "get-group-keys" { group (optional) }.
 *
 * What isn't there is left out. Actions are "install", with lifetime in seconds
 * if it is limited, "delete" if the key server or this member wants it, and
 * "expire". With "install" comes what is said of its beginning: the seconds
 * until it may be used (SA_ATD, or the activation delay of the group), and the
 * percentage of members that have it (SA_KDA). All the rest is the
 * applications' business: there is nothing that keeps them from using an SA.
 *
 * Not synchronized, callers lock. All times are milliseconds of the monotonic
 * clock.
 *
 * @defgroup gkm_member_apps gkm_member_apps
 * @{ @ingroup gkm_member
 */

#ifndef GKM_MEMBER_APPS_H_
#define GKM_MEMBER_APPS_H_

#include "plugins/gkm/gkm.h"

/** Name of the vici event */
#define GKM_MEMBER_APPS_EVENT "group-key"

typedef struct gkm_member_apps_t gkm_member_apps_t;

/**
 * Data SAs of applications, of one group.
 */
struct gkm_member_apps_t {

	/**
	 * Replace all SAs by those of a download. Nothing is said of those that
	 * stay.
	 *
	 * @param download		SAs of applications are taken out of it
	 * @param now			current time
	 */
	void (*replace)(gkm_member_apps_t *this, gkm_download_t *download,
					uint64_t now);

	/**
	 * Take SAs of an update that is for this member: new ones are added, those
	 * that it deletes stay for the deactivation delay. Call update() then.
	 *
	 * @param update		SAs of applications are taken out of it
	 * @param now			current time
	 */
	void (*follow)(gkm_member_apps_t *this, gkm_update_t *update,
				   uint64_t now);

	/**
	 * When does something end that has no successor (gkm_rollover_end())?
	 */
	uint64_t (*get_end)(gkm_member_apps_t *this);

	/**
	 * Remove SAs that ended.
	 *
	 * @param now			current time
	 * @return				when to call this again, 0 if not needed
	 */
	uint64_t (*update)(gkm_member_apps_t *this, uint64_t now);

	/**
	 * Describe SAs in a vici message, without keys, as a section for each.
	 *
	 * @param builder		message to add to
	 * @param now			current time
	 */
	void (*list)(gkm_member_apps_t *this, vici_builder_t *builder,
				 uint64_t now);

	/**
	 * Tell a vici client of all SAs, as if they were new.
	 *
	 * @param client		its ID, it has to be registered for the event
	 * @param now			current time
	 */
	void (*tell_client)(gkm_member_apps_t *this, u_int client, uint64_t now);

	/**
	 * Remove all SAs.
	 *
	 * @return				number of SAs removed
	 */
	u_int (*clear)(gkm_member_apps_t *this);

	/**
	 * Remove all SAs and destroy this.
	 */
	void (*destroy)(gkm_member_apps_t *this);
};

/**
 * Create an object without SAs.
 *
 * @param gkm		raises events
 * @param cfg		configuration of the group, has to outlive this
 */
gkm_member_apps_t *gkm_member_apps_create(gkm_t *gkm, gkm_cfg_t *cfg);

#endif /** GKM_MEMBER_APPS_H_ @}*/
