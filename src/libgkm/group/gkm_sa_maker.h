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
 * Makes SAs with fresh keys and SPIs, for key servers.
 *
 * @defgroup gkm_sa_maker gkm_sa_maker
 * @{ @ingroup libgkm
 */

#ifndef GKM_SA_MAKER_H_
#define GKM_SA_MAKER_H_

#include "gkm_cfg.h"
#include "gkm_download.h"
#include "gkm_error.h"
#include "gkm_policy.h"

/**
 * Get the proposal that a key server uses of those in a section.
 *
 * @param proposals		proposal_t*, at least one
 * @return				first one, borrowed
 */
proposal_t *gkm_sa_maker_proposal(array_t *proposals);

/** Size of a buffer for gkm_sa_maker_name() */
#define GKM_SA_MAKER_NAME_LEN 256

/**
 * Name all that matters of a proposal, to find out whether an SA that was kept
 * is one that would be made today.
 *
 * @param buf			receives the name
 * @return				buf
 */
char *gkm_sa_maker_name(proposal_t *proposal, char buf[GKM_SA_MAKER_NAME_LEN]);

/**
 * Take a random SPI into use, one of those that belong to a key server.
 *
 * @param spis			where it is acquired, to be released by the caller
 * @param id			number of the key server, 0 if it is alone
 * @param spi			receives the SPI in network byte order
 * @param err			receives the reason on failure
 * @return				FALSE if none is free
 */
bool gkm_sa_maker_spi(gkm_spis_t *spis, uint8_t id, uint32_t *spi,
					  gkm_error_t *err);

/**
 * Does an SPI belong to a key server?
 *
 * @param id			number of the key server, 0 if it is alone
 * @param spi			SPI in network byte order
 */
bool gkm_sa_maker_owns_spi(uint8_t id, uint32_t spi);

/**
 * Make a data SA.
 *
 * @param cfg			section that asks for it
 * @param src			source, one of the section's; cloned
 * @param dst			destination, one of the section's; cloned
 * @param spi			its SPI
 * @param err			receives the reason on failure
 * @return				data SA without lifetime, NULL on failure
 */
gkm_data_sa_t *gkm_sa_maker_data(gkm_cfg_sa_t *cfg, traffic_selector_t *src,
								 traffic_selector_t *dst, uint32_t spi,
								 gkm_error_t *err);

/**
 * Make a rekey SA.
 *
 * @param cfg			configuration of a group that has such rekey SAs
 * @param protocol		protocol of the members that it is for
 * @param auth_key		DER SubjectPublicKeyInfo, cloned if rekeys are signed
 * @param sig_alg		DER AlgorithmIdentifier, cloned if rekeys are signed
 * @param last			rekey SA that it succeeds, which may know its SPI; NULL
 *						if there is none
 * @param err			receives the reason on failure
 * @return				rekey SA without lifetime, NULL on failure
 */
gkm_rekey_sa_t *gkm_sa_maker_rekey(gkm_cfg_t *cfg, gkm_protocol_t protocol,
								   chunk_t auth_key, chunk_t sig_alg,
								   gkm_rekey_sa_t *last, gkm_error_t *err);

#endif /** GKM_SA_MAKER_H_ @}*/
