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
 * Rekey SAs that a member of a group holds, with what it takes to use them:
 * sockets, channels (gkm_channel.h), and the path through the key tree. That
 * is one, and after it was replaced the one before it, too, for the
 * deactivation delay (RFC 9838, 2.4.1.3): to know copies of what came over it,
 * as nothing new is accepted there.
 *
 * Nothing is listened to for GDOI's rekey SAs that go to members by unicast:
 * such messages come to the port of group key management.
 *
 * Not synchronized, callers lock. All times are milliseconds of the monotonic
 * clock.
 *
 * @defgroup gkm_member_rekey gkm_member_rekey
 * @{ @ingroup gkm_member
 */

#ifndef GKM_MEMBER_REKEY_H_
#define GKM_MEMBER_REKEY_H_

#include "plugins/gkm/gkm.h"

#include "gkm_member_ack.h"

typedef struct gkm_member_rekey_t gkm_member_rekey_t;
typedef struct gkm_rekey_datagram_t gkm_rekey_datagram_t;

/**
 * A datagram of a rekey SA. Borrows all.
 */
struct gkm_rekey_datagram_t {

	/** SPI of the rekey SA that it is for */
	uint8_t spi[GKM_REKEY_SPI_LEN];

	/** all of it, not checked yet */
	chunk_t data;

	/** where it came from, and to */
	host_t *src;
	host_t *dst;
};

/**
 * Find out which rekey SA a datagram is for.
 *
 * @param this			data, src and dst are set, gets the SPI
 * @return				FALSE if it is neither GSA_REKEY nor GROUPKEY-PUSH
 */
bool gkm_rekey_datagram_peek(gkm_rekey_datagram_t *this);

/**
 * Rekey SAs of a group.
 */
struct gkm_member_rekey_t {

	/**
	 * Replace all by the rekey SA and path of a registration. Message IDs that
	 * were accepted aren't again, even if the registration says so (RFC 9838,
	 * 4.4.2.2.2).
	 *
	 * @param download		rekey SA, if any, and path are taken out of it
	 * @param local			our address to listen on, cloned
	 * @param now			current time
	 * @param err			receives the reason on failure
	 * @return				FALSE if there is a rekey SA, but none will be
	 *						received
	 */
	bool (*replace)(gkm_member_rekey_t *this, gkm_download_t *download,
					host_t *local, uint64_t now, gkm_error_t *err);

	/**
	 * Is there a rekey SA, other than a replaced one?
	 */
	bool (*is_held)(gkm_member_rekey_t *this);

	/**
	 * Is there a rekey SA with an SPI?
	 */
	bool (*has)(gkm_member_rekey_t *this, uint8_t *spi);

	/**
	 * Is the address that rekeys are listened to from one of this host?
	 */
	bool (*is_local)(gkm_member_rekey_t *this);

	/**
	 * Get the addresses that rekeys are sent to, other than this host's.
	 *
	 * @return				addresses, as host_t*, borrowed; array to be destroyed
	 */
	array_t *(*get_addresses)(gkm_member_rekey_t *this);

	/**
	 * Does a registration tell of what was before an update that was taken?
	 *
	 * @param download		what the registration gave
	 */
	bool (*is_older)(gkm_member_rekey_t *this, gkm_download_t *download);

	/**
	 * Read a datagram, count and log what is wrong with it.
	 *
	 * @param datagram		datagram of a rekey SA that is held
	 * @param now			current time
	 * @return				update if it completed one, NULL otherwise
	 */
	gkm_update_t *(*receive)(gkm_member_rekey_t *this,
							 gkm_rekey_datagram_t *datagram, uint64_t now);

	/**
	 * Note that an update was seen, so that it and those before it are replays
	 * from now on.
	 *
	 * @param datagram		datagram that completed it
	 * @param update		update
	 * @return				number of updates before it that were missed, none if
	 *						another key server took over
	 */
	uint32_t (*accept)(gkm_member_rekey_t *this, gkm_rekey_datagram_t *datagram,
					   gkm_update_t *update);

	/**
	 * Write an acknowledgement of an update, after accept(), but before it is
	 * put into use: it may end the rekey SA that protected it.
	 *
	 * @param datagram		datagram that completed it
	 * @param update		update
	 * @return				acknowledgement, NULL if none is asked for, or this
	 *						member can't make it
	 */
	gkm_member_ack_t *(*acknowledge)(gkm_member_rekey_t *this,
									 gkm_rekey_datagram_t *datagram,
									 gkm_update_t *update);

	/**
	 * Send an acknowledgement that acknowledge() wrote.
	 *
	 * @param ack			acknowledgement, adopted
	 */
	void (*send_ack)(gkm_member_rekey_t *this, gkm_member_ack_t *ack);

	/**
	 * Put the rekey SA and path of an update into use, after accept().
	 *
	 * @param update		rekey SA, if any, and path are taken out of it
	 * @param now			current time
	 * @param err			receives the reason on failure
	 * @return				FALSE if there is a new rekey SA, but it can't be
	 *						used
	 */
	bool (*follow)(gkm_member_rekey_t *this, gkm_update_t *update, uint64_t now,
				   gkm_error_t *err);

	/**
	 * Drop rekey SAs that ended.
	 *
	 * @return				when to call this again, 0 if not needed
	 */
	uint64_t (*update)(gkm_member_rekey_t *this, uint64_t now);

	/**
	 * When does the current rekey SA end?
	 *
	 * @return				time, 0 if there is none or it isn't limited
	 */
	uint64_t (*get_end)(gkm_member_rekey_t *this);

	/**
	 * Describe rekey SAs in a vici message, as a section for each, and how many
	 * keys of the key tree there are.
	 */
	void (*list)(gkm_member_rekey_t *this, vici_builder_t *builder,
				 uint64_t now);

	/**
	 * Add numbers of updates missed, datagrams ignored, and acknowledgements
	 * sent to a vici message.
	 */
	void (*list_counters)(gkm_member_rekey_t *this, vici_builder_t *builder);

	/**
	 * Forget all, wiping keys. Counters stay.
	 */
	void (*clear)(gkm_member_rekey_t *this);

	/**
	 * Forget all, and destroy this.
	 */
	void (*destroy)(gkm_member_rekey_t *this);
};

/**
 * Create an object without rekey SAs.
 *
 * @param gkm		carrier
 * @param cfg		configuration of the group, has to outlive this
 */
gkm_member_rekey_t *gkm_member_rekey_create(gkm_t *gkm, gkm_cfg_t *cfg);

#endif /** GKM_MEMBER_REKEY_H_ @}*/
