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

#include "gikev2_inner.h"
#include "gikev2_codepoints.h"
#include "gikev2_delete.h"
#include "gikev2_payload.h"

/*
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |  Protocol ID  |   SPI Size    |      Notify Message Type      |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  ~                Security Parameter Index (SPI)                 ~
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  ~                       Notification Data                       ~
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * RFC 7296, 3.10, after the generic payload header.
 */

/** Octets in a notify before the SPI */
#define NOTIFY_HEADER_LEN 4

/** Payloads in a message at most: one each, Delete payloads */
#define PAYLOADS_MAX (4 + GIKEV2_DELETES_MAX)

/**
 * Payload to be written
 */
typedef struct {
	uint8_t type;
	chunk_t body;
} entry_t;

/**
 * Collect payloads in the order in which they are written
 *
 * @param notify	body of N(USE_TRANSPORT_MODE)
 * @return			number of payloads
 */
static u_int collect(gikev2_inner_t *inner, chunk_t notify,
					 entry_t entries[PAYLOADS_MAX])
{
	u_int count = 0, i;
	chunk_t body;

	if (inner->payloads.gsa.len)
	{
		entries[count++] = (entry_t){ PL_GSA, inner->payloads.gsa };
		entries[count++] = (entry_t){ PL_KD, inner->payloads.kd };
	}
	if (inner->transport)
	{
		entries[count++] = (entry_t){ GIKEV2_PL_NOTIFY, notify };
	}
	for (i = 0; i < GIKEV2_DELETES_MAX &&
				array_get(inner->payloads.deletes, i, &body); i++)
	{
		entries[count++] = (entry_t){ GIKEV2_PL_DELETE, body };
	}
	if (inner->auth.len)
	{
		entries[count++] = (entry_t){ GIKEV2_PL_AUTH, inner->auth };
	}
	return count;
}

/*
 * Described in header
 */
uint8_t gikev2_inner_first(gikev2_inner_t *inner)
{
	entry_t entries[PAYLOADS_MAX];

	return collect(inner, chunk_empty, entries) ? entries[0].type
												: GIKEV2_NO_PAYLOAD;
}

/*
 * Described in header
 */
chunk_t gikev2_inner_build(gikev2_inner_t *inner)
{
	u_char notify[NOTIFY_HEADER_LEN] = {};
	entry_t entries[PAYLOADS_MAX];
	bio_writer_t *writer;
	u_int count, i;
	chunk_t plain;

	htoun16(notify + 2, GIKEV2_USE_TRANSPORT_MODE);
	count = collect(inner, chunk_from_thing(notify), entries);
	writer = bio_writer_create(inner->payloads.gsa.len +
							   inner->payloads.kd.len + 256);
	for (i = 0; i < count; i++)
	{
		gikev2_payload_build(writer, i + 1 < count ? entries[i + 1].type
												   : GIKEV2_NO_PAYLOAD,
							 entries[i].body);
	}
	plain = writer->extract_buf(writer);
	writer->destroy(writer);
	return plain;
}

/**
 * Take a payload that may come once
 */
static bool take_body(gikev2_payload_t *payload, const char *name,
					  chunk_t *where, gkm_error_t *err)
{
	if (where->len || !payload->body.len)
	{
		return gkm_fail(err, "%s payload: %s", name, where->len ? "second one"
																: "empty");
	}
	*where = payload->body;
	return TRUE;
}

/**
 * Take a Delete payload
 */
static bool take_delete(gikev2_inner_t *inner, gikev2_payload_t *payload,
						gkm_error_t *err)
{
	if (array_count(inner->payloads.deletes) == GIKEV2_DELETES_MAX)
	{
		return gkm_fail(err, "more than %u Delete payloads",
						GIKEV2_DELETES_MAX);
	}
	array_insert(inner->payloads.deletes, ARRAY_TAIL, &payload->body);
	return TRUE;
}

/**
 * Look at a notify
 */
static bool take_notify(gikev2_inner_t *inner, chunk_t body, gkm_error_t *err)
{
	if (body.len < NOTIFY_HEADER_LEN ||
		body.len - NOTIFY_HEADER_LEN < body.ptr[1])
	{
		return gkm_fail(err, "notify: incomplete with %zu octets", body.len);
	}
	if (untoh16(body.ptr + 2) == GIKEV2_USE_TRANSPORT_MODE)
	{
		inner->transport = TRUE;
	}
	return TRUE;
}

/**
 * Take a payload
 */
static bool take_payload(gikev2_inner_t *inner, gikev2_payload_t *payload,
						 gkm_error_t *err)
{
	switch (payload->type)
	{
		case PL_GSA:
			return take_body(payload, "GSA", &inner->payloads.gsa, err);
		case PL_KD:
			return take_body(payload, "KD", &inner->payloads.kd, err);
		case GIKEV2_PL_AUTH:
			return take_body(payload, "AUTH", &inner->auth, err);
		case GIKEV2_PL_DELETE:
			return take_delete(inner, payload, err);
		case GIKEV2_PL_NOTIFY:
			return take_notify(inner, payload->body, err);
		default:
			/* RFC 7296, 2.5 */
			return !payload->critical ||
				   gkm_fail(err, "critical payload of type %u", payload->type);
	}
}

/*
 * Described in header
 */
bool gikev2_inner_parse(uint8_t first, chunk_t plain, gikev2_inner_t *inner,
						gkm_error_t *err)
{
	gikev2_payload_t payload;

	*inner = (gikev2_inner_t){
		.payloads = {
			.deletes = array_create(sizeof(chunk_t), 0),
		},
	};
	while (first != GIKEV2_NO_PAYLOAD)
	{
		if (!gikev2_payload_parse(&first, &plain, &payload, err) ||
			!take_payload(inner, &payload, err))
		{
			return FALSE;
		}
	}
	if (plain.len)
	{
		return gkm_fail(err, "%zu octets after the last payload", plain.len);
	}
	return TRUE;
}

/*
 * Described in header
 */
void gikev2_inner_clear(gikev2_inner_t *inner)
{
	array_destroy(inner->payloads.deletes);
	*inner = (gikev2_inner_t){};
}
