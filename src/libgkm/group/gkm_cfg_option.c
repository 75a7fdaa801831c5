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

#include "gkm_adoption.h"
#include "gkm_cfg_option.h"
#include "gkm_oid.h"
#include "gkm_print.h"

#include "../keys/gkm_key_tree.h"

ENUM(gkm_role_names, GKM_ROLE_SERVER, GKM_ROLE_MEMBER,
	"server",
	"member",
);

ENUM(gkm_senders_names, GKM_SENDERS_ANY, GKM_SENDERS_SEPARATE,
	"any",
	"single",
	"separate",
);

ENUM(gkm_transport_names, GKM_TRANSPORT_MULTICAST, GKM_TRANSPORT_UNICAST,
	"multicast",
	"inband",
	"mixed",
	"unicast",
);

ENUM(gkm_d3p_use_names, GKM_D3P_OPTIONAL, GKM_D3P_REQUIRED,
	"optional",
	"required",
);

ENUM(gkm_fail_names, GKM_FAIL_CLOSED, GKM_FAIL_OPEN,
	"closed",
	"open",
);

/** as users write them */
ENUM(hash_names, HASH_SHA256, HASH_SHA512,
	"sha256",
	"sha384",
	"sha512",
);

ENUM(ack_names, GKM_ACK_KEK_SHA256, GKM_ACK_LKH_SHA512,
	"kek-sha256",
	"lkh-sha256",
	"kek-sha512",
	"lkh-sha512",
);

/** L is the length of the hash's block, or that of the key */
ENUM(ack_length_names, FALSE, TRUE,
	"block",
	"key",
);

ENUM(gkm_start_names, GKM_START_NONE, GKM_START_START,
	"none",
	"start",
);

/** Largest ATD and DTD, 16 bits on the wire (RFC 9838, 4.4.3.1.1) */
#define DELAY_MAX UINT16_MAX

/** GAP attributes that may be given a meaning: those of private use, and those
 *  that IANA may still assign (RFC 6407, 9) */
#define ATTRIBUTE_MIN 128
#define ATTRIBUTE_MAX INT16_MAX

/** Milliseconds that acknowledgements are delayed at most (RFC 8263, 5) */
#define ACK_JITTER_MAX 5000

/** Copies of a rekey message at most */
#define RETRANSMIT_MAX 20

/** Milliseconds between messages of cooperative key servers, and that they wait
 *  for each other at most */
#define HEARTBEAT_MIN 100
#define HEARTBEAT_MAX (60 * 1000)
#define WAIT_MAX (60 * 60 * 1000)

/** Roles, for the tables below */
#define SERVER GKM_CFG_SERVER
#define MEMBER GKM_CFG_MEMBER
#define ANY (SERVER | MEMBER)

/** Whether an option has to be given */
#define OPTIONAL FALSE
#define REQUIRED TRUE

#define GROUP(field) offsetof(gkm_cfg_t, field)
#define SA(field) offsetof(gkm_cfg_sa_t, field)

/**
 * Options of a group.
 */
static const gkm_cfg_option_t group_options[] = {
	{ "id",					ANY,	&gkm_cfg_group_id,	GROUP(id),
		NULL, REQUIRED },
	{ "role",				ANY,	&gkm_cfg_enum,		GROUP(role),
		NULL, REQUIRED, { .names = &gkm_role_names } },
	{ "protocols",			SERVER,	&gkm_cfg_protocols,	GROUP(protocols),
		"gikev2" },
	{ "protocol",			MEMBER,	&gkm_cfg_protocol,	GROUP(protocols),
		"gikev2" },
	{ "connections",		SERVER,	&gkm_cfg_names,		GROUP(connections),
		NULL, REQUIRED },
	{ "servers",			MEMBER,	&gkm_cfg_names,		GROUP(connections),
		NULL, REQUIRED },
	{ "member_ids",			SERVER,	&gkm_cfg_ids,		GROUP(member_ids) },
	{ "max_members",		SERVER,	&gkm_cfg_number,	GROUP(max_members),
		"0", OPTIONAL, { 0, UINT32_MAX } },
	{ "linger",				SERVER,	&gkm_cfg_time,		GROUP(linger),
		"10s", OPTIONAL, { 0, GKM_CFG_TIME_MAX } },
	{ "activation_delay",	SERVER,	&gkm_cfg_delay,		GROUP(activation_delay),
		"auto", OPTIONAL, { 0, DELAY_MAX } },
	{ "deactivation_delay",	SERVER,	&gkm_cfg_time,		GROUP(deactivation_delay),
		"60s", OPTIONAL, { 0, DELAY_MAX } },
	{ "sender_id_bits",		SERVER,	&gkm_cfg_number,	GROUP(sender_id_bits),
		"16", OPTIONAL, { 1, 32 } },
	{ "sender",				MEMBER,	&gkm_cfg_bool,		GROUP(sender),
		"yes" },
	{ "receiver",			MEMBER,	&gkm_cfg_bool,		GROUP(receiver),
		"yes" },
	{ "start_action",		MEMBER,	&gkm_cfg_enum,		GROUP(start_action),
		"none", OPTIONAL, { .names = &gkm_start_names } },
	{ "retry_min",			MEMBER,	&gkm_cfg_time,		GROUP(retry_min),
		"5s", OPTIONAL, { 1, GKM_CFG_TIME_MAX } },
	{ "retry_max",			MEMBER,	&gkm_cfg_time,		GROUP(retry_max),
		"5m", OPTIONAL, { 1, GKM_CFG_TIME_MAX } },
	{ "d3p",				MEMBER,	&gkm_cfg_enum,		GROUP(d3p),
		"optional", OPTIONAL, { .names = &gkm_d3p_use_names } },
	{ "d3p_window",			ANY,	&gkm_cfg_d3p_window, GROUP(d3p_window) },
	/* interfaces are required if there is one of them, see gkm_cfg_finish() */
	{ "data_plane.interfaces", MEMBER, &gkm_cfg_interfaces,
		GROUP(plane.interfaces) },
	{ "data_plane.exclude",	MEMBER,	&gkm_cfg_prefix_pairs,
		GROUP(plane.exclude) },
	{ "data_plane.fail",	MEMBER,	&gkm_cfg_enum,		GROUP(plane.fail),
		"closed", OPTIONAL, { .names = &gkm_fail_names } },
	{ "data_plane.mtu",		MEMBER,	&gkm_cfg_number,	GROUP(plane.mtu),
		"0", OPTIONAL, { 0, UINT16_MAX } },
	{ "data_plane.mss_clamp", MEMBER, &gkm_cfg_bool,
		GROUP(plane.mss_clamp), "yes" },
	/* id and peers are required if there is one of them, see gkm_cfg_finish() */
	{ "coop.id",			SERVER,	&gkm_cfg_octet,		GROUP(coop.id),
		NULL, OPTIONAL, { 1, GKM_COOP_SERVERS_MAX } },
	{ "coop.priority",		SERVER,	&gkm_cfg_octet,		GROUP(coop.priority),
		"100", OPTIONAL, { 1, UINT8_MAX } },
	{ "coop.preempt",		SERVER,	&gkm_cfg_bool,		GROUP(coop.preempt),
		"no" },
	{ "coop.peers",			SERVER,	&gkm_cfg_names,		GROUP(coop.peers) },
	{ "coop.heartbeat",		SERVER,	&gkm_cfg_msecs,		GROUP(coop.heartbeat),
		"500ms", OPTIONAL, { HEARTBEAT_MIN, HEARTBEAT_MAX } },
	{ "coop.misses",		SERVER,	&gkm_cfg_number,	GROUP(coop.misses),
		"5", OPTIONAL, { 2, 20 } },
	{ "coop.wait",			SERVER,	&gkm_cfg_msecs,		GROUP(coop.wait),
		"10s", OPTIONAL, { 0, WAIT_MAX } },
	{ "rekey.transport",	SERVER,	&gkm_cfg_enum,		GROUP(rekey.transport),
		"multicast", OPTIONAL, { .names = &gkm_transport_names } },
	{ "rekey.address",		SERVER,	&gkm_cfg_multicast,	GROUP(rekey.address),
		"239.192.0.1:848" },
	{ "rekey.proposals",	ANY,	&gkm_cfg_rekey_proposals,
		GROUP(rekey.proposals), "aes256gcm16-kw256" },
	{ "rekey.key",			SERVER,	&gkm_cfg_string,	GROUP(rekey.key) },
	{ "rekey.auth",			SERVER,	&gkm_cfg_enum,		GROUP(rekey.auth),
		"signature", OPTIONAL, { .names = &gkm_auth_names } },
	{ "rekey.rekey_time",	SERVER,	&gkm_cfg_time,		GROUP(rekey.rekey_time),
		NULL, OPTIONAL, { 1, GKM_CFG_TIME_MAX } },
	{ "rekey.life_time",	SERVER,	&gkm_cfg_time,		GROUP(rekey.life_time),
		NULL, OPTIONAL, { 2, GKM_CFG_TIME_MAX } },
	{ "rekey.retransmit",	SERVER,	&gkm_cfg_retransmit, GROUP(rekey.retransmit),
		"2 every 10s", OPTIONAL, { 0, RETRANSMIT_MAX } },
	/* the default depends on the transport, see gkm_cfg_finish() */
	{ "rekey.acknowledgement", SERVER, &gkm_cfg_enum,
		GROUP(rekey.acknowledgement), NULL, OPTIONAL,
		{ .names = &gkm_acks_names } },
	{ "rekey.key_tree",		SERVER,	&gkm_cfg_bool,		GROUP(rekey.key_tree),
		"yes" },
	{ "rekey.key_tree_degree", SERVER, &gkm_cfg_number,
		GROUP(rekey.key_tree_degree), "4", OPTIONAL,
		{ GKM_KEY_TREE_DEGREE_MIN, GKM_KEY_TREE_DEGREE_MAX } },
	{ "gdoi.proposals",		ANY,	&gkm_cfg_gdoi_proposals,
		GROUP(gdoi.proposals), "aes256" },
	{ "gdoi.doi",			ANY,	&gkm_cfg_number,	GROUP(gdoi.doi),
		"2", OPTIONAL, { 0, UINT32_MAX } },
	{ "gdoi.situation",		ANY,	&gkm_cfg_number,	GROUP(gdoi.situation),
		"0", OPTIONAL, { 0, UINT32_MAX } },
	{ "gdoi.d3p_type_attribute", ANY, &gkm_cfg_number, GROUP(gdoi.d3p_type),
		"128", OPTIONAL, { ATTRIBUTE_MIN, ATTRIBUTE_MAX } },
	{ "gdoi.d3p_window_attribute", ANY, &gkm_cfg_number,
		GROUP(gdoi.d3p_window), "129", OPTIONAL,
		{ ATTRIBUTE_MIN, ATTRIBUTE_MAX } },
	{ "gdoi.bare_signature", SERVER, &gkm_cfg_bool,
		GROUP(gdoi.bare_signature), "no" },
	{ "gdoi.padded_length",	SERVER,	&gkm_cfg_bool,
		GROUP(gdoi.padded_length), "no" },
	{ "gdoi.pkcs1_key",		SERVER,	&gkm_cfg_bool,		GROUP(gdoi.pkcs1_key),
		"no" },
	{ "gdoi.hash",			SERVER,	&gkm_cfg_enum,		GROUP(gdoi.hash),
		"sha256", OPTIONAL, { .names = &hash_names } },
	{ "gdoi.ack",			SERVER,	&gkm_cfg_enum,		GROUP(gdoi.ack),
		"kek-sha256", OPTIONAL, { .names = &ack_names } },
	{ "gdoi.ack_timeout",	SERVER,	&gkm_cfg_time,		GROUP(gdoi.ack_timeout),
		"10s", OPTIONAL, { 1, GKM_CFG_TIME_MAX } },
	{ "gdoi.ack_length",	MEMBER,	&gkm_cfg_choice,
		GROUP(gdoi.ack_key_length), "block", OPTIONAL, { .names = &ack_length_names } },
	{ "gdoi.ack_jitter",	MEMBER,	&gkm_cfg_msecs,		GROUP(gdoi.ack_jitter),
		"1s", OPTIONAL, { 0, ACK_JITTER_MAX } },
	{ "gdoi.script",		MEMBER,	&gkm_cfg_string,	GROUP(gdoi.script) },
};

/**
 * Options of a data SA.
 */
static const gkm_cfg_option_t sa_options[] = {
	/* an SA has either these or an oid, see gkm_cfg_finish() */
	{ "source_ts",			ANY,	&gkm_cfg_selectors,	SA(src) },
	{ "destination_ts",		ANY,	&gkm_cfg_selectors,	SA(dst) },
	{ "oid",				ANY,	&gkm_cfg_oid,		SA(oid) },
	{ "oid_data",			ANY,	&gkm_cfg_hex,		SA(oid_data),
		NULL, OPTIONAL, { 1, GKM_OID_DATA_MAX } },
	/* as are defaults of these */
	{ "esp_proposals",		ANY,	&gkm_cfg_esp_proposals, SA(proposals) },
	{ "ah_proposals",		ANY,	&gkm_cfg_ah_proposals, SA(proposals) },
	{ "iec_proposals",		ANY,	&gkm_cfg_iec_proposals, SA(proposals) },
	{ "mode",				ANY,	&gkm_cfg_enum,		SA(mode),
		"tunnel", OPTIONAL, { .names = &gkm_mode_names } },
	{ "senders",			ANY,	&gkm_cfg_enum,		SA(senders),
		"any", OPTIONAL, { .names = &gkm_senders_names } },
	{ "rekey_time",			SERVER,	&gkm_cfg_time,		SA(rekey_time),
		NULL, OPTIONAL, { 1, GKM_CFG_TIME_MAX } },
	{ "life_time",			SERVER,	&gkm_cfg_time,		SA(life_time),
		NULL, OPTIONAL, { 2, GKM_CFG_TIME_MAX } },
	{ "life_packets",		MEMBER,	&gkm_cfg_number,	SA(life_packets),
		"0", OPTIONAL, { 0, UINT32_MAX } },
	{ "life_bytes",			MEMBER,	&gkm_cfg_bytes,		SA(life_bytes) },
};

const gkm_cfg_options_t gkm_cfg_group_options = {
	group_options, countof(group_options),
};

const gkm_cfg_options_t gkm_cfg_sa_options = {
	sa_options, countof(sa_options),
};

/*
 * Described in header.
 */
const gkm_cfg_option_t *gkm_cfg_option_find(const gkm_cfg_options_t *this,
											const char *key)
{
	int i;

	for (i = 0; i < this->count; i++)
	{
		if (streq(this->options[i].key, key))
		{
			return &this->options[i];
		}
	}
	return NULL;
}

/**
 * Where an option's value is, given the gkm_cfg_t or gkm_cfg_sa_t.
 */
static inline void *field_of(const gkm_cfg_option_t *option, void *object)
{
	return (char*)object + option->offset;
}

/*
 * Described in header.
 */
bool gkm_cfg_option_parse(const gkm_cfg_option_t *this, void *object,
						  const char *key, char *text, gkm_error_t *err)
{
	gkm_error_t reason = {};

	return this->value->parse(text, field_of(this, object), &this->limits,
							  &reason) ||
		   gkm_fail(err, "%s: %s", key, reason.text);
}

/*
 * Described in header.
 */
bool gkm_cfg_options_equal(const gkm_cfg_options_t *this, void *object,
						   void *other)
{
	const gkm_cfg_option_t *option;
	int i;

	for (i = 0; i < this->count; i++)
	{
		option = &this->options[i];
		if (!option->value->equals(field_of(option, object),
								   field_of(option, other)))
		{
			return FALSE;
		}
	}
	return TRUE;
}

/*
 * Described in header.
 */
void gkm_cfg_options_destroy(const gkm_cfg_options_t *this, void *object)
{
	const gkm_cfg_option_t *option;
	int i;

	for (i = 0; i < this->count; i++)
	{
		option = &this->options[i];
		if (option->value->destroy)
		{
			option->value->destroy(field_of(option, object));
			/* options may share a field */
			*(void**)field_of(option, object) = NULL;
		}
	}
}
