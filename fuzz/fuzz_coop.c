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


/**
 * Reads messages of another key server, and takes their records together. Input:
 * messages, each after its length in two octets.
 *
 * What can be read is written the same way again, but for what was passed over;
 * and records that are complete arrive when they are sent to another one.
 */

#include <bio/bio_reader.h>

#include "fuzz.h"

#include "libgkm/coop/gkm_coop_summary.h"
#include "libgkm/coop/gkm_coop_sync.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	return fuzz_init();
}

/**
 * Write and read a message that was read
 */
static void repeat(gkm_coop_message_t *message)
{
	gkm_coop_message_t again;
	gkm_error_t err = {};
	chunk_t first, second;

	first = gkm_coop_message_build(message);
	fuzz_assert(gkm_coop_message_parse(first, &again, &err), "not read again",
				&err);
	second = gkm_coop_message_build(&again);
	fuzz_assert(chunk_equals(first, second), "written differently", &err);
	chunk_free(&first);
	chunk_free(&second);
	gkm_coop_message_clear(&again);
}

/**
 * Send records that were received
 */
static void forward(gkm_record_list_t *records)
{
	gkm_coop_message_t part = {};
	gkm_coop_sync_t *from, *to;
	gkm_record_list_t *got = NULL;
	gkm_error_t err = {};

	from = gkm_coop_sync_create();
	to = gkm_coop_sync_create();
	from->queue(from, GKM_ADOPT_ALL, records);
	while (from->get_part(from, &part))
	{
		fuzz_assert(to->receive(to, &part, &got, &err), "part is refused",
					&err);
		from->sent(from, TRUE);
		gkm_coop_message_clear(&part);
	}
	fuzz_assert(got && got->get_count(got) == records->get_count(records) &&
				got->get_size(got) == records->get_size(records),
				"arrived differently", &err);
	got->destroy(got);
	from->destroy(from);
	to->destroy(to);
}

CALLBACK(mismatch, void,
	void *user, char *name, char *our, char *their)
{
	fuzz_assert(FALSE, "items differ from themselves", user);
}

/**
 * Receive a message
 */
static void receive(gkm_coop_sync_t *sync, chunk_t data)
{
	gkm_coop_message_t message;
	gkm_record_list_t *records;
	gkm_error_t err = {};

	if (!gkm_coop_message_parse(data, &message, &err))
	{
		fuzz_assert(err.text[0], "refused without a reason", &err);
		return;
	}
	repeat(&message);
	gkm_coop_summary_compare(message.items, message.items, mismatch, &err);
	if (message.type == GKM_COOP_RECORDS)
	{
		if (!sync->receive(sync, &message, &records, &err))
		{
			fuzz_assert(err.text[0], "refused without a reason", &err);
		}
		else if (records)
		{
			forward(records);
			records->destroy(records);
		}
	}
	gkm_coop_message_clear(&message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	gkm_coop_sync_t *sync;
	bio_reader_t *reader;
	chunk_t message;

	sync = gkm_coop_sync_create();
	reader = bio_reader_create(chunk_create((u_char*)data, len));
	while (reader->read_data16(reader, &message))
	{	/* a clone, so that the sanitizer sees reads beyond the end */
		message = chunk_clone(message);
		receive(sync, message);
		chunk_free(&message);
	}
	reader->destroy(reader);
	sync->destroy(sync);
	return 0;
}
