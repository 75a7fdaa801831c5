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

/** Octets to read of it, with an end */
#define BOOT_ID_LEN 64

/** Seconds to add to the monotonic clock, 0 if not set */
static time_t offset;

/** Does the store have it? */
static bool is_kept;

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
 * Read what changes whenever the machine starts
 */
static bool read_boot_id(char *boot_id, size_t len)
{
	FILE *file;
	bool success;

	file = fopen(BOOT_ID, "r");
	if (!file)
	{
		return FALSE;
	}
	success = fgets(boot_id, len, file) != NULL;
	fclose(file);
	return success;
}

/*
 * Described in header
 */
void gkm_server_clock_init(gkm_store_t *store)
{
	char boot_id[BOOT_ID_LEN];
	kept_t kept = {};

	if (offset)
	{
		return;
	}
	offset = time(NULL) - time_monotonic(NULL);
	if (!read_boot_id(boot_id, sizeof(boot_id)))
	{
		DBG1(DBG_CFG, "no %s, lifetimes follow the clock on the wall over "
			 "restarts", BOOT_ID);
		return;
	}
	kept.boot_id = chunk_from_str(boot_id);
	store->state.load(&store->state, NULL, GKM_RECORD_GROUP, (void*)read_kept,
					  &kept, NULL);
	is_kept = kept.found;
}

/*
 * Described in header
 */
void gkm_server_clock_keep(gkm_store_t *store)
{
	gkm_state_store_t *state = &store->state;
	char boot_id[BOOT_ID_LEN];
	gkm_error_t err = {};
	bio_writer_t *writer;

	if (is_kept || !read_boot_id(boot_id, sizeof(boot_id)))
	{
		return;
	}
	writer = bio_writer_create(64);
	writer->write_data8(writer, chunk_from_str(boot_id));
	writer->write_uint64(writer, offset);
	if (state->begin(state, NULL, &err))
	{
		state->clear(state, GKM_RECORD_GROUP);
		state->put(state, GKM_RECORD_GROUP, chunk_empty,
				   writer->get_buf(writer));
		is_kept = state->end(state, TRUE, &err);
	}
	writer->destroy(writer);
	if (!is_kept)
	{
		DBG1(DBG_CFG, "%s", err.text);
	}
}

/*
 * Described in header
 */
time_t gkm_server_now()
{
	return time_monotonic(NULL) + offset;
}

/*
 * Described in header
 */
uint64_t gkm_server_now_ms()
{
	timeval_t now;

	time_monotonic(&now);
	return (uint64_t)(now.tv_sec + offset) * 1000 + now.tv_usec / 1000;
}
