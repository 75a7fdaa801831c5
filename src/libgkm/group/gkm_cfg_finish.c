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

#include <selectors/traffic_selector.h>

/** Percentage of its lifetime after which a data SA needs a successor: members
 *  register again in the last 12%..4%, see gkm_member_state.h */
#define REKEY_TIME_MAX 85

/** Lifetimes unless configured; rekey times are five sixths of them */
#define SA_LIFE_TIME (60 * 60)
#define REKEY_LIFE_TIME (24 * 60 * 60)

/**
 * Fill in defaults from a table, complain about what is missing.
 */
static bool finish_options(gkm_cfg_t *this,
						   const gkm_cfg_options_t *options, gkm_cfg_sa_t *sa,
						   gkm_error_t *err)
{
	void *object = sa ?: (void*)this;
	const gkm_cfg_option_t *option;
	char key[128];
	int i;

	for (i = 0; i < options->count; i++)
	{
		option = &options->options[i];
		if (!(option->roles & 1 << this->role) ||
			gkm_cfg_is_given(this, sa, option->key))
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
static bool check_roles(gkm_cfg_t *this, gkm_error_t *err)
{
	gkm_cfg_given_t *given;
	int i;

	for (i = 0; (given = gkm_cfg_get_given(this, i)); i++)
	{
		if (!(given->option->roles & 1 << this->role))
		{
			return gkm_fail(err, "%s: not an option of a %N", given->key,
							gkm_role_names, this->role);
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
 * Refuse options of section rekey that its transport leaves nothing to do.
 */
static bool check_transport(gkm_cfg_t *this, gkm_error_t *err)
{
	gkm_cfg_given_t *given;
	int i;

	switch (this->rekey.transport)
	{
		case GKM_TRANSPORT_INBAND:
			if (gkm_cfg_has(this, GKM_PROTOCOL_GDOI))
			{
				return gkm_fail(err, "rekey.transport: in-band rekeys exist in "
								"G-IKEv2 only, use unicast");
			}
			break;
		case GKM_TRANSPORT_UNICAST:
			break;
		default:
			return TRUE;
	}
	for (i = 0; (given = gkm_cfg_get_given(this, i)); i++)
	{
		if (!strpfx(given->key, "rekey.") ||
			streq(given->key, "rekey.transport"))
		{
			continue;
		}
		/* G-IKEv2 has no rekey SA then, GDOI has one without an address */
		if (!gkm_cfg_has(this, GKM_PROTOCOL_GDOI) ||
			streq(given->key, "rekey.address") ||
			streq(given->key, "rekey.proposals"))
		{
			return gkm_fail(err, "%s: contradicts rekey.transport = %N",
							given->key, gkm_transport_names,
							this->rekey.transport);
		}
	}
	return TRUE;
}

/**
 * Complete the rekey SA of a server.
 */
static bool finish_rekey(gkm_cfg_t *this, gkm_error_t *err)
{
	gkm_cfg_rekey_t *rekey = &this->rekey;

	if (!check_transport(this, err))
	{
		return FALSE;
	}
	if (rekey->transport == GKM_TRANSPORT_UNICAST &&
		!gkm_cfg_has(this, GKM_PROTOCOL_GDOI))
	{
		rekey->transport = GKM_TRANSPORT_INBAND;
	}
	if (rekey->transport == GKM_TRANSPORT_INBAND ||
		rekey->transport == GKM_TRANSPORT_UNICAST)
	{
		DESTROY_IF(rekey->address);
		rekey->address = NULL;
	}
	if (rekey->transport == GKM_TRANSPORT_INBAND)
	{	/* there is no rekey SA then */
		rekey->key_tree = FALSE;
	}
	if (rekey->key && rekey->auth == GKM_AUTH_IMPLICIT)
	{
		return gkm_fail(err, "rekey.key: contradicts rekey.auth = implicit");
	}
	if (this->activation_delay != GKM_ATD_AUTO &&
		this->deactivation_delay < this->activation_delay)
	{
		return gkm_fail(err, "deactivation_delay: receivers would drop SAs "
						"after %us that senders use for %us, the "
						"activation_delay", this->deactivation_delay,
						this->activation_delay);
	}
	return finish_times("rekey", &rekey->rekey_time, &rekey->life_time,
						REKEY_LIFE_TIME, err);
}

/**
 * Give an option of a data SA a value that stands for none given.
 */
static bool set_sa(gkm_cfg_sa_t *sa, const char *section, const char *option,
				   char *value, gkm_error_t *err)
{
	char key[128];

	snprintf(key, sizeof(key), "%s.%s", section, option);
	return gkm_cfg_option_parse(gkm_cfg_option_find(&gkm_cfg_sa_options,
													option),
								sa, key, value, err);
}

/**
 * Complete an SA for IEC 61850: its selector is an object identifier, and no
 * kernel handles it.
 */
static bool finish_iec_61850(gkm_cfg_t *this, gkm_cfg_sa_t *sa,
							 const char *section, gkm_error_t *err)
{
	static const char *others[] = {
		"source_ts", "destination_ts", "esp_proposals", "ah_proposals", "mode",
		"senders", "life_packets", "life_bytes",
	};
	int i;

	if (gkm_cfg_has(this, GKM_PROTOCOL_GIKEV2))
	{
		return gkm_fail(err, "%s.oid: G-IKEv2 has no SAs for IEC 61850, gdoi "
						"has to be the only protocol", section);
	}
	for (i = 0; i < countof(others); i++)
	{
		if (gkm_cfg_is_given(this, sa, others[i]))
		{
			return gkm_fail(err, "%s.%s: contradicts oid", section, others[i]);
		}
	}
	return set_sa(sa, section, "source_ts", "0.0.0.0/0", err) &&
		   set_sa(sa, section, "destination_ts", "0.0.0.0/0", err) &&
		   (gkm_cfg_is_given(this, sa, "iec_proposals") ||
			set_sa(sa, section, "iec_proposals", "aes256-sha256_128", err));
}

/**
 * Complete an SA of IPsec.
 */
static bool finish_ipsec(gkm_cfg_t *this, gkm_cfg_sa_t *sa,
						 const char *section, gkm_error_t *err)
{
	static const char *required[] = {
		"source_ts", "destination_ts",
	}, *others[] = {
		"oid_data", "iec_proposals",
	};
	int i;

	for (i = 0; i < countof(others); i++)
	{
		if (gkm_cfg_is_given(this, sa, others[i]))
		{
			return gkm_fail(err, "%s.%s: only for SAs with an oid", section,
							others[i]);
		}
	}
	for (i = 0; i < countof(required); i++)
	{
		if (!gkm_cfg_is_given(this, sa, required[i]))
		{
			return gkm_fail(err, "%s.%s: missing", section, required[i]);
		}
	}
	if (gkm_cfg_is_given(this, sa, "ah_proposals"))
	{
		if (gkm_cfg_is_given(this, sa, "esp_proposals"))
		{
			return gkm_fail(err, "%s.ah_proposals: contradicts esp_proposals",
							section);
		}
	}
	else if (!gkm_cfg_is_given(this, sa, "esp_proposals") &&
			 !set_sa(sa, section, "esp_proposals", "aes256-sha256", err))
	{
		return FALSE;
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
static bool finish_sas(gkm_cfg_t *this, gkm_error_t *err)
{
	gkm_cfg_sa_t *sa, *first;
	char section[128];
	uint32_t count = 0;
	int i;

	if (!array_get(this->sas, ARRAY_HEAD, &first))
	{
		return gkm_fail(err, "sas: no section for a data SA");
	}
	for (i = 0; i < array_count(this->sas); i++)
	{
		array_get(this->sas, i, &sa);
		snprintf(section, sizeof(section), "sas.%s", sa->name);
		if (!finish_options(this, &gkm_cfg_sa_options, sa, err) ||
			!(sa->oid.len ? finish_iec_61850(this, sa, section, err)
						  : finish_ipsec(this, sa, section, err)) ||
			!check_selectors(sa, section, err) ||
			!gkm_cfg_gdoi_check_sa(this, sa, section, err))
		{
			return FALSE;
		}
		if (this->role != GKM_ROLE_SERVER)
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
		if (sa->mode != first->mode && gkm_cfg_has(this, GKM_PROTOCOL_GIKEV2))
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

/**
 * Complete what only members have.
 */
static bool finish_member(gkm_cfg_t *this, gkm_error_t *err)
{
	if (!this->sender && !this->receiver)
	{
		return gkm_fail(err, "receiver: a member that neither sends nor "
						"receives");
	}
	if (this->retry_min > this->retry_max)
	{
		return gkm_fail(err, "retry_min: %us is more than retry_max %us",
						this->retry_min, this->retry_max);
	}
	return TRUE;
}

/*
 * Described in header.
 */
bool gkm_cfg_finish(gkm_cfg_t *this, gkm_error_t *err)
{
	/* all else depends on the role */
	if (!gkm_cfg_is_given(this, NULL, "role"))
	{
		return gkm_fail(err, "role: missing");
	}
	return check_roles(this, err) &&
		   finish_options(this, &gkm_cfg_group_options, NULL, err) &&
		   (this->role == GKM_ROLE_SERVER ? finish_rekey(this, err)
										  : finish_member(this, err)) &&
		   gkm_cfg_gdoi_finish(this, err) &&
		   finish_sas(this, err) &&
		   gkm_cfg_plane_finish(this, err) &&
		   gkm_cfg_coop_finish(this, err) &&
		   gkm_cfg_d3p_check(this, err);
}
