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

#include "gkm_member_report.h"

#include "libgkm/group/gkm_oid.h"
#include "libgkm/group/gkm_print.h"
#include "libgkm/keys/gkm_keymat.h"

#include <ctype.h>

/** Prefix of variables */
#define ENV_PREFIX "GKM_"

/** Characters of a value at most: OID-specific data in hexadecimal */
#define VALUE_MAX (2 * GKM_OID_DATA_MAX)

/** Characters of keys at most: two lines, keys have 64 octets or less */
#define KEYS_MAX 512

typedef struct private_gkm_member_report_t private_gkm_member_report_t;

/**
 * Private data
 */
struct private_gkm_member_report_t {

	/** public interface */
	gkm_member_report_t public;

	/** SA that it is about */
	gkm_data_sa_t *sa;

	/** message, NULL once it was fetched */
	vici_builder_t *message;

	/** variables, as char*, NULL once they were fetched */
	array_t *env;

	/** text with keys */
	char keys[KEYS_MAX];
};

/**
 * Add a value that isn't secret
 */
static void add_value(private_gkm_member_report_t *this, char *name, char *fmt,
					  ...)
{
	char text[VALUE_MAX + 1], *line, *pos;
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	this->message->add_kv(this->message, name, "%s", text);
	if (asprintf(&line, ENV_PREFIX "%s=%s", name, text) < 0)
	{
		return;
	}
	for (pos = line; *pos != '='; pos++)
	{
		*pos = *pos == '-' ? '_' : toupper((u_char)*pos);
	}
	array_insert(this->env, ARRAY_TAIL, line);
}

/**
 * Add a value of octets that isn't secret, if there are any
 */
static void add_octets(private_gkm_member_report_t *this, char *name,
					   chunk_t octets)
{
	chunk_t text;

	if (octets.len)
	{
		text = chunk_to_hex(octets, NULL, FALSE);
		add_value(this, name, "%s", text.ptr);
		chunk_free(&text);
	}
}

/**
 * Add a key, if there is one
 */
static void add_key(private_gkm_member_report_t *this, char *name, chunk_t key)
{
	size_t len = strlen(this->keys);
	chunk_t text;

	if (key.len)
	{
		text = chunk_to_hex(key, NULL, FALSE);
		this->message->add_kv(this->message, name, "%s", text.ptr);
		snprintf(this->keys + len, sizeof(this->keys) - len, "%s=%s\n", name,
				 text.ptr);
		chunk_clear(&text);
	}
}

/**
 * Add algorithms, as list-sas names them
 */
static void add_algorithms(private_gkm_member_report_t *this,
						   proposal_t *proposal)
{
	uint16_t alg, size;

	if (proposal->get_algorithm(proposal, ENCRYPTION_ALGORITHM, &alg, &size))
	{
		add_value(this, "encr-alg", "%N", encryption_algorithm_names, alg);
		add_value(this, "encr-keysize", "%u", size);
	}
	if (proposal->get_algorithm(proposal, INTEGRITY_ALGORITHM, &alg, NULL))
	{
		add_value(this, "integ-alg", "%N", integrity_algorithm_names, alg);
	}
}

METHOD(gkm_member_report_t, add_use, void,
	private_gkm_member_report_t *this, uint32_t lifetime, uint32_t delay)
{
	gkm_data_sa_t *sa = this->sa;
	gkm_data_keys_t keys;

	add_algorithms(this, sa->proposal);
	if (lifetime)
	{
		add_value(this, "lifetime", "%u", lifetime);
	}
	add_value(this, "delay", "%u", delay);
	if (sa->kda != GKM_KDA_UNKNOWN)
	{
		add_value(this, "kda", "%u", sa->kda);
	}
	if (gkm_keymat_split_data(sa->proposal, sa->key, &keys, NULL))
	{
		add_key(this, "encr-key", keys.encr);
		add_key(this, "integ-key", keys.integ);
	}
}

METHOD(gkm_member_report_t, get_message, vici_message_t*,
	private_gkm_member_report_t *this)
{
	vici_builder_t *message = this->message;

	this->message = NULL;
	return message->finalize(message);
}

METHOD(gkm_member_report_t, get_env, array_t*,
	private_gkm_member_report_t *this)
{
	array_t *env = this->env;

	this->env = NULL;
	return env;
}

METHOD(gkm_member_report_t, get_keys, chunk_t,
	private_gkm_member_report_t *this)
{
	return chunk_clone(chunk_from_str(this->keys));
}

METHOD(gkm_member_report_t, destroy, void,
	private_gkm_member_report_t *this)
{
	vici_message_t *message;

	if (this->message)
	{
		message = get_message(this);
		DESTROY_IF(message);
	}
	array_destroy_function(this->env, (array_callback_t)free, NULL);
	memwipe(this->keys, sizeof(this->keys));
	free(this);
}

/*
 * Described in header
 */
gkm_member_report_t *gkm_member_report_create(char *action, char *group,
											  char *section, gkm_data_sa_t *sa)
{
	private_gkm_member_report_t *this;
	char oid[GKM_PRINT_LEN];

	INIT(this,
		.public = {
			.add_use = _add_use,
			.get_message = _get_message,
			.get_env = _get_env,
			.get_keys = _get_keys,
			.destroy = _destroy,
		},
		.sa = sa,
		.message = vici_builder_create(),
		.env = array_create(0, 0),
	);
	add_value(this, "action", "%s", action);
	add_value(this, "group", "%s", group);
	add_value(this, "name", "%s", section);
	add_value(this, "spi", "%.8x", ntohl(sa->spi));
	add_value(this, "oid", "%s", gkm_oid_print(sa->oid, oid, sizeof(oid)));
	add_octets(this, "oid-data", sa->oid_data);
	return &this->public;
}
