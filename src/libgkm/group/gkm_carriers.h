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
 * What members are told, and the rekey SAs that messages are sent with: a part
 * of gkm_rekeying.h.
 *
 * A change of SAs is one gkm_update_t while it is made, with the new rekey SAs
 * of both protocols. What members hear of it depends on how they are rekeyed:
 *
 *   G-IKEv2, multicast      all but the rekey SA for GDOI
 *   G-IKEv2, in-band        data SAs and deletes, no SPIs to come
 *   GDOI                    the same, with its own rekey SA and keys of the
 *                           key tree
 *
 * @defgroup gkm_carriers gkm_carriers
 * @{ @ingroup libgkm
 */

#ifndef GKM_CARRIERS_H_
#define GKM_CARRIERS_H_

#include "gkm_notice.h"
#include "gkm_policy.h"

typedef struct gkm_carriers_t gkm_carriers_t;

/**
 * Rekey SAs that a message is sent with, as they were before it: plain data.
 */
struct gkm_carriers_t {

	/** by protocol, NULL if there is none; owned */
	gkm_rekey_sa_t *sas[GKM_PROTOCOLS];
};

/**
 * Take clones of the rekey SAs, before they are changed, to send a message with.
 */
void gkm_carriers_get(gkm_carriers_t *this, gkm_policy_t *policy);

/**
 * Is there a rekey SA at all?
 */
bool gkm_carriers_any(gkm_policy_t *policy);

/**
 * Tell members what an update says, if that is anything. Messages are counted
 * where a rekey SA stays in use.
 *
 * @param this			rekey SAs that were in use before, cleared
 * @param policy		SAs as they are now
 * @param d3p_window	window of IP delay detection that members are told, or 0
 * @param update		what to say, adopted
 * @param reason		why
 * @param notices		receives a gkm_notice_t* if there is something to say
 * @return				TRUE if there is a message with a rekey SA
 */
bool gkm_carriers_tell(gkm_carriers_t *this, gkm_policy_t *policy,
					   uint32_t d3p_window, gkm_update_t *update,
					   gkm_notice_reason_t reason, array_t *notices);

/**
 * Say in a download that IP delay detection is used.
 *
 * @param window		its window, 0 if it isn't used
 */
void gkm_carriers_set_d3p(uint32_t window, gkm_download_t *download);

/**
 * Destroy those that weren't used.
 */
void gkm_carriers_clear(gkm_carriers_t *this);

#endif /** GKM_CARRIERS_H_ @}*/
