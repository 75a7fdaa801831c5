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
 * The vici endpoint for groups: commands that load, unload and list groups of
 * all roles, which are registered here, and events.
 *
 * @defgroup gkm_vici gkm_vici
 * @{ @ingroup gkm
 */

#ifndef GKM_VICI_H_
#define GKM_VICI_H_

#include "gkm.h"

typedef struct gkm_vici_t gkm_vici_t;

/**
 * Appended to the URI of charon's vici socket for the socket of groups.
 */
#define GKM_VICI_SUFFIX ".gkm"

/**
 * vici endpoint. Commands and what they answer with:
 *
 * load-group	{ <name> { options and sections as in swanctl.conf, all values
 *				strings } } -> { success, errmsg, unchanged }. A group that is
 *				loaded and configured the same is left alone (unchanged = yes);
 *				a failure leaves everything as it was.
 * unload-group	{ name } -> { success, errmsg }
 * get-groups	{} -> { groups [ <name> ] }
 * list-groups	{ group = <name>, optional } -> {}, or { success = no, errmsg }
 *				if the group isn't loaded. Streams events "list-group", each
 *				what a role's list() passed.
 * list-replay	the same for a role's list_replay(), with events "list-replay":
 *				{ <name> { role, type (posix-time or none), window } }, window in
 *				milliseconds. Members add server-type and server-window, what
 *				their key server said, source of the window, and enforced (yes
 *				or no). If it isn't there is a note, if it is packets-in,
 *				packets-out, errors-in, errors-out and sections history.<number>
 *				{ time, source, here, there, window, reason }.
 * stats-groups	the same for a role's list_stats(), with events "stats-group",
 *				{ <name> { role, counters and sections of them } }
 *
 * Event "group-event": { group (optional), severity, name, text }
 */
struct gkm_vici_t {

	/**
	 * Get the dispatcher, for commands and events of a role.
	 */
	vici_dispatcher_t *(*get_dispatcher)(gkm_vici_t *this);

	/**
	 * Register a role, before groups of it are loaded.
	 */
	void (*add_role)(gkm_vici_t *this, gkm_role_handler_t *handler);

	/**
	 * Unregister a role, forgetting its groups without unloading them. Waits
	 * until nobody uses the handler.
	 */
	void (*remove_role)(gkm_vici_t *this, gkm_role_handler_t *handler);

	/**
	 * Let the server role answer a peer, see gkm_role_handler_t.answer().
	 *
	 * @param error			receives 0, or the error notify to send
	 * @return				FALSE if there is no such role
	 */
	bool (*answer)(gkm_vici_t *this, ike_sa_t *ike_sa,
				   gkm_registration_t *request, gkm_download_t **download,
				   notify_type_t *error);

	/**
	 * Let the server role tell a peer the policy of a group, see
	 * gkm_role_handler_t.offer().
	 *
	 * @param error			receives 0, or the error notify
	 * @return				FALSE if there is no such role
	 */
	bool (*offer)(gkm_vici_t *this, ike_sa_t *ike_sa,
				  gkm_registration_t *request, gdoi_format_t *format,
				  gkm_download_t **download, notify_type_t *error);

	/**
	 * Let a role read a datagram, see gkm_role_handler_t.datagram().
	 */
	void (*datagram)(gkm_vici_t *this, gkm_role_t role, chunk_t datagram,
					 host_t *src, host_t *dst);

	/**
	 * Let the member role have an update, see gkm_role_handler_t.inband().
	 *
	 * @param update		what the key server said, passed
	 */
	void (*inband)(gkm_vici_t *this, uint32_t ike_sa_id,
				   gkm_update_t *update);

	/**
	 * Raise event "group-event" to those who listen.
	 *
	 * @param group			name of the group, NULL if none
	 * @param severity		0 (emergency) to 7, as in syslog
	 * @param name			name of the event
	 * @param text			what happened
	 */
	void (*event)(gkm_vici_t *this, char *group, int severity, char *name,
				  char *text);

	/**
	 * Close the endpoint. Roles have to be unregistered.
	 */
	void (*destroy)(gkm_vici_t *this);
};

/**
 * Open the endpoint at charon.plugins.gkm.socket, which by default is the
 * socket of the vici plugin with GKM_VICI_SUFFIX.
 *
 * @return				endpoint, NULL if it can't be opened
 */
gkm_vici_t *gkm_vici_create();

#endif /** GKM_VICI_H_ @}*/
