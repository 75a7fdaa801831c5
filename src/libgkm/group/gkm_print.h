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
 * How groups, algorithms and modes are shown to users: the same on key servers
 * and members, in lists, events and the log. Unlike strongSwan's %P and %Y these
 * know what is peculiar to groups.
 *
 * @defgroup gkm_print gkm_print
 * @{ @ingroup libgkm
 */

#ifndef GKM_PRINT_H_
#define GKM_PRINT_H_

#include <library.h>
#include <crypto/proposal/proposal.h>
#include <utils/identification.h>

#include "gkm_download.h"

/** Octets in a buffer for any of the functions below; longer text is cut */
#define GKM_PRINT_LEN 256

/** Names of ipsec_mode_t as users write them: "transport", "tunnel" */
extern enum_name_t *gkm_mode_names;

/** Names of gkm_auth_t: "implicit", "signature" */
extern enum_name_t *gkm_auth_names;

/** Names of gkm_sn_t: "sequential", "extended", "unspecified" */
extern enum_name_t *gkm_sn_names;

/** Names of gikev2_notify_t, the notifies that only G-IKEv2 has */
extern enum_name_t *gkm_notify_names;

/**
 * Print a group identity: four octets of KEY_ID as the decimal number that they
 * are configured with, object identifiers as "oid:1.2.3/0a0b", anything else as
 * %Y does.
 *
 * @param id		identity, NULL is shown as "(none)"
 * @param buf		buffer
 * @return			buf
 */
char *gkm_print_id(identification_t *id, char buf[GKM_PRINT_LEN]);

/**
 * Print the algorithms of a proposal for data or rekey SAs, such as
 * "AES_CBC_256/HMAC_SHA2_256_128" or "AES_GCM_16_256/KW_5649_256". Protocol and
 * sequence numbers aren't part of it.
 *
 * @param proposal	proposal
 * @param buf		buffer
 * @return			buf
 */
char *gkm_print_proposal(proposal_t *proposal, char buf[GKM_PRINT_LEN]);

#endif /** GKM_PRINT_H_ @}*/
