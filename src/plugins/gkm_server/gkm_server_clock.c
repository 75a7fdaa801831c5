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

#include "gkm_server_clock.h"

#include <time.h>

#include <bio/bio_reader.h>
#include <bio/bio_writer.h>
#include <utils/debug.h>

/** Changes whenever the machine starts */
#define BOOT_ID "/proc/sys/kernel/random/boot_id"

/** Seconds to add to the monotonic clock, 0 if not set */
static time_t offset;

/**
 * What was kept of the clock
 */
typedef struct {
	chunk_t boot_id;
	bool found;
} kept_t;

/**
 * Read the offset that was used since this machine started
 */
CALLBACK(read_kept, bool,
	kept_t *this, chunk_t key, chunk_t record)
{
	bio_reader_t *reader;
	chunk_t boot_id;
	uint64_t value;

	reader = bio_reader_create(record);
	if (reader->read_data8(reader, &boot_id) &&
		reader->read_uint64(reader, &value) &&
		chunk_equals(boot_id, this->boot_id))
	{
		offset = value;
		this->found = TRUE;
	}
	reader->destroy(reader);
	return TRUE;
}

/**
 * Keep the offset
 */
static void keep(gkm_state_store_t *store, chunk_t boot_id, gkm_error_t *err)
{
	bio_writer_t *writer;

	writer = bio_writer_create(64);
	writer->write_data8(writer, boot_id);
	writer->write_uint64(writer, offset);
	if (store->begin(store, NULL, err))
	{
		store->clear(store, GKM_RECORD_GROUP);
		store->put(store, GKM_RECORD_GROUP, chunk_empty,
				   writer->get_buf(writer));
		store->end(store, TRUE, err);
	}
	writer->destroy(writer);
}

/*
 * Described in header
 */
void gkm_server_clock_init(gkm_store_t *store)
{
	char boot_id[64] = "";
	gkm_error_t err = {};
	kept_t kept = {};
	FILE *file;

	if (offset)
	{
		return;
	}
	offset = time(NULL) - time_monotonic(NULL);
	file = fopen(BOOT_ID, "r");
	if (file)
	{
		if (!fgets(boot_id, sizeof(boot_id), file))
		{
			boot_id[0] = '\0';
		}
		fclose(file);
	}
	kept.boot_id = chunk_from_str(boot_id);
	if (!boot_id[0])
	{
		DBG1(DBG_CFG, "no %s, lifetimes follow the clock on the wall over "
			 "restarts", BOOT_ID);
		return;
	}
	store->state.load(&store->state, NULL, GKM_RECORD_GROUP, (void*)read_kept,
					  &kept, NULL);
	if (!kept.found)
	{
		keep(&store->state, kept.boot_id, &err);
		if (err.text[0])
		{
			DBG1(DBG_CFG, "%s", err.text);
		}
	}
}

/*
 * Described in header
 */
time_t gkm_server_now()
{
	return time_monotonic(NULL) + offset;
}
