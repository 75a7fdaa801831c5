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
 * Which members a notice is for: a part of gkm_group.h.
 *
 * @defgroup gkm_recipients gkm_recipients
 * @{ @ingroup libgkm
 */

#ifndef GKM_RECIPIENTS_H_
#define GKM_RECIPIENTS_H_

#include "gkm_cfg.h"
#include "gkm_members.h"
#include "gkm_notice.h"

/**
 * Say in a notice who is told by what it holds. What would go to nobody over
 * IKE_SAs or by unicast is removed from it; that a message is sent is counted
 * for members that use GDOI.
 *
 * @param cfg			configuration
 * @param members		members
 */
void gkm_recipients_address(gkm_notice_t *notice, gkm_cfg_t *cfg,
							gkm_members_t *members);

/**
 * Say which members a notice is for that are rekeyed in-band. If there are none
 * what would go to them is removed from it.
 */
void gkm_recipients_address_inband(gkm_notice_t *notice,
								   gkm_members_t *members);

/**
 * Get members to send a copy of a rekey to.
 *
 * @param number		number of the rekey, see gkm_pushes.h; those that need it
 *						no more are left out
 * @return				gkm_target_t by value, to be destroyed
 */
array_t *gkm_recipients_of_copies(gkm_members_t *members, uint32_t number);

#endif /** GKM_RECIPIENTS_H_ @}*/
