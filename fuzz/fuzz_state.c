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

#include <bio/bio_reader.h>

#include "fuzz.h"

#include "libgkm/group/gkm_group.h"

/** Current time of the key server */
#define NOW 1000000

/**
 * A store with the records of an input
 */
typedef struct {
	gkm_state_store_t public;
	chunk_t input;
} store_t;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	return fuzz_init();
}

static bool begin(gkm_state_store_t *this, identification_t *group,
				  gkm_error_t *err)
{
	return TRUE;
}

static void put(gkm_state_store_t *this, gkm_record_t kind, chunk_t key,
				chunk_t value)
{
}

static void clear(gkm_state_store_t *this, gkm_record_t kind)
{
}

static bool end(gkm_state_store_t *this, bool durable, gkm_error_t *err)
{
	return TRUE;
}

/**
 * Pass the records of a kind, clones that end where they end
 */
static bool load(gkm_state_store_t *public, identification_t *group,
				 gkm_record_t kind, bool (*cb)(void*,chunk_t,chunk_t),
				 void *user, gkm_error_t *err)
{
	store_t *this = (store_t*)public;
	bio_reader_t *reader;
	chunk_t key, value;
	uint8_t type;
	bool success = TRUE;

	reader = bio_reader_create(this->input);
	while (success && reader->read_uint8(reader, &type) &&
		   reader->read_data16(reader, &key) &&
		   reader->read_data16(reader, &value))
	{
		if (type == kind && value.len)
		{
			key = chunk_clone(key);
			value = chunk_clone(value);
			success = cb(user, key, value);
			chunk_free(&key);
			chunk_free(&value);
		}
	}
	reader->destroy(reader);
	return success;
}

static bool acquire(gkm_spis_t *this, uint32_t spi)
{
	return TRUE;
}

static void release(gkm_spis_t *this, uint32_t spi)
{
}

static bool reserve(gkm_sender_id_store_t *this, identification_t *group,
					uint8_t bits, uint32_t want, uint32_t *first,
					uint32_t *count, gkm_error_t *err)
{
	return gkm_fail(err, "none");
}

static bool reset(gkm_sender_id_store_t *this, identification_t *group,
				  uint8_t bits, gkm_error_t *err)
{
	return gkm_fail(err, "none");
}

/**
 * Configure a group as that of the seeds
 */
static gkm_cfg_t *configure(gkm_error_t *err)
{
	static const char *options[][2] = {
		{ "id",							"1234" },
		{ "role",						"server" },
		{ "connections",				"members" },
		{ "rekey.auth",					"implicit" },
		{ "sas.data.source_ts",			"10.0.0.0/8" },
		{ "sas.data.destination_ts",	"239.1.0.0/16" },
	};
	gkm_cfg_t *cfg;
	bool ok = TRUE;
	int i;

	cfg = gkm_cfg_create("fuzz");
	for (i = 0; ok && i < countof(options); i++)
	{
		ok = gkm_cfg_set(cfg, options[i][0], options[i][1], err);
	}
	fuzz_assert(ok && gkm_cfg_finish(cfg, err), "configuration", err);
	return cfg;
}

/**
 * Let a group that was restored do what it does
 */
static void use(gkm_group_t *group, gkm_state_store_t *store)
{
	gkm_applicant_t applicant = {
		.connection = "members",
	};
	gkm_download_t *download;
	gkm_error_t err = {};
	array_t *notices;

	notices = array_create(0, 0);
	group->update(group, NOW, notices, &err);
	applicant.id = identification_create_from_string("a@example.com");
	applicant.address = host_create_from_string("192.0.2.1", 500);
	if (group->admit(group, &applicant, NOW, &download, notices,
					 &err) == GKM_ADMITTED)
	{
		gkm_download_destroy(download);
	}
	else
	{
		fuzz_assert(err.text[0], "refused without a reason", &err);
	}
	group->put(group, store, TRUE);
	group->remove_member(group, applicant.id);
	group->rekey(group, TRUE, NOW, notices, &err);
	group->put(group, store, FALSE);
	fuzz_assert(group->next_due(group) > NOW, "due again at once", &err);
	applicant.id->destroy(applicant.id);
	applicant.address->destroy(applicant.address);
	gkm_notices_destroy(notices);
}

/**
 * Let a group go on with records: kind, key and value of each, the latter two
 * with their length in two octets.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	gkm_spis_t spis = {
		.acquire = acquire,
		.release = release,
	};
	gkm_sender_id_store_t ids = {
		.reserve = reserve,
		.reset = reset,
	};
	store_t store = {
		.public = {
			.begin = begin,
			.put = put,
			.clear = clear,
			.end = end,
			.load = load,
		},
		.input = chunk_create((u_char*)data, len),
	};
	gkm_group_t *group;
	gkm_error_t err = {};

	group = gkm_group_create(configure(&err), &ids, &spis, chunk_empty,
							 chunk_empty, NOW, &err);
	fuzz_assert(group != NULL, "no group", &err);
	if (group->restore(group, &store.public, NOW, &err))
	{
		use(group, &store.public);
	}
	else
	{
		fuzz_assert(err.text[0], "refused without a reason", &err);
	}
	group->destroy(group);
	return 0;
}
