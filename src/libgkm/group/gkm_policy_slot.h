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
 * One pair of selectors that a group protects, or one object of IEC 61850, and
 * the data SAs that do: a part of gkm_policy.h.
 *
 * @defgroup gkm_policy_slot gkm_policy_slot
 * @{ @ingroup libgkm
 */

#ifndef GKM_POLICY_SLOT_H_
#define GKM_POLICY_SLOT_H_

#include "gkm_policy.h"

/** Seconds until making an SA is tried again, after that failed */
#define GKM_POLICY_RETRY 10

typedef struct gkm_policy_slot_t gkm_policy_slot_t;

/**
 * A pair of selectors: plain data.
 */
struct gkm_policy_slot_t {

	/** section, borrowed */
	gkm_cfg_sa_t *cfg;

	/** number of the key server that makes its SAs, 0 if it is alone */
	uint8_t server;

	/** selectors, borrowed from cfg */
	traffic_selector_t *src;
	traffic_selector_t *dst;

	/** gkm_policy_sa_t*, oldest first; NULL if moved to another slot */
	array_t *sas;

	/** when the next SA is to be made */
	time_t rekey;

	/** the only sender came back, and has nothing yet of the next SA */
	bool returned;

	/** SPI that it is going to have, acquired, unless it is chosen anew as it
	 *  belongs to another key server; 0 if not chosen yet */
	uint32_t next_spi;
};

/**
 * Create the slots that a configuration asks for, without SAs.
 *
 * @return			gkm_policy_slot_t*, in the order of the configuration
 */
array_t *gkm_policy_slots_create(gkm_cfg_t *cfg);

/**
 * Destroy slots with their SAs, giving back SPIs.
 */
void gkm_policy_slots_destroy(array_t *slots, gkm_spis_t *spis);

/**
 * Make the first SA of a slot, or a successor.
 *
 * @param now		current time
 * @param err		receives the reason on failure
 * @return			SA that was added, NULL on failure
 */
gkm_policy_sa_t *gkm_policy_slot_make(gkm_policy_slot_t *this,
									  gkm_spis_t *spis, time_t now,
									  gkm_error_t *err);

/**
 * Add an SA that was kept, in place of those that weren't. Its SPI and that of
 * its successor are acquired.
 *
 * @param sa		SA without proposal and section, adopted on success
 * @param now		current time
 * @return			FALSE if its SPI is in use
 */
bool gkm_policy_slot_restore(gkm_policy_slot_t *this, gkm_policy_sa_t *sa,
							 gkm_spis_t *spis, time_t now);

/**
 * Drop all SAs, and the SPI that was chosen for the next one.
 */
void gkm_policy_slot_clear(gkm_policy_slot_t *this, gkm_spis_t *spis);

/**
 * Drop the oldest SA.
 */
void gkm_policy_slot_drop_oldest(gkm_policy_slot_t *this, gkm_spis_t *spis);

/**
 * Drop SAs that have ended.
 */
void gkm_policy_slot_expire(gkm_policy_slot_t *this, gkm_spis_t *spis,
							time_t now);

/**
 * Get the SA that was made last.
 *
 * @return			SA, NULL if there is none
 */
gkm_policy_sa_t *gkm_policy_slot_newest(gkm_policy_slot_t *this);

/**
 * Do SAs of a slot protect what is asked for in another?
 */
bool gkm_policy_slot_matches(gkm_policy_slot_t *this,
							 gkm_policy_slot_t *other);

/**
 * Does a slot ask for the selectors and the mode that an SA has?
 */
bool gkm_policy_slot_protects(gkm_policy_slot_t *this, gkm_data_sa_t *sa);

/**
 * Move the SAs of a slot to another one that asks for the same.
 */
void gkm_policy_slot_move(gkm_policy_slot_t *from, gkm_policy_slot_t *to);

/**
 * Drop the SPI that was chosen for the next SA: members aren't told of it any
 * more, and those that were find it unused.
 */
void gkm_policy_slot_drop_next(gkm_policy_slot_t *this, gkm_spis_t *spis);

/**
 * Would this sender use the SAs of a slot as the only one, with sequence
 * numbers that tell replays?
 */
bool gkm_policy_slot_is_single(gkm_policy_slot_t *this, host_t *sender);

/**
 * Clone an SA for members.
 *
 * @param now		current time
 * @return			SA with the lifetime that is left
 */
gkm_data_sa_t *gkm_policy_sa_clone(gkm_policy_sa_t *sa, time_t now);

/**
 * Say in an SA for IEC 61850 when it may be used, as activation time delays say
 * it of others (RFC 8052, 2.2.4).
 *
 * @param delay		seconds
 */
void gkm_policy_delay_sa(gkm_data_sa_t *sa, uint32_t delay);

#endif /** GKM_POLICY_SLOT_H_ @}*/
