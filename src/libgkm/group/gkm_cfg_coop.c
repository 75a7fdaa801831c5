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

#include <string.h>

#include "gkm_adoption.h"
#include "gkm_cfg_finish.h"
#include "gkm_group.h"

/** Bits of sender IDs at least: three of them tell key servers apart, and each
 *  has more than one ID */
#define SENDER_ID_BITS_MIN 4

static bool parse_octet(char *text, void *field,
						const gkm_cfg_limits_t *limits, gkm_error_t *err)
{
	uint32_t value;

	if (!gkm_cfg_number.parse(text, &value, limits, err))
	{
		return FALSE;
	}
	*(uint8_t*)field = value;
	return TRUE;
}

static bool equals_octet(const void *field, const void *other)
{
	return *(uint8_t*)field == *(uint8_t*)other;
}

const gkm_cfg_value_t gkm_cfg_octet = {
	parse_octet, equals_octet, NULL,
};

/**
 * Check the connections to other key servers. Who may register over one of
 * them isn't to be taken for a key server, which gets all keys.
 */
static bool check_peers(gkm_cfg_t *this, gkm_error_t *err)
{
	array_t *peers = this->coop.peers;
	char *peer, *members;
	int i, j;

	if (!array_count(peers))
	{
		return gkm_fail(err, "coop.peers: missing");
	}
	if (array_count(peers) >= GKM_COOP_SERVERS_MAX)
	{
		return gkm_fail(err, "coop.peers: %d are listed, a group has at most "
						"%d key servers, this one included",
						array_count(peers), GKM_COOP_SERVERS_MAX);
	}
	for (i = 0; array_get(peers, i, &peer); i++)
	{
		for (j = 0; array_get(this->connections, j, &members); j++)
		{
			if (streq(peer, members))
			{
				return gkm_fail(err, "coop.peers: '%s' is one of connections, "
								"which members use", peer);
			}
		}
	}
	return TRUE;
}

/*
 * Described in header.
 */
bool gkm_cfg_coop_finish(gkm_cfg_t *this, gkm_error_t *err)
{
	if (!this->coop.peers && !gkm_cfg_has_given(this, "coop."))
	{
		return TRUE;
	}
	if (this->role != GKM_ROLE_SERVER)
	{
		return gkm_fail(err, "coop: not a section of a %N", gkm_role_names,
						this->role);
	}
	if (!this->coop.id)
	{
		return gkm_fail(err, "coop.id: missing");
	}
	if (this->sender_id_bits < SENDER_ID_BITS_MIN &&
		gkm_group_needs_sender_ids(this))
	{
		return gkm_fail(err, "sender_id_bits: %u are too few, several key "
						"servers need at least %d", this->sender_id_bits,
						SENDER_ID_BITS_MIN);
	}
	return check_peers(this, err);
}
