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
 * What a key server does for a group while others serve it too, and how that
 * changes: a part of gkm_group.h.
 *
 *               waits for others       has what its       makes SAs, rekeys
 *               or for all records     primary has        members
 *
 *                   WAITING    --->    SECONDARY    --->    PRIMARY
 *   may register       no                 yes                 yes
 *
 * Any duty may follow any other. Who waits has to take over all that a primary
 * has, or to become one, before anybody may register again.
 *
 * @defgroup gkm_tenure gkm_tenure
 * @{ @ingroup libgkm
 */

#ifndef GKM_TENURE_H_
#define GKM_TENURE_H_

#include "gkm_admission.h"
#include "gkm_adopt.h"
#include "gkm_roster.h"

typedef struct gkm_tenure_t gkm_tenure_t;

/**
 * Plain data.
 */
struct gkm_tenure_t {

	/** what it does */
	gkm_duty_t duty;

	/** it has all that its primary has, or is that itself */
	bool synced;

	/** secondary: a sender came back that could begin anew with SAs that it had,
	 *  and waits for others */
	bool sender_waits;

	/** primary: what secondaries asked for, GKM_COOP_RENEW_*, and when all
	 *  members were excluded for that last */
	uint32_t requests;
	time_t excluded;

	/** primary: a sender came back whose SAs will be replaced */
	bool returned;

	/** all members were excluded, so that sender IDs are given out from the
	 *  first again once that is kept */
	bool renewing;
};

/**
 * Begin: one that is alone is primary.
 */
void gkm_tenure_begin(gkm_tenure_t *this, gkm_cfg_t *cfg);

/**
 * May SAs be made and members be told of that?
 *
 * @param err			receives the reason if not
 */
bool gkm_tenure_is_primary(gkm_tenure_t *this, gkm_error_t *err);

/**
 * May anybody register?
 *
 * @param err			receives the reason if not
 */
bool gkm_tenure_serves(gkm_tenure_t *this, gkm_error_t *err);

/**
 * Change what this key server does, see gkm_group_t.set_duty().
 */
void gkm_tenure_set(gkm_tenure_t *this, gkm_roster_t *roster, gkm_duty_t duty,
					uint64_t epoch, bool takeover, time_t now,
					array_t *notices, gkm_error_t *err);

/**
 * The configuration of a key server that isn't primary changed. Nobody is told,
 * and SAs that were made instead of others aren't for anybody: nobody may
 * register until all was taken over again that the primary has.
 *
 * @param update		what members would be told, adopted
 * @param plant			TRUE to begin a new key tree
 */
void gkm_tenure_reconfigure(gkm_tenure_t *this, gkm_roster_t *roster,
							gkm_update_t *update, bool plant);

/**
 * Take over what another key server says, see gkm_group_t.adopt().
 */
bool gkm_tenure_adopt(gkm_tenure_t *this, gkm_roster_t *roster,
					  gkm_adoption_t *how, gkm_record_list_t *records,
					  time_t now, array_t *notices, gkm_error_t *err);

/**
 * Do what is due, or what secondaries asked for, as a primary.
 *
 * @param err			receives the reason if an SA couldn't be made
 * @return				number of SAs made
 */
u_int gkm_tenure_run(gkm_tenure_t *this, gkm_roster_t *roster, time_t now,
					 array_t *notices, gkm_error_t *err);

/**
 * May a sender be given what there is? Where it could begin anew with SAs that it
 * had, a secondary asks the primary for others. Until then it gives it nothing,
 * as what it would send meets receivers that have seen its numbers.
 *
 * @param err			receives the reason if not
 */
bool gkm_tenure_expect(gkm_tenure_t *this, gkm_roster_t *roster,
					   gkm_applicant_t *applicant, gkm_error_t *err);

/**
 * See to it, as a primary, that a sender that comes back doesn't begin anew with
 * SAs that it had. One that uses G-IKEv2 is given others. One that uses GDOI gets
 * what it was offered, and hears of new ones as others do: later, as it couldn't
 * read that before it is told how, or would take its registration for outdated.
 */
void gkm_tenure_renew_for(gkm_tenure_t *this, gkm_roster_t *roster,
						  gkm_applicant_t *applicant, time_t now,
						  array_t *notices);

/**
 * What is the primary to be asked for? See gkm_group_t.get_requests().
 */
uint32_t gkm_tenure_get_requests(gkm_tenure_t *this, gkm_roster_t *roster);

/**
 * When has something to be done? Of SAs, what a key server that isn't primary
 * has to do is to drop those that ended.
 */
time_t gkm_tenure_next_due(gkm_tenure_t *this, gkm_roster_t *roster);

#endif /** GKM_TENURE_H_ @}*/
