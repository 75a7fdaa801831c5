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


#include "gdoi_lkh_array.h"

/*
 * Described in header
 */
bool gdoi_lkh_build_download(gkm_rekey_sa_t *sa, array_t *path, chunk_t *data,
							 gkm_error_t *err)
{
	int count = array_count(path), i;
	gdoi_lkh_layout_t layout;
	bio_writer_t *writer;
	gkm_kwk_t *kwk;

	if (!gdoi_lkh_layout_init(&layout, sa, err) ||
		!gdoi_lkh_check_root(sa, &layout, err))
	{
		return FALSE;
	}
	if (count >= GDOI_LKH_KEYS_MAX)
	{
		return gkm_fail(err, "path of %d keys", count);
	}
	for (i = 0; array_get(path, i, &kwk); i++)
	{
		if (!gdoi_lkh_check_kwk(kwk, &layout, err))
		{
			return FALSE;
		}
	}
	/* of the size that it gets: keys aren't left in buffers */
	writer = bio_writer_create(GDOI_LKH_HEADER_LEN +
							   (count + 1) * (GDOI_LKH_KEY_LEN + layout.plain));
	gdoi_lkh_header_build(writer, count + 1, NULL);
	while (count--)
	{
		array_get(path, count, &kwk);
		gdoi_lkh_key_build(writer, &layout, kwk->node, kwk->id);
		writer->write_data(writer, gdoi_lkh_get_iv(kwk, &layout));
		writer->write_data(writer, kwk->key);
	}
	gdoi_lkh_key_build(writer, &layout, GDOI_LKH_ROOT,
					   gdoi_lkh_root_handle(sa));
	writer->write_data(writer, sa->key);
	*data = writer->extract_buf(writer);
	writer->destroy(writer);
	return TRUE;
}

/**
 * Take over the keys of an array, the last of which is the rekey SA's
 */
static bool take_keys(gdoi_lkh_array_t *array, gdoi_lkh_layout_t *layout,
					  gkm_rekey_sa_t *sa, array_t *path, gkm_error_t *err)
{
	int i, last = array_count(array->keys) - 1;
	gdoi_lkh_key_t key;

	for (i = 0; i < last; i++)
	{
		array_get(array->keys, i, &key);
		if (gdoi_lkh_find_node(path, key.node) >= 0)
		{
			return gkm_fail(err, "array of LKH keys: second key %u", key.node);
		}
		array_insert(path, ARRAY_HEAD,
					 gdoi_lkh_create_kwk(&key, key.data, layout));
	}
	array_get(array->keys, last, &key);
	sa->key = chunk_clone(key.data);
	return TRUE;
}

/*
 * Described in header
 */
bool gdoi_lkh_parse_download(chunk_t data, gkm_rekey_sa_t *sa, array_t *path,
							 gkm_error_t *err)
{
	gdoi_lkh_layout_t layout;
	gdoi_lkh_array_t array;
	bool success;

	if (!gdoi_lkh_layout_init(&layout, sa, err))
	{
		return FALSE;
	}
	success = gdoi_lkh_array_parse(data, &layout, FALSE, &array, err) &&
			  take_keys(&array, &layout, sa, path, err);
	array_destroy(array.keys);
	return success;
}
