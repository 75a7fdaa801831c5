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
 * Messages of group exchanges to octets.
 *
 * @defgroup gkm_encoder gkm_encoder
 * @{ @ingroup gkm
 */

#ifndef GKM_ENCODER_H_
#define GKM_ENCODER_H_

#include <daemon.h>
#include <collections/array.h>
#include <encoding/message.h>
#include <sa/keymat.h>

#include "libgkm/gikev2/gikev2_codepoints.h"

/**
 * Encrypt a message, taking its payloads.
 *
 * @param message		message
 * @param exchange		exchange type to give it on the wire
 * @param keymat		keys of its IKE_SA
 * @param size			octets in an IP datagram above which it is fragmented
 *						(RFC 7383), SIZE_MAX for never
 * @param packets		receives packet_t*, owned by the caller
 * @return				SUCCESS, FAILED or INVALID_STATE, already logged
 */
status_t gkm_encode(message_t *message, gikev2_exchange_t exchange,
					keymat_t *keymat, size_t size, array_t **packets);

#endif /** GKM_ENCODER_H_ @}*/
