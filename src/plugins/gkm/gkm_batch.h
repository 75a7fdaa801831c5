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
 * One datagram to many addresses, with few system calls.
 *
 * @defgroup gkm_batch gkm_batch
 * @{ @ingroup gkm
 */

#ifndef GKM_BATCH_H_
#define GKM_BATCH_H_

#include "libgkm/group/gkm_error.h"
#include "libgkm/group/gkm_notice.h"

/**
 * Sends as many copies at once as the system takes.
 */
typedef struct gkm_batch_t gkm_batch_t;

/**
 * Prepare sending.
 *
 * @param fd			socket
 * @param control		ancillary data, such as the source address; empty for
 *						none; cloned
 * @param datagram		what to send, borrowed
 */
gkm_batch_t *gkm_batch_create(int fd, chunk_t control, chunk_t datagram);

/**
 * Send to a target, soon.
 *
 * @param target		where to, of the socket's family
 * @param err			receives the reason of the last failure
 * @return				number of targets that it was sent to meanwhile
 */
u_int gkm_batch_add(gkm_batch_t *this, gkm_target_t *target, gkm_error_t *err);

/**
 * Send to the targets that are left, and destroy this.
 *
 * @param err			receives the reason of the last failure
 * @return				number of targets that it was sent to meanwhile
 */
u_int gkm_batch_finish(gkm_batch_t *this, gkm_error_t *err);

/**
 * Note why sending failed. Each time, so that the last one is kept.
 *
 * @param err			receives the reason, may be NULL
 * @param reason		the reason
 */
void gkm_batch_fail(gkm_error_t *err, const char *reason);

#endif /** GKM_BATCH_H_ @}*/
