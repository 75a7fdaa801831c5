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

#include "gkm_news.h"
#include "gkm_policy_slot.h"

/** Seconds that an SA has to end earlier than before, as times are in clocks of
 *  two key servers */
#define TOLERANCE 2

typedef struct held_t held_t;

/**
 * A data SA that members have
 */
struct held_t {
	uint32_t spi;
	protocol_id_t protocol;
	time_t expires;
};

/*
 * Described in header
 */
array_t *gkm_news_begin(gkm_policy_t *policy)
{
	enumerator_t *enumerator;
	gkm_policy_sa_t *sa;
	array_t *held;

	held = array_create(sizeof(held_t), 0);
	enumerator = policy->create_sa_enumerator(policy);
	while (enumerator->enumerate(enumerator, &sa))
	{
		held_t this = {
			.spi = sa->sa->spi,
			.protocol = sa->sa->proposal->get_protocol(sa->sa->proposal),
			.expires = sa->expires,
		};

		array_insert(held, ARRAY_TAIL, &this);
	}
	enumerator->destroy(enumerator);
	return held;
}

/**
 * Take a data SA out of those that members have
 *
 * @param found			receives it
 * @return				FALSE if they don't have it
 */
static bool find(array_t *held, uint32_t spi, held_t *found)
{
	int i;

	for (i = 0; array_get(held, i, found); i++)
	{
		if (found->spi == spi)
		{
			array_remove(held, i, NULL);
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * Tell members to delete a data SA
 */
static void tell_end(gkm_update_t *update, held_t *held, time_t end,
					 time_t now)
{
	gkm_download_t *download = update->download;
	int64_t left = end > now ? end - now : 0;

	gkm_update_delete(update, held->protocol, held->spi);
	download->dtd = max(download->dtd, min(left, UINT16_MAX));
}

/**
 * Tell members of a data SA that is new
 */
static void tell_new(gkm_update_t *update, gkm_policy_sa_t *sa, gkm_cfg_t *cfg,
					 time_t now)
{
	gkm_download_t *download = update->download;
	int64_t delay = sa->activates - now - gkm_timing_span(&cfg->rekey);

	array_insert(download->sas, ARRAY_TAIL, gkm_policy_sa_clone(sa, now));
	if (sa->activates > now)
	{	/* of all pairs of selectors, the first that senders leave counts */
		delay = max(1, min(delay, UINT16_MAX));
		download->atd = download->atd ? min(download->atd, delay) : delay;
	}
}

/*
 * Described in header
 */
gkm_update_t *gkm_news_get(array_t *held, gkm_policy_t *policy, gkm_cfg_t *cfg,
						   time_t now)
{
	enumerator_t *enumerator;
	gkm_policy_sa_t *sa;
	gkm_update_t *update;
	held_t found;

	update = gkm_update_create();
	enumerator = policy->create_sa_enumerator(policy);
	while (enumerator->enumerate(enumerator, &sa))
	{
		if (!find(held, sa->sa->spi, &found))
		{
			tell_new(update, sa, cfg, now);
		}
		else if (sa->expires + TOLERANCE < found.expires)
		{
			tell_end(update, &found, sa->expires, now);
		}
	}
	enumerator->destroy(enumerator);
	while (array_remove(held, ARRAY_HEAD, &found))
	{
		if (found.expires > now)
		{
			tell_end(update, &found, now, now);
		}
	}
	array_destroy(held);
	return update;
}
