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


#include "gkm_coop_intake.h"

/*
 * Described in header
 */
int gkm_coop_intake_find(gkm_coop_intake_t *intakes, int count,
						 char *connection)
{
	int i;

	for (i = 0; i < count; i++)
	{
		if (streq(intakes[i].connection, connection))
		{
			return i;
		}
	}
	return -1;
}

/**
 * Has another key server the number of a peer?
 */
static bool has_twin(gkm_coop_intake_t *intakes, int count, int pos,
					 uint8_t number, uint64_t now)
{
	int i;

	for (i = 0; i < count; i++)
	{
		if (i != pos && intakes[i].number == number &&
			now < intakes[i].heard + intakes[i].patience)
		{
			return TRUE;
		}
	}
	return FALSE;
}

/*
 * Described in header
 */
gkm_coop_taken_t gkm_coop_intake_check(gkm_coop_intake_t *intakes, int count,
									   int pos, uint8_t own,
									   gkm_coop_status_t *status, bool answer,
									   uint64_t now)
{
	gkm_coop_intake_t *this = &intakes[pos];
	/* one may overtake the other, but not another one of its kind */
	uint64_t *last = answer ? &this->answer : &this->request;

	if (status->id == own ||
		has_twin(intakes, count, pos, status->id, now))
	{
		this->refused++;
		this->number = 0;
		return GKM_COOP_SAME_ID;
	}
	if (status->boot == this->boot ? status->seq <= *last :
									 this->past && status->boot == this->past)
	{
		this->dropped++;
		return GKM_COOP_REPLAYED;
	}
	if (!answer && this->waiting >= GKM_COOP_INTAKE_MAX)
	{
		this->dropped++;
		return GKM_COOP_FLOOD;
	}
	if (status->boot != this->boot)
	{
		this->past = this->boot;
		this->boot = status->boot;
		this->request = 0;
		this->answer = 0;
	}
	*last = status->seq;
	this->number = status->id;
	this->heard = now;
	this->waiting += answer ? 0 : 1;
	return GKM_COOP_TAKEN;
}

/*
 * Described in header
 */
void gkm_coop_intake_clear(gkm_coop_intake_t *this)
{
	free(this->connection);
	DESTROY_IF(this->id);
}

/*
 * Described in header
 */
gkm_coop_intake_t *gkm_coop_intakes_clone(gkm_coop_intake_t *intakes,
										  int count)
{
	gkm_coop_intake_t *copies;
	int i;

	copies = calloc(GKM_COOP_SERVERS_MAX - 1, sizeof(*copies));
	for (i = 0; i < count; i++)
	{
		copies[i] = intakes[i];
		copies[i].connection = strdup(copies[i].connection);
		copies[i].id = copies[i].id ? copies[i].id->clone(copies[i].id) : NULL;
	}
	return copies;
}

/*
 * Described in header
 */
void gkm_coop_intakes_destroy(gkm_coop_intake_t *intakes)
{
	int i;

	for (i = 0; i < GKM_COOP_SERVERS_MAX - 1; i++)
	{
		gkm_coop_intake_clear(&intakes[i]);
	}
	free(intakes);
}
