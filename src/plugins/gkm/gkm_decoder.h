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
 * Messages of group exchanges from octets.
 *
 * @defgroup gkm_decoder gkm_decoder
 * @{ @ingroup gkm
 */

#ifndef GKM_DECODER_H_
#define GKM_DECODER_H_

#include <daemon.h>
#include <encoding/message.h>
#include <sa/keymat.h>

#include "libgkm/gikev2/gikev2_codepoints.h"

/**
 * Decrypt a message and add its payloads to it, the group's as gkm_content_t.
 *
 * Notifies of an initial contact and of MOBIKE are left out of a GSA_AUTH
 * request: a registration says nothing about the peer's other IKE_SAs.
 *
 * @param message		message, header parsed; an RFC 7383 fragment gets its
 *						PLV2_FRAGMENT payload, from which charon reassembles
 * @param exchange		exchange type it had on the wire
 * @param keymat		keys of its IKE_SA
 * @return				as message_t.parse_body()
 */
status_t gkm_decode(message_t *message, gikev2_exchange_t exchange,
					keymat_t *keymat);

#endif /** GKM_DECODER_H_ @}*/
