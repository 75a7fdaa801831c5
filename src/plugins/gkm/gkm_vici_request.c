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

#include "gkm_vici_request.h"

#include <daemon.h>

/** Longest path of an option below its group's section */
#define PATH_LEN 256

typedef struct parse_data_t parse_data_t;

/**
 * Reading of a group's sections, one for each level.
 */
struct parse_data_t {
	/** the group, NULL until its section begins */
	gkm_cfg_t *cfg;
	/** path of this section below the group's, empty for that */
	char path[PATH_LEN];
	/** receives the reason on failure */
	gkm_error_t *err;
};

/**
 * Path of an option or section within a section.
 */
static bool join_path(parse_data_t *data, char *name, char path[PATH_LEN])
{
	return snprintf(path, PATH_LEN, "%s%s%s", data->path,
					*data->path ? "." : "", name) < PATH_LEN ||
		   gkm_fail(data->err, "%.64s: name too long", name);
}

/**
 * Is a message complete? Its parser takes one that ends within a section.
 */
static bool is_complete(vici_message_t *message)
{
	enumerator_t *enumerator;
	vici_type_t type;
	chunk_t value;
	u_int depth = 0;
	bool list = FALSE, ok;
	char *name;

	enumerator = message->create_enumerator(message);
	do
	{
		ok = enumerator->enumerate(enumerator, &type, &name, &value) &&
			 vici_verify_type(type, depth, list);
		if (ok)
		{
			depth += type == VICI_SECTION_START;
			depth -= type == VICI_SECTION_END;
			list = type == VICI_LIST_START || type == VICI_LIST_ITEM;
		}
	}
	while (ok && type != VICI_END);
	enumerator->destroy(enumerator);
	return ok;
}

CALLBACK(parse_kv, bool,
	parse_data_t *data, vici_message_t *message, char *name, chunk_t value)
{
	char path[PATH_LEN], *text;
	bool ok;

	if (!join_path(data, name, path))
	{
		return FALSE;
	}
	if (!chunk_printable(value, NULL, ' '))
	{
		return gkm_fail(data->err, "%s: value isn't printable", path);
	}
	text = strndup(value.ptr, value.len);
	ok = gkm_cfg_set(data->cfg, path, text, data->err);
	free(text);
	return ok;
}

CALLBACK(parse_li, bool,
	parse_data_t *data, vici_message_t *message, char *name, chunk_t value)
{
	char path[PATH_LEN];

	return join_path(data, name, path) &&
		   gkm_fail(data->err, "%s: a list, has to be one string with commas",
					path);
}

CALLBACK(parse_section, bool,
	parse_data_t *data, vici_message_t *message, vici_parse_context_t *ctx,
	char *name)
{
	parse_data_t inner = {
		.cfg = data->cfg,
		.err = data->err,
	};

	if (!join_path(data, name, inner.path) ||
		!gkm_cfg_section(data->cfg, inner.path, data->err))
	{
		return FALSE;
	}
	return message->parse(message, ctx, parse_section, parse_kv, parse_li,
						  &inner);
}

CALLBACK(parse_group, bool,
	parse_data_t *data, vici_message_t *message, vici_parse_context_t *ctx,
	char *name)
{
	parse_data_t inner = {
		.err = data->err,
	};

	if (data->cfg)
	{
		return gkm_fail(data->err, "more than one group in a request");
	}
	if (!*name || !chunk_printable(chunk_from_str(name), NULL, ' '))
	{
		return gkm_fail(data->err, "name of the group isn't printable");
	}
	data->cfg = inner.cfg = gkm_cfg_create(name);
	return message->parse(message, ctx, parse_section, parse_kv, parse_li,
						  &inner);
}

CALLBACK(refuse_value, bool,
	parse_data_t *data, vici_message_t *message, char *name, chunk_t value)
{
	return gkm_fail(data->err, "%.64s: not in a group's section", name);
}

/**
 * Check that a connection leads to IKE_SAs that carry a protocol of the group.
 * One of any version takes both from peers, but is initiated as version 2.
 */
static bool check_version(gkm_cfg_t *cfg, peer_cfg_t *peer_cfg,
						  gkm_error_t *err)
{
	bool server = cfg->role == GKM_ROLE_SERVER;
	ike_version_t version = peer_cfg->get_ike_version(peer_cfg);

	if ((version == IKEV1 && !gkm_cfg_has(cfg, GKM_PROTOCOL_GDOI)) ||
		(version == IKEV2 && !gkm_cfg_has(cfg, GKM_PROTOCOL_GIKEV2)) ||
		(version == IKE_ANY && !server &&
		 !gkm_cfg_has(cfg, GKM_PROTOCOL_GIKEV2)))
	{
		return gkm_fail(err, "%s: connection '%s' isn't of version %d, which "
						"%N needs", server ? "connections" : "servers",
						peer_cfg->get_name(peer_cfg),
						version == IKEV1 ? 2 : 1, gkm_protocol_names,
						version == IKEV1 ? GKM_PROTOCOL_GIKEV2
										 : GKM_PROTOCOL_GDOI);
	}
	return TRUE;
}

/**
 * Check that a connection leads to IKE_SAs that key servers cooperate over.
 */
static bool check_peer(gkm_cfg_t *cfg, peer_cfg_t *peer_cfg, gkm_error_t *err)
{
	return peer_cfg->get_ike_version(peer_cfg) != IKEV1 ||
		   gkm_fail(err, "coop.peers: connection '%s' isn't of version 2, which "
					"key servers need", peer_cfg->get_name(peer_cfg));
}

/**
 * Check that connections a group names exist and fit.
 *
 * @param key		option that names them
 * @param names		their names, as char*
 * @param fits		checks one
 */
static bool check_connections(gkm_cfg_t *cfg, char *key, array_t *names,
							  bool (*fits)(gkm_cfg_t *cfg, peer_cfg_t *peer_cfg,
										   gkm_error_t *err), gkm_error_t *err)
{
	peer_cfg_t *peer_cfg;
	char *name;
	bool ok;
	int i;

	for (i = 0; array_get(names, i, &name); i++)
	{
		peer_cfg = charon->backends->get_peer_cfg_by_name(charon->backends,
														  name);
		if (!peer_cfg)
		{
			return gkm_fail(err, "%s: no connection '%s' is loaded", key, name);
		}
		ok = fits(cfg, peer_cfg, err);
		peer_cfg->destroy(peer_cfg);
		if (!ok)
		{
			return FALSE;
		}
	}
	return TRUE;
}

/*
 * Described in header.
 */
gkm_cfg_t *gkm_vici_request_group(vici_message_t *message, gkm_error_t *err)
{
	parse_data_t data = {
		.err = err,
	};
	bool ok;

	ok = is_complete(message) &&
		 message->parse(message, NULL, parse_group, refuse_value, refuse_value,
						&data);
	if (!ok)
	{
		gkm_fail(err, "malformed request");
	}
	else if (!data.cfg)
	{
		ok = gkm_fail(err, "no group in request");
	}
	else
	{
		ok = gkm_cfg_finish(data.cfg, err) &&
			 check_connections(data.cfg, data.cfg->role == GKM_ROLE_SERVER ?
							   "connections" : "servers",
							   data.cfg->connections, check_version, err) &&
			 check_connections(data.cfg, "coop.peers", data.cfg->coop.peers,
							   check_peer, err);
	}
	if (!ok)
	{
		DBG1(DBG_CFG, "loading group '%s' failed: %s",
			 data.cfg ? data.cfg->name : "", err->text);
		gkm_cfg_destroy(data.cfg);
		return NULL;
	}
	return data.cfg;
}
