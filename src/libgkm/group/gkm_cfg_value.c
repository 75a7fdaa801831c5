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
#include "gkm_print.h"

/** Digits in a number or time at most, so that none overflows 64 bits */
#define MAX_DIGITS 10

/** Milliseconds of a window of IP delay detection at most if written as such */
#define D3P_MSECS_MAX 10000

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

static bool parse_choice(char *text, void *field,
						 const gkm_cfg_limits_t *limits, gkm_error_t *err)
{
	uint32_t value = 0;

	if (!parse_enum(text, &value, limits, err))
	{
		return FALSE;
	}
	*(bool*)field = value;
	return TRUE;
}

const gkm_cfg_value_t gkm_cfg_choice = {
	parse_choice, equals_bool, NULL,
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

/**
 * Read a time as milliseconds, and whether it was written as such.
 */
static bool read_msecs(char *text, uint64_t *value, bool *msecs,
					   gkm_error_t *err)
{
	char *end;

	if (gkm_cfg_decimal(text, value, &end))
	{
		end += strspn(end, " ");
		*msecs = strcaseeq(end, "ms");
		if (*msecs)
		{
			return TRUE;
		}
		if (!*end || strcaseeq(end, "s"))
		{
			*value *= 1000;
			return TRUE;
		}
	}
	return gkm_fail(err, "'%s' isn't a time, such as 500ms or 5s", text);
}

static bool parse_msecs(char *text, void *field,
						const gkm_cfg_limits_t *limits, gkm_error_t *err)
{
	uint64_t value;
	bool msecs;

	if (!read_msecs(text, &value, &msecs, err))
	{
		return FALSE;
	}
	if (value < limits->min || value > limits->max)
	{
		return gkm_fail(err, "%s isn't within %ums and %ums", text, limits->min,
						limits->max);
	}
	*(uint32_t*)field = value;
	return TRUE;
}

const gkm_cfg_value_t gkm_cfg_msecs = {
	parse_msecs, equals_u32, NULL,
};

static bool parse_d3p_window(char *text, void *field,
							 const gkm_cfg_limits_t *limits, gkm_error_t *err)
{
	uint64_t value;
	bool msecs;

	if (!read_msecs(text, &value, &msecs, err))
	{
		return FALSE;
	}
	if (value < GKM_D3P_WINDOW_MIN || value > GKM_D3P_WINDOW_MAX ||
		(msecs && value > D3P_MSECS_MAX))
	{
		return gkm_fail(err, "%s isn't within %ums and %ums, or 1s and %us",
						text, GKM_D3P_WINDOW_MIN, D3P_MSECS_MAX,
						GKM_D3P_WINDOW_MAX / 1000);
	}
	*(uint32_t*)field = value;
	return TRUE;
}

const gkm_cfg_value_t gkm_cfg_d3p_window = {
	parse_d3p_window, equals_u32, NULL,
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
	return ok && (!list || array_count(*list) || gkm_fail(err, "empty list"));
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

/*
 * Described in header.
 */
bool gkm_cfg_names_equal(const void *field, const void *other)
{
	return gkm_cfg_list_equals(field, other, equals_string);
}

/*
 * Described in header.
 */
void gkm_cfg_names_destroy(void *field)
{
	array_destroy_function(*(array_t**)field, (void*)free, NULL);
}

const gkm_cfg_value_t gkm_cfg_names = {
	parse_names, gkm_cfg_names_equal, gkm_cfg_names_destroy,
};

static bool add_protocol(char *text, array_t **list, void *user,
						 gkm_error_t *err)
{
	u_int *protocols = user;
	int protocol;

	if (!enum_from_name_as_int(gkm_protocol_names, text, &protocol))
	{
		return gkm_fail(err, "'%s' isn't supported, gikev2 and gdoi are", text);
	}
	if (*protocols & 1 << protocol)
	{
		return gkm_fail(err, "'%s' is listed twice", text);
	}
	*protocols |= 1 << protocol;
	return TRUE;
}

static bool parse_protocols(char *text, void *field,
							const gkm_cfg_limits_t *limits, gkm_error_t *err)
{
	return gkm_cfg_list_parse(text, ",", NULL, add_protocol, field, err) &&
		   (*(u_int*)field || gkm_fail(err, "empty list"));
}

static bool parse_protocol(char *text, void *field,
						   const gkm_cfg_limits_t *limits, gkm_error_t *err)
{
	return add_protocol(text, NULL, field, err);
}

static bool equals_protocols(const void *field, const void *other)
{
	return *(u_int*)field == *(u_int*)other;
}

const gkm_cfg_value_t gkm_cfg_protocols = {
	parse_protocols, equals_protocols, NULL,
};

const gkm_cfg_value_t gkm_cfg_protocol = {
	parse_protocol, equals_protocols, NULL,
};
