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

#include "gkm_notice.h"

ENUM(gkm_notice_reason_names, GKM_NOTICE_DUE, GKM_NOTICE_PRIMARY,
	"rekey time",
	"requested",
	"replacement requested",
	"members removed",
	"configuration changed",
	"sender IDs used up",
	"sender registered again",
	"takeover",
	"merge",
	"changed by the primary",
);

/*
 * Described in header
 */
void gkm_notice_destroy(gkm_notice_t *this)
{
	if (this)
	{
		gkm_update_destroy(this->update);
		gkm_update_destroy(this->inband);
		array_destroy(this->ike_sa_ids);
		gkm_rekey_sa_destroy(this->carrier);
		gkm_update_destroy(this->push);
		gkm_rekey_sa_destroy(this->push_carrier);
		array_destroy(this->targets);
		free(this);
	}
}

CALLBACK(destroy_notice, void,
	gkm_notice_t *notice, int idx, void *user)
{
	gkm_notice_destroy(notice);
}

/*
 * Described in header
 */
void gkm_notices_destroy(array_t *notices)
{
	array_destroy_function(notices, (void*)destroy_notice, NULL);
}
