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
 * Shows groups over vici, never keys:
 *
 * list-members, streams list-member events, one for each member:
 *   { <group> { <number> { identity address protocol server registered rekeyed
 *	   sender sender-ids []
 *	   peer delays ip-d3p acknowledgement rekeys-sent acks-received acks-missed
 *	   sequence-numbers []				(GDOI only)
 *	   registrations } } }
 *
 * list-group-policy, streams group-policy events, one for each group:
 *   { <group> {
 *	   rekey { proposal encryption-key-size integrity-key-size auth sig-alg
 *		 sig-hash sig-key-length management transport destination spi
 *		 original-life-time life-time rekey-time message-id }
 *	   gdoi-rekey { as rekey, with sequence-number in place of message-id,
 *		 acknowledgement acknowledgement-type }
 *	   sas { <spi> { name protocol mode source-ts destination-ts or oid and
 *		 oid-data, proposal encryption-key-size integrity-key-size
 *		 sequence-numbers senders original-life-time life-time rekey-time } }
 *	   activation-delay deactivation-delay sender-id-bits } }
 *
 * list-rekeys, streams list-rekey events, one for each rekey:
 *   { <group> { <number> { reason age new-sas deleted-sas new-rekey-sa
 *	   wrapped-keys excludes-all spi message-id datagrams octets sent failed
 *	   inband-members inband-acknowledged inband-lost
 *	   gdoi { spi sequence-number transport variants octets sent failed targets
 *		 datagrams asked acknowledged missing } } } }
 *
 * list-features, streams list-feature events, for this key server and each
 * member; with "feature", the name of one, about that only:
 *   { <group> { server { version features { <name> = yes or no } } } }
 *   { <group> { <number> { identity address protocol peer features {} } } }
 *
 * All take the name of the only group to show as "group", and fail with
 * { success = no, errmsg } if it isn't served. Times are seconds:
 * life-time and rekey-time from now on, registered since then. An SA without
 * rekey-time has a successor. rekey and gdoi-rekey are missing in groups
 * without such a rekey SA, sender-id-bits in those without counter modes.
 *
 * @defgroup gkm_server_list gkm_server_list
 * @{ @ingroup gkm_server
 */

#ifndef GKM_SERVER_LIST_H_
#define GKM_SERVER_LIST_H_

#include <daemon.h>
#include <vici_builder.h>
#include <vici_dispatcher.h>

#include "gkm_server_groups.h"

typedef struct gkm_server_list_t gkm_server_list_t;

/**
 * Implementation of the commands above.
 */
struct gkm_server_list_t {

	/**
	 * Describe groups for list-groups, see gkm_role_handler_t.list():
	 *   { <group> { role protocol state id members max-members state-kept
	 *	   transport server duty epoch rekeys messages-sent copies-sent
	 *	   send-failures d3p-window
	 *	   gdoi-members acknowledgement acknowledgements { <verdict> }
	 *	   sas { <spi> { name life-time rekey-time } }
	 *	   rekey-sa { spi life-time rekey-time message-id }
	 *	   gdoi-rekey-sa { spi life-time rekey-time sequence-number } } }
	 * max-members is 0 if there is no limit, verdicts are gkm_ack_verdict_t. Only
	 * groups of cooperative key servers have server, the number of this one, and
	 * duty and epoch.
	 */
	void (*list_groups)(gkm_server_list_t *this, char *filter,
				void (*cb)(void *user, vici_message_t *message), void *user);

	/**
	 * Describe what was counted for stats-groups, see
	 * gkm_role_handler_t.list_stats():
	 *   { <group> { role members registrations rekeys messages-sent copies-sent
	 *	   send-failures acknowledgements { <verdict> = <count>... } } }
	 * Registrations are those of members that are there.
	 */
	void (*list_stats)(gkm_server_list_t *this, char *filter,
				void (*cb)(void *user, vici_message_t *message), void *user);

	/**
	 * Describe IP delay detection for list-replay, see
	 * gkm_role_handler_t.list_replay():
	 *   { <group> { role type window } }
	 */
	void (*list_replay)(gkm_server_list_t *this, char *filter,
				void (*cb)(void *user, vici_message_t *message), void *user);

	/**
	 * Unregister the commands and destroy this.
	 */
	void (*destroy)(gkm_server_list_t *this);
};

/**
 * Register the commands.
 *
 * @param dispatcher	where to register them, has to outlive this
 * @param groups		groups to show, have to outlive this
 */
gkm_server_list_t *gkm_server_list_create(vici_dispatcher_t *dispatcher,
										  gkm_server_groups_t *groups);

#endif /** GKM_SERVER_LIST_H_ @}*/
