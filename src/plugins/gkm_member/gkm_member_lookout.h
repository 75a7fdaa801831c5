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
 * Looks out for packets of data SAs whose rekey a member missed (GSA_NEXT_SPI,
 * RFC 9838, 4.4.2.2.3). A packet alone means little: a sender may have got the
 * rekey sooner. So the rekey has some seconds to arrive after it.
 *
 * Not synchronized, callers lock. All times are milliseconds of the monotonic
 * clock.
 *
 * @defgroup gkm_member_lookout gkm_member_lookout
 * @{ @ingroup gkm_member
 */

#ifndef GKM_MEMBER_LOOKOUT_H_
#define GKM_MEMBER_LOOKOUT_H_

#include "gkm_member_held.h"
#include "gkm_spi_watch.h"

typedef struct gkm_member_lookout_t gkm_member_lookout_t;

/**
 * Plain data.
 */
struct gkm_member_lookout_t {

	/** what the member holds, borrowed */
	gkm_member_held_t *held;

	/** sees packets */
	gkm_spi_watch_t *watch;

	/** SA that a packet was seen of */
	gkm_spi_t seen;

	/** when its rekey is missed, 0 if none was seen */
	uint64_t due;
};

/**
 * Begin, without anything to look out for.
 *
 * @param held		what the member holds, has to outlive this
 * @param cb		called for packets, without locks; to lock and note it
 * @param user		passed to cb
 */
void gkm_member_lookout_init(gkm_member_lookout_t *this,
							 gkm_member_held_t *held, gkm_spi_seen_t cb,
							 void *user);

/**
 * Look out for what is missing now, after what is held changed.
 */
void gkm_member_lookout_update(gkm_member_lookout_t *this);

/**
 * Note that a packet was seen. Sets due.
 */
void gkm_member_lookout_note(gkm_member_lookout_t *this,
							 protocol_id_t protocol, uint32_t spi,
							 uint64_t now);

/**
 * Has a rekey been missed? Reported once.
 *
 * @param now		current time
 * @param spi		receives the SPI of the SA, network byte order
 */
bool gkm_member_lookout_check(gkm_member_lookout_t *this, uint64_t now,
							  uint32_t *spi);

/**
 * End. Waits for calls of the callback: don't hold a lock that it takes.
 */
void gkm_member_lookout_deinit(gkm_member_lookout_t *this);

#endif /** GKM_MEMBER_LOOKOUT_H_ @}*/
