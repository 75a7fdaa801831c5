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
 * What is done with IKE_SAs between key servers. None of this may be called
 * with locks that are taken while IKE_SAs are checked out.
 *
 * @defgroup gkm_coop_sas gkm_coop_sas
 * @{ @ingroup gkm
 */

#ifndef GKM_COOP_SAS_H_
#define GKM_COOP_SAS_H_

#include <daemon.h>
#include <sa/ike_sa.h>

/**
 * Check in an IKE_SA, after something that may have been its end.
 *
 * @param ike_sa		IKE_SA, checked out
 * @param status		DESTROY_ME to destroy it
 */
void gkm_coop_sas_check_in(ike_sa_t *ike_sa, status_t status);

/**
 * Create an IKE_SA, to be initiated.
 *
 * @param connection	name of a connection
 * @return				IKE_SA, checked out, NULL if there is no such connection
 */
ike_sa_t *gkm_coop_sas_create(char *connection);

/**
 * Destroy an IKE_SA without telling the peer.
 *
 * @param id			its unique ID
 */
void gkm_coop_sas_forget(uint32_t id);

#endif /** GKM_COOP_SAS_H_ @}*/
