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
 * A data SA that a member got: what it is good for on this host, and whether
 * it is in the kernel. Which SAs there are, and which sends, is decided by
 * gkm_installer.h.
 *
 * @defgroup gkm_member_sa gkm_member_sa
 * @{ @ingroup gkm_member
 */

#ifndef GKM_MEMBER_SA_H_
#define GKM_MEMBER_SA_H_

#include "gkm_kernel.h"
#include "gkm_member_plane.h"

#include "plugins/gkm/gkm.h"

#include "libgkm/group/gkm_cfg.h"
#include "libgkm/group/gkm_rollover.h"

typedef struct gkm_member_sa_t gkm_member_sa_t;

/**
 * A data SA, read only for users but for roll and sending. All times are
 * milliseconds of the monotonic clock.
 */
struct gkm_member_sa_t {

	/** when it is used; for users to change */
	gkm_rollover_t roll;

	/** the SA, with what the kernel gets */
	gkm_kernel_sa_t kernel;

	/** data plane that the group is on, NULL if the kernel alone uses it */
	gkm_member_plane_t *plane;

	/** the SA, with what the data plane gets */
	gkm_plane_sa_t planar;

	/** TRUE if its packets have headers of IP delay detection */
	bool d3p;

	/** section of the configuration that allows it, borrowed */
	gkm_cfg_sa_t *cfg;

	/** TRUE if only one member sends on it: sequence numbers count, and
	 *  mustn't begin anew */
	bool sole;

	/** TRUE if this is the one to send on */
	bool sending;

	/** TRUE if it was sent on, with this state or another one before */
	bool sent;

	/** TRUE if traffic that it would protect has to be dropped */
	bool block;

	/** TRUE if state, and inbound policy if any, are in the kernel, or it is on
	 *  the data plane */
	bool installed;

	/** why it isn't used, or not for sending, empty if it is */
	gkm_error_t note;

	/** TRUE if administrators should know of that */
	bool warn;
};

/**
 * Find out what an SA is good for on this host, with the addresses that it
 * has now.
 *
 * @param cfg		configuration of the group, has to outlive this
 * @param plane		data plane that the group is on, or NULL
 * @param sa		data SA that the configuration allows, adopted
 * @return			SA that isn't in the kernel
 */
gkm_member_sa_t *gkm_member_sa_create(gkm_cfg_t *cfg, gkm_member_plane_t *plane,
									  gkm_data_sa_t *sa);

/**
 * Destroy an SA that isn't in the kernel.
 */
void gkm_member_sa_destroy(gkm_member_sa_t *this);

/**
 * Put an SA into the kernel, as far as it is of use. If the kernel refuses it,
 * what it would protect is dropped from then on, and there is a note.
 */
void gkm_member_sa_install(gkm_member_sa_t *this);

/**
 * Take an SA out of the kernel and destroy it.
 */
void gkm_member_sa_uninstall(gkm_member_sa_t *this);

/**
 * Replace the state of an SA that is about to be removed from the kernel by
 * that of another one with the same SPI, which isn't there yet. If its sequence
 * numbers would begin anew, it isn't for sending, and there is a note.
 */
void gkm_member_sa_supersede(gkm_member_sa_t *this, gkm_member_sa_t *old);

/**
 * Send on an SA. If the kernel refuses that, it isn't for sending any more,
 * and there is a note; what it would protect is dropped unless another SA does.
 *
 * @param old		SA for the same traffic that stops sending, or NULL
 * @return			FALSE if the kernel refused
 */
bool gkm_member_sa_send(gkm_member_sa_t *this, gkm_member_sa_t *old);

/**
 * Is the state in the kernel one of this SA's, by its destination? Those of the
 * data plane have others than the SA.
 */
bool gkm_member_sa_has_state(gkm_member_sa_t *this, host_t *dst);

/**
 * Does this host have the address that an SA is sent on with? On the data plane
 * packets have any, but it makes this host the only sender of some SAs.
 */
bool gkm_member_sa_is_local(gkm_member_sa_t *this);

/**
 * Do two SAs have the same protocol and SPI?
 */
bool gkm_member_sa_same_spi(gkm_member_sa_t *this, gkm_member_sa_t *other);

/**
 * Are two SAs the same in all but their lifetimes, and would be installed the
 * same way? Addresses of this host may have changed, or the kernel refused one.
 */
bool gkm_member_sa_equals(gkm_member_sa_t *this, gkm_member_sa_t *other);

/**
 * Describe an SA in a vici message, as a section of its SPI.
 */
void gkm_member_sa_list(gkm_member_sa_t *this, vici_builder_t *builder,
						uint64_t now);

#endif /** GKM_MEMBER_SA_H_ @}*/
