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
 * What group exchanges look like in the log.
 *
 * @defgroup gkm_log gkm_log
 * @{ @ingroup gkm
 */

#ifndef GKM_LOG_H_
#define GKM_LOG_H_

#include <daemon.h>
#include <encoding/message.h>

#include "libgkm/gikev2/gikev2_codepoints.h"

/** Names of gikev2_exchange_t */
extern enum_name_t *gikev2_exchange_names;

/**
 * Log the payloads of a message, as charon does for its own.
 *
 * @param what			"parsed" or "generating"
 * @param message		message with its payloads in plain
 * @param exchange		exchange type on the wire
 */
void gkm_log_message(char *what, message_t *message,
					 gikev2_exchange_t exchange);

#endif /** GKM_LOG_H_ @}*/
