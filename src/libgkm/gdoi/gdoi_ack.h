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
 * GROUPKEY-PUSH-ACK messages (RFC 8263): a member tells its key server that it
 * processed a GROUPKEY-PUSH.
 *
 *   HDR, HASH, SEQ, ID        HASH = prf(ack_key, SEQ | ID)
 *   ack_key = prf(base_key, "GROUPKEY-PUSH ACK" 0x00 | SPI | L)
 *
 * RFC 8263, 4.1.1, calls L the number of bits in ack_key, and in its next
 * sentence that of base_key as the HMAC pads it: both readings are here.
 *
 * @defgroup gdoi_ack gdoi_ack
 * @{ @ingroup libgkm
 */

#ifndef GDOI_ACK_H_
#define GDOI_ACK_H_

#include <networking/host.h>

#include "gdoi_isakmp.h"

#include "../group/gkm_download.h"
#include "../group/gkm_error.h"

typedef struct gdoi_ack_t gdoi_ack_t;
typedef struct gdoi_ack_key_t gdoi_ack_key_t;
typedef enum gdoi_ack_length_t gdoi_ack_length_t;

/** What L in the derivation of ack_key is */
enum gdoi_ack_length_t {
	/** bits that the HMAC pads base_key to: 512 or 1024 */
	GDOI_ACK_LENGTH_BLOCK,
	/** bits in ack_key: 256 or 512 */
	GDOI_ACK_LENGTH_KEY,
};

/**
 * What an acknowledgement says. Borrows from the message.
 */
struct gdoi_ack_t {

	/** SPI of the rekey SA that protected the GROUPKEY-PUSH */
	uint8_t spi[GKM_REKEY_SPI_LEN];

	/** its sequence number */
	uint32_t seq;

	/** type and data of the member's ID: GDOI_ID_IPV4_ADDR,
	 *  GDOI_ID_IPV6_ADDR or GDOI_ID_OID */
	uint8_t id_type;
	chunk_t id;

	/** HASH, and what it covers */
	chunk_t hash;
	chunk_t hashed;
};

/**
 * Keys to write or check acknowledgements of one base key on one rekey SA,
 * good for any number of them.
 */
struct gdoi_ack_key_t {

	/**
	 * Check HASH, with both readings of L.
	 *
	 * @return				FALSE if it is wrong
	 */
	bool (*verify)(gdoi_ack_key_t *this, gdoi_ack_t *ack);

	/**
	 * Write an acknowledgement.
	 *
	 * @param seq			sequence number of the GROUPKEY-PUSH
	 * @param me			address that this member registered from
	 * @param length		what L is
	 * @param datagram		receives the message, allocated
	 * @return				FALSE on failure
	 */
	bool (*build)(gdoi_ack_key_t *this, uint32_t seq, host_t *me,
				  gdoi_ack_length_t length, chunk_t *datagram);

	/**
	 * Have keys of another base key, as those of members' leaves differ. Takes
	 * less than half the time that it takes to create new ones.
	 *
	 * @param base_key		key without IV
	 * @return				FALSE on failure
	 */
	bool (*set_base_key)(gdoi_ack_key_t *this, chunk_t base_key);

	/**
	 * Wipe the keys.
	 */
	void (*destroy)(gdoi_ack_key_t *this);
};

/**
 * Derive keys.
 *
 * @param type			type of acknowledgement, not GKM_ACK_NONE
 * @param base_key		key without IV: that of the rekey SA, or for the LKH
 *						types that of the member's leaf in the key tree
 * @param spi			SPI of the rekey SA
 * @param err			receives the reason on failure
 * @return				keys, NULL if type or algorithms aren't known
 */
gdoi_ack_key_t *gdoi_ack_key_create(gkm_ack_t type, chunk_t base_key,
									uint8_t spi[GKM_REKEY_SPI_LEN],
									gkm_error_t *err);

/**
 * Get the key that acknowledgements are made with from a rekey SA's, which has
 * an IV in front.
 *
 * @return				key, borrowed; empty if the rekey SA has none of its length
 */
chunk_t gdoi_ack_base_key(gkm_rekey_sa_t *sa);

/**
 * Read an acknowledgement. HASH isn't checked.
 *
 * @param datagram		what was received
 * @param ack			receives what it says
 * @param err			receives the reason on failure
 * @return				FALSE if malformed
 */
bool gdoi_ack_parse(chunk_t datagram, gdoi_ack_t *ack, gkm_error_t *err);

#endif /** GDOI_ACK_H_ @}*/
