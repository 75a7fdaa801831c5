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
 * Groups that this daemon serves.
 *
 * @defgroup gkm_server_groups gkm_server_groups
 * @{ @ingroup gkm_server
 */

#ifndef GKM_SERVER_GROUPS_H_
#define GKM_SERVER_GROUPS_H_

#include <collections/array.h>
#include <credentials/keys/private_key.h>
#include <threading/mutex.h>

#include "gkm_outbox.h"
#include "gkm_server_history.h"

#include "libgkm/group/gkm_group.h"

typedef struct gkm_ack_count_t gkm_ack_count_t;
typedef struct gkm_server_coop_t gkm_server_coop_t;
typedef struct gkm_server_group_t gkm_server_group_t;
typedef struct gkm_server_groups_t gkm_server_groups_t;

/** What became of acknowledgements of GDOI rekeys */
typedef enum gkm_ack_verdict_t {
	GKM_ACK_ACCEPTED,
	/** the group has no acknowledgements */
	GKM_ACK_UNSOLICITED,
	/** it is of a kind that isn't accepted */
	GKM_ACK_REFUSED,
	GKM_ACK_MALFORMED,
	/** it comes from another address than it says */
	GKM_ACK_FOREIGN,
	/** its hash is wrong */
	GKM_ACK_FORGED,
	/** the member wasn't told that, acknowledged it before, or is unknown */
	GKM_ACK_UNEXPECTED,
	/** there were too many at once */
	GKM_ACK_DROPPED,
} gkm_ack_verdict_t;

/** Names of the above: "accepted", "unsolicited" ... */
extern enum_name_t *gkm_ack_verdict_names;

/**
 * Acknowledgements of one verdict: plain data.
 */
struct gkm_ack_count_t {

	/** all of them */
	u_int count;

	/** when one was logged last, in monotonic seconds, and how many weren't
	 *  since */
	time_t logged;
	u_int muted;
};

/**
 * A group with its lock. Counted: whoever has one from gkm_server_groups_t
 * releases it with gkm_server_group_destroy().
 */
struct gkm_server_group_t {

	/** name of its section and identity, don't change */
	char *name;
	identification_t *id;

	/** protects all below */
	mutex_t *mutex;

	/** the group */
	gkm_group_t *group;

	/** key that signs rekeys, NULL if they aren't signed */
	private_key_t *key;

	/** rekey messages that are being sent */
	gkm_outbox_t *outbox;

	/** rekeys made lately */
	gkm_server_history_t history;

	/** number of the first rekey that members aren't told of yet, as other key
	 *  servers have to know it before, 0 if there is none */
	u_int held;

	/** tells other key servers that serve it too, see gkm_server_coop.h; NULL
	 *  if there are none. Doesn't change. */
	gkm_server_coop_t *coop;

	/** rekey messages that its primary is sending, as gkm_outbox_t.encode()
	 *  wrote them, while this one isn't that; empty if there are none */
	chunk_t sending;

	/** acknowledgements by verdict */
	gkm_ack_count_t acks[GKM_ACK_DROPPED + 1];

	/** TRUE if the store has all that there is of the group */
	bool kept;

	/** TRUE if it isn't served any more: nothing is kept or sent */
	bool gone;

	/** TRUE if administrators know that it hasn't */
	bool warned;

	/** when to try again to keep all there is, after that failed */
	time_t retry;

	/** TRUE if there may be members that are rekeyed in-band; can be read
	 *  without the mutex */
	bool inband;

	/** references, see above */
	refcount_t ref;
};

/**
 * Create a group.
 *
 * @param group		group, adopted
 * @param key		key that signs its rekeys, adopted, may be NULL
 * @param gkm		sends its rekeys
 */
gkm_server_group_t *gkm_server_group_create(gkm_group_t *group,
											private_key_t *key, gkm_t *gkm);

/**
 * Does this key server make the SAs of a group, as it is alone, or the primary?
 * Called with the group's mutex.
 */
static inline bool gkm_server_group_is_primary(gkm_server_group_t *this)
{
	return this->group->get_duty(this->group) == GKM_DUTY_PRIMARY;
}

/**
 * Get another reference to a group.
 */
gkm_server_group_t *gkm_server_group_get_ref(gkm_server_group_t *this);

/**
 * Release a group.
 *
 * @param this		group, may be NULL
 */
void gkm_server_group_destroy(gkm_server_group_t *this);

/**
 * Groups by name and identity.
 */
struct gkm_server_groups_t {

	/**
	 * Add a group, in place of one of the same name.
	 *
	 * @param group		group, adopted
	 */
	void (*put)(gkm_server_groups_t *this, gkm_server_group_t *group);

	/**
	 * Remove a group.
	 *
	 * @param name		name of its section
	 * @return			FALSE if there is none
	 */
	bool (*remove)(gkm_server_groups_t *this, char *name);

	/**
	 * Get a group by name.
	 *
	 * @param name		name of its section
	 * @return			group to be released, NULL if there is none
	 */
	gkm_server_group_t *(*get)(gkm_server_groups_t *this, char *name);

	/**
	 * Get a group by identity.
	 *
	 * @param id		group identity
	 * @return			group to be released, NULL if there is none
	 */
	gkm_server_group_t *(*find)(gkm_server_groups_t *this,
								identification_t *id);

	/**
	 * Enumerate the groups that there are now.
	 *
	 * @param filter	name of the only group to enumerate, or NULL for all
	 * @return			enumerator over gkm_server_group_t*, valid until it is
	 *					destroyed; holds no lock
	 */
	enumerator_t *(*create_enumerator)(gkm_server_groups_t *this, char *filter);

	/**
	 * May one of the groups have members that are rekeyed in-band?
	 */
	bool (*have_inband)(gkm_server_groups_t *this);

	/**
	 * Destroy this, releasing all groups.
	 */
	void (*destroy)(gkm_server_groups_t *this);
};

/**
 * Create an empty set of groups.
 */
gkm_server_groups_t *gkm_server_groups_create();

#endif /** GKM_SERVER_GROUPS_H_ @}*/
