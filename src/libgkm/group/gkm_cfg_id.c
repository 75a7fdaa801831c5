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

#include <ctype.h>
#include <string.h>

#include "gkm_cfg_value.h"
#include "gkm_oid.h"

/* ------------------------------------------------------ octets and OIDs -- */

/**
 * Read octets in hex, empty if they aren't well-formed.
 */
static chunk_t read_hex(char *text, size_t max)
{
	if (!*text || strlen(text) % 2 || strlen(text) > 2 * max ||
		text[strspn(text, "0123456789abcdefABCDEF")])
	{
		return chunk_empty;
	}
	return chunk_from_hex(chunk_from_str(text), NULL);
}

static bool parse_hex(char *text, void *field, const gkm_cfg_limits_t *limits,
					  gkm_error_t *err)
{
	chunk_t octets;

	octets = read_hex(strcasepfx(text, "0x") ? text + 2 : text, limits->max);
	if (octets.len < limits->min)
	{
		chunk_free(&octets);
		return gkm_fail(err, "'%s' isn't %u to %u octets in hex", text,
						limits->min, limits->max);
	}
	*(chunk_t*)field = octets;
	return TRUE;
}

static bool equals_chunk(const void *field, const void *other)
{
	return chunk_compare(*(chunk_t*)field, *(chunk_t*)other) == 0;
}

static void destroy_chunk(void *field)
{
	chunk_free((chunk_t*)field);
}

const gkm_cfg_value_t gkm_cfg_hex = {
	parse_hex, equals_chunk, destroy_chunk,
};

static bool parse_oid(char *text, void *field, const gkm_cfg_limits_t *limits,
					  gkm_error_t *err)
{
	return gkm_oid_from_string(text, field, err);
}

const gkm_cfg_value_t gkm_cfg_oid = {
	parse_oid, equals_chunk, destroy_chunk,
};

/* ----------------------------------------------------------- identities -- */

/**
 * Is this a host name: labels of letters, digits, _ and inner -, the last of
 * them not a number, which would rather be a mistyped address?
 */
static bool is_hostname(char *text)
{
	char *label = text, *pos;

	if (strlen(text) > 255)
	{
		return FALSE;
	}
	for (pos = text; ; pos++)
	{
		if (*pos == '.' || !*pos)
		{
			if (pos == label || pos - label > 63 ||
				*label == '-' || pos[-1] == '-')
			{
				return FALSE;
			}
			if (!*pos)
			{
				return strspn(label, "0123456789") != pos - label;
			}
			label = pos + 1;
		}
		else if (!isalnum((u_char)*pos) && *pos != '-' && *pos != '_')
		{
			return FALSE;
		}
	}
}

/**
 * Group identities of IEC 62351: an object identifier, and after a slash what
 * belongs to it.
 */
static identification_t *parse_oid_id(char *text)
{
	identification_t *id = NULL;
	chunk_t oid, data = chunk_empty;
	char *copy, *slash;

	copy = strdup(text);
	slash = strchr(copy, '/');
	if (slash)
	{
		*slash++ = '\0';
		data = read_hex(slash, GKM_OID_DATA_MAX);
	}
	if ((!slash || data.len) && gkm_oid_from_string(copy, &oid, NULL))
	{
		id = gkm_oid_id_create(oid, data);
		chunk_free(&oid);
	}
	chunk_free(&data);
	free(copy);
	return id;
}

/**
 * Group identities of type KEY_ID: a number as four octets, or octets in hex.
 */
static identification_t *parse_key_id(char *text)
{
	identification_t *id = NULL;
	uint64_t number;
	uint8_t buf[sizeof(uint32_t)];
	chunk_t octets;
	char *end;

	if (strcasepfx(text, "0x"))
	{
		octets = read_hex(text + 2, 255);
		if (octets.len)
		{
			id = identification_create_from_encoding(ID_KEY_ID, octets);
		}
		chunk_free(&octets);
		return id;
	}
	if (!gkm_cfg_decimal(text, &number, &end) || *end || number > UINT32_MAX)
	{
		return NULL;
	}
	htoun32(buf, number);
	return identification_create_from_encoding(ID_KEY_ID,
											   chunk_from_thing(buf));
}

/* identification_create_from_string() makes something of any text, so we
 * take apart what may be a group's identity (RFC 9838, 4.2) */
static bool parse_group_id(char *text, void *field,
						   const gkm_cfg_limits_t *limits, gkm_error_t *err)
{
	identification_t *id = NULL;
	host_t *host;
	char *at;

	at = strchr(text, '@');
	if (strcasepfx(text, "0x") || !text[strspn(text, "0123456789")])
	{
		id = parse_key_id(text);
	}
	else if (strcasepfx(text, "oid:"))
	{
		id = parse_oid_id(text + strlen("oid:"));
	}
	else if (at)
	{
		if (at != text && is_hostname(at + 1))
		{
			id = identification_create_from_encoding(ID_RFC822_ADDR,
													 chunk_from_str(text));
		}
	}
	else if (is_hostname(text))
	{
		id = identification_create_from_encoding(ID_FQDN,
												 chunk_from_str(text));
	}
	else if ((host = host_create_from_string(text, 0)))
	{
		if (!host->is_anyaddr(host))
		{
			id = identification_create_from_encoding(
						host->get_family(host) == AF_INET ? ID_IPV4_ADDR
														  : ID_IPV6_ADDR,
						host->get_address(host));
		}
		host->destroy(host);
	}
	if (!id)
	{
		return gkm_fail(err, "'%s' isn't a number up to %u, 0x and octets, an "
						"address, a host name, user@host or oid:1.2.3", text,
						UINT32_MAX);
	}
	*(identification_t**)field = id;
	return TRUE;
}

static bool equals_id(const void *field, const void *other)
{
	identification_t *a = *(identification_t**)field;
	identification_t *b = *(identification_t**)other;

	return a->equals(a, b);
}

static void destroy_id(void *field)
{
	DESTROY_IF(*(identification_t**)field);
}

const gkm_cfg_value_t gkm_cfg_group_id = {
	parse_group_id, equals_id, destroy_id,
};

static bool add_id(char *text, array_t **list, void *user, gkm_error_t *err)
{
	identification_t *id;

	id = identification_create_from_string(text);
	/* that is what becomes of a name that can't be parsed */
	if (strchr(text, '=') && id->get_type(id) == ID_KEY_ID)
	{
		id->destroy(id);
		return gkm_fail(err, "'%s' isn't a distinguished name (separate "
						"several with ;)", text);
	}
	array_insert_create(list, ARRAY_TAIL, id);
	return TRUE;
}

/**
 * Between semicolons is a distinguished name, or a list of other identities.
 */
static bool add_ids(char *text, array_t **list, void *user, gkm_error_t *err)
{
	if (strchr(text, '='))
	{
		return add_id(text, list, user, err);
	}
	return gkm_cfg_list_parse(text, ",", list, add_id, user, err);
}

static bool parse_ids(char *text, void *field,
					  const gkm_cfg_limits_t *limits, gkm_error_t *err)
{
	return gkm_cfg_list_parse(text, ";", field, add_ids, NULL, err);
}

static bool equals_ids(const void *field, const void *other)
{
	return gkm_cfg_list_equals(field, other, equals_id);
}

static void destroy_ids(void *field)
{
	array_destroy_offset(*(array_t**)field,
						 offsetof(identification_t, destroy));
}

const gkm_cfg_value_t gkm_cfg_ids = {
	parse_ids, equals_ids, destroy_ids,
};

