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

#include "gkm_cfg_option.h"

#include <selectors/traffic_selector.h>

/** Percentage of its lifetime after which a data SA needs a successor: members
 *  register again in the last 12%..4%, see gkm_member_state.h */
#define REKEY_TIME_MAX 85

/** Lifetimes unless configured; rekey times are five sixths of them */
#define SA_LIFE_TIME (60 * 60)
#define REKEY_LIFE_TIME (24 * 60 * 60)

typedef struct private_gkm_cfg_t private_gkm_cfg_t;
typedef struct given_t given_t;

/**
 * Private data of a gkm_cfg_t object.
 */
struct private_gkm_cfg_t {

	/**
	 * Public part
	 */
	gkm_cfg_t public;

	/**
	 * Options given by the user, as given_t*
	 */
	array_t *given;
};

/**
 * An option given by the user.
 */
struct given_t {
	const gkm_cfg_option_t *option;
	/** data SA that it is for, NULL if not for one */
	gkm_cfg_sa_t *sa;
	char *key;
	char *text;
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

/**
 * Get an option that was given, NULL if it wasn't.
 */
static given_t *get_given(private_gkm_cfg_t *this, gkm_cfg_sa_t *sa,
						  const char *key)
{
	given_t *given;
	int i;

	for (i = 0; i < array_count(this->given); i++)
	{
		array_get(this->given, i, &given);
		if (given->sa == sa && streq(given->option->key, key))
		{
			return given;
		}
	}
	return NULL;
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
	return streq(path, "rekey") || streq(path, "sas") ||
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
	given_t *given;
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
	if (get_given(this, sa, option->key))
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

/**
 * Fill in defaults from a table, complain about what is missing.
 */
static bool finish_options(private_gkm_cfg_t *this,
						   const gkm_cfg_options_t *options, gkm_cfg_sa_t *sa,
						   gkm_error_t *err)
{
	void *object = sa ?: (void*)&this->public;
	const gkm_cfg_option_t *option;
	char key[128];
	int i;

	for (i = 0; i < options->count; i++)
	{
		option = &options->options[i];
		if (!(option->roles & 1 << this->public.role) ||
			get_given(this, sa, option->key))
		{
			continue;
		}
		snprintf(key, sizeof(key), "%s%s%s%s", sa ? "sas." : "",
				 sa ? sa->name : "", sa ? "." : "", option->key);
		if (option->required)
		{
			return gkm_fail(err, "%s: missing", key);
		}
		if (option->def &&
			!gkm_cfg_option_parse(option, object, key, option->def, err))
		{
			return FALSE;
		}
	}
	return TRUE;
}

/**
 * Refuse options that the role doesn't have.
 */
static bool check_roles(private_gkm_cfg_t *this, gkm_error_t *err)
{
	given_t *given;
	int i;

	for (i = 0; i < array_count(this->given); i++)
	{
		array_get(this->given, i, &given);
		if (!(given->option->roles & 1 << this->public.role))
		{
			return gkm_fail(err, "%s: not an option of a %s", given->key,
							this->public.role == GKM_ROLE_SERVER ? "server"
																 : "member");
		}
	}
	return TRUE;
}

/**
 * Complete a pair of rekey and life time, of which each may be zero.
 */
static bool finish_times(const char *section, uint32_t *rekey, uint32_t *life,
						 uint32_t def, gkm_error_t *err)
{
	if (!*life)
	{
		*life = *rekey ? min((uint64_t)*rekey * 6 / 5 + 1, GKM_CFG_TIME_MAX)
					   : def;
	}
	if (!*rekey)
	{
		*rekey = max((uint64_t)*life * 5 / 6, 1);
	}
	return *rekey < *life ||
		   gkm_fail(err, "%s.rekey_time: %us isn't less than life_time %us",
					section, *rekey, *life);
}

/**
 * Complete the rekey SA of a server.
 */
static bool finish_rekey(private_gkm_cfg_t *this, gkm_error_t *err)
{
	gkm_cfg_rekey_t *rekey = &this->public.rekey;
	given_t *given;
	int i;

	if (rekey->transport == GKM_TRANSPORT_INBAND)
	{	/* there is no rekey SA then */
		for (i = 0; i < array_count(this->given); i++)
		{
			array_get(this->given, i, &given);
			if (strpfx(given->key, "rekey.") &&
				!streq(given->key, "rekey.transport"))
			{
				return gkm_fail(err, "%s: contradicts rekey.transport = inband",
								given->key);
			}
		}
		DESTROY_IF(rekey->address);
		rekey->address = NULL;
		rekey->key_tree = FALSE;
	}
	if (rekey->key && rekey->auth == GKM_AUTH_IMPLICIT)
	{
		return gkm_fail(err, "rekey.key: contradicts rekey.auth = implicit");
	}
	if (this->public.activation_delay != GKM_ATD_AUTO &&
		this->public.deactivation_delay < this->public.activation_delay)
	{
		return gkm_fail(err, "deactivation_delay: receivers would drop SAs "
						"after %us that senders use for %us, the "
						"activation_delay", this->public.deactivation_delay,
						this->public.activation_delay);
	}
	return finish_times("rekey", &rekey->rekey_time, &rekey->life_time,
						REKEY_LIFE_TIME, err);
}

/**
 * Complete the proposals of a data SA.
 */
static bool finish_proposals(private_gkm_cfg_t *this, gkm_cfg_sa_t *sa,
							 const char *section, gkm_error_t *err)
{
	char key[128];

	if (get_given(this, sa, "ah_proposals"))
	{
		if (get_given(this, sa, "esp_proposals"))
		{
			return gkm_fail(err, "%s.ah_proposals: contradicts esp_proposals",
							section);
		}
	}
	else if (!get_given(this, sa, "esp_proposals"))
	{
		snprintf(key, sizeof(key), "%s.esp_proposals", section);
		if (!gkm_cfg_option_parse(gkm_cfg_option_find(&gkm_cfg_sa_options,
													  "esp_proposals"),
								  sa, key, "aes256-sha256", err))
		{
			return FALSE;
		}
	}
	if (sa->senders != GKM_SENDERS_ANY)
	{
		gkm_cfg_proposals_set_sn(sa->proposals, GKM_SN_SEQUENTIAL);
	}
	return TRUE;
}

/**
 * Check that each pair of a source and a destination makes a policy.
 */
static bool check_selectors(gkm_cfg_sa_t *sa, const char *section,
							gkm_error_t *err)
{
	traffic_selector_t *src, *dst;
	int i, j;

	for (i = 0; i < array_count(sa->src); i++)
	{
		array_get(sa->src, i, &src);
		if (sa->senders == GKM_SENDERS_SEPARATE && !src->is_host(src, NULL))
		{
			return gkm_fail(err, "%s.source_ts: '%R' isn't one host, as "
							"senders = separate needs", section, src);
		}
		for (j = 0; j < array_count(sa->dst); j++)
		{
			array_get(sa->dst, j, &dst);
			if (src->get_type(src) != dst->get_type(dst))
			{
				return gkm_fail(err, "%s.destination_ts: '%R' and source_ts "
								"'%R' are IPv4 and IPv6", section, dst, src);
			}
			if (src->get_protocol(src) && dst->get_protocol(dst) &&
				src->get_protocol(src) != dst->get_protocol(dst))
			{
				return gkm_fail(err, "%s.destination_ts: '%R' and source_ts "
								"'%R' differ in protocol", section, dst, src);
			}
		}
	}
	return TRUE;
}

/**
 * Complete the data SAs.
 */
static bool finish_sas(private_gkm_cfg_t *this, gkm_error_t *err)
{
	gkm_cfg_sa_t *sa, *first;
	char section[128];
	uint32_t count = 0;
	int i;

	if (!array_get(this->public.sas, ARRAY_HEAD, &first))
	{
		return gkm_fail(err, "sas: no section for a data SA");
	}
	for (i = 0; i < array_count(this->public.sas); i++)
	{
		array_get(this->public.sas, i, &sa);
		snprintf(section, sizeof(section), "sas.%s", sa->name);
		if (!finish_options(this, &gkm_cfg_sa_options, sa, err) ||
			!finish_proposals(this, sa, section, err) ||
			!check_selectors(sa, section, err))
		{
			return FALSE;
		}
		if (this->public.role != GKM_ROLE_SERVER)
		{
			continue;
		}
		if (!finish_times(section, &sa->rekey_time, &sa->life_time,
						  SA_LIFE_TIME, err))
		{
			return FALSE;
		}
		if ((uint64_t)sa->rekey_time * 100 >
			(uint64_t)sa->life_time * REKEY_TIME_MAX)
		{
			return gkm_fail(err, "%s.rekey_time: %us is more than %d%% of "
							"life_time %us, members would register again before "
							"there is a successor", section, sa->rekey_time,
							REKEY_TIME_MAX, sa->life_time);
		}
		if (sa->mode != first->mode)
		{	/* one N(USE_TRANSPORT_MODE) holds for all data SAs */
			return gkm_fail(err, "%s.mode: differs from that of sas.%s",
							section, first->name);
		}
		count += array_count(sa->src) * array_count(sa->dst);
		if (count > GKM_CFG_MAX_SAS)
		{
			return gkm_fail(err, "%s.source_ts: the group has more than %d "
							"pairs of source and destination", section,
							GKM_CFG_MAX_SAS);
		}
	}
	return TRUE;
}

/*
 * Described in header.
 */
bool gkm_cfg_finish(gkm_cfg_t *public, gkm_error_t *err)
{
	private_gkm_cfg_t *this = (private_gkm_cfg_t*)public;

	/* all else depends on the role */
	if (!get_given(this, NULL, "role"))
	{
		return gkm_fail(err, "role: missing");
	}
	if (!check_roles(this, err) ||
		!finish_options(this, &gkm_cfg_group_options, NULL, err))
	{
		return FALSE;
	}
	if (public->role == GKM_ROLE_SERVER)
	{
		if (!finish_rekey(this, err))
		{
			return FALSE;
		}
	}
	else
	{
		if (!public->sender && !public->receiver)
		{
			return gkm_fail(err, "receiver: a member that neither sends nor "
							"receives");
		}
		if (public->retry_min > public->retry_max)
		{
			return gkm_fail(err, "retry_min: %us is more than retry_max %us",
							public->retry_min, public->retry_max);
		}
	}
	return finish_sas(this, err);
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
	given_t *given;
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
	given_t *given, int idx, void *user)
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
