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
 * Data SAs of a group in the kernel: states and policies, through charon's
 * kernel interface.
 *
 * XFRM finds a state by destination, SPI and protocol, so that one state is
 * for both directions of a member that sends and receives:
 *
 *                   state and inbound policy     outbound policy
 *     receives      source any                   -
 *     sends         source is our address        on the SA to send with
 *     both          source is our address        on the SA to send with
 *
 * Selectors are those of the SA in both directions, as for all multicast
 * policies (RFC 5374, 4.1.1). In tunnel mode the outer addresses are the
 * state's: the group, and our address, which is the inner one of what this
 * host sends itself. That is tunnel mode with preserved addresses for hosts,
 * not for gateways. SAs whose destination isn't one address aren't used.
 *
 * What an SA is good for is found out by gkm_member_sa.h. Of several SAs with
 * equal selectors all receive, but only one sends, see gkm_rollover.h. It
 * changes by replacing the outbound policy, so that no packet is without one.
 *
 * The kernel limits what an SA is used for that this member sends on, and tells
 * before that is reached: use_up().
 *
 * A member doesn't send on a counter mode SA that others send on too, since
 * the kernel can't put a sender ID into the nonce and would repeat nonces
 * sooner or later. Such traffic is dropped, not sent in clear.
 *
 * If a key server that uses GDOI says who the only sender of an SA is, that
 * member has no inbound policy for it, and others don't send on it: what they
 * would send is dropped as well.
 *
 * Not synchronized, callers lock. All times are milliseconds of the monotonic
 * clock.
 *
 * @defgroup gkm_installer gkm_installer
 * @{ @ingroup gkm_member
 */

#ifndef GKM_INSTALLER_H_
#define GKM_INSTALLER_H_

#include "plugins/gkm/gkm.h"

#include "gkm_member_plane.h"
#include "gkm_spi_filter.h"

typedef struct gkm_installer_t gkm_installer_t;

/**
 * Data SAs of one group in the kernel.
 */
struct gkm_installer_t {

	/**
	 * Replace all SAs by those of a download (RFC 9838: a registration
	 * replaces everything held). An SA that is installed already stays
	 * untouched, new ones are there before others go. The activation delay is
	 * for those that have an older one beside them. If this member is the only
	 * one to send on an SA, it does so for a moment more: others hear of the
	 * one that takes its place by a rekey.
	 *
	 * @param download		its data SAs are taken out of it
	 * @param now			current time
	 */
	void (*replace)(gkm_installer_t *this, gkm_download_t *download,
					uint64_t now);

	/**
	 * Have new SAs of an update used as those that they replace, as
	 * gkm_rollover_inherit() says.
	 *
	 * @param update		update, changed
	 */
	void (*inherit)(gkm_installer_t *this, gkm_update_t *update);

	/**
	 * Take SAs of an update that is for this member: new ones are added, those
	 * that it deletes stay for the deactivation delay. Call update() then.
	 *
	 * @param update		its data SAs are taken out of it
	 * @param now			current time
	 */
	void (*follow)(gkm_installer_t *this, gkm_update_t *update, uint64_t now);

	/**
	 * Is an in-band update for this group, as gkm_update_concerns() says?
	 */
	bool (*concerns)(gkm_installer_t *this, gkm_update_t *update);

	/**
	 * Get the SPIs that were announced for successors of what is received, but
	 * aren't there yet.
	 *
	 * @param spis			array to add to, as gkm_spi_t by value
	 */
	void (*get_next_spis)(gkm_installer_t *this, array_t *spis);

	/**
	 * The kernel tells that an SA reaches what it may be used for at most.
	 *
	 * @param spi			its protocol and SPI
	 * @param dst			its destination
	 * @param spent			TRUE if the kernel doesn't use it any more, FALSE if
	 *						it does for a while
	 * @param now			current time
	 * @return				TRUE if another one is needed to send on; once for
	 *						each SA
	 */
	bool (*use_up)(gkm_installer_t *this, gkm_spi_t *spi, host_t *dst,
				   bool spent, uint64_t now);

	/**
	 * Are SAs sent on from addresses of this host?
	 */
	bool (*is_local)(gkm_installer_t *this);

	/**
	 * When does something end that has no successor (gkm_rollover_end())?
	 */
	uint64_t (*get_end)(gkm_installer_t *this);

	/**
	 * Remove SAs that ended, send on others if it is time to.
	 *
	 * @param now			current time
	 * @return				when to call this again, 0 if not needed
	 */
	uint64_t (*update)(gkm_installer_t *this, uint64_t now);

	/**
	 * Describe SAs in a vici message, as a section for each.
	 *
	 * @param builder		message to add to
	 * @param now			current time
	 */
	void (*list)(gkm_installer_t *this, vici_builder_t *builder, uint64_t now);

	/**
	 * Remove all SAs.
	 *
	 * @return				number of SAs removed
	 */
	u_int (*clear)(gkm_installer_t *this);

	/**
	 * Remove all SAs and destroy this.
	 */
	void (*destroy)(gkm_installer_t *this);
};

/**
 * Create an installer without SAs.
 *
 * @param gkm		raises events
 * @param cfg		configuration of the group, has to outlive this
 * @param plane		data plane that the group is on, or NULL; has to outlive SAs
 */
gkm_installer_t *gkm_installer_create(gkm_t *gkm, gkm_cfg_t *cfg,
									  gkm_member_plane_t *plane);

#endif /** GKM_INSTALLER_H_ @}*/
