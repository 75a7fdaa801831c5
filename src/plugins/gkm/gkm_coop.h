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
 * Interfaces of cooperative key servers: between the key server role, which has
 * groups, and the gkm-coop plugin, which keeps them alike on several key
 * servers, and what the carrier does for the latter.
 *
 * Locks: the key server calls the plugin with a group's mutex, so the plugin
 * takes its own locks after that, and calls the key server without any.
 *
 * @defgroup gkm_coop gkm_coop
 * @{ @ingroup gkm
 */

#ifndef GKM_COOP_H_
#define GKM_COOP_H_

#include <library.h>
#include <utils/identification.h>

#include "libgkm/group/gkm_adoption.h"
#include "libgkm/group/gkm_cfg.h"
#include "libgkm/group/gkm_error.h"
#include "libgkm/group/gkm_record_list.h"

typedef struct gkm_coop_t gkm_coop_t;
typedef struct gkm_coop_group_t gkm_coop_group_t;
typedef struct gkm_coop_info_t gkm_coop_info_t;
typedef struct gkm_coop_links_t gkm_coop_links_t;
typedef struct gkm_coop_handler_t gkm_coop_handler_t;

/** Name to get the gkm_coop_t with: lib->get(lib, GKM_COOP_NAME), NULL if there
 *  is none */
#define GKM_COOP_NAME "gkm-coop"

/**
 * What is to be said of a group besides its records: plain data.
 */
struct gkm_coop_info_t {

	/** current time by the clock that times in records are of, in milliseconds
	 *  since 1970 */
	uint64_t now;

	/** epoch and lineage, see gkm_coop_status_t */
	uint64_t epoch;
	uint64_t lineage;

	/** members that registered here, and all that are known */
	uint32_t own_members;
	uint32_t members;

	/** what the primary is to be asked for, GKM_COOP_RENEW_* */
	uint32_t requests;

	/** TRUE if there are SAs from before a restart */
	bool restored;
};

/**
 * A group of this key server that others serve too, implemented by the key
 * server role. Its methods lock the group; one call at a time, without locks.
 */
struct gkm_coop_group_t {

	/** name of the section and identity, borrowed */
	char *name;
	identification_t *id;

	/**
	 * Change what this key server does for the group.
	 *
	 * @param duty		from now on; GKM_DUTY_WAITING before the first call
	 * @param epoch		of a primary; members are told with the first message
	 *					IDs of a new block
	 * @param takeover	PRIMARY: members have SAs of another one, rekey them
	 */
	void (*set_duty)(gkm_coop_group_t *this, gkm_duty_t duty, uint64_t epoch,
					 bool takeover);

	/**
	 * Get what has changed here since the last call.
	 *
	 * @param ticket	receives what to call release() with once other key
	 *					servers know that, 0 if nothing waits
	 * @return			records to be destroyed, NULL if nothing has changed
	 */
	gkm_record_list_t *(*get_changes)(gkm_coop_group_t *this, u_int *ticket);

	/**
	 * Get all that there is. What has changed is said by get_changes() all the
	 * same, to those that have had all before.
	 */
	gkm_record_list_t *(*get_all)(gkm_coop_group_t *this, u_int *ticket);

	/**
	 * Rekeys up to a ticket may be sent to members.
	 */
	void (*release)(gkm_coop_group_t *this, u_int ticket);

	/**
	 * Take over what another key server says.
	 *
	 * @param how		what it is
	 * @param records	records
	 * @param err		receives the reason on failure
	 * @return			FALSE if it can't be used: nothing changed
	 */
	bool (*adopt)(gkm_coop_group_t *this, gkm_adoption_t *how,
				  gkm_record_list_t *records, gkm_error_t *err);

	/**
	 * A secondary asks this primary for something.
	 *
	 * @param requests	GKM_COOP_RENEW_*
	 */
	void (*request)(gkm_coop_group_t *this, uint32_t requests);

	/**
	 * Get what else is to be said.
	 */
	void (*get_info)(gkm_coop_group_t *this, gkm_coop_info_t *info);
};

/**
 * Cooperation with other key servers, implemented by the gkm-coop plugin.
 */
struct gkm_coop_t {

	/**
	 * A group with peers was loaded, or its configuration changed.
	 *
	 * @param group		group, has to last until detach()
	 * @param cfg		configuration, borrowed for the call
	 * @param err		receives the reason on failure, such as a connection
	 *					that replaces IKE_SAs of the same peer
	 * @return			FALSE if refused, all is as before then
	 */
	bool (*attach)(gkm_coop_t *this, gkm_coop_group_t *group, gkm_cfg_t *cfg,
				   gkm_error_t *err);

	/**
	 * A group is gone. Nothing of it is called any more once this returned.
	 * Called without locks.
	 */
	void (*detach)(gkm_coop_t *this, gkm_coop_group_t *group);

	/**
	 * Something changed in a group: get_changes() has something to say. May be
	 * called with the group's mutex.
	 */
	void (*changed)(gkm_coop_t *this, gkm_coop_group_t *group);
};

/**
 * Who hears of messages from other key servers, implemented by the gkm-coop
 * plugin.
 */
struct gkm_coop_handler_t {

	/**
	 * A peer sent a message over an IKE_SA that authenticated both. Called by
	 * charon's threads with the IKE_SA checked out: be quick, don't wait.
	 *
	 * @param connection	name of the connection of the IKE_SA
	 * @param id			identity that the peer authenticated with
	 * @param message		what it said, borrowed
	 * @param answer		receives what to answer, allocated; may stay empty
	 * @return				FALSE to refuse it: an error notify is the answer
	 */
	bool (*received)(gkm_coop_handler_t *this, char *connection,
					 identification_t *id, chunk_t message, chunk_t *answer);

	/**
	 * An IKE_SA of a connection that open() was called for is up that messages
	 * can be sent over, or the last one is gone. That one is up may be
	 * said again: after each call to open(), and if another one came in the place
	 * of the last one at once. Called by a job, without locks: be quick.
	 */
	void (*link)(gkm_coop_handler_t *this, char *connection, bool up);
};

/**
 * IKE_SAs between key servers, implemented by the carrier: gkm_t.coop. Each
 * message is a request of an exchange of private use over an ordinary IKE_SA
 * of a swanctl connection, whoever initiated it; its answer is the response.
 */
struct gkm_coop_links_t {

	/**
	 * Set who hears of messages, NULL for nobody: COOP messages are refused.
	 * Once this returned the one before isn't called any more.
	 */
	void (*set_handler)(gkm_coop_links_t *this, gkm_coop_handler_t *handler);

	/**
	 * Keep an IKE_SA of a connection up: initiate one if there is none, and try
	 * again until close(). Calls are counted, the shortest pace counts.
	 *
	 * @param connection	name of a swanctl connection
	 * @param pace			milliseconds: a message without answer is sent again
	 *						after that, in place of charon's longer times; an
	 *						attempt that has no answer begins anew after some of
	 *						these
	 */
	void (*open)(gkm_coop_links_t *this, char *connection, u_int pace);

	/**
	 * Undo open(). With the last call, messages that are under way or wait fail
	 * before this returns, but IKE_SAs that are up stay.
	 */
	void (*close)(gkm_coop_links_t *this, char *connection);

	/**
	 * Send a message. One at a time is under way for each connection, others
	 * wait for it in the order of calls.
	 *
	 * @param connection	name of the connection
	 * @param message		message, adopted, wiped once it was answered
	 * @param done			called once with the answer, borrowed, or with
	 *						success FALSE if refused, if the IKE_SA is gone, or
	 *						if there is none; the IKE_SA may be checked out: be
	 *						quick. Called at once only if open() wasn't. A
	 *						message that has failed may have arrived.
	 * @param user			passed to done
	 */
	void (*send)(gkm_coop_links_t *this, char *connection, chunk_t message,
				 void (*done)(void *user, bool success, chunk_t answer),
				 void *user);

	/**
	 * A peer doesn't answer: forget its IKE_SA without telling it, and begin
	 * anew. What waits to be sent over it fails, from a job.
	 */
	void (*drop)(gkm_coop_links_t *this, char *connection);
};

#endif /** GKM_COOP_H_ @}*/
