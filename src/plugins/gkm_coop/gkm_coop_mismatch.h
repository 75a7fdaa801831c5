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
 * What is configured in another way at another key server of a group.
 *
 * @defgroup gkm_coop_mismatch gkm_coop_mismatch
 * @{ @ingroup gkm_coop
 */

#ifndef GKM_COOP_MISMATCH_H_
#define GKM_COOP_MISMATCH_H_

#include "libgkm/coop/gkm_coop_summary.h"

typedef struct gkm_coop_difference_t gkm_coop_difference_t;

/**
 * A difference: plain data.
 */
struct gkm_coop_difference_t {

	/** what it is */
	char *name;

	/** values, one may be NULL */
	char *ours;
	char *theirs;
};

/**
 * Compare configurations.
 *
 * @param differences	what differed before as gkm_coop_difference_t*, may be
 *						NULL; replaced by what does now
 * @param changed		called for each name whose values differ in another way
 *						than before
 * @param user			passed to changed
 */
void gkm_coop_mismatch_update(array_t **differences, array_t *ours,
							  array_t *theirs,
							  void (*changed)(void *user, char *name),
							  void *user);

/**
 * Forget differences.
 */
void gkm_coop_mismatch_forget(array_t **differences);

#endif /** GKM_COOP_MISMATCH_H_ @}*/
