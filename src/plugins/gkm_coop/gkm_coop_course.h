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
 * What a key server does among the others of a group: carries out what the
 * election says.
 *
 * @defgroup gkm_coop_course gkm_coop_course
 * @{ @ingroup gkm_coop
 */

#ifndef GKM_COOP_COURSE_H_
#define GKM_COOP_COURSE_H_

#include "gkm_coop_core.h"

/**
 * Ask the election, and do what it says.
 */
void gkm_coop_course_decide(gkm_coop_core_t *core);

/**
 * All that the primary has was taken over: FOLLOWS.
 */
void gkm_coop_course_follow(gkm_coop_core_t *core);

/**
 * Begin an election by request.
 *
 * @return			FALSE if there was one just now
 */
bool gkm_coop_course_reset(gkm_coop_core_t *core);

#endif /** GKM_COOP_COURSE_H_ @}*/
