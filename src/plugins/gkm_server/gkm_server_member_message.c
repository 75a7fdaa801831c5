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

#include "gkm_server_member_message.h"
#include "gkm_server_message.h"

/**
 * Begin the section of a member with who it is
 */
static void begin_member(vici_builder_t *b, u_int number, gkm_member_t *member)
{
	identification_t *identity;
	host_t *address;
	char section[16];

	identity = identification_create_from_encoding(member->id_type,
												   member->id_encoding);
	address = host_create_from_chunk(member->family,
			chunk_create(member->address, member->family == AF_INET ? 4 : 16),
			member->port);
	snprintf(section, sizeof(section), "%u", number);
	b->begin_section(b, section);
	b->add_kv(b, "identity", "%Y", identity);
	b->add_kv(b, "address", "%#H", address);
	b->add_kv(b, "protocol", "%N", gkm_protocol_names, member->protocol);
	identity->destroy(identity);
	address->destroy(address);
}

/**
 * How a member gets rekeys
 */
static char *get_transport(gkm_cfg_t *cfg, gkm_member_t *member)
{
	if (member->inband)
	{
		return "in-band";
	}
	return member->protocol == GKM_PROTOCOL_GDOI &&
		   cfg->rekey.transport == GKM_TRANSPORT_UNICAST ? "unicast"
														 : "multicast";
}

/**
 * Which acknowledgements a GDOI member uses, as far as that is known
 */
static void add_acknowledgement(vici_builder_t *b, gkm_cfg_t *cfg,
								gkm_member_t *member)
{
	if (member->can & GKM_CAN_ACK)
	{
		b->add_kv(b, "acknowledgement", "%N", gkm_ack_names, cfg->gdoi.ack);
	}
	else if (member->peer == GKM_PEER_CISCO &&
			 gkm_acks_accepted(cfg->rekey.acknowledgement, member->peer, TRUE))
	{
		b->add_kv(b, "acknowledgement", "encrypted");
	}
	else
	{
		b->add_kv(b, "acknowledgement", "none");
	}
}

/**
 * Add what is known of a member that uses GDOI
 */
static void add_gdoi(vici_builder_t *b, gkm_cfg_t *cfg, gkm_member_t *member)
{
	gkm_member_acks_t *acks = &member->acks;
	int i;

	b->add_kv(b, "peer", "%N", gkm_peer_names, member->peer);
	b->add_kv(b, "delays", member->can & GKM_CAN_DELAYS ? "yes" : "no");
	b->add_kv(b, "ip-d3p", member->can & GKM_CAN_D3P ? "yes" : "no");
	add_acknowledgement(b, cfg, member);
	b->add_kv(b, "rekeys-sent", "%u", acks->sent);
	b->add_kv(b, "acks-received", "%u", acks->received);
	b->add_kv(b, "acks-missed", "%u", acks->missed);
	b->begin_list(b, "sequence-numbers");
	for (i = 0; i < countof(acks->seqs) && acks->seqs[i]; i++)
	{
		b->add_li(b, "%u", acks->seqs[i]);
	}
	b->end_list(b);
}

/*
 * Described in header
 */
vici_message_t *gkm_server_message_member(gkm_cfg_t *cfg, u_int number,
										  gkm_member_t *member, time_t now)
{
	vici_builder_t *b;
	int i;

	b = vici_builder_create();
	b->begin_section(b, cfg->name);
	begin_member(b, number, member);
	if (cfg->coop.id)
	{
		b->add_kv(b, "server", "%u", member->owner);
	}
	b->add_kv(b, "registered", "%u",
			  gkm_server_seconds_to(now, member->registered));
	b->add_kv(b, "rekeyed", get_transport(cfg, member));
	b->add_kv(b, "sender", member->sender ? "yes" : "no");
	b->begin_list(b, "sender-ids");
	for (i = 0; i < member->sender_id_count; i++)
	{
		b->add_li(b, "%u", member->sender_ids[i]);
	}
	b->end_list(b);
	if (member->protocol == GKM_PROTOCOL_GDOI)
	{
		add_gdoi(b, cfg, member);
	}
	b->add_kv(b, "registrations", "%u", member->registrations);
	b->end_section(b);
	b->end_section(b);
	return b->finalize(b);
}

static bool has_delays(gkm_member_t *member)
{
	return member->protocol == GKM_PROTOCOL_GIKEV2 ||
		   member->can & GKM_CAN_DELAYS;
}

static bool has_gdoi(gkm_member_t *member)
{
	return member->protocol == GKM_PROTOCOL_GDOI;
}

static bool has_interop_ack(gkm_member_t *member)
{
	return has_gdoi(member) &&
		   gkm_acks_requested(GKM_ACKS_INTEROPERABLE, member->peer);
}

static bool has_gikev2(gkm_member_t *member)
{
	return member->protocol == GKM_PROTOCOL_GIKEV2;
}

static bool has_d3p(gkm_member_t *member)
{
	return has_gdoi(member) && member->can & GKM_CAN_D3P;
}

/**
 * Key servers only cooperate
 */
static bool has_coop(gkm_member_t *member)
{
	return !member && lib->get(lib, GKM_COOP_NAME);
}

/** Features, with the names that they have in the field, where they have one,
 *  and whether a member has shown them. This key server has all, apart from what
 *  another plugin does. */
static const struct {
	char *name;
	bool (*has)(gkm_member_t *member);
} features[] = {
	{ "activation-delay", has_delays },
	{ "coop", has_coop },
	{ "gdoi", has_gdoi },
	{ "gdoi-interop-ack", has_interop_ack },
	{ "gikev2", has_gikev2 },
	{ "ip-d3p", has_d3p },
};

/**
 * Has a member a feature, or this key server if that is NULL?
 */
static bool has_feature(int i, gkm_member_t *member)
{
	return (!member && features[i].has != has_coop) || features[i].has(member);
}

/*
 * Described in header
 */
bool gkm_server_is_feature(char *name)
{
	int i;

	for (i = 0; i < countof(features); i++)
	{
		if (streq(features[i].name, name))
		{
			return TRUE;
		}
	}
	return FALSE;
}

/*
 * Described in header
 */
vici_message_t *gkm_server_message_features(gkm_cfg_t *cfg, u_int number,
											gkm_member_t *member, char *name)
{
	vici_builder_t *b;
	int i;

	b = vici_builder_create();
	b->begin_section(b, cfg->name);
	if (member)
	{
		begin_member(b, number, member);
		if (has_gdoi(member))
		{
			b->add_kv(b, "peer", "%N", gkm_peer_names, member->peer);
		}
	}
	else
	{
		b->begin_section(b, "server");
		b->add_kv(b, "version", PACKAGE_VERSION);
	}
	b->begin_section(b, "features");
	for (i = 0; i < countof(features); i++)
	{
		if (!name || streq(features[i].name, name))
		{
			b->add_kv(b, features[i].name,
					  has_feature(i, member) ? "yes" : "no");
		}
	}
	b->end_section(b);
	b->end_section(b);
	b->end_section(b);
	return b->finalize(b);
}
