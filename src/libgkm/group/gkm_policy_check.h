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
 * What a member accepts from a key server: nothing that its administrator
 * didn't allow.
 *
 * @defgroup gkm_policy_check gkm_policy_check
 * @{ @ingroup libgkm
 */

#ifndef GKM_POLICY_CHECK_H_
#define GKM_POLICY_CHECK_H_

#include "gkm_cfg.h"
#include "gkm_download.h"
#include "gkm_error.h"

/**
 * Find the section of a member's configuration that allows a data SA: one
 * whose selectors contain those of the SA, with the same mode, a proposal
 * that has the SA's algorithms, and no more senders than it says. For
 * PROTO_IEC_61850 that is one with the SA's object identifier, its data unless
 * it has none, and a proposal as above.
 *
 * @param cfg		configuration of a member
 * @param sa		data SA
 * @param err		receives what isn't allowed, with the SA's SPI
 * @return			section, NULL if none allows this SA
 */
gkm_cfg_sa_t *gkm_policy_find(gkm_cfg_t *cfg, gkm_data_sa_t *sa,
							  gkm_error_t *err);

/**
 * Find the same section, and have it decide on what the key server doesn't
 * tell: GDOI's symmetric SAs have sequence numbers of a single sender if the
 * section says that there is one.
 *
 * @param cfg		configuration of a member
 * @param sa		data SA that is allowed, changed
 * @return			section
 */
gkm_cfg_sa_t *gkm_policy_apply(gkm_cfg_t *cfg, gkm_data_sa_t *sa);

/**
 * Is all of a download allowed: each data SA, as gkm_policy_find() says, and
 * the algorithms of the rekey SA?
 *
 * What the protocol itself demands, as of SPIs and lifetimes, was checked when
 * the download was read. Keys aren't looked at, and need not be there.
 *
 * @param cfg		configuration of a member
 * @param download	what a key server sent
 * @param err		receives what isn't allowed
 * @return			TRUE if all may be installed
 */
bool gkm_policy_check(gkm_cfg_t *cfg, gkm_download_t *download,
					  gkm_error_t *err);

/**
 * What a member that uses G-IKEv2 can do according to its configuration, to be
 * sent as SAg.
 *
 * All proposals have the same number, since none of them depends on another
 * (RFC 9838, 2.3.3).
 *
 * @param cfg		configuration of a member
 * @return			proposals of ESP, AH and PROTO_GIKE_UPDATE, as proposal_t*
 */
linked_list_t *gkm_policy_capabilities(gkm_cfg_t *cfg);

#endif /** GKM_POLICY_CHECK_H_ @}*/
