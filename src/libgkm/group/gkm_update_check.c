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

#include "gkm_update_check.h"
#include "gkm_algs.h"
#include "gkm_policy_check.h"

/**
 * Does a Delete payload say that the member is out (RFC 9838, 2.4.3)? In GDOI
 * the rekey SA may also be deleted as it is replaced (RFC 6407, 5.9).
 */
static bool ends_membership(gkm_update_t *update)
{
	gkm_rekey_sa_t *rekey = update->download->rekey;
	enumerator_t *enumerator;
	gkm_delete_t *delete;
	bool found = FALSE;

	if (rekey && rekey->proposal->get_protocol(rekey->proposal) ==
															PROTO_GDOI_KEK)
	{
		return FALSE;
	}

	enumerator = array_create_enumerator(update->deletes);
	while (!found && enumerator->enumerate(enumerator, &delete))
	{
		found = delete->protocol == PROTO_GIKE_UPDATE ||
				delete->protocol == PROTO_NONE;
	}
	enumerator->destroy(enumerator);
	return found;
}

/**
 * Does a sender need a sender ID for one of the new SAs?
 */
static bool needs_sender_id(gkm_download_t *download, gkm_error_t *err)
{
	enumerator_t *enumerator;
	gkm_data_sa_t *sa;
	bool found = FALSE;

	enumerator = array_create_enumerator(download->sas);
	while (!found && enumerator->enumerate(enumerator, &sa))
	{
		if (sa->direction != GKM_RECEIVER_ONLY &&
			gkm_is_counter_mode(sa->proposal))
		{
			gkm_fail(err, "SA 0x%.8x: sending takes a sender ID, and there is "
					 "none", ntohl(sa->spi));
			found = TRUE;
		}
	}
	enumerator->destroy(enumerator);
	return found;
}

/*
 * Described in header
 */
gkm_update_verdict_t gkm_update_check(gkm_update_t *update, gkm_cfg_t *cfg,
							   bool sender_id, gkm_error_t *err)
{
	if (update->excluded || ends_membership(update))
	{
		return GKM_UPDATE_EXCLUDED;
	}
	if (!gkm_policy_check(cfg, update->download, err) ||
		(cfg->sender && !sender_id && needs_sender_id(update->download, err)))
	{
		return GKM_UPDATE_REFUSED;
	}
	return GKM_UPDATE_TAKE;
}

/**
 * Is there an SPI in a list of them?
 */
static bool has_spi(array_t *spis, uint32_t spi)
{
	uint32_t current;
	int i;

	for (i = 0; array_get(spis, i, &current); i++)
	{
		if (current == spi)
		{
			return TRUE;
		}
	}
	return FALSE;
}

/*
 * Described in header
 */
bool gkm_update_deletes(gkm_update_t *update, gkm_data_sa_t *sa)
{
	enumerator_t *enumerator;
	gkm_delete_t *delete;
	bool found = FALSE;

	enumerator = array_create_enumerator(update->deletes);
	while (!found && enumerator->enumerate(enumerator, &delete))
	{
		found = delete->protocol == sa->proposal->get_protocol(sa->proposal) &&
				(!array_count(delete->spis) || has_spi(delete->spis, sa->spi));
	}
	enumerator->destroy(enumerator);
	return found;
}

/*
 * Described in header
 */
bool gkm_update_concerns(gkm_update_t *update, gkm_data_sa_t *sa)
{
	gkm_data_sa_t *first;

	if (array_get(update->download->sas, 0, &first))
	{
		return first->src->equals(first->src, sa->src) &&
			   first->dst->equals(first->dst, sa->dst);
	}
	return ends_membership(update) || gkm_update_deletes(update, sa);
}
