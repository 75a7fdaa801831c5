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

#include "gkm_server_spis.h"

#include <collections/hashtable.h>
#include <threading/mutex.h>

typedef struct private_gkm_server_spis_t private_gkm_server_spis_t;

/**
 * Private data
 */
struct private_gkm_server_spis_t {

	/** public interface */
	gkm_server_spis_t public;

	/** SPIs as keys and values */
	hashtable_t *table;

	/** protects table */
	mutex_t *mutex;
};

METHOD(gkm_spis_t, acquire, bool,
	private_gkm_server_spis_t *this, uint32_t spi)
{
	void *key = (void*)(uintptr_t)spi;
	bool found;

	this->mutex->lock(this->mutex);
	found = this->table->get(this->table, key) != NULL;
	if (!found)
	{
		this->table->put(this->table, key, key);
	}
	this->mutex->unlock(this->mutex);
	return !found;
}

METHOD(gkm_spis_t, release, void,
	private_gkm_server_spis_t *this, uint32_t spi)
{
	this->mutex->lock(this->mutex);
	this->table->remove(this->table, (void*)(uintptr_t)spi);
	this->mutex->unlock(this->mutex);
}

METHOD(gkm_server_spis_t, destroy, void,
	private_gkm_server_spis_t *this)
{
	this->table->destroy(this->table);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header
 */
gkm_server_spis_t *gkm_server_spis_create()
{
	private_gkm_server_spis_t *this;

	INIT(this,
		.public = {
			.spis = {
				.acquire = _acquire,
				.release = _release,
			},
			.destroy = _destroy,
		},
		.table = hashtable_create(hashtable_hash_ptr, hashtable_equals_ptr, 8),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
