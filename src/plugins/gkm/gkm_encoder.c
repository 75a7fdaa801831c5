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

#include "gkm_encoder.h"
#include "gkm_log.h"
#include "gkm_wire.h"

#include "libgkm/gikev2/gikev2_sk.h"

#include <encoding/generator.h>
#include <encoding/payloads/encrypted_fragment_payload.h>
#include <encoding/payloads/encrypted_payload.h>
#include <encoding/payloads/ike_header.h>

/** Octets in headers below IKE */
#define IPV4_HEADER_LEN 20
#define IPV6_HEADER_LEN 40
#define UDP_HEADER_LEN 8

/**
 * Order of payloads in a message, as in RFC 9838, 2.3
 */
static const uint16_t payload_order[] = {
	PLV2_ID_INITIATOR, PLV2_CERTIFICATE, PLV2_CERTREQ, PLV2_ID_RESPONDER,
	PLV2_EAP, PLV2_AUTH, PL_IDG, PLV2_SECURITY_ASSOCIATION, PL_GSA, PL_KD,
	PLV2_NOTIFY,
};

/**
 * Place of a payload in that order, those that aren't there come last
 */
static int get_rank(payload_t *payload)
{
	int i;

	for (i = 0; i < countof(payload_order); i++)
	{
		if (payload->get_type(payload) == payload_order[i])
		{
			break;
		}
	}
	return i;
}

/**
 * Bring the payloads of a message in order
 */
static void sort_payloads(message_t *message)
{
	enumerator_t *enumerator;
	payload_t *payload;
	linked_list_t *list;
	int rank;

	list = linked_list_create();
	for (rank = 0; rank <= countof(payload_order); rank++)
	{
		enumerator = message->create_payload_enumerator(message);
		while (enumerator->enumerate(enumerator, &payload))
		{
			if (get_rank(payload) == rank)
			{
				message->remove_payload_at(message, enumerator);
				list->insert_last(list, payload);
			}
		}
		enumerator->destroy(enumerator);
	}
	while (list->remove_first(list, (void**)&payload) == SUCCESS)
	{
		message->add_payload(message, payload);
	}
	list->destroy(list);
}

/**
 * Move the payloads of a message into an encrypted payload
 */
static encrypted_payload_t *wrap_payloads(message_t *message)
{
	encrypted_payload_t *encrypted;
	enumerator_t *enumerator;
	payload_t *payload;

	encrypted = encrypted_payload_create(PLV2_ENCRYPTED);
	enumerator = message->create_payload_enumerator(message);
	while (enumerator->enumerate(enumerator, &payload))
	{
		message->remove_payload_at(message, enumerator);
		encrypted->add_payload(encrypted, payload);
	}
	enumerator->destroy(enumerator);
	return encrypted;
}

/**
 * Header for a message
 */
static ike_header_t *create_header(message_t *message,
								   gikev2_exchange_t exchange)
{
	ike_sa_id_t *id = message->get_ike_sa_id(message);
	ike_header_t *header;

	header = ike_header_create_version(IKEV2_MAJOR_VERSION,
									   IKEV2_MINOR_VERSION);
	header->set_exchange_type(header, exchange);
	header->set_message_id(header, message->get_message_id(message));
	header->set_response_flag(header, !message->get_request(message));
	header->set_initiator_flag(header, id->is_initiator(id));
	header->set_initiator_spi(header, id->get_initiator_spi(id));
	header->set_responder_spi(header, id->get_responder_spi(id));
	return header;
}

/**
 * Encrypt one SK or SKF payload into a packet
 */
static status_t encode_packet(message_t *message, gikev2_exchange_t exchange,
							  aead_t *aead, encrypted_payload_t *encrypted,
							  packet_t **packet)
{
	payload_t *payload = &encrypted->payload_interface;
	ike_header_t *header;
	generator_t *generator;
	status_t status;
	uint32_t *lenpos;
	chunk_t data;
	host_t *host;

	encrypted->set_transform(encrypted, aead);
	header = create_header(message, exchange);
	header->payload_interface.set_next_type(&header->payload_interface,
											payload->get_type(payload));
	generator = generator_create_no_dbg();
	generator->generate_payload(generator, &header->payload_interface);
	header->destroy(header);

	/* the header is associated data, with the length of all */
	data = generator->get_chunk(generator, &lenpos);
	htoun32(lenpos, data.len + encrypted->get_length(encrypted));
	status = encrypted->encrypt(encrypted, message->get_message_id(message),
								data);
	if (status == SUCCESS)
	{
		generator->generate_payload(generator, payload);
		data = generator->get_chunk(generator, &lenpos);
		htoun32(lenpos, data.len);

		*packet = packet_create();
		host = message->get_source(message);
		(*packet)->set_source(*packet, host->clone(host));
		host = message->get_destination(message);
		(*packet)->set_destination(*packet, host->clone(host));
		(*packet)->set_data(*packet, chunk_clone(data));
	}
	else
	{
		DBG1(DBG_ENC, "encrypting %N failed", gikev2_exchange_names, exchange);
	}
	generator->destroy(generator);
	return status;
}

/**
 * Octets that IKE may have in a datagram of the given size
 */
static size_t get_ike_size(message_t *message, size_t size)
{
	host_t *src = message->get_source(message), *dst;
	size_t overhead;

	dst = message->get_destination(message);
	overhead = UDP_HEADER_LEN + (src->get_family(src) == AF_INET ?
								 IPV4_HEADER_LEN : IPV6_HEADER_LEN);
	if (src->get_port(src) != IKEV2_UDP_PORT &&
		dst->get_port(dst) != IKEV2_UDP_PORT)
	{
		overhead += NON_ESP_MARKER_LEN;
	}
	return size > overhead ? size - overhead : 0;
}

/**
 * Octets of plain text that fit into a fragment of the given size
 */
static size_t get_fragment_len(aead_t *aead, size_t size)
{
	size_t headers = IKE_HEADER_LEN + FRAGMENT_HEADER_LEN;

	return size > headers ? gikev2_sk_capacity(aead, size - headers) : 0;
}

/**
 * Split payloads into fragments (RFC 7383, 2.5)
 */
static status_t encode_fragments(message_t *message,
								 gikev2_exchange_t exchange, aead_t *aead,
								 encrypted_payload_t *encrypted, size_t size,
								 array_t *packets)
{
	encrypted_fragment_payload_t *fragment;
	generator_t *generator;
	status_t status = SUCCESS;
	packet_t *packet;
	payload_t *payload;
	uint32_t *lenpos;
	size_t len = get_fragment_len(aead, size);
	u_int count, num;
	chunk_t plain;

	payload = &encrypted->payload_interface;
	generator = generator_create_no_dbg();
	encrypted->generate_payloads(encrypted, generator);
	plain = generator->get_chunk(generator, &lenpos);
	count = len ? (plain.len + len - 1) / len : UINT_MAX;
	if (count > UINT16_MAX)
	{
		DBG1(DBG_ENC, "fragment size of %zu octets is too small", size);
		generator->destroy(generator);
		return FAILED;
	}
	DBG1(DBG_ENC, "splitting IKE message (%zu bytes) into %u fragments",
		 plain.len, count);
	for (num = 1; num <= count && status == SUCCESS; num++)
	{
		fragment = encrypted_fragment_payload_create_from_data(num, count,
						chunk_create(plain.ptr, min(len, plain.len)));
		plain = chunk_skip(plain, min(len, plain.len));
		if (num == 1)
		{
			fragment->encrypted.payload_interface.set_next_type(
						&fragment->encrypted.payload_interface,
						payload->get_next_type(payload));
		}
		status = encode_packet(message, exchange, aead, &fragment->encrypted,
							   &packet);
		if (status == SUCCESS)
		{
			array_insert(packets, ARRAY_TAIL, packet);
		}
		fragment->encrypted.destroy(&fragment->encrypted);
	}
	plain = generator->get_chunk(generator, &lenpos);
	memwipe(plain.ptr, plain.len);
	generator->destroy(generator);
	return status;
}

/*
 * Described in header
 */
status_t gkm_encode(message_t *message, gikev2_exchange_t exchange,
					keymat_t *keymat, size_t size, array_t **packets)
{
	encrypted_payload_t *encrypted;
	status_t status;
	packet_t *packet;
	aead_t *aead;

	aead = keymat ? keymat->get_aead(keymat, FALSE) : NULL;
	if (!aead)
	{
		DBG1(DBG_ENC, "unable to encrypt %N without keys", gikev2_exchange_names,
			 exchange);
		return FAILED;
	}
	sort_payloads(message);
	gkm_log_message("generating", message, exchange);
	*packets = array_create(0, 1);
	encrypted = wrap_payloads(message);
	encrypted->set_transform(encrypted, aead);
	size = get_ike_size(message, size);
	if (IKE_HEADER_LEN + encrypted->get_length(encrypted) > size)
	{
		status = encode_fragments(message, exchange, aead, encrypted, size,
								  *packets);
	}
	else
	{
		status = encode_packet(message, exchange, aead, encrypted, &packet);
		if (status == SUCCESS)
		{
			array_insert(*packets, ARRAY_TAIL, packet);
		}
	}
	encrypted->destroy(encrypted);
	if (status != SUCCESS)
	{
		array_destroy_offset(*packets, offsetof(packet_t, destroy));
		*packets = NULL;
	}
	return status;
}
