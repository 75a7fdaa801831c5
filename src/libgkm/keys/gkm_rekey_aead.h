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
 * @defgroup gkm_rekey_aead gkm_rekey_aead
 * @{ @ingroup libgkm
 */

#ifndef GKM_REKEY_AEAD_H_
#define GKM_REKEY_AEAD_H_

#include <crypto/aead.h>

#include "gkm_keymat.h"

/**
 * Create what encrypts messages of a rekey SA and protects their integrity.
 *
 * @param proposal		GIKE_UPDATE
 * @param keys			keys, copied
 * @param err			receives the reason on failure
 * @return				transform, NULL if algorithms aren't there or keys don't
 *						fit
 */
aead_t *gkm_rekey_aead_create(proposal_t *proposal, gkm_rekey_keys_t *keys,
							  gkm_error_t *err);

#endif /** GKM_REKEY_AEAD_H_ @}*/
