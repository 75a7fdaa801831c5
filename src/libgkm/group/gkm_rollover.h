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
 * Make before break (RFC 5374, 4.2.1; RFC 9838, 4.4.3.1): which of several data
 * SAs with equal selectors a member sends on, and how long it holds each. Pure:
 * times come in. Milliseconds of one clock that the caller chooses.
 *
 *            rekey received     + ATD           deletion received + DTD
 *                 |               |                       |
 *   old SA   =====================+ - - - - - - - - - - - +
 *   new SA        - - - - - - - - =================================>
 *
 *   === sends and receives    - - receives only
 *
 * A new SA receives at once and sends from its activation on, even if the old
 * one stays. An SA that came with a registration beside an older one may have
 * no activation: it sends once the older one is deleted or near its end
 * (gkm_rollover_lead()). What is deleted goes on sending until another one is
 * active; if it ends before that the other one sends early. So there is always
 * one to send on, if there is any. Older ones aren't sent on again as long as
 * there is a newer one: a member may have missed that they were deleted.
 *
 * An SA that is used up is left as one that nears its end. If it is spent
 * nothing can be sent on it, and another one sends early as well.
 *
 * Receivers lose nothing if a rekey reaches them less than ATD later than the
 * sender, and no more than DTD - ATD sooner.
 *
 * @defgroup gkm_rollover gkm_rollover
 * @{ @ingroup libgkm
 */

#ifndef GKM_ROLLOVER_H_
#define GKM_ROLLOVER_H_

#include "gkm_download.h"

typedef struct gkm_rollover_t gkm_rollover_t;

/**
 * Place of a data SA among those held.
 */
struct gkm_rollover_t {

	/** the SA, whose selectors count, borrowed */
	gkm_data_sa_t *sa;

	/** TRUE if this member may send on it */
	bool out;

	/** TRUE if the key server wants it deleted */
	bool deleted;

	/** TRUE if it won't do for many more packets, or for none at all */
	bool used_up;
	bool spent;

	/** lifetime when it was received, and when it ends, 0 if not limited */
	uint64_t lifetime;
	uint64_t expires;

	/** when to send on it, 0 for when the one before it nears its end */
	uint64_t activate;
};

/**
 * Note when an SA ends. It isn't deleted any more.
 *
 * @param lifetime	seconds, 0 if not limited
 * @param now		current time
 */
void gkm_rollover_set_lifetime(gkm_rollover_t *this, uint32_t lifetime,
							   uint64_t now);

/**
 * Note that an SA is to be deleted: it ends after a delay, if not sooner.
 *
 * @param delay		time until then
 * @param now		current time
 */
void gkm_rollover_delete(gkm_rollover_t *this, uint64_t delay, uint64_t now);

/**
 * Leave an SA for another one that takes its place after a delay.
 *
 * @param next		SA for the same traffic
 * @param delay		time until then
 * @param now		current time
 */
void gkm_rollover_hand_over(gkm_rollover_t *this, gkm_rollover_t *next,
							uint64_t delay, uint64_t now);

/**
 * Do two SAs protect the same traffic?
 */
bool gkm_rollover_same_traffic(gkm_rollover_t *this, gkm_rollover_t *other);

/**
 * Have an SA that GROUPKEY-PUSH brings used as the one that it replaces: what
 * is told to all says symmetric, whatever was told to those that registered
 * (RFC 6407, 5.5.1.1.4).
 *
 * @param sas		SAs that are held, as gkm_rollover_t*, oldest first
 * @param sa		new SA, gets the direction of the newest one for the same
 *					traffic if there is one with a single sender
 */
void gkm_rollover_inherit(array_t *sas, gkm_data_sa_t *sa);

/**
 * Which SA is to be sent on?
 *
 * @param sas		SAs that haven't ended, as gkm_rollover_t*, oldest first
 * @param traffic	one with the selectors in question
 * @param now		current time
 * @return			SA to send on, NULL if there is none
 */
gkm_rollover_t *gkm_rollover_sender(array_t *sas, gkm_rollover_t *traffic,
									uint64_t now);

/**
 * When will an SA end, or another one be the one to send on?
 *
 * @param sas		SAs, as gkm_rollover_t*
 * @param now		current time
 * @return			when to look again, later than now; 0 if never
 */
uint64_t gkm_rollover_due(array_t *sas, uint64_t now);

/**
 * When does traffic lose its protection unless there are new SAs? Of SAs with
 * equal selectors the one that lasts longest counts; deleted ones don't, as
 * the key server doesn't want that traffic protected any more.
 *
 * @param sas		SAs, as gkm_rollover_t*
 * @return			time, 0 if not limited
 */
uint64_t gkm_rollover_end(array_t *sas);

/**
 * How long before the end of a data SA a sender changes to its successor: 2%
 * of its lifetime, but 10 seconds at most. Members that joined late re-register
 * by a shorter lifetime than others, and need the successor before
 * the first sender uses it.
 *
 * @param lifetime	lifetime of the data SA when it was received
 */
uint64_t gkm_rollover_lead(uint64_t lifetime);

#endif /** GKM_ROLLOVER_H_ @}*/
