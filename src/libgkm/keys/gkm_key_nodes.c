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


#include "gkm_key_nodes.h"

/** Nodes that are allocated together: 4 kilobytes of them */
#define PAGE 64

/*
 * Described in header
 */
void gkm_key_node_set(gkm_key_node_t *this, uint32_t id, chunk_t key)
{
	memcpy(this->key, key.ptr, key.len);
	this->kwk.id = id;
	this->kwk.key = chunk_create(this->key, key.len);
}

/*
 * Described in header
 */
bool gkm_key_node_wipe(gkm_key_node_t *this)
{
	if (!this->kwk.id)
	{
		return FALSE;
	}
	memwipe(this->key, sizeof(this->key));
	this->kwk = (gkm_kwk_t){};
	return TRUE;
}

/*
 * Described in header
 */
gkm_key_node_t *gkm_key_nodes_find(gkm_key_nodes_t *this, uint32_t index)
{
	uint32_t page = index / PAGE;

	if (page >= this->count || !this->pages[page])
	{
		return NULL;
	}
	return &this->pages[page][index % PAGE];
}

/*
 * Described in header
 */
gkm_key_node_t *gkm_key_nodes_get(gkm_key_nodes_t *this, uint32_t index)
{
	uint32_t page = index / PAGE, count;

	if (page >= this->count)
	{
		count = max(page + 1, 2 * this->count);
		this->pages = realloc(this->pages, count * sizeof(*this->pages));
		memset(this->pages + this->count, 0,
			   (count - this->count) * sizeof(*this->pages));
		this->count = count;
	}
	if (!this->pages[page])
	{
		this->pages[page] = calloc(PAGE, sizeof(gkm_key_node_t));
	}
	return &this->pages[page][index % PAGE];
}

/*
 * Described in header
 */
uint32_t gkm_key_nodes_end(gkm_key_nodes_t *this)
{
	return this->count * PAGE;
}

/*
 * Described in header
 */
void gkm_key_nodes_clear(gkm_key_nodes_t *this)
{
	int i;

	for (i = 0; i < this->count; i++)
	{
		if (this->pages[i])
		{
			memwipe(this->pages[i], PAGE * sizeof(gkm_key_node_t));
			free(this->pages[i]);
		}
	}
	free(this->pages);
	*this = (gkm_key_nodes_t){};
}

/*
 * Described in header
 */
void gkm_key_list_add(gkm_key_list_t *this, uint32_t index)
{
	if (this->count == this->size)
	{
		this->size = max(8, 2 * this->size);
		this->indices = realloc(this->indices, this->size * sizeof(uint32_t));
	}
	this->indices[this->count++] = index;
}

/*
 * Described in header
 */
void gkm_key_list_clear(gkm_key_list_t *this)
{
	free(this->indices);
	*this = (gkm_key_list_t){};
}
