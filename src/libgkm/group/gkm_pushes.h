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
 * Rekeys that a key server sends to members that use GDOI, and what these
 * acknowledge (RFC 8263): a part of gkm_group.h.
 *
 * Only the last rekey counts: it can be acknowledged until the next one is made.
 * It is looked at once, when the time for acknowledgements is over; one that the
 * next follows sooner isn't, since its number isn't answered any more. Only
 * members that acknowledged something before can miss one: others may not be
 * able to.
 *
 * Number and SPI of the last rekey, and what members acknowledged, are kept
 * across restarts: the last rekey before one can be acknowledged after it, but
 * isn't missed, as nobody knows when it was sent. What a member acknowledged
 * after its first time is kept with the next change of its record only: until
 * then it gets copies after a restart, and can acknowledge once more.
 *
 * @defgroup gkm_pushes gkm_pushes
 * @{ @ingroup libgkm
 */

#ifndef GKM_PUSHES_H_
#define GKM_PUSHES_H_

#include "gkm_cfg.h"
#include "gkm_members.h"
#include "gkm_notice.h"

typedef struct gkm_pushes_t gkm_pushes_t;

/**
 * Rekeys so far: plain data, empty if all zero.
 */
struct gkm_pushes_t {

	/** number of rekeys, which is that of the last one */
	uint32_t count;

	/** the last one: SPI of the rekey SA that carried it, sequence number, and
	 *  when it was made */
	uint8_t spi[GKM_REKEY_SPI_LEN];
	uint32_t seq;
	time_t made;

	/** it isn't settled yet */
	bool open;
};

/**
 * Note a rekey that is sent.
 *
 * @param notice		notice with a push
 * @param now			current time
 */
void gkm_pushes_note(gkm_pushes_t *this, gkm_notice_t *notice, time_t now);

/**
 * The group goes on after a restart, with what was kept: number and SPI of the
 * last rekey, and how many there were, if any.
 */
void gkm_pushes_restore(gkm_pushes_t *this);

/**
 * A member registers: it needn't answer what was sent before.
 *
 * @param acks			receives how it starts
 * @param old			what is known from a registration before, or NULL
 */
void gkm_pushes_join(gkm_pushes_t *this, gkm_member_acks_t *acks,
					 gkm_member_acks_t *old);

/**
 * Another key server tells of a member: what it acknowledged here counts.
 *
 * @param acks			what the other one says, changed
 * @param local			what is known here
 * @param anew			TRUE if it registered again there
 */
void gkm_pushes_adopt(gkm_member_acks_t *acks, gkm_member_acks_t *local,
					  bool anew);

/**
 * A member acknowledged a rekey.
 *
 * @param spi			SPI of the rekey SA that carried it
 * @param seq			sequence number
 * @param member		member
 * @param err			receives the reason on failure
 * @return				FALSE if that isn't the last rekey, or the member wasn't
 *						sent it, or acknowledged it before
 */
bool gkm_pushes_acknowledge(gkm_pushes_t *this, uint8_t *spi, uint32_t seq,
							gkm_member_t *member, gkm_error_t *err);

/**
 * When is gkm_pushes_settle() to be called?
 */
time_t gkm_pushes_next_due(gkm_pushes_t *this, gkm_cfg_t *cfg);

/**
 * If the time for acknowledgements of the last rekey is over, find out who
 * didn't.
 *
 * @param missed		receives clones of members that didn't, as gkm_member_t*,
 *						created if there are any; those with
 *						GKM_ACKS_MISSED_MAX misses are to be removed
 */
void gkm_pushes_settle(gkm_pushes_t *this, gkm_cfg_t *cfg,
					   gkm_members_t *members, time_t now, array_t **missed);

/**
 * Get the number of a rekey: that of the last one for any that was sent on
 * another rekey SA, as these can't be told apart.
 *
 * @param seq			its sequence number
 */
uint32_t gkm_pushes_get_number(gkm_pushes_t *this, uint32_t seq);

#endif /** GKM_PUSHES_H_ @}*/
