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


#include "coop_fixture.h"

#include <bio/bio_writer.h>

#include "libgkm/coop/gkm_coop_summary.h"

/**
 * Items of a sample
 */
static array_t *create_items()
{
	static char *texts[][2] = {
		{ "IP-D3P",						"window 5000 ms" },
		{ "Interoperable Rekey ACK",	"off" },
		{ "key tree",					"degree 4" },
	};
	gkm_coop_item_t item;
	array_t *items;
	int i;

	items = array_create(sizeof(gkm_coop_item_t), 0);
	for (i = 0; i < countof(texts); i++)
	{
		item.name = strdup(texts[i][0]);
		item.value = strdup(texts[i][1]);
		array_insert(items, ARRAY_TAIL, &item);
	}
	return items;
}

/**
 * Add records to a sample
 */
static void add_records(gkm_coop_message_t *message, gkm_adoption_kind_t kind,
						uint8_t flags)
{
	gkm_record_list_t *list;

	list = gkm_record_list_create();
	coop_put(list, GKM_RECORD_GROUP, "", "SAs");
	coop_put(list, GKM_RECORD_MEMBER, "carol", "here");
	coop_put(list, GKM_RECORD_MEMBER, "dave", NULL);
	message->type = GKM_COOP_RECORDS;
	message->flags |= flags;
	message->kind = kind;
	message->transaction = 1;
	message->records = coop_stream(list);
	list->destroy(list);
}

/*
 * Described in header
 */
void coop_sample(int i, gkm_coop_message_t *message)
{
	*message = (gkm_coop_message_t){
		.type = GKM_COOP_HEARTBEAT,
		.flags = GKM_COOP_REPLY_REQUESTED,
		.group = identification_create_from_string("@#000004d2"),
		.status = {
			.version = GKM_COOP_VERSION,
			.capabilities = 0x0a0b0c0d,
			.id = 2,
			.priority = 100,
			.duty = GKM_DUTY_SECONDARY,
			.primary = 1,
			.boot = 0x0102030405060708,
			.seq = 9,
			.epoch = 3,
			.lineage = 0x1112131415161718,
			.now = 1700000000123,
			.applied = 7,
			.requests = GKM_COOP_RENEW_FOR_SENDER,
			.own_members = 5,
			.members = 100000,
		},
	};
	switch (i)
	{
		case 0:
			message->type = GKM_COOP_HELLO;
			message->software = strdup("1.0");
			message->items = create_items();
			break;
		case 1:
			break;
		case 2:
			add_records(message, GKM_ADOPT_ALL,
						GKM_COOP_LAST | GKM_COOP_ANEW);
			break;
		case 3:
			add_records(message, GKM_ADOPT_MEMBERS, GKM_COOP_WANT_ALL);
			message->part = 4;
			break;
		case 4:
			message->type = GKM_COOP_RESET;
			message->group->destroy(message->group);
			message->group = identification_create_from_string("group.example");
			break;
	}
}

/*
 * Described in header
 */
void coop_put(gkm_record_list_t *list, gkm_record_t kind, char *key, char *value)
{
	list->store.put(&list->store, kind, chunk_from_str(key),
					value ? chunk_from_str(value) : chunk_empty);
}

/*
 * Described in header
 */
chunk_t coop_stream(gkm_record_list_t *list)
{
	enumerator_t *enumerator;
	gkm_record_entry_t *entry;
	bio_writer_t *writer;
	chunk_t stream;

	writer = bio_writer_create(0);
	enumerator = list->create_enumerator(list);
	while (enumerator->enumerate(enumerator, &entry))
	{
		writer->write_uint8(writer, entry->kind);
		writer->write_data16(writer, entry->key);
		writer->write_data32(writer, entry->value);
	}
	enumerator->destroy(enumerator);
	stream = writer->extract_buf(writer);
	writer->destroy(writer);
	return stream;
}
