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
 * What RFC 9838 demands of the answer to a registration or of a rekey as a
 * whole, whether it is about to be sent or was received.
 *
 * @defgroup gikev2_rules gikev2_rules
 * @{ @ingroup libgkm
 */

#ifndef GIKEV2_RULES_H_
#define GIKEV2_RULES_H_

#include "gikev2_download.h"
#include "gikev2_update.h"

/**
 * Check a key of a key tree: its number, and that it has the length that the
 * key wrap algorithm takes.
 *
 * @param kwk		key
 * @param kwa		key wrap algorithm of the rekey SA
 * @param err		receives the reason on failure
 * @return			TRUE if all is well
 */
bool gikev2_rules_check_kwk(gkm_kwk_t *kwk, uint16_t kwa, gkm_error_t *err);

/**
 * Check a download, see gikev2_download_parse().
 *
 * @param download	download, complete with keys
 * @param ctx		IKE_SA's part
 * @param err		receives the reason on failure, which names the SA
 * @return			TRUE if all is well
 */
bool gikev2_rules_check(gkm_download_t *download, gikev2_context_t *ctx,
						gkm_error_t *err);

/**
 * Check an update, see gikev2_update_parse().
 *
 * @param update	update, complete with keys
 * @param ctx		message's part; transport isn't used
 * @param err		receives the reason on failure, which names the SA
 * @return			TRUE if all is well
 */
bool gikev2_rules_check_update(gkm_update_t *update,
							   gikev2_update_context_t *ctx, gkm_error_t *err);

#endif /** GIKEV2_RULES_H_ @}*/
