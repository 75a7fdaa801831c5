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

#include "gkm_update.h"
#include "gkm_algs.h"

/*
 * Described in header
 */
gkm_update_t *gkm_update_create()
{
	gkm_update_t *this;

	INIT(this,
		.download = gkm_download_create(),
		.deletes = array_create(0, 0),
		.kwks = array_create(0, 0),
		.wraps = array_create(sizeof(gkm_wrap_t), 0),
		.ref = 1,
	);
	return this;
}

/*
 * Described in header
 */
gkm_update_t *gkm_update_get_ref(gkm_update_t *this)
{
	ref_get(&this->ref);
	return this;
}

/*
 * Described in header
 */
void gkm_update_delete(gkm_update_t *this, protocol_id_t protocol,
					   uint32_t spi)
{
	gkm_delete_t *delete;
	int i;

	for (i = 0; spi && array_get(this->deletes, i, &delete); i++)
	{
		if (delete->protocol == protocol && array_count(delete->spis))
		{
			array_insert(delete->spis, ARRAY_TAIL, &spi);
			return;
		}
	}
	INIT(delete,
		.protocol = protocol,
		.spis = array_create(sizeof(spi), 0),
	);
	if (spi)
	{
		array_insert(delete->spis, ARRAY_TAIL, &spi);
	}
	array_insert(this->deletes, ARRAY_TAIL, delete);
}

CALLBACK(destroy_delete, void,
	gkm_delete_t *delete, int idx, void *user)
{
	array_destroy(delete->spis);
	free(delete);
}

/*
 * Described in header
 */
void gkm_update_exclude(gkm_update_t *this)
{
	gkm_download_destroy(this->download);
	this->download = gkm_download_create();
	gkm_rekey_sa_destroy(this->kek);
	this->kek = NULL;
	array_destroy_function(this->deletes, (void*)destroy_delete, NULL);
	this->deletes = array_create(0, 0);
	chunk_free(&this->auth_key);
	gkm_update_delete(this, PROTO_ESP, 0);
	gkm_update_delete(this, PROTO_AH, 0);
	gkm_update_delete(this, PROTO_GIKE_UPDATE, 0);
}

/*
 * Described in header
 */
bool gkm_update_excludes_all(gkm_update_t *this)
{
	gkm_delete_t *delete;
	int i;

	for (i = 0; array_get(this->deletes, i, &delete); i++)
	{
		if (delete->protocol == PROTO_GIKE_UPDATE)
		{
			return TRUE;
		}
	}
	return FALSE;
}

/*
 * Described in header
 */
bool gkm_update_is_empty(gkm_update_t *this)
{
	return !this->download->rekey && !this->kek &&
		   !array_count(this->download->sas) && !array_count(this->deletes);
}

/*
 * Described in header
 */
void gkm_update_destroy(gkm_update_t *this)
{
	if (this && ref_put(&this->ref))
	{
		gkm_download_destroy(this->download);
		array_destroy_function(this->deletes, (void*)destroy_delete, NULL);
		gkm_rekey_sa_destroy(this->kek);
		chunk_free(&this->auth_key);
		array_destroy(this->kwks);
		array_destroy(this->wraps);
		free(this);
	}
}
