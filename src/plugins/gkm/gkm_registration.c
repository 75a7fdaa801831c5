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

#include "gkm_registration.h"

/*
 * Described in header
 */
gkm_registration_t *gkm_registration_create()
{
	gkm_registration_t *this;

	INIT(this);
	return this;
}

/*
 * Described in header
 */
void gkm_registration_destroy(gkm_registration_t *this)
{
	if (this)
	{
		DESTROY_IF(this->group);
		DESTROY_OFFSET_IF(this->capabilities, offsetof(proposal_t, destroy));
		free(this);
	}
}
