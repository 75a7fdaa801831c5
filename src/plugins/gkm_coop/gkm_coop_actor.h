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
 * Does for a group what others say and time demands, one thing after the other:
 * a job that runs while there is something to do.
 *
 *   charon's threads --> channel --> events -.
 *   key server -----> something changed -----+--> job --> gkm_coop_core_t
 *   timer, commands -------------------------'
 *
 * @defgroup gkm_coop_actor gkm_coop_actor
 * @{ @ingroup gkm_coop
 */

#ifndef GKM_COOP_ACTOR_H_
#define GKM_COOP_ACTOR_H_

#include "gkm_coop_core.h"
#include "gkm_coop_intake.h"

typedef struct gkm_coop_actor_t gkm_coop_actor_t;
typedef struct gkm_coop_channel_t gkm_coop_channel_t;

/**
 * What is shown of a group.
 *
 * @param user			as passed to gkm_coop_actor_t.inspect()
 * @param core			group
 * @param intakes		what was received, by position of the peer
 * @param seq			number of the last message that was sent
 */
typedef void (*gkm_coop_inspect_t)(void *user, gkm_coop_core_t *core,
								   gkm_coop_intake_t *intakes, uint64_t seq);

/**
 * Actor of a group. Counted.
 */
struct gkm_coop_actor_t {

	/** key server's side of the group, not to be called */
	gkm_coop_group_t *group;

	/** name and identity of the group */
	char *name;
	identification_t *id;

	/** hears what others say, see gkm_coop_channel.h */
	gkm_coop_channel_t *channel;

	/**
	 * Change the configuration. If others, or how this one serves the group
	 * with them changed, it begins anew.
	 *
	 * @param cfg			configuration, adopted
	 */
	void (*configure)(gkm_coop_actor_t *this, gkm_cfg_t *cfg);

	/**
	 * The key server may have changes.
	 */
	void (*changed)(gkm_coop_actor_t *this);

	/**
	 * Something happened that the channel has.
	 */
	void (*wake)(gkm_coop_actor_t *this);

	/**
	 * An administrator wants an election.
	 */
	void (*reset)(gkm_coop_actor_t *this);

	/**
	 * Look at the group, while nothing else is done for it.
	 *
	 * @param cb			called once, unless there is nothing to look at
	 * @param user			passed to cb
	 */
	void (*inspect)(gkm_coop_actor_t *this, gkm_coop_inspect_t cb, void *user);

	/**
	 * Do nothing any more. Nothing of the group is called once this returned.
	 */
	void (*stop)(gkm_coop_actor_t *this);

	/**
	 * Get another reference.
	 */
	gkm_coop_actor_t *(*get_ref)(gkm_coop_actor_t *this);

	/**
	 * Release a reference; stop() comes before the last one.
	 */
	void (*destroy)(gkm_coop_actor_t *this);
};

/**
 * Create an actor, which begins at once.
 *
 * @param gkm			carrier
 * @param group			group, name and id are cloned
 * @param cfg			configuration, adopted
 */
gkm_coop_actor_t *gkm_coop_actor_create(gkm_t *gkm, gkm_coop_group_t *group,
										gkm_cfg_t *cfg);

#endif /** GKM_COOP_ACTOR_H_ @}*/
