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

#include "libgkm/group/gkm_print.h"

#include <encoding/payloads/notify_payload.h>

ENUM_BEGIN(gikev2_exchange_names, GSA_AUTH, GSA_INBAND_REKEY,
	"GSA_AUTH",
	"GSA_REGISTRATION",
	"GSA_REKEY",
	"GSA_INBAND_REKEY");
ENUM_NEXT(gikev2_exchange_names, GKM_COOP_EXCHANGE, GKM_COOP_EXCHANGE,
		  GSA_INBAND_REKEY,
	"COOP");
ENUM_END(gikev2_exchange_names, GKM_COOP_EXCHANGE);

/**
 * Write a notify: charon lacks some, or has other names for them
 */
static int print_notify(notify_type_t type, char *pos, int left)
{
	return snprintf(pos, left, " N(%N)", enum_to_name(gkm_notify_names, type) ?
					gkm_notify_names : notify_type_short_names, type);
}

/**
 * Write what the group's part of a message holds
 */
static int print_content(gkm_content_t *content, char *pos, int left)
{
	gkm_registration_t *registration = content->registration;
	int len, i;

	len = snprintf(pos, left, "%s%s%s%s%s%s%s",
					registration->group ? " IDg" : "",
					registration->capabilities ? " SAg" : "",
					content->gsa.len ? " GSA" : "",
					content->kd.len ? " KD" : "",
					content->coop.len ? " COOP" : "",
					registration->sender ? " N(GROUP_SENDER)" : "",
					content->transport ? " N(USE_TRANSP)" : "");
	if (content->error && len < left)
	{
		len += print_notify(content->error, pos + len, left - len);
	}
	for (i = 0; i < array_count(content->deletes) && len < left; i++)
	{
		len += snprintf(pos + len, left - len, " D");
	}
	return len;
}

/**
 * Write what a payload is
 */
static int print_payload(payload_t *payload, char *pos, int left)
{
	notify_payload_t *notify;

	switch ((u_int)payload->get_type(payload))
	{
		case PL_GKM_CONTENT:
			return print_content((gkm_content_t*)payload, pos, left);
		case PLV2_NOTIFY:
			notify = (notify_payload_t*)payload;
			return print_notify(notify->get_notify_type(notify), pos, left);
		case PLV2_SECURITY_ASSOCIATION:
			return snprintf(pos, left, " SAg");
		case PL_COOP:
			return snprintf(pos, left, " COOP");
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

	/* key servers send several each second */
	charon->bus->log(charon->bus, DBG_ENC,
		 exchange == GKM_COOP_EXCHANGE ? 2 : 1, "%s %N %s %u [%s ]", what,
		 gikev2_exchange_names, exchange,
		 message->get_request(message) ? "request" : "response",
		 message->get_message_id(message), buf);
}

