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

#include "gkm_server_history.h"

#include "libgkm/group/gkm_acks.h"

/**
 * Note what members that use GDOI are told
 */
static void note_push(gkm_push_note_t *push, gkm_notice_t *notice)
{
	gkm_target_t target;
	int i;

	memcpy(push->spi, notice->push_carrier->spi, sizeof(push->spi));
	push->seq = notice->push_seq;
	push->unicast = notice->targets != NULL;
	push->targets = array_count(notice->targets);
	for (i = 0; array_get(notice->targets, i, &target); i++)
	{
		push->asked += target.can & GKM_CAN_ACK ? 1 : 0;
	}
}

/*
 * Described in header
 */
gkm_rekey_note_t *gkm_server_history_add(gkm_server_history_t *this,
										 gkm_notice_t *notice, time_t now)
{
	gkm_update_t *update = notice->update ?: notice->inband ?: notice->push;
	gkm_rekey_note_t *note;
	gkm_delete_t *delete;
	int i;

	this->last++;
	note = &this->notes[this->last % GKM_HISTORY_LEN];
	*note = (gkm_rekey_note_t){
		.number = this->last,
		.time = now,
		.reason = notice->reason,
		.sas = array_count(update->download->sas),
		.rekey_sa = update->download->rekey != NULL,
		.wraps = array_count(update->kwks) + array_count(update->wraps),
		.excludes_all = notice->excludes_all,
		.message_id = notice->message_id,
	};
	for (i = 0; array_get(update->deletes, i, &delete); i++)
	{
		note->deletes += array_count(delete->spis);
	}
	if (notice->carrier)
	{
		memcpy(note->spi, notice->carrier->spi, sizeof(note->spi));
	}
	if (notice->push)
	{
		note_push(&note->push, notice);
	}
	return note;
}

/*
 * Described in header
 */
gkm_rekey_note_t *gkm_server_history_get(gkm_server_history_t *this,
										 u_int number)
{
	gkm_rekey_note_t *note = &this->notes[number % GKM_HISTORY_LEN];

	return number && note->number == number ? note : NULL;
}

/*
 * Described in header
 */
gkm_rekey_note_t *gkm_server_history_find_push(gkm_server_history_t *this,
								uint8_t spi[GKM_REKEY_SPI_LEN], uint32_t seq)
{
	gkm_rekey_note_t *note;
	u_int number;

	/* most often it is one of the last */
	for (number = this->last; number; number--)
	{
		note = gkm_server_history_get(this, number);
		if (!note)
		{
			return NULL;
		}
		if (note->push.seq == seq &&
			memeq(note->push.spi, spi, sizeof(note->push.spi)))
		{
			return note;
		}
	}
	return NULL;
}
