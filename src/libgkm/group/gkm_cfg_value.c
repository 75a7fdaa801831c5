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

/** Digits in a number or time at most, so that none overflows 64 bits */
#define MAX_DIGITS 10

/*
 * Described in header.
 */
bool gkm_cfg_decimal(char *text, uint64_t *value, char **end)
{
	size_t len = strspn(text, "0123456789");

	*value = strtoull(text, end, 10);
	return len > 0 && len <= MAX_DIGITS;
}

/* -------------------------------------------------------------- strings -- */

static bool parse_string(char *text, void *field,
						 const gkm_cfg_limits_t *limits, gkm_error_t *err)
{
	*(char**)field = strdup(text);
	return TRUE;
}

static bool equals_string(const void *field, const void *other)
{
	return streq(*(char**)field, *(char**)other);
}

static void destroy_string(void *field)
{
	free(*(char**)field);
}

const gkm_cfg_value_t gkm_cfg_string = {
	parse_string, equals_string, destroy_string,
};

/* -------------------------------------------------- enums, bools, numbers -- */

static bool equals_u32(const void *field, const void *other)
{
	return *(uint32_t*)field == *(uint32_t*)other;
}

static bool parse_enum(char *text, void *field,
					   const gkm_cfg_limits_t *limits, gkm_error_t *err)
{
	int value;

	if (!enum_from_name_as_int(*limits->names, text, &value))
	{
		return gkm_fail(err, "'%s' isn't a valid choice", text);
	}
	*(uint32_t*)field = value;
	return TRUE;
}

const gkm_cfg_value_t gkm_cfg_enum = {
	parse_enum, equals_u32, NULL,
};

static bool parse_bool(char *text, void *field,
					   const gkm_cfg_limits_t *limits, gkm_error_t *err)
{
	bool value = settings_value_as_bool(text, FALSE);

	/* unknown words give the default */
	if (value != settings_value_as_bool(text, TRUE))
	{
		return gkm_fail(err, "'%s' is neither yes nor no", text);
	}
	*(bool*)field = value;
	return TRUE;
}

static bool equals_bool(const void *field, const void *other)
{
	return *(bool*)field == *(bool*)other;
}

const gkm_cfg_value_t gkm_cfg_bool = {
	parse_bool, equals_bool, NULL,
};

static bool parse_number(char *text, void *field,
						 const gkm_cfg_limits_t *limits, gkm_error_t *err)
{
	uint64_t value;
	char *end;

	if (!gkm_cfg_decimal(text, &value, &end) || *end)
	{
		return gkm_fail(err, "'%s' isn't a number", text);
	}
	if (value < limits->min || value > limits->max)
	{
		return gkm_fail(err, "%s isn't within %u and %u", text, limits->min,
						limits->max);
	}
	*(uint32_t*)field = value;
	return TRUE;
}

const gkm_cfg_value_t gkm_cfg_number = {
	parse_number, equals_u32, NULL,
};

static bool parse_bytes(char *text, void *field,
						const gkm_cfg_limits_t *limits, gkm_error_t *err)
{
	uint64_t value;
	u_int shift = 0;
	char *end;

	if (!gkm_cfg_decimal(text, &value, &end))
	{
		return gkm_fail(err, "'%s' isn't a number of bytes, such as 500m",
						text);
	}
	end += strspn(end, " ");
	switch (tolower((u_char)*end))
	{
		case 'g':
			shift += 10;
			/* fall through */
		case 'm':
			shift += 10;
			/* fall through */
		case 'k':
			shift += 10;
			end++;
			break;
		default:
			break;
	}
	if (*end)
	{
		return gkm_fail(err, "'%s' isn't a number of bytes, such as 500m",
						text);
	}
	/* ten digits and thirty bits are less than 64 bits */
	*(uint64_t*)field = value << shift;
	return TRUE;
}

static bool equals_u64(const void *field, const void *other)
{
	return *(uint64_t*)field == *(uint64_t*)other;
}

const gkm_cfg_value_t gkm_cfg_bytes = {
	parse_bytes, equals_u64, NULL,
};

static bool parse_time(char *text, void *field,
					   const gkm_cfg_limits_t *limits, gkm_error_t *err)
{
	uint64_t number;
	time_t value;
	char *end;

	/* timespan_from_string() ignores what follows the unit */
	if (!gkm_cfg_decimal(text, &number, &end) ||
		strlen(end += strspn(end, " ")) > 1 ||
		!timespan_from_string(text, NULL, &value))
	{
		return gkm_fail(err, "'%s' isn't a time, such as 90, 90s, 5m, 2h or "
						"1d", text);
	}
	if (value < limits->min || value > limits->max)
	{
		return gkm_fail(err, "%s isn't within %us and %us", text, limits->min,
						limits->max);
	}
	*(uint32_t*)field = value;
	return TRUE;
}

const gkm_cfg_value_t gkm_cfg_time = {
	parse_time, equals_u32, NULL,
};

static bool parse_retransmit(char *text, void *field,
							 const gkm_cfg_limits_t *limits, gkm_error_t *err)
{
	static const gkm_cfg_limits_t intervals = { 1, 3600 };
	gkm_cfg_retransmit_t *retransmit = field;
	uint64_t count;
	char *end;

	if (!gkm_cfg_decimal(text, &count, &end))
	{
		return gkm_fail(err, "'%s' isn't a number of copies, such as 2 every "
						"10s", text);
	}
	if (count < limits->min || count > limits->max)
	{
		return gkm_fail(err, "%s isn't within %u and %u copies", text,
						limits->min, limits->max);
	}
	retransmit->count = count;
	retransmit->interval = 0;
	end += strspn(end, " ");
	if (!*end)
	{
		return !count || gkm_fail(err, "'%s' doesn't say how often, such as 2 "
								  "every 10s", text);
	}
	if (!strpfx(end, "every "))
	{
		return gkm_fail(err, "'%s' isn't like 2 every 10s", text);
	}
	end += strlen("every ");
	end += strspn(end, " ");
	return parse_time(end, &retransmit->interval, &intervals, err);
}

static bool equals_retransmit(const void *field, const void *other)
{
	const gkm_cfg_retransmit_t *a = field, *b = other;

	return a->count == b->count && a->interval == b->interval;
}

const gkm_cfg_value_t gkm_cfg_retransmit = {
	parse_retransmit, equals_retransmit, NULL,
};

static bool parse_delay(char *text, void *field,
						const gkm_cfg_limits_t *limits, gkm_error_t *err)
{
	if (strcaseeq(text, "auto"))
	{
		*(uint32_t*)field = GKM_ATD_AUTO;
		return TRUE;
	}
	return parse_time(text, field, limits, err);
}

const gkm_cfg_value_t gkm_cfg_delay = {
	parse_delay, equals_u32, NULL,
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
 * Group identities of type KEY_ID: a number as four octets, or octets in hex.
 */
static identification_t *parse_key_id(char *text)
{
	identification_t *id;
	uint64_t number;
	uint8_t buf[sizeof(uint32_t)];
	chunk_t octets;
	char *end;

	if (strcasepfx(text, "0x"))
	{
		text += 2;
		if (!*text || strlen(text) % 2 || strlen(text) > 2 * 255 ||
			text[strspn(text, "0123456789abcdefABCDEF")])
		{
			return NULL;
		}
		octets = chunk_from_hex(chunk_from_str(text), NULL);
		id = identification_create_from_encoding(ID_KEY_ID, octets);
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
						"address, a host name or user@host", text, UINT32_MAX);
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

/* ---------------------------------------------------------------- lists -- */

/*
 * Described in header.
 */
bool gkm_cfg_list_parse(char *text, char *sep, array_t **list,
						gkm_cfg_item_parse_t parse, void *user,
						gkm_error_t *err)
{
	enumerator_t *enumerator;
	char *token;
	bool ok = TRUE;

	enumerator = enumerator_create_token(text, sep, " \t");
	while (ok && enumerator->enumerate(enumerator, &token))
	{
		ok = parse(token, list, user, err);
	}
	enumerator->destroy(enumerator);
	return ok && (array_count(*list) || gkm_fail(err, "empty list"));
}

/*
 * Described in header.
 */
bool gkm_cfg_list_equals(const void *field, const void *other,
						 gkm_cfg_equals_t equals)
{
	array_t *a = *(array_t**)field, *b = *(array_t**)other;
	void *x, *y;
	int i;

	if (array_count(a) != array_count(b))
	{
		return FALSE;
	}
	for (i = 0; i < array_count(a); i++)
	{
		if (!array_get(a, i, &x) || !array_get(b, i, &y) || !equals(&x, &y))
		{
			return FALSE;
		}
	}
	return TRUE;
}

/*
 * Described in header.
 */
bool gkm_cfg_list_contains(array_t *list, void *item, gkm_cfg_equals_t equals)
{
	void *current;
	int i;

	for (i = 0; i < array_count(list); i++)
	{
		if (array_get(list, i, &current) && equals(&current, &item))
		{
			return TRUE;
		}
	}
	return FALSE;
}

static bool add_name(char *text, array_t **list, void *user, gkm_error_t *err)
{
	if (gkm_cfg_list_contains(*list, text, equals_string))
	{
		return gkm_fail(err, "'%s' is listed twice", text);
	}
	array_insert_create(list, ARRAY_TAIL, strdup(text));
	return TRUE;
}

static bool parse_names(char *text, void *field,
						const gkm_cfg_limits_t *limits, gkm_error_t *err)
{
	return gkm_cfg_list_parse(text, ",", field, add_name, NULL, err);
}

static bool equals_names(const void *field, const void *other)
{
	return gkm_cfg_list_equals(field, other, equals_string);
}

static void destroy_names(void *field)
{
	array_destroy_function(*(array_t**)field, (void*)free, NULL);
}

const gkm_cfg_value_t gkm_cfg_names = {
	parse_names, equals_names, destroy_names,
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

static bool add_protocol(char *text, array_t **list, void *user,
						 gkm_error_t *err)
{
	if (!strcaseeq(text, "gikev2"))
	{
		return gkm_fail(err, "'%s' isn't supported, gikev2 is", text);
	}
	return add_name(text, list, user, err);
}

static bool parse_protocols(char *text, void *field,
							const gkm_cfg_limits_t *limits, gkm_error_t *err)
{
	array_t *list = NULL;
	bool ok;

	ok = gkm_cfg_list_parse(text, ",", &list, add_protocol, NULL, err);
	destroy_names(&list);
	return ok;
}

static bool equals_nothing(const void *field, const void *other)
{
	return TRUE;
}

const gkm_cfg_value_t gkm_cfg_protocols = {
	parse_protocols, equals_nothing, NULL,
};
