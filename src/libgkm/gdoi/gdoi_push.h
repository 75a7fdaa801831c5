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
 * GROUPKEY-PUSH messages (RFC 6407, 4): a rekey SA as a channel from the key
 * server to all members.
 *
 *   HDR*, SEQ, [D,] SA, KD, SIG          or   HDR*, SEQ, D, SIG
 *
 * The header has the SPI of the rekey SA in place of cookies, and message ID
 * 0. SEQ counts the messages on a rekey SA from 1.
 *
 * @defgroup gdoi_push gdoi_push
 * @{ @ingroup libgkm
 */

#ifndef GDOI_PUSH_H_
#define GDOI_PUSH_H_

#include <credentials/keys/private_key.h>

#include "gdoi_format.h"

#include "../group/gkm_channel.h"
#include "../group/gkm_update.h"

/**
 * Key server: write a message.
 *
 * @param sa			rekey SA that carries it
 * @param update		what to tell
 * @param seq			sequence number, at least 1
 * @param key			key that signs it
 * @param format		how to write it
 * @param datagram		receives the message, allocated
 * @param err			receives the reason on failure
 * @return				FALSE if it can't be written
 */
bool gdoi_push_build(gkm_rekey_sa_t *sa, gkm_update_t *update, uint32_t seq,
					 private_key_t *key, gdoi_format_t *format,
					 chunk_t *datagram, gkm_error_t *err);

/**
 * Member: create a channel. Checks are made in the order of their cost: copies
 * of what was accepted, decryption and form, sequence number, signature,
 * content.
 *
 * @param sa			rekey SA, cloned; messages with a sequence number below
 *						its message_id are taken as replays
 * @param format		how to read messages, copied
 * @param err			receives the reason on failure
 * @return				channel, NULL if an algorithm isn't there or a key is of
 *						a wrong length or kind
 */
gkm_channel_t *gdoi_push_create(gkm_rekey_sa_t *sa, gdoi_format_t *format,
								gkm_error_t *err);

/**
 * Find out which rekey SA a datagram is for.
 *
 * @param datagram		what was received
 * @param spi			receives the SPI, GKM_REKEY_SPI_LEN octets
 * @return				FALSE if it isn't GROUPKEY-PUSH, or its length is wrong
 */
bool gdoi_push_peek(chunk_t datagram, uint8_t *spi);

#endif /** GDOI_PUSH_H_ @}*/
