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

#include "gkm_member_lookout.h"

/** A rekey has this many milliseconds to arrive after the first packet of an SA
 *  that it brings */
#define REKEY_LATE 3000

/*
 * Described in header
 */
void gkm_member_lookout_init(gkm_member_lookout_t *this,
							 gkm_member_held_t *held, gkm_spi_seen_t cb,
							 void *user)
{
	*this = (gkm_member_lookout_t){
		.held = held,
		.watch = gkm_spi_watch_create(cb, user),
	};
}

/*
 * Described in header
 */
void gkm_member_lookout_update(gkm_member_lookout_t *this)
{
	array_t *spis;

	spis = this->held->get_next_spis(this->held);
	this->watch->set(this->watch, spis);
	array_destroy(spis);
}

/*
 * Described in header
 */
void gkm_member_lookout_note(gkm_member_lookout_t *this,
							 protocol_id_t protocol, uint32_t spi,
							 uint64_t now)
{
	if (!this->due)
	{
		this->due = now + REKEY_LATE;
		this->seen = (gkm_spi_t){
			.protocol = protocol,
			.spi = spi,
		};
	}
}

/*
 * Described in header
 */
bool gkm_member_lookout_check(gkm_member_lookout_t *this, uint64_t now,
							  uint32_t *spi)
{
	bool missed = FALSE;
	array_t *spis;
	gkm_spi_t next;
	int i;

	if (!this->due || now < this->due)
	{
		return FALSE;
	}
	this->due = 0;
	*spi = this->seen.spi;
	spis = this->held->get_next_spis(this->held);
	for (i = 0; !missed && array_get(spis, i, &next); i++)
	{
		missed = next.protocol == this->seen.protocol &&
				 next.spi == this->seen.spi;
	}
	array_destroy(spis);
	return missed;
}

/*
 * Described in header
 */
void gkm_member_lookout_deinit(gkm_member_lookout_t *this)
{
	this->watch->destroy(this->watch);
}
