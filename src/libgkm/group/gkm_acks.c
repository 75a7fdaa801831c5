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

#include "gkm_acks.h"

ENUM(gkm_peer_names, GKM_PEER_OTHER, GKM_PEER_LEGACY,
	"other",
	"cisco",
	"asr9000",
	"legacy",
);

ENUM(gkm_acks_names, GKM_ACKS_NONE, GKM_ACKS_ANY,
	"none",
	"cisco",
	"interoperable",
	"any",
);

/*
 * Described in header
 */
bool gkm_acks_requested(gkm_acks_t acks, gkm_peer_t peer)
{
	switch (acks)
	{
		case GKM_ACKS_INTEROPERABLE:
			return peer != GKM_PEER_LEGACY;
		case GKM_ACKS_ANY:
			return peer != GKM_PEER_LEGACY && peer != GKM_PEER_CISCO;
		default:
			return FALSE;
	}
}

/*
 * Described in header
 */
bool gkm_acks_accepted(gkm_acks_t acks, gkm_peer_t peer, bool sealed)
{
	switch (acks)
	{
		case GKM_ACKS_CISCO:
			return sealed;
		case GKM_ACKS_INTEROPERABLE:
			return !sealed;
		case GKM_ACKS_ANY:
			return !sealed || peer == GKM_PEER_CISCO;
		default:
			return FALSE;
	}
}
