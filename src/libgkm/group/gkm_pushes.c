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

#include "gkm_pushes.h"

/*
 * Described in header
 */
void gkm_pushes_note(gkm_pushes_t *this, gkm_notice_t *notice, time_t now)
{
	memcpy(this->spi, notice->push_carrier->spi, sizeof(this->spi));
	this->seq = notice->push_seq;
	this->made = now;
	this->open = TRUE;
	this->count++;
}

/*
 * Described in header
 */
void gkm_pushes_restore(gkm_pushes_t *this)
{
	/* who was a member before hasn't got what is left of an older rekey */
	this->count = max(this->count, 1);
}

/*
 * Described in header
 */
void gkm_pushes_join(gkm_pushes_t *this, gkm_member_acks_t *acks,
					 gkm_member_acks_t *old)
{
	if (old)
	{
		*acks = *old;
	}
	/* it is alive */
	acks->misses = 0;
	acks->settled = this->count;
}

/*
 * Described in header
 */
void gkm_pushes_adopt(gkm_member_acks_t *acks, gkm_member_acks_t *local,
					  bool anew)
{
	uint32_t settled = acks->settled;

	*acks = *local;
	if (anew)
	{	/* it needn't answer what was sent before that */
		acks->settled = max(settled, local->settled);
		acks->misses = 0;
	}
}

/*
 * Described in header
 */
bool gkm_pushes_acknowledge(gkm_pushes_t *this, uint8_t *spi, uint32_t seq,
							gkm_member_t *member, gkm_error_t *err)
{
	gkm_member_acks_t *acks = &member->acks;

	if (!this->count || seq != this->seq ||
		!memeq_const(spi, this->spi, sizeof(this->spi)))
	{
		return gkm_fail(err, "rekey %u isn't the last one", seq);
	}
	if (acks->settled == this->count)
	{
		return gkm_fail(err, "rekey %u was acknowledged before, or wasn't sent "
						"to this member", seq);
	}
	acks->settled = this->count;
	acks->received++;
	acks->misses = 0;
	memmove(&acks->seqs[1], &acks->seqs[0],
			sizeof(acks->seqs) - sizeof(acks->seqs[0]));
	acks->seqs[0] = seq;
	return TRUE;
}

/*
 * Described in header
 */
time_t gkm_pushes_next_due(gkm_pushes_t *this, gkm_cfg_t *cfg)
{
	return this->open && cfg->rekey.acknowledgement != GKM_ACKS_NONE ?
								this->made + cfg->gdoi.ack_timeout :
								GKM_TIME_MAX;
}

/*
 * Described in header
 */
void gkm_pushes_settle(gkm_pushes_t *this, gkm_cfg_t *cfg,
					   gkm_members_t *members, time_t now, array_t **missed)
{
	enumerator_t *enumerator;
	gkm_member_t *member;
	gkm_member_acks_t *acks;

	if (now < gkm_pushes_next_due(this, cfg))
	{
		return;
	}
	this->open = FALSE;
	enumerator = members->create_gdoi_enumerator(members);
	while (enumerator->enumerate(enumerator, &member))
	{
		acks = &member->acks;
		if (acks->received && acks->settled != this->count)
		{
			acks->missed++;
			acks->misses++;
			array_insert_create(missed, ARRAY_TAIL, gkm_member_clone(member));
		}
	}
	enumerator->destroy(enumerator);
}

/*
 * Described in header
 */
uint32_t gkm_pushes_get_number(gkm_pushes_t *this, uint32_t seq)
{
	uint32_t behind = seq < this->seq ? this->seq - seq : 0;

	return behind < this->count ? this->count - behind : 1;
}
