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
 * Encrypted unicast acknowledgements, as members ask for that know no RFC 8263.
 *
 * How these look in the field isn't published. This is a guess, not verified
 * with any product:
 *
 *   HDR*, HASH, SEQ, ID       encrypted with the key and IV of the rekey SA
 *
 * with all else as in gdoi_ack.h, type GKM_ACK_KEK_SHA256. Nothing sends these,
 * and who they are accepted from says gkm_acks_accepted().
 *
 * @defgroup gdoi_sealed_ack gdoi_sealed_ack
 * @{ @ingroup libgkm
 */

#ifndef GDOI_SEALED_ACK_H_
#define GDOI_SEALED_ACK_H_

#include "gdoi_ack.h"

/**
 * Encrypt an acknowledgement that gdoi_ack_key_t.build() wrote.
 *
 * @param sa			rekey SA
 * @param ack			acknowledgement
 * @param datagram		receives the message, allocated
 * @param err			receives the reason on failure
 */
bool gdoi_sealed_ack_build(gkm_rekey_sa_t *sa, chunk_t ack, chunk_t *datagram,
						   gkm_error_t *err);

/**
 * Decrypt an acknowledgement, to be read with gdoi_ack_parse().
 *
 * @param sa			rekey SA
 * @param datagram		message with the encryption flag
 * @param ack			receives what it was before, allocated
 * @param err			receives the reason on failure
 */
bool gdoi_sealed_ack_open(gkm_rekey_sa_t *sa, chunk_t datagram, chunk_t *ack,
						  gkm_error_t *err);

#endif /** GDOI_SEALED_ACK_H_ @}*/
