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

#include "gkm_payload.h"
#include "gkm_registration.h"
#include "gkm_wire.h"

#include <encoding/payloads/encodings.h>
#include <encoding/payloads/notify_payload.h>

/** Notify types up to here are errors (RFC 7296, 3.10.1) */
#define ERROR_NOTIFY_MAX 16383

typedef struct private_payload_t private_payload_t;

/**
 * A payload to send.
 */
struct private_payload_t {

	/**
	 * Public interface
	 */
	payload_t public;

	/**
	 * Payload type
	 */
	payload_type_t type;

	/**
	 * Generic header as generated: next payload, flags, length
	 */
	uint8_t next;
	uint8_t flags;
	uint16_t length;

	/**
	 * Body
	 */
	chunk_t body;
};

/**
 * How to generate a payload
 */
static encoding_rule_t encodings[] = {
	{ U_INT_8,			offsetof(private_payload_t, next)		},
	{ U_INT_8,			offsetof(private_payload_t, flags)		},
	{ PAYLOAD_LENGTH,	offsetof(private_payload_t, length)		},
	{ CHUNK_DATA,		offsetof(private_payload_t, body)		},
};

METHOD(payload_t, verify, status_t,
	private_payload_t *this)
{
	return SUCCESS;
}

METHOD(payload_t, get_encoding_rules, int,
	private_payload_t *this, encoding_rule_t **rules)
{
	*rules = encodings;
	return countof(encodings);
}

METHOD(payload_t, get_header_length, int,
	private_payload_t *this)
{
	return GENERIC_HEADER_LEN;
}

METHOD(payload_t, get_length, size_t,
	private_payload_t *this)
{
	return this->length;
}

METHOD(payload_t, get_next_type, payload_type_t,
	private_payload_t *this)
{
	return this->next;
}

METHOD(payload_t, set_next_type, void,
	private_payload_t *this, payload_type_t type)
{
	this->next = type;
}

METHOD(payload_t, get_type, payload_type_t,
	private_payload_t *this)
{
	return this->type;
}

METHOD(payload_t, destroy, void,
	private_payload_t *this)
{
	chunk_clear(&this->body);
	free(this);
}

/*
 * Described in header
 */
payload_t *gkm_payload_create(uint8_t type, chunk_t body)
{
	private_payload_t *this;

	INIT(this,
		.public = {
			.verify = _verify,
			.get_encoding_rules = _get_encoding_rules,
			.get_header_length = _get_header_length,
			.get_length = _get_length,
			.get_next_type = _get_next_type,
			.set_next_type = _set_next_type,
			.get_type = _get_type,
			.destroy = _destroy,
		},
		.type = type,
		.length = GENERIC_HEADER_LEN + body.len,
		.body = body,
	);
	return &this->public;
}

METHOD(payload_t, bare_get_encoding_rules, int,
	private_payload_t *this, encoding_rule_t **rules)
{
	*rules = &encodings[countof(encodings) - 1];
	return 1;
}

METHOD(payload_t, bare_get_header_length, int,
	private_payload_t *this)
{
	return 0;
}

/*
 * Described in header
 */
payload_t *gkm_payload_create_bare(chunk_t body)
{
	private_payload_t *this;

	this = (private_payload_t*)gkm_payload_create(PL_NONE, body);
	this->public.get_encoding_rules = _bare_get_encoding_rules;
	this->public.get_header_length = _bare_get_header_length;
	this->type = PL_UNKNOWN;
	this->length = body.len;
	return &this->public;
}

METHOD(payload_t, content_verify, status_t,
	gkm_content_t *this)
{
	return SUCCESS;
}

METHOD(payload_t, content_get_encoding_rules, int,
	gkm_content_t *this, encoding_rule_t **rules)
{
	/* never generated */
	*rules = NULL;
	return 0;
}

METHOD(payload_t, content_get_length, size_t,
	gkm_content_t *this)
{
	return 0;
}

METHOD(payload_t, content_get_header_length, int,
	gkm_content_t *this)
{
	return 0;
}

METHOD(payload_t, content_get_next_type, payload_type_t,
	gkm_content_t *this)
{
	return PL_NONE;
}

METHOD(payload_t, content_set_next_type, void,
	gkm_content_t *this, payload_type_t type)
{
}

METHOD(payload_t, content_get_type, payload_type_t,
	gkm_content_t *this)
{
	return PL_GKM_CONTENT;
}

CALLBACK(free_body, void,
	chunk_t *body, int idx, void *user)
{
	chunk_free(body);
}

METHOD(payload_t, content_destroy, void,
	gkm_content_t *this)
{
	gkm_registration_destroy(this->registration);
	chunk_free(&this->gsa);
	chunk_clear(&this->kd);
	chunk_clear(&this->coop);
	array_destroy_function(this->deletes, free_body, NULL);
	free(this);
}

/*
 * Described in header
 */
gkm_content_t *gkm_content_create()
{
	gkm_content_t *this;

	INIT(this,
		.payload = {
			.verify = _content_verify,
			.get_encoding_rules = _content_get_encoding_rules,
			.get_header_length = _content_get_header_length,
			.get_length = _content_get_length,
			.get_next_type = _content_get_next_type,
			.set_next_type = _content_set_next_type,
			.get_type = _content_get_type,
			.destroy = _content_destroy,
		},
		.registration = gkm_registration_create(),
		.deletes = array_create(sizeof(chunk_t), 0),
	);
	return this;
}

/*
 * Described in header
 */
gkm_content_t *gkm_content_get(message_t *message)
{
	return (gkm_content_t*)message->get_payload(message, PL_GKM_CONTENT);
}

/*
 * Described in header
 */
notify_type_t gkm_content_get_error(message_t *message)
{
	gkm_content_t *content = gkm_content_get(message);
	notify_type_t type, error = content ? content->error : 0;
	enumerator_t *enumerator;
	payload_t *payload;

	enumerator = message->create_payload_enumerator(message);
	while (!error && enumerator->enumerate(enumerator, &payload))
	{
		if (payload->get_type(payload) == PLV2_NOTIFY)
		{
			type = ((notify_payload_t*)payload)->get_notify_type(
													(notify_payload_t*)payload);
			error = type <= ERROR_NOTIFY_MAX ? type : 0;
		}
	}
	enumerator->destroy(enumerator);
	return error;
}

/*
 * Described in header
 */
void gkm_payload_replace(message_t *message, payload_t *old, payload_t *new)
{
	enumerator_t *enumerator;
	payload_t *payload;

	enumerator = message->create_payload_enumerator(message);
	while (enumerator->enumerate(enumerator, &payload))
	{
		if (payload == old)
		{
			message->remove_payload_at(message, enumerator);
			break;
		}
	}
	enumerator->destroy(enumerator);
	old->destroy(old);
	message->add_payload(message, new);
}
