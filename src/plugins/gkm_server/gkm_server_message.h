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
 * Describes groups in vici messages, never keys. What is in them is in
 * gkm_server_list.h. Called with the mutex of the group, unless said otherwise.
 *
 * @defgroup gkm_server_message gkm_server_message
 * @{ @ingroup gkm_server
 */

#ifndef GKM_SERVER_MESSAGE_H_
#define GKM_SERVER_MESSAGE_H_

#include <vici_builder.h>

#include "gkm_server_groups.h"

/**
 * Seconds that are left until a time.
 */
u_int gkm_server_seconds_to(time_t when, time_t now);

/**
 * Describe a group with members, SAs and what became of rekeys.
 */
vici_message_t *gkm_server_message_group(gkm_server_group_t *entry, time_t now);

/**
 * Describe what was counted for a group.
 */
vici_message_t *gkm_server_message_stats(gkm_server_group_t *entry, time_t now);

/**
 * Describe IP delay detection in a group.
 */
vici_message_t *gkm_server_message_replay(gkm_server_group_t *entry,
										  time_t now);

/**
 * Describe a rekey. Called without mutex.
 *
 * @param group		name of the group
 * @param note		rekey
 */
vici_message_t *gkm_server_message_rekey(char *group, gkm_rekey_note_t *note,
										 time_t now);

/**
 * Describe the policy of a group.
 */
vici_message_t *gkm_server_message_policy(gkm_server_group_t *entry,
										  time_t now);

#endif /** GKM_SERVER_MESSAGE_H_ @}*/
