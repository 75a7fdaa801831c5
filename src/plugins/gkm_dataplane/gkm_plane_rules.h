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
 * Rules of a data plane, put together from those of its groups.
 *
 * They match in this order:
 *   1. what routers and hosts say to each other on a link goes in clear,
 *   2. so does what any group leaves in clear: its key servers, the addresses
 *      of rekeys, and what is excluded by configuration;
 *   3. the rest is protected as rules say, those with longer prefixes first:
 *      a group that has 10.1.0.0/16 inside of another one's 10.0.0.0/8 keeps
 *      it even as long as it has no SA for it.
 *
 * @defgroup gkm_plane_rules gkm_plane_rules
 * @{ @ingroup gkm_dataplane
 */

#ifndef GKM_PLANE_RULES_H_
#define GKM_PLANE_RULES_H_

#include <collections/array.h>

#include "libgkm_dataplane/gkm_dp_rules.h"

typedef struct gkm_plane_rules_t gkm_plane_rules_t;

/**
 * Gets rules that are to count from now on.
 *
 * @param user		as passed to gkm_plane_rules_create()
 * @param rules		rules in the order of matching, borrowed
 * @param count		number of them
 * @param err		receives the reason on failure
 * @return			FALSE if those before go on to count
 */
typedef bool (*gkm_plane_rules_write_t)(void *user, gkm_dp_rule_t *rules,
										u_int count, gkm_error_t *err);

/**
 * Rules of all groups.
 */
struct gkm_plane_rules_t {

	/**
	 * Set all that a group has to say, in place of what it said before.
	 *
	 * @param group		number of the group
	 * @param rules		gkm_dp_rule_t by value, cloned, in any order. Of those
	 *					with equal selectors one counts, that has a dev if any
	 *					does.
	 * @param err		receives the reason on failure: selectors that another
	 *					group protects, too many rules, or the writer's
	 * @return			FALSE if all stays as it was
	 */
	bool (*set)(gkm_plane_rules_t *this, uint32_t group, array_t *rules,
				gkm_error_t *err);

	/**
	 * Remove all that a group said.
	 */
	void (*remove)(gkm_plane_rules_t *this, uint32_t group);

	/**
	 * Enumerate rules in the order of matching, as gkm_dp_rule_t*.
	 */
	enumerator_t *(*create_enumerator)(gkm_plane_rules_t *this);

	/**
	 * Destroy, without telling the writer.
	 */
	void (*destroy)(gkm_plane_rules_t *this);
};

/**
 * Create, without any group's rules yet.
 *
 * @param write		gets what counts, whenever it changes
 * @param user		passed to it
 */
gkm_plane_rules_t *gkm_plane_rules_create(gkm_plane_rules_write_t write,
										  void *user);

#endif /** GKM_PLANE_RULES_H_ @}*/
