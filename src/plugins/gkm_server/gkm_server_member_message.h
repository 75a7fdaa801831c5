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
 * Describes members in vici messages. What is in them is in gkm_server_list.h.
 *
 * @defgroup gkm_server_member_message gkm_server_member_message
 * @{ @ingroup gkm_server
 */

#ifndef GKM_SERVER_MEMBER_MESSAGE_H_
#define GKM_SERVER_MEMBER_MESSAGE_H_

#include <vici_builder.h>

#include "libgkm/group/gkm_cfg.h"
#include "libgkm/group/gkm_members.h"

/**
 * Describe a member.
 *
 * @param cfg		configuration of its group
 * @param number	position among the members that are shown
 * @param member	member
 * @param now		current time
 */
vici_message_t *gkm_server_message_member(gkm_cfg_t *cfg, u_int number,
										  gkm_member_t *member, time_t now);

/**
 * Is there a feature of this name?
 */
bool gkm_server_is_feature(char *name);

/**
 * Describe which features a member has shown, or those of this key server.
 *
 * @param cfg		configuration of the group
 * @param number	position among the members that are shown
 * @param member	member, NULL for this key server
 * @param name		name of the only feature to tell, NULL for all
 */
vici_message_t *gkm_server_message_features(gkm_cfg_t *cfg, u_int number,
											gkm_member_t *member, char *name);

#endif /** GKM_SERVER_MEMBER_MESSAGE_H_ @}*/
