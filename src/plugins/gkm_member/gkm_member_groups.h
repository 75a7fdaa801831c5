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
 * Groups that this host is a member of.
 *
 * @defgroup gkm_member_groups gkm_member_groups
 * @{ @ingroup gkm_member
 */

#ifndef GKM_MEMBER_GROUPS_H_
#define GKM_MEMBER_GROUPS_H_

#include "gkm_member_group.h"

typedef struct gkm_member_groups_t gkm_member_groups_t;

/**
 * Registry of groups. Synchronized; nothing of a group is called with its lock
 * held but get_cfg() and get_ref().
 */
struct gkm_member_groups_t {

	/**
	 * Add a group.
	 *
	 * @param group			group, adopted
	 */
	void (*add)(gkm_member_groups_t *this, gkm_member_group_t *group);

	/**
	 * Get a group.
	 *
	 * @param name			its name
	 * @return				reference, NULL if there is none of that name
	 */
	gkm_member_group_t *(*get)(gkm_member_groups_t *this, char *name);

	/**
	 * Take a group out.
	 *
	 * @param name			its name, NULL for any
	 * @return				group, passed; NULL if there is none
	 */
	gkm_member_group_t *(*remove)(gkm_member_groups_t *this, char *name);

	/**
	 * Get groups.
	 *
	 * @param name			name of the only one to get, NULL for all
	 * @return				references, as gkm_member_group_t*, to be destroyed
	 */
	linked_list_t *(*get_all)(gkm_member_groups_t *this, char *name);

	/**
	 * Destroy this, groups that are left as well.
	 */
	void (*destroy)(gkm_member_groups_t *this);
};

/**
 * Create a registry without groups.
 */
gkm_member_groups_t *gkm_member_groups_create();

#endif /** GKM_MEMBER_GROUPS_H_ @}*/
