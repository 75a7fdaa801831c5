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

#include "gkm_message.h"
#include "gkm_decoder.h"
#include "gkm_encoder.h"
#include "gkm_socket.h"

#include <metadata/metadata_factory.h>

/** Metadata of a message to send: its gkm_message_fill_t, as uint64 */
#define GKM_METADATA_FILL "gkm-fill"

/*
 * Described in header
 */
gikev2_exchange_t gkm_message_exchange(message_t *message)
{
	metadata_t *metadata;
	int exchange = 0;

	metadata = message->get_metadata(message, GKM_METADATA_EXCHANGE);
	if (metadata)
	{
		metadata->get(metadata, &exchange);
	}
	return exchange;
}

METHOD(message_t, parse_body, status_t,
	message_t *this, keymat_t *keymat)
{
	return gkm_decode(this, gkm_message_exchange(this), keymat);
}

/**
 * Let the one that knows add the group's payloads
 */
static void fill(message_t *this)
{
	metadata_t *metadata;
	ike_sa_t *ike_sa;
	uint64_t fill;

	metadata = this->get_metadata(this, GKM_METADATA_FILL);
	ike_sa = charon->bus->get_sa(charon->bus);
	if (metadata && ike_sa)
	{
		metadata->get(metadata, &fill);
		((gkm_message_fill_t)(uintptr_t)fill)(ike_sa, this);
	}
}

METHOD(message_t, generate, status_t,
	message_t *this, keymat_t *keymat, packet_t **packet)
{
	array_t *packets;
	status_t status;

	fill(this);
	status = gkm_encode(this, gkm_message_exchange(this), keymat, SIZE_MAX,
						&packets);
	if (status == SUCCESS)
	{
		/* without a size limit, there is exactly one */
		array_remove(packets, ARRAY_HEAD, packet);
		array_destroy(packets);
	}
	return status;
}

CALLBACK(destroy_packets, void,
	array_t *packets)
{
	array_destroy_offset(packets, offsetof(packet_t, destroy));
}

METHOD(message_t, fragment, status_t,
	message_t *this, keymat_t *keymat, size_t size, enumerator_t **fragments)
{
	array_t *packets;
	status_t status;
	host_t *src;

	if (!size)
	{	/* charon's default, the least that IP passes (RFC 7383, 2.5.1) */
		src = this->get_source(this);
		size = src->get_family(src) == AF_INET ? 576 : 1280;
	}
	fill(this);
	status = gkm_encode(this, gkm_message_exchange(this), keymat, size,
						&packets);
	if (status == SUCCESS)
	{
		*fragments = enumerator_create_cleaner(
						array_create_enumerator(packets), destroy_packets,
						packets);
	}
	return status;
}

/*
 * Described in header
 */
void gkm_message_adopt_inbound(message_t *message)
{
	gikev2_exchange_t exchange;

	exchange = gkm_message_exchange(message);
	if (exchange)
	{
		message->set_exchange_type(message,
							exchange == GSA_AUTH ? IKE_AUTH : exchange);
		message->parse_body = _parse_body;
	}
}

/*
 * Described in header
 */
void gkm_message_adopt_outbound(message_t *message, gikev2_exchange_t exchange,
								gkm_message_fill_t fill)
{
	message->set_metadata(message, GKM_METADATA_EXCHANGE,
				lib->metadata->create(lib->metadata, METADATA_TYPE_INT,
									  (int)exchange));
	if (fill)
	{
		message->set_metadata(message, GKM_METADATA_FILL,
				lib->metadata->create(lib->metadata, METADATA_TYPE_UINT64,
									  (uint64_t)(uintptr_t)fill));
	}
	message->generate = _generate;
	message->fragment = _fragment;
}
