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
 * Answers members that register with a group, or leave it.
 *
 * @defgroup gkm_registrar gkm_registrar
 * @{ @ingroup gkm_server
 */

#ifndef GKM_REGISTRAR_H_
#define GKM_REGISTRAR_H_

#include "gkm_linger.h"
#include "gkm_rekeyer.h"

typedef struct gkm_registrar_t gkm_registrar_t;

/**
 * What registrations need: plain data, all borrowed.
 */
struct gkm_registrar_t {

	/** carrier */
	gkm_t *gkm;

	/** groups */
	gkm_server_groups_t *groups;

	/** closes IKE_SAs */
	gkm_linger_t *linger;

	/** tells others of a new member */
	gkm_rekeyer_t *rekeyer;
};

/**
 * Answer a member, see gkm_role_handler_t.answer().
 */
notify_type_t gkm_registrar_answer(gkm_registrar_t *this, ike_sa_t *ike_sa,
								   gkm_registration_t *request,
								   gkm_download_t **download);

/**
 * Tell a GDOI member of the policy, see gkm_role_handler_t.offer().
 */
notify_type_t gkm_registrar_offer(gkm_registrar_t *this, ike_sa_t *ike_sa,
								  gkm_registration_t *request,
								  gdoi_format_t *format,
								  gkm_download_t **download);

#endif /** GKM_REGISTRAR_H_ @}*/
