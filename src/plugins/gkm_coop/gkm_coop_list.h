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
 * Shows administrators how key servers cooperate, in vici messages.
 *
 * list-servers { group = <name, optional> } streams an event list-server for
 * each group that is served together with others:
 *
 *   <group> {
 *     id = <number of this key server>
 *     priority = <1..255>
 *     preempt = <yes|no>
 *     role = <waiting|secondary|primary>
 *     status = alive
 *     course = <seeks|joins|follows|leads|yields>
 *     primary = <number, 0 if there is none>
 *     epoch = <number>
 *     lineage = <hex>
 *     boot = <hex>
 *     seq = <number of the last message>
 *     software = <version>
 *     protocol = <version>
 *     heartbeat = <ms>
 *     misses = <number>
 *     wait = <ms>
 *     wait-left = <ms until it doesn't wait for others, 0 unless waiting>
 *     own-members = <number>
 *     members = <number>
 *     mismatches = <number>
 *     peers {
 *       <connection> {
 *         address = <configured address>
 *         identity = <authenticated, or configured>
 *         ike = <established|connecting>
 *         status = <alive|dead|unknown>
 *         id, priority, role, primary, epoch, lineage, boot, seq, software,
 *         protocol, own-members, members		# as above, if it was heard
 *         restarts = <times that it started anew>
 *         clock = <seconds that its clock is slow, negative if it is fast>
 *         heard = <ms ago>
 *         sent = <messages>
 *         sent-reply-requested = <of these>
 *         sent-octets = <octets>
 *         sent-dropped = <messages that weren't answered>
 *         received = <messages>
 *         received-reply-requested = <of these>
 *         received-octets = <octets>
 *         received-dropped = <replayed, or too many>
 *         received-refused = <messages refused for other reasons>
 *         in-sync = <yes|no: it has or is being sent all that it is to know>
 *         queued = <number of the last transaction to it>
 *         arrived = <that has arrived>
 *         applied = <that it has taken over>
 *         taken = <its own that was taken over>
 *         mismatches {
 *           <number> {
 *             name = <what is configured in another way>
 *             ours = <value, missing if there is none>
 *             theirs = <value, missing if there is none>
 *           }
 *         }
 *       }
 *     }
 *   }
 *
 * coop-reset { group = <name> } begins an election, among all others as well;
 * reply: success, errmsg.
 *
 * @defgroup gkm_coop_list gkm_coop_list
 * @{ @ingroup gkm_coop
 */

#ifndef GKM_COOP_LIST_H_
#define GKM_COOP_LIST_H_

#include "gkm_coop_core.h"
#include "gkm_coop_intake.h"

/**
 * Describe a group.
 *
 * @param intakes		what was received, by position of the peer
 * @param seq			number of the last message that was sent
 */
vici_message_t *gkm_coop_list_group(gkm_coop_core_t *core,
									gkm_coop_intake_t *intakes, uint64_t seq);

#endif /** GKM_COOP_LIST_H_ @}*/
