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
 * What a key server sends to members that use GDOI, and how that is written.
 *
 * @defgroup gkm_server_gdoi gkm_server_gdoi
 * @{ @ingroup gkm_server
 */

#ifndef GKM_SERVER_GDOI_H_
#define GKM_SERVER_GDOI_H_

#include <credentials/keys/private_key.h>

#include "gkm_outbox.h"

#include "libgkm/gdoi/gdoi_format.h"
#include "libgkm/group/gkm_cfg.h"
#include "libgkm/group/gkm_notice.h"

/**
 * Get how messages are written to members that can be sent something.
 *
 * @param cfg			configuration of the group
 * @param can			what they can be sent, GKM_CAN_*
 * @param format		receives how
 */
void gkm_server_gdoi_format(gkm_cfg_t *cfg, uint8_t can,
							gdoi_format_t *format);

/**
 * Write a message for all to one multicast address.
 *
 * @param notice		what to tell, with a push
 * @param key			key that signs it
 * @param datagram		receives the message, allocated
 */
bool gkm_server_gdoi_multicast(gkm_cfg_t *cfg, gkm_notice_t *notice,
							   private_key_t *key, chunk_t *datagram,
							   gkm_error_t *err);

/**
 * Write a message for each kind of members that there is among those that it
 * is for.
 *
 * @param notice		what to tell, with a push; its targets are taken
 * @param key			key that signs it
 * @param message		receives the message, its arrays are passed
 */
bool gkm_server_gdoi_unicast(gkm_cfg_t *cfg, gkm_notice_t *notice,
							 private_key_t *key, gkm_outbox_unicast_t *message,
							 gkm_error_t *err);

#endif /** GKM_SERVER_GDOI_H_ @}*/
