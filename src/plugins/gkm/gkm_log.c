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

#include "gkm_log.h"
#include "gkm_payload.h"

#include <encoding/payloads/notify_payload.h>

/** Octets for the name of a notify */
#define NAME_LEN 32

ENUM(gikev2_exchange_names, GSA_AUTH, GSA_INBAND_REKEY,
	"GSA_AUTH",
	"GSA_REGISTRATION",
	"GSA_REKEY",
	"GSA_INBAND_REKEY",
);

/**
 * Name of a notify, charon lacks some
 */
static char *get_notify_name(notify_type_t type, char buf[NAME_LEN])
{
	switch ((u_int)type)
	{
		case GIKEV2_INVALID_GROUP_ID:
			return "INVALID_GROUP_ID";
		case GIKEV2_AUTHORIZATION_FAILED:
			return "AUTHORIZATION_FAILED";
		case GIKEV2_REGISTRATION_FAILED:
			return "REGISTRATION_FAILED";
		case GIKEV2_GROUP_SENDER:
			return "GROUP_SENDER";
		default:
			snprintf(buf, NAME_LEN, "%N", notify_type_short_names, type);
			return buf;
	}
}

/**
 * Write what the group's part of a message holds
 */
static int print_content(gkm_content_t *content, char *pos, int left)
{
	gkm_registration_t *registration = content->registration;
	char buf[NAME_LEN];

	return snprintf(pos, left, "%s%s%s%s%s%s%s%s%s",
					registration->group ? " IDg" : "",
					registration->capabilities ? " SAg" : "",
					content->gsa.len ? " GSA" : "",
					content->kd.len ? " KD" : "",
					registration->sender ? " N(GROUP_SENDER)" : "",
					content->transport ? " N(USE_TRANSP)" : "",
					content->error ? " N(" : "",
					content->error ? get_notify_name(content->error, buf) : "",
					content->error ? ")" : "");
}

/**
 * Write what a payload is
 */
static int print_payload(payload_t *payload, char *pos, int left)
{
	notify_payload_t *notify;
	char buf[NAME_LEN];

	switch ((u_int)payload->get_type(payload))
	{
		case PL_GKM_CONTENT:
			return print_content((gkm_content_t*)payload, pos, left);
		case PLV2_NOTIFY:
			notify = (notify_payload_t*)payload;
			return snprintf(pos, left, " N(%s)",
					get_notify_name(notify->get_notify_type(notify), buf));
		case PLV2_SECURITY_ASSOCIATION:
			return snprintf(pos, left, " SAg");
		default:
			return snprintf(pos, left, " %N", payload_type_short_names,
							payload->get_type(payload));
	}
}

/*
 * Described in header
 */
void gkm_log_message(char *what, message_t *message,
					 gikev2_exchange_t exchange)
{
	enumerator_t *enumerator;
	payload_t *payload;
	char buf[BUF_LEN] = "", *pos = buf;
	int left = sizeof(buf), len;

	enumerator = message->create_payload_enumerator(message);
	while (enumerator->enumerate(enumerator, &payload))
	{
		len = print_payload(payload, pos, left);
		if (len < 0 || len >= left)
		{
			break;
		}
		pos += len;
		left -= len;
	}
	enumerator->destroy(enumerator);

	DBG1(DBG_ENC, "%s %N %s %u [%s ]", what, gikev2_exchange_names, exchange,
		 message->get_request(message) ? "request" : "response",
		 message->get_message_id(message), buf);
}

