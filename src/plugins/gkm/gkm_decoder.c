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

#include "gkm_decoder.h"
#include "gkm_log.h"
#include "gkm_payload.h"
#include "gkm_wire.h"

#include "libgkm/gikev2/gikev2_idg.h"
#include "libgkm/gikev2/gikev2_payload.h"
#include "libgkm/gikev2/gikev2_sag.h"
#include "libgkm/gikev2/gikev2_sk.h"

#include <encoding/generator.h>
#include <encoding/parser.h>
#include <encoding/payloads/encrypted_payload.h>
#include <encoding/payloads/notify_payload.h>

/**
 * Keep the body of a payload, GSA and KD can't be read without keys
 */
static bool take_body(chunk_t *where, chunk_t body, gkm_error_t *err)
{
	if (where->ptr)
	{
		return gkm_fail(err, "more than one in a message");
	}
	if (!body.len)
	{
		return gkm_fail(err, "empty");
	}
	*where = chunk_clone(body);
	return TRUE;
}

/**
 * Keep the body of a Delete payload: charon wouldn't parse one for rekey SAs
 */
static bool take_delete(array_t *deletes, chunk_t body, gkm_error_t *err)
{
	if (array_count(deletes) >= GKM_DELETES_MAX)
	{
		return gkm_fail(err, "more than %d in a message", GKM_DELETES_MAX);
	}
	body = chunk_clone(body);
	array_insert(deletes, ARRAY_TAIL, &body);
	return TRUE;
}

/**
 * Read an IDg payload
 */
static bool take_group(gkm_registration_t *this, chunk_t body, gkm_error_t *err)
{
	if (this->group)
	{
		return gkm_fail(err, "more than one in a message");
	}
	this->group = gikev2_idg_parse(body, err);
	return this->group != NULL;
}

/**
 * Read an SAg payload
 */
static bool take_capabilities(gkm_registration_t *this, chunk_t body,
							  gkm_error_t *err)
{
	if (this->capabilities)
	{
		return gkm_fail(err, "more than one in a message");
	}
	this->capabilities = gikev2_sag_parse(body, err);
	return this->capabilities != NULL;
}

/**
 * Take a payload that belongs to the group.
 *
 * @param known		receives TRUE if it does
 * @return			FALSE if it does, but isn't valid
 */
static bool take_payload(gkm_content_t *this, gikev2_exchange_t exchange,
						 uint8_t type, chunk_t body, bool *known)
{
	gkm_error_t err = {};
	bool valid;

	*known = TRUE;
	if ((type == PLV2_DELETE && exchange != GSA_INBAND_REKEY) ||
		(type == PL_COOP) != (exchange == GKM_COOP_EXCHANGE))
	{
		*known = FALSE;
		return TRUE;
	}
	switch (type)
	{
		case PL_IDG:
			valid = take_group(this->registration, body, &err);
			break;
		case PL_GSA:
			valid = take_body(&this->gsa, body, &err);
			break;
		case PL_KD:
			valid = take_body(&this->kd, body, &err);
			break;
		case PL_COOP:
			valid = take_body(&this->coop, body, &err);
			break;
		case PLV2_DELETE:
			valid = take_delete(this->deletes, body, &err);
			break;
		case PLV2_SECURITY_ASSOCIATION:
			/* there is no other SA in group exchanges (RFC 9838, 2.3) */
			valid = take_capabilities(this->registration, body, &err);
			break;
		default:
			*known = FALSE;
			return TRUE;
	}
	if (!valid)
	{
		DBG1(DBG_ENC, "%s payload refused: %s",
			 type == PLV2_SECURITY_ASSOCIATION ? "SAg" :
			 type == PLV2_DELETE ? "D" : type == PL_COOP ? "COOP" :
			 type == PL_IDG ? "IDg" : type == PL_GSA ? "GSA" : "KD", err.text);
	}
	return valid;
}

/**
 * Look at a notify.
 *
 * @param strip		receives TRUE if charon mustn't see it
 * @return			FALSE if it isn't valid
 */
static bool take_notify(gkm_content_t *this, bool request,
						gikev2_exchange_t exchange, notify_payload_t *notify,
						bool *strip)
{
	chunk_t data = notify->get_notification_data(notify);
	notify_type_t type = notify->get_notify_type(notify);

	*strip = FALSE;
	switch ((u_int)type)
	{
		case GIKEV2_GROUP_SENDER:
			if (data.len != sizeof(uint32_t))
			{
				DBG1(DBG_ENC, "GROUP_SENDER notify has %zu octets of data "
					 "instead of 4", data.len);
				return FALSE;
			}
			this->registration->sender = *strip = TRUE;
			/* asking for one is implied (RFC 9838, 2.3) */
			this->registration->sender_ids = max(1, untoh32(data.ptr));
			return TRUE;
		case GIKEV2_INVALID_GROUP_ID:
		case GIKEV2_AUTHORIZATION_FAILED:
		case GIKEV2_REGISTRATION_FAILED:
		case NO_PROPOSAL_CHOSEN:
			this->error = this->error ?: type;
			*strip = TRUE;
			return TRUE;
		case USE_TRANSPORT_MODE:
			this->transport = *strip = TRUE;
			return TRUE;
		case INITIAL_CONTACT:
		case MOBIKE_SUPPORTED:
			*strip = request && exchange == GSA_AUTH;
			return TRUE;
		default:
			return TRUE;
	}
}

/**
 * Parse a payload that charon knows, or one that nobody does
 */
static status_t parse_payload(uint8_t type, chunk_t data, payload_t **payload)
{
	parser_t *parser;
	status_t status;

	parser = parser_create(data);
	parser->set_major_version(parser, IKEV2_MAJOR_VERSION);
	status = parser->parse_payload(parser, type, payload);
	parser->destroy(parser);
	if (status != SUCCESS)
	{
		DBG1(DBG_ENC, "payload type %N could not be parsed",
			 payload_type_names, type);
		return PARSE_ERROR;
	}
	if ((*payload)->verify(*payload) != SUCCESS)
	{
		DBG1(DBG_ENC, "%N payload verification failed", payload_type_names,
			 type);
		(*payload)->destroy(*payload);
		return VERIFY_ERROR;
	}
	return SUCCESS;
}

/**
 * Add one payload to a message, or what it says to the group's content
 */
static status_t add_payload(message_t *message, gikev2_exchange_t exchange,
							gkm_content_t *content, gikev2_payload_t *data)
{
	bool request = message->get_request(message), known, strip = FALSE;
	payload_t *payload;
	status_t status;

	if (!take_payload(content, exchange, data->type, data->body, &known))
	{
		return VERIFY_ERROR;
	}
	if (known)
	{
		return SUCCESS;
	}
	status = parse_payload(data->type, data->data, &payload);
	if (status != SUCCESS)
	{
		return status;
	}
	if (data->type == PLV2_NOTIFY &&
		!take_notify(content, request, exchange, (notify_payload_t*)payload,
					 &strip))
	{
		payload->destroy(payload);
		return VERIFY_ERROR;
	}
	if (strip)
	{
		payload->destroy(payload);
	}
	else
	{
		message->add_payload(message, payload);
	}
	return SUCCESS;
}

/**
 * Split the plain text of an encrypted payload into payloads
 */
static status_t add_payloads(message_t *message, gikev2_exchange_t exchange,
							 uint8_t type, chunk_t plain)
{
	gkm_content_t *content;
	gikev2_payload_t payload;
	status_t status = SUCCESS;
	gkm_error_t err = {};

	content = gkm_content_create();
	message->add_payload(message, &content->payload);
	while (type != PL_NONE && status == SUCCESS)
	{
		if (!gikev2_payload_parse(&type, &plain, &payload, &err))
		{
			DBG1(DBG_ENC, "%s, decryption failed?", err.text);
			return PARSE_ERROR;
		}
		status = add_payload(message, exchange, content, &payload);
	}
	if (status == SUCCESS && plain.len)
	{
		DBG1(DBG_ENC, "%zu octets after the last payload", plain.len);
		return PARSE_ERROR;
	}
	return status;
}

/**
 * Decode a message with an SK payload
 */
static status_t decode_encrypted(message_t *message, gikev2_exchange_t exchange,
								 aead_t *aead, chunk_t data)
{
	chunk_t plain, header;

	header = chunk_create(data.ptr, IKE_HEADER_LEN + GENERIC_HEADER_LEN);
	if (!gikev2_sk_decrypt(aead, header, chunk_skip(data, header.len), &plain))
	{
		DBG1(DBG_ENC, "verifying encrypted payload integrity failed");
		return FAILED;
	}
	if (!gikev2_sk_strip(&plain))
	{
		DBG1(DBG_ENC, "encrypted payload has invalid padding");
		return PARSE_ERROR;
	}
	return add_payloads(message, exchange, data.ptr[IKE_HEADER_LEN], plain);
}

/**
 * Decode a message with an SKF payload, which stays one for reassembly
 */
static status_t decode_fragment(message_t *message, aead_t *aead, chunk_t data)
{
	encrypted_payload_t *fragment;
	payload_t *payload;
	status_t status;

	status = parse_payload(PLV2_FRAGMENT, chunk_skip(data, IKE_HEADER_LEN),
						   &payload);
	if (status != SUCCESS)
	{
		return status;
	}
	fragment = (encrypted_payload_t*)payload;
	fragment->set_transform(fragment, aead);
	status = fragment->decrypt(fragment,
							   chunk_create(data.ptr, IKE_HEADER_LEN));
	if (status != SUCCESS)
	{
		payload->destroy(payload);
		return status;
	}
	message->add_payload(message, payload);
	return SUCCESS;
}

/**
 * Take the payload that charon made of all fragments, plain inside
 */
static payload_t *remove_reassembled(message_t *message)
{
	enumerator_t *enumerator;
	payload_t *payload, *found = NULL;

	enumerator = message->create_payload_enumerator(message);
	while (enumerator->enumerate(enumerator, &payload))
	{
		if (payload->get_type(payload) == PLV2_ENCRYPTED)
		{
			message->remove_payload_at(message, enumerator);
			found = payload;
			break;
		}
	}
	enumerator->destroy(enumerator);
	return found;
}

/**
 * Decode a message that was reassembled from fragments
 */
static status_t decode_reassembled(message_t *message,
								   gikev2_exchange_t exchange)
{
	payload_t *payload;
	generator_t *generator;
	status_t status;
	uint32_t *lenpos;
	chunk_t plain;

	payload = remove_reassembled(message);
	if (!payload)
	{
		DBG1(DBG_ENC, "message without encrypted payload");
		return PARSE_ERROR;
	}
	/* its content can't be had, but it can be generated */
	generator = generator_create_no_dbg();
	generator->generate_payload(generator, payload);
	plain = chunk_skip(generator->get_chunk(generator, &lenpos),
					   GENERIC_HEADER_LEN);
	status = add_payloads(message, exchange, payload->get_next_type(payload),
						  plain);
	memwipe(plain.ptr, plain.len);
	generator->destroy(generator);
	payload->destroy(payload);
	return status;
}

/**
 * Decode a message from a datagram
 */
static status_t decode_packet(message_t *message, gikev2_exchange_t exchange,
							  keymat_t *keymat, chunk_t data)
{
	status_t status;
	aead_t *aead;
	uint8_t type;

	aead = keymat ? keymat->get_aead(keymat, TRUE) : NULL;
	if (!aead)
	{
		DBG1(DBG_ENC, "found encrypted payload, but no transform set");
		return INVALID_STATE;
	}
	if (data.len < IKE_HEADER_LEN + GENERIC_HEADER_LEN ||
		untoh16(data.ptr + IKE_HEADER_LEN + 2) != data.len - IKE_HEADER_LEN)
	{
		DBG1(DBG_ENC, "encrypted payload isn't the only one in %N",
			 gikev2_exchange_names, exchange);
		return FAILED;
	}
	/* the real type is what was authenticated */
	data = chunk_clone(data);
	data.ptr[IKE_EXCHANGE_OFFSET] = exchange;
	type = message->get_first_payload_type(message);
	switch (type)
	{
		case PLV2_ENCRYPTED:
			status = decode_encrypted(message, exchange, aead, data);
			break;
		case PLV2_FRAGMENT:
			status = decode_fragment(message, aead, data);
			break;
		default:
			DBG1(DBG_ENC, "%N payload in %N is not encrypted",
				 payload_type_names, type, gikev2_exchange_names, exchange);
			status = FAILED;
			break;
	}
	chunk_clear(&data);
	return status;
}

/*
 * Described in header
 */
status_t gkm_decode(message_t *message, gikev2_exchange_t exchange,
					keymat_t *keymat)
{
	chunk_t data = message->get_packet_data(message);
	status_t status;

	status = data.len ? decode_packet(message, exchange, keymat, data)
					  : decode_reassembled(message, exchange);
	if (status == SUCCESS && !message->get_payload(message, PLV2_FRAGMENT))
	{
		gkm_log_message("parsed", message, exchange);
	}
	return status;
}

