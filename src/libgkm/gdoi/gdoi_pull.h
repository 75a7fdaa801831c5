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
 * GROUPKEY-PULL (RFC 6407, 3): how a member registers over a phase 1 SA.
 *
 *   member                                  key server
 *   (1)  HASH(1), Ni, ID              -->
 *                                     <--   HASH(2), Nr, SA           (2)
 *   (3)  HASH(3) [, GAP]              -->
 *                                     <--   HASH(4), [SEQ,] KD        (4)
 *
 * This is what is inside the encryption; header, IVs and retransmission are
 * the caller's. The state goes from one message to the next in that order, and
 * a message that fails any check changes nothing.
 *
 * @defgroup gdoi_pull gdoi_pull
 * @{ @ingroup libgkm
 */

#ifndef GDOI_PULL_H_
#define GDOI_PULL_H_

#include "gdoi_format.h"
#include "gdoi_hash.h"

#include "../group/gkm_download.h"
#include "../group/gkm_error.h"

typedef struct gdoi_pull_t gdoi_pull_t;

/**
 * One exchange.
 */
struct gdoi_pull_t {

	/**
	 * Write the next message: (1) and (3) for a member, (2) and (4) for a key
	 * server.
	 *
	 * @param plain			receives the payloads, the first of which is HASH,
	 *						allocated, to be cleared
	 * @param err			receives the reason on failure
	 * @return				FALSE if it can't be written
	 */
	bool (*build)(gdoi_pull_t *this, chunk_t *plain, gkm_error_t *err);

	/**
	 * Read the next message: (2) and (4) for a member, (1) and (3) for a key
	 * server. HASH is checked before anything else but the form of payloads.
	 *
	 * @param first			type of the first payload, from the header
	 * @param plain			payloads as decrypted, with padding
	 * @param err			receives the reason on failure
	 * @return				FALSE if refused, the state is as before
	 */
	bool (*process)(gdoi_pull_t *this, uint8_t first, chunk_t plain,
					gkm_error_t *err);

	/**
	 * Number of messages that were written and read, 0 to 4.
	 */
	u_int (*get_step)(gdoi_pull_t *this);

	/**
	 * Key server, after (1): get the group that the member wants.
	 *
	 * @return				identity, borrowed. ID_KEY_ID with 4 octets for a
	 *						number, as in G-IKEv2; for ID_OID an ID_KEY_ID that
	 *						gkm_oid_id_create() made.
	 */
	identification_t *(*get_group)(gdoi_pull_t *this);

	/**
	 * Key server, before (2): set the policy that SA tells.
	 *
	 * @param download		policy, adopted; its keys aren't told yet
	 * @param format		how messages to this member are written, copied
	 */
	void (*set_policy)(gdoi_pull_t *this, gkm_download_t *download,
					   gdoi_format_t *format);

	/**
	 * Key server, after (3): get the number of sender IDs that the member wants.
	 *
	 * @return				1 unless it asked for more
	 */
	uint32_t (*get_sender_ids)(gdoi_pull_t *this);

	/**
	 * Key server, after (3): has the member been told of the SAs that there are
	 * now? To be asked before anything is given away, as set_download() refuses
	 * if not.
	 *
	 * @param download		policy as it is now, borrowed
	 * @param err			receives the reason if not
	 */
	bool (*is_current)(gdoi_pull_t *this, gkm_download_t *download,
					   gkm_error_t *err);

	/**
	 * Key server, before (4): set what this member is given. The SAs have to be
	 * those of set_policy().
	 *
	 * @param download		SAs with keys, path and sender IDs, adopted
	 * @param err			receives the reason on failure
	 * @return				FALSE if the SAs changed meanwhile
	 */
	bool (*set_download)(gdoi_pull_t *this, gkm_download_t *download,
						 gkm_error_t *err);

	/**
	 * Member, after (2): get the policy, to decide whether to go on.
	 *
	 * @return				policy without keys, borrowed
	 */
	gkm_download_t *(*get_policy)(gdoi_pull_t *this);

	/**
	 * Member, after (4): take what the key server gave.
	 *
	 * @return				download, passed
	 */
	gkm_download_t *(*take_download)(gdoi_pull_t *this);

	/**
	 * Destroy the exchange, wiping keys.
	 */
	void (*destroy)(gdoi_pull_t *this);
};

/**
 * Start an exchange as member.
 *
 * @param mid			message ID, not 0
 * @param hasher		authenticates messages, has to outlive this
 * @param format		how messages are written and read, copied
 * @param group			group to register with, cloned
 * @param sender		TRUE if this member sends
 * @param sender_ids	number of sender IDs that it wants if it does
 * @param err			receives the reason on failure
 * @return				exchange, NULL if there are no random numbers, or the
 *						identity can't be a group's
 */
gdoi_pull_t *gdoi_pull_create_member(uint32_t mid, gdoi_hasher_t *hasher,
									 gdoi_format_t *format,
									 identification_t *group, bool sender,
									 uint32_t sender_ids, gkm_error_t *err);

/**
 * Start an exchange as key server, to process (1).
 *
 * @param mid			message ID
 * @param hasher		authenticates messages, has to outlive this
 * @param err			receives the reason on failure
 * @return				exchange, NULL if there are no random numbers
 */
gdoi_pull_t *gdoi_pull_create_server(uint32_t mid, gdoi_hasher_t *hasher,
									 gkm_error_t *err);

#endif /** GDOI_PULL_H_ @}*/
