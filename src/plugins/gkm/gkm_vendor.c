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

#include "gkm_vendor.h"

#include <collections/enumerator.h>
#include <encoding/payloads/vendor_id_payload.h>

/** Longest vendor ID that can be configured, in octets */
#define VENDOR_ID_MAX 64

/** This implementation: MD5 of "strongswan-gkm GDOI 1" */
static const uint8_t ours[] = {
	0xee, 0xd3, 0xc7, 0xdf, 0xa0, 0x21, 0xd0, 0xa3,
	0xb9, 0x87, 0xb9, 0xa3, 0xa0, 0xa9, 0x45, 0x8d,
};

/** IP delay detection: MD5 of "draft-weis-delay-detection-01" (section 5 of
 *  that) */
static const uint8_t d3p[] = {
	0x11, 0x00, 0x88, 0x39, 0x7f, 0x51, 0xfe, 0x96,
	0x69, 0xb9, 0x63, 0x04, 0x76, 0x35, 0x8b, 0xec,
};

/**
 * Kinds of peers, those that are more special first, with vendor IDs unless
 * configured
 */
static const struct {
	gkm_peer_t peer;
	char *vendor_ids;
} kinds[] = {
	{ GKM_PEER_ASR9000,	""								},
	{ GKM_PEER_LEGACY,	""								},
	/* Cisco Unity, two octets of a version follow */
	{ GKM_PEER_CISCO,	"12f5f28c457168a9702d9fe274cc"	},
};

/**
 * Does a message have a vendor ID?
 */
static bool has_vendor_id(message_t *message, chunk_t id)
{
	enumerator_t *enumerator;
	payload_t *payload;
	bool found = FALSE;

	enumerator = message->create_payload_enumerator(message);
	while (!found && enumerator->enumerate(enumerator, &payload))
	{
		found = payload->get_type(payload) == PLV1_VENDOR_ID &&
				chunk_equals(id, ((vendor_id_payload_t*)payload)->get_data(
											(vendor_id_payload_t*)payload));
	}
	enumerator->destroy(enumerator);
	return found;
}

/**
 * Add a vendor ID to a message, unless it is there
 */
static void add_vendor_id(message_t *message, chunk_t id)
{
	if (!has_vendor_id(message, id))
	{
		message->add_payload(message, (payload_t*)
			vendor_id_payload_create_data(PLV1_VENDOR_ID, chunk_clone(id)));
	}
}

/*
 * Described in header
 */
void gkm_vendor_add(message_t *message)
{
	add_vendor_id(message, chunk_from_thing(ours));
	/* the draft has the key server send it. As member, we say that we aren't
	 * of those that abort on attributes they don't know (RFC 6407, 5.4) */
	add_vendor_id(message, chunk_from_thing(d3p));
}

/**
 * Does a vendor ID begin with a value given in hex?
 */
static bool matches(chunk_t id, char *hex)
{
	uint8_t buf[VENDOR_ID_MAX];
	chunk_t prefix;
	size_t len = strlen(hex);

	if (!len || len % 2 || len / 2 > sizeof(buf) ||
		strspn(hex, "0123456789abcdefABCDEF") != len)
	{
		DBG1(DBG_CFG, "gdoi.vendor_ids: '%s' is no vendor ID in hex, ignored",
			 hex);
		return FALSE;
	}
	prefix = chunk_from_hex(chunk_from_str(hex), buf);
	return id.len >= prefix.len && memeq(id.ptr, prefix.ptr, prefix.len);
}

/**
 * Is a vendor ID one of a kind of peers?
 */
static bool is_of_kind(chunk_t id, u_int kind)
{
	char name[BUF_LEN], *configured, *hex;
	enumerator_t *enumerator;
	bool found = FALSE;

	snprintf(name, sizeof(name), "%N", gkm_peer_names, kinds[kind].peer);
	configured = lib->settings->get_str(lib->settings,
							"%s.plugins.gkm.gdoi.vendor_ids.%s",
							kinds[kind].vendor_ids, lib->ns, name);
	enumerator = enumerator_create_token(configured, ",", " ");
	while (!found && enumerator->enumerate(enumerator, &hex))
	{
		found = *hex && matches(id, hex);
	}
	enumerator->destroy(enumerator);
	return found;
}

/*
 * Described in header
 */
void gkm_vendor_note(gkm_vendor_t *this, message_t *message)
{
	vendor_id_payload_t *payload;
	enumerator_t *enumerator;
	chunk_t id;
	u_int i;

	enumerator = message->create_payload_enumerator(message);
	while (enumerator->enumerate(enumerator, &payload))
	{
		if (payload->payload_interface.get_type(&payload->payload_interface) !=
															PLV1_VENDOR_ID)
		{
			continue;
		}
		id = payload->get_data(payload);
		this->ours |= chunk_equals(id, chunk_from_thing(ours));
		this->d3p |= chunk_equals(id, chunk_from_thing(d3p));
		for (i = 0; i < countof(kinds); i++)
		{
			if (is_of_kind(id, i))
			{
				this->kinds |= 1 << kinds[i].peer;
			}
		}
	}
	enumerator->destroy(enumerator);
}

/*
 * Described in header
 */
gkm_peer_t gkm_vendor_peer(gkm_vendor_t *this)
{
	u_int i;

	/* charon may be configured to send Cisco's */
	for (i = 0; !this->ours && i < countof(kinds); i++)
	{
		if (this->kinds & (1 << kinds[i].peer))
		{
			return kinds[i].peer;
		}
	}
	return GKM_PEER_OTHER;
}
