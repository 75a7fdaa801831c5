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
 * Rekeys of a group that were made lately, for administrators.
 *
 * @defgroup gkm_server_history gkm_server_history
 * @{ @ingroup gkm_server
 */

#ifndef GKM_SERVER_HISTORY_H_
#define GKM_SERVER_HISTORY_H_

#include "libgkm/group/gkm_notice.h"

typedef struct gkm_rekey_note_t gkm_rekey_note_t;
typedef struct gkm_push_note_t gkm_push_note_t;
typedef struct gkm_server_history_t gkm_server_history_t;

/** Rekeys that are remembered */
#define GKM_HISTORY_LEN 32

/**
 * What members that use GDOI were told in a rekey: plain data.
 */
struct gkm_push_note_t {

	/** the rekey SA that it was sent with, and its sequence number, which is 0
	 *  if nothing was sent */
	uint8_t spi[GKM_REKEY_SPI_LEN];
	uint32_t seq;

	/** members that it was sent to by unicast, and how many of these were asked
	 *  to acknowledge it */
	bool unicast;
	u_int targets;
	u_int asked;

	/** how many ways it was written, and octets of all of these */
	u_int variants;
	size_t octets;

	/** how often it or a copy was sent, to how many members in all by unicast,
	 *  and how often that failed */
	u_int sent;
	u_int datagrams;
	u_int failed;

	/** members that acknowledged it */
	u_int acknowledged;
};

/**
 * A rekey: plain data.
 */
struct gkm_rekey_note_t {

	/** counts rekeys of the group from 1 */
	u_int number;

	/** when, and why */
	time_t time;
	gkm_notice_reason_t reason;

	/** data SAs that were new, and deleted */
	u_int sas;
	u_int deletes;

	/** a rekey SA was new, and the keys that were wrapped for it */
	bool rekey_sa;
	u_int wraps;

	/** all members were excluded */
	bool excludes_all;

	/** the rekey SA that it was sent with, meaningful if datagrams isn't 0 */
	uint8_t spi[GKM_REKEY_SPI_LEN];
	uint32_t message_id;

	/** datagrams and octets of the message, how often it was sent, and how
	 *  often that failed */
	u_int datagrams;
	size_t octets;
	u_int sent;
	u_int failed;

	/** what members that use GDOI were told */
	gkm_push_note_t push;

	/** members that were rekeyed in-band, that answered, and that didn't */
	u_int pushed;
	u_int acknowledged;
	u_int lost;
};

/**
 * The last rekeys: plain data, empty if all zero. Callers lock.
 */
struct gkm_server_history_t {

	/** the last ones; number n is at n % GKM_HISTORY_LEN */
	gkm_rekey_note_t notes[GKM_HISTORY_LEN];

	/** number of the last rekey */
	u_int last;

	/** all rekey messages, copies, and failures to send one */
	u_int messages;
	u_int copies;
	u_int failures;
};

/**
 * Note a rekey.
 *
 * @param notice		what members are told
 * @param now			current time
 * @return				note, to be completed
 */
gkm_rekey_note_t *gkm_server_history_add(gkm_server_history_t *this,
										 gkm_notice_t *notice, time_t now);

/**
 * Get a rekey by its number.
 *
 * @return				note, NULL if it is forgotten
 */
gkm_rekey_note_t *gkm_server_history_get(gkm_server_history_t *this,
										 u_int number);

/**
 * Get the rekey that a member that uses GDOI acknowledged.
 *
 * @param spi			SPI of the rekey SA that it was sent with
 * @param seq			sequence number
 * @return				note, NULL if it is forgotten
 */
gkm_rekey_note_t *gkm_server_history_find_push(gkm_server_history_t *this,
								uint8_t spi[GKM_REKEY_SPI_LEN], uint32_t seq);

#endif /** GKM_SERVER_HISTORY_H_ @}*/
