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
 * What members lack when their key server took over the SAs of another one: the
 * difference to what they have. A part of gkm_adopt.h.
 *
 * @defgroup gkm_news gkm_news
 * @{ @ingroup libgkm
 */

#ifndef GKM_NEWS_H_
#define GKM_NEWS_H_

#include "gkm_policy.h"

/**
 * Note which data SAs members have.
 *
 * @param policy		SAs, before they change
 * @return				to be passed to gkm_news_get(), or to be destroyed
 */
array_t *gkm_news_begin(gkm_policy_t *policy);

/**
 * Get what members have to be told: data SAs that are new, when they are to be
 * used, and those that end earlier than they know.
 *
 * @param held			what gkm_news_begin() said, destroyed
 * @param policy		SAs as they are now
 * @param cfg			configuration
 * @param now			current time
 * @return				update, may be empty
 */
gkm_update_t *gkm_news_get(array_t *held, gkm_policy_t *policy, gkm_cfg_t *cfg,
						   time_t now);

#endif /** GKM_NEWS_H_ @}*/
