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
 * All that a member of a group holds: data SAs in the kernel (gkm_installer.h)
 * and of applications (gkm_member_apps.h), rekey SAs (gkm_member_rekey.h) and
 * the rest (gkm_member_keys.h, gkm_member_d3p.h), and how registrations and
 * rekeys change it. When to register is decided by gkm_member_group.h.
 *
 * Not synchronized, callers lock. All times are milliseconds of the monotonic
 * clock.
 *
 * @defgroup gkm_member_held gkm_member_held
 * @{ @ingroup gkm_member
 */

#ifndef GKM_MEMBER_HELD_H_
#define GKM_MEMBER_HELD_H_

#include "gkm_member_join.h"
#include "gkm_member_plane.h"
#include "gkm_member_rekey.h"
#include "gkm_spi_filter.h"

typedef struct gkm_member_held_t gkm_member_held_t;
typedef enum gkm_member_effect_t gkm_member_effect_t;

/** What a rekey did */
enum gkm_member_effect_t {
	/** nothing */
	GKM_EFFECT_NONE,
	/** what it brought is in use */
	GKM_EFFECT_TAKEN,
	/** what it brought is in use, but a registration is needed soon: others
	 *  before it were missed */
	GKM_EFFECT_MISSED,
	/** nothing that it brought is in use, or not all, as that isn't allowed or
	 *  doesn't work; a registration is needed soon */
	GKM_EFFECT_REFUSED,
	/** all that was held is gone */
	GKM_EFFECT_EXCLUDED,
};

/**
 * What a member holds.
 */
struct gkm_member_held_t {

	/**
	 * A registration is about to be made: leave what it needs in clear on the
	 * data plane.
	 *
	 * @param servers		addresses of the key server, as host_t*, cloned
	 */
	void (*prepare)(gkm_member_held_t *this, array_t *servers);

	/**
	 * Replace all by what a registration gave, which has to be allowed. If it
	 * tells of what was before a rekey that was taken meanwhile, only sender
	 * IDs and the way to the key server are replaced.
	 *
	 * @param result		how the registration ended, its download is used up
	 * @param connection	connection that it came over, has to outlive this
	 * @param started		when the registration was started
	 * @param now			current time
	 * @return				GKM_EFFECT_TAKEN or GKM_EFFECT_MISSED
	 */
	gkm_member_effect_t (*replace)(gkm_member_held_t *this,
								   gkm_member_result_t *result,
								   char *connection, uint64_t started,
								   uint64_t now);

	/**
	 * Is there a rekey SA with an SPI?
	 */
	bool (*has)(gkm_member_held_t *this, uint8_t *spi);

	/**
	 * Take a datagram, and acknowledge the update that it completes, if the
	 * key server wants that.
	 *
	 * @param datagram		datagram of a rekey SA that is held
	 * @param now			current time
	 */
	gkm_member_effect_t (*receive)(gkm_member_held_t *this,
								   gkm_rekey_datagram_t *datagram,
								   uint64_t now);

	/**
	 * Is an in-band update for this group, as gkm_update_concerns() says?
	 */
	bool (*concerns)(gkm_member_held_t *this, gkm_update_t *update);

	/**
	 * Take an update that came in-band.
	 *
	 * @param update		update, what is used is taken out of it
	 * @param now			current time
	 */
	gkm_member_effect_t (*inband)(gkm_member_held_t *this,
								  gkm_update_t *update, uint64_t now);

	/**
	 * Do rekeys come over the IKE_SA to the key server only?
	 */
	bool (*is_inband)(gkm_member_held_t *this);

	/**
	 * Get and set the unique ID of the IKE_SA to the key server, 0 if none.
	 */
	uint32_t (*get_ike_id)(gkm_member_held_t *this);
	void (*set_ike_id)(gkm_member_held_t *this, uint32_t ike_id);

	/**
	 * How long will this do?
	 *
	 * @return				seconds until something ends that has no successor,
	 *						0 if not limited
	 */
	uint32_t (*get_lifetime)(gkm_member_held_t *this, uint64_t now);

	/**
	 * The kernel tells that a data SA reaches what it may be used for at most,
	 * see gkm_installer.h.
	 */
	bool (*use_up)(gkm_member_held_t *this, gkm_spi_t *spi, host_t *dst,
				   bool spent, uint64_t now);

	/**
	 * Does this host have the addresses that SAs are used with?
	 */
	bool (*is_local)(gkm_member_held_t *this);

	/**
	 * Get the SPIs of data SAs that rekeys should have brought once there are
	 * packets with them.
	 *
	 * @return				SPIs, as gkm_spi_t by value, to be destroyed
	 */
	array_t *(*get_next_spis)(gkm_member_held_t *this);

	/**
	 * Remove SAs that ended, send on others if it is time to.
	 *
	 * @param now			current time
	 * @param expired		set to TRUE if something ended that has no
	 *						successor, once for each registration
	 * @return				when to call this again, 0 if not needed
	 */
	uint64_t (*update)(gkm_member_held_t *this, uint64_t now, bool *expired);

	/**
	 * Describe all in a vici message.
	 */
	void (*list)(gkm_member_held_t *this, vici_builder_t *builder,
				 uint64_t now);

	/**
	 * Describe IP delay detection for list-replay.
	 */
	void (*list_replay)(gkm_member_held_t *this, vici_builder_t *builder);

	/**
	 * Describe what became of rekeys, and packets if there is a data plane, for
	 * stats-groups.
	 */
	void (*list_stats)(gkm_member_held_t *this, vici_builder_t *builder);

	/**
	 * Tell a vici client of data SAs of applications, see gkm_member_apps.h.
	 */
	void (*tell_client)(gkm_member_held_t *this, u_int client, uint64_t now);

	/**
	 * Remove all, wiping keys.
	 *
	 * @return				number of data SAs removed
	 */
	u_int (*clear)(gkm_member_held_t *this);

	/**
	 * Get the data plane that the group is on.
	 *
	 * @return				data plane, borrowed, NULL if there is none
	 */
	gkm_member_plane_t *(*get_plane)(gkm_member_held_t *this);

	/**
	 * Remove all and give away the data plane. Nothing is to be received from
	 * then on.
	 *
	 * @return				data plane, to be destroyed, NULL if there is none
	 */
	gkm_member_plane_t *(*take_plane)(gkm_member_held_t *this);

	/**
	 * Remove all and destroy this.
	 */
	void (*destroy)(gkm_member_held_t *this);
};

/**
 * Create an object that holds nothing.
 *
 * @param gkm		carrier
 * @param cfg		configuration of the group, has to outlive this
 * @param plane		data plane that the group is on, adopted, or NULL
 */
gkm_member_held_t *gkm_member_held_create(gkm_t *gkm, gkm_cfg_t *cfg,
										  gkm_member_plane_t *plane);

#endif /** GKM_MEMBER_HELD_H_ @}*/
