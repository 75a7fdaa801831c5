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

#include <string.h>

#include "gkm_cfg_finish.h"

typedef struct private_gkm_cfg_t private_gkm_cfg_t;

/**
 * Private data of a gkm_cfg_t object.
 */
struct private_gkm_cfg_t {

	/**
	 * Public part
	 */
	gkm_cfg_t public;

	/**
	 * Options given by the user, as gkm_cfg_given_t*
	 */
	array_t *given;
};

/**
 * Get a data SA by the name of its section, create it if there is none.
 */
static gkm_cfg_sa_t *get_sa(private_gkm_cfg_t *this, const char *name)
{
	gkm_cfg_sa_t *sa;
	int i;

	for (i = 0; i < array_count(this->public.sas); i++)
	{
		array_get(this->public.sas, i, &sa);
		if (streq(sa->name, name))
		{
			return sa;
		}
	}
	INIT(sa,
		.name = strdup(name),
	);
	array_insert(this->public.sas, ARRAY_TAIL, sa);
	return sa;
}

/*
 * Described in header.
 */
gkm_cfg_given_t *gkm_cfg_get_given(gkm_cfg_t *public, int index)
{
	private_gkm_cfg_t *this = (private_gkm_cfg_t*)public;
	gkm_cfg_given_t *given;

	return array_get(this->given, index, &given) ? given : NULL;
}

/*
 * Described in header.
 */
bool gkm_cfg_is_given(gkm_cfg_t *this, gkm_cfg_sa_t *sa, const char *key)
{
	gkm_cfg_given_t *given;
	int i;

	for (i = 0; (given = gkm_cfg_get_given(this, i)); i++)
	{
		if (given->sa == sa && streq(given->option->key, key))
		{
			return TRUE;
		}
	}
	return FALSE;
}

/*
 * Described in header.
 */
bool gkm_cfg_has_given(gkm_cfg_t *this, const char *prefix)
{
	gkm_cfg_given_t *given;
	int i;

	for (i = 0; (given = gkm_cfg_get_given(this, i)); i++)
	{
		if (strpfx(given->key, prefix))
		{
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * Clone a text without space around it.
 */
static char *trim(const char *text)
{
	size_t len;

	text += strspn(text, " \t\n");
	len = strlen(text);
	while (len && strchr(" \t\n", text[len - 1]))
	{
		len--;
	}
	return strndup(text, len);
}

/*
 * Described in header.
 */
gkm_cfg_t *gkm_cfg_create(char *name)
{
	private_gkm_cfg_t *this;

	INIT(this,
		.public = {
			.name = strdup(name),
			.sas = array_create(0, 0),
			.connections = array_create(0, 0),
			.member_ids = array_create(0, 0),
			.rekey = {
				.proposals = array_create(0, 0),
			},
			.gdoi = {
				.proposals = array_create(0, 0),
			},
		},
		.given = array_create(0, 0),
	);
	return &this->public;
}

/*
 * Described in header.
 */
bool gkm_cfg_section(gkm_cfg_t *public, const char *path, gkm_error_t *err)
{
	private_gkm_cfg_t *this = (private_gkm_cfg_t*)public;

	if (strpfx(path, "sas.") && path[strlen("sas.")] &&
		!strchr(path + strlen("sas."), '.'))
	{
		get_sa(this, path + strlen("sas."));
		return TRUE;
	}
	/* an empty list is one that wasn't given, gkm_cfg_finish() sees that */
	if (streq(path, "data_plane"))
	{
		this->public.plane.interfaces = this->public.plane.interfaces ?:
										array_create(0, 0);
		return TRUE;
	}
	if (streq(path, "coop"))
	{
		this->public.coop.peers = this->public.coop.peers ?:
								  array_create(0, 0);
		return TRUE;
	}
	return streq(path, "rekey") || streq(path, "sas") || streq(path, "gdoi") ||
		   gkm_fail(err, "%s: unknown section", path);
}

/*
 * Described in header.
 */
bool gkm_cfg_set(gkm_cfg_t *public, const char *key, const char *value,
				 gkm_error_t *err)
{
	private_gkm_cfg_t *this = (private_gkm_cfg_t*)public;
	const gkm_cfg_option_t *option = NULL;
	gkm_cfg_sa_t *sa = NULL;
	gkm_cfg_given_t *given;
	char *name, *dot, *text;
	bool ok;

	dot = strrchr(key, '.');
	if (strpfx(key, "sas.") && dot > key + strlen("sas."))
	{
		option = gkm_cfg_option_find(&gkm_cfg_sa_options, dot + 1);
		if (option)
		{
			name = strndup(key + strlen("sas."), dot - key - strlen("sas."));
			sa = get_sa(this, name);
			free(name);
		}
	}
	else
	{
		option = gkm_cfg_option_find(&gkm_cfg_group_options, key);
	}
	if (!option)
	{
		return gkm_fail(err, "%s: unknown option", key);
	}
	if (gkm_cfg_is_given(public, sa, option->key))
	{
		return gkm_fail(err, "%s: given twice", key);
	}
	text = trim(value);
	if (!*text)
	{
		ok = gkm_fail(err, "%s: empty", key);
	}
	else
	{
		ok = gkm_cfg_option_parse(option, sa ?: (void*)public, key, text, err);
	}
	if (!ok)
	{
		free(text);
		return FALSE;
	}
	INIT(given,
		.option = option,
		.sa = sa,
		.key = strdup(key),
		.text = text,
	);
	array_insert(this->given, ARRAY_TAIL, given);
	return TRUE;
}

/*
 * Described in header.
 */
bool gkm_cfg_equals(gkm_cfg_t *this, gkm_cfg_t *other)
{
	gkm_cfg_sa_t *a, *b;
	int i;

	if (!streq(this->name, other->name) ||
		array_count(this->sas) != array_count(other->sas) ||
		!gkm_cfg_options_equal(&gkm_cfg_group_options, this, other))
	{
		return FALSE;
	}
	for (i = 0; i < array_count(this->sas); i++)
	{
		array_get(this->sas, i, &a);
		array_get(other->sas, i, &b);
		if (!streq(a->name, b->name) ||
			!gkm_cfg_options_equal(&gkm_cfg_sa_options, a, b))
		{
			return FALSE;
		}
	}
	return TRUE;
}

/*
 * Described in header.
 */
gkm_cfg_t *gkm_cfg_clone(gkm_cfg_t *public)
{
	private_gkm_cfg_t *this = (private_gkm_cfg_t*)public;
	gkm_cfg_t *clone;
	gkm_cfg_given_t *given;
	bool ok = TRUE;
	int i;

	clone = gkm_cfg_create(public->name);
	for (i = 0; ok && i < array_count(this->given); i++)
	{
		array_get(this->given, i, &given);
		ok = gkm_cfg_set(clone, given->key, given->text, NULL);
	}
	if (!ok || !gkm_cfg_finish(clone, NULL))
	{
		gkm_cfg_destroy(clone);
		return NULL;
	}
	return clone;
}

CALLBACK(destroy_given, void,
	gkm_cfg_given_t *given, int idx, void *user)
{
	free(given->key);
	free(given->text);
	free(given);
}

CALLBACK(destroy_sa, void,
	gkm_cfg_sa_t *sa, int idx, void *user)
{
	gkm_cfg_options_destroy(&gkm_cfg_sa_options, sa);
	free(sa->name);
	free(sa);
}

/*
 * Described in header.
 */
void gkm_cfg_destroy(gkm_cfg_t *public)
{
	private_gkm_cfg_t *this = (private_gkm_cfg_t*)public;

	if (this)
	{
		gkm_cfg_options_destroy(&gkm_cfg_group_options, public);
		array_destroy_function(public->sas, (void*)destroy_sa, NULL);
		array_destroy_function(this->given, (void*)destroy_given, NULL);
		free(public->name);
		free(this);
	}
}
