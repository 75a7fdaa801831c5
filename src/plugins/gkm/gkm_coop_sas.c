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


#include "gkm_coop_sas.h"

/*
 * Described in header
 */
void gkm_coop_sas_check_in(ike_sa_t *ike_sa, status_t status)
{
	if (status == DESTROY_ME)
	{
		charon->ike_sa_manager->checkin_and_destroy(charon->ike_sa_manager,
													ike_sa);
	}
	else
	{
		charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
	}
}

/*
 * Described in header
 */
ike_sa_t *gkm_coop_sas_create(char *connection)
{
	peer_cfg_t *peer_cfg;
	ike_sa_t *ike_sa = NULL;

	peer_cfg = charon->backends->get_peer_cfg_by_name(charon->backends,
													  connection);
	if (!peer_cfg || peer_cfg->get_ike_version(peer_cfg) == IKEV1)
	{
		DBG1(DBG_CFG, "there is no IKEv2 connection '%s' to a key server",
			 connection);
		DESTROY_IF(peer_cfg);
		return NULL;
	}
	ike_sa = charon->ike_sa_manager->create_new(charon->ike_sa_manager, IKEV2,
												TRUE);
	if (ike_sa)
	{
		ike_sa->set_peer_cfg(ike_sa, peer_cfg);
		charon->ike_sa_manager->checkout_new(charon->ike_sa_manager, ike_sa);
		charon->bus->set_sa(charon->bus, ike_sa);
	}
	peer_cfg->destroy(peer_cfg);
	return ike_sa;
}

/*
 * Described in header
 */
void gkm_coop_sas_forget(uint32_t id)
{
	ike_sa_t *ike_sa;

	ike_sa = charon->ike_sa_manager->checkout_by_id(charon->ike_sa_manager, id);
	if (ike_sa)
	{
		DBG1(DBG_IKE, "key server at %H doesn't answer, IKE_SA %s[%u] is "
			 "forgotten", ike_sa->get_other_host(ike_sa),
			 ike_sa->get_name(ike_sa), id);
		if (ike_sa->get_state(ike_sa) == IKE_ESTABLISHED)
		{
			charon->bus->ike_updown(charon->bus, ike_sa, FALSE);
		}
		charon->ike_sa_manager->checkin_and_destroy(charon->ike_sa_manager,
													ike_sa);
	}
}
