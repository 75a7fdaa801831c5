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

#include "gkm_server_message.h"

#include "libgkm/group/gkm_print.h"

#include <inttypes.h>

/*
 * Described in header
 */
u_int gkm_server_seconds_to(time_t when, time_t now)
{
	return when > now ? when - now : 0;
}

/**
 * Add SPI and what is left of a rekey SA's time
 */
static void add_rekey_sa(vici_builder_t *b, char *section,
						 gkm_policy_rekey_t *rekey, time_t now)
{
	char spi[2 * GKM_REKEY_SPI_LEN + 1];

	chunk_to_hex(chunk_create(rekey->sa->spi, GKM_REKEY_SPI_LEN), spi, FALSE);
	b->begin_section(b, section);
	b->add_kv(b, "spi", "%s", spi);
	b->add_kv(b, "life-time", "%u", gkm_server_seconds_to(rekey->expires, now));
	b->add_kv(b, "rekey-time", "%u", gkm_server_seconds_to(rekey->rekey, now));
}

/**
 * Add the rekey SAs of a group
 */
static void add_rekey_sas(vici_builder_t *b, gkm_policy_t *policy, time_t now)
{
	gkm_policy_rekey_t *rekey;

	rekey = policy->get_rekey(policy, GKM_PROTOCOL_GIKEV2);
	if (rekey)
	{
		add_rekey_sa(b, "rekey-sa", rekey, now);
		b->add_kv(b, "message-id", "%u", rekey->sa->message_id);
		b->end_section(b);
	}
	rekey = policy->get_rekey(policy, GKM_PROTOCOL_GDOI);
	if (rekey)
	{
		add_rekey_sa(b, "gdoi-rekey-sa", rekey, now);
		b->add_kv(b, "sequence-number", "%u", rekey->sa->message_id - 1);
		b->end_section(b);
	}
}

/**
 * Add the data SAs of a group
 */
static void add_sas(vici_builder_t *b, gkm_policy_t *policy, time_t now)
{
	gkm_policy_sa_t *sa;
	enumerator_t *enumerator;
	char spi[9];

	b->begin_section(b, "sas");
	enumerator = policy->create_sa_enumerator(policy);
	while (enumerator->enumerate(enumerator, &sa))
	{
		snprintf(spi, sizeof(spi), "%.8x", ntohl(sa->sa->spi));
		b->begin_section(b, spi);
		b->add_kv(b, "name", "%s", sa->cfg->name);
		b->add_kv(b, "life-time", "%u",
				  gkm_server_seconds_to(sa->expires, now));
		if (sa->rekey)
		{
			b->add_kv(b, "rekey-time", "%u",
					  gkm_server_seconds_to(sa->rekey, now));
		}
		b->end_section(b);
	}
	enumerator->destroy(enumerator);
	b->end_section(b);
}

/**
 * Add what became of acknowledgements
 */
static void add_acks(vici_builder_t *b, gkm_server_group_t *entry)
{
	char name[16];
	int i;

	b->begin_section(b, "acknowledgements");
	for (i = 0; i < countof(entry->acks); i++)
	{
		snprintf(name, sizeof(name), "%N", gkm_ack_verdict_names, i);
		b->add_kv(b, name, "%u", entry->acks[i].count);
	}
	b->end_section(b);
}

/**
 * Add how often members were told of something
 */
static void add_rekeys(vici_builder_t *b, gkm_server_group_t *entry)
{
	b->add_kv(b, "rekeys", "%u", entry->history.last);
	b->add_kv(b, "messages-sent", "%u", entry->history.messages);
	b->add_kv(b, "copies-sent", "%u", entry->history.copies);
	b->add_kv(b, "send-failures", "%u", entry->history.failures);
}

/**
 * Number of registrations of those that are members
 */
static uint64_t count_registrations(gkm_members_t *members)
{
	enumerator_t *enumerator;
	gkm_member_t *member;
	uint64_t count = 0;

	enumerator = members->create_enumerator(members);
	while (enumerator->enumerate(enumerator, &member))
	{
		count += member->registrations;
	}
	enumerator->destroy(enumerator);
	return count;
}

/**
 * Add which protocols a group has
 */
static void add_protocol(vici_builder_t *b, gkm_cfg_t *cfg)
{
	bool gikev2 = gkm_cfg_has(cfg, GKM_PROTOCOL_GIKEV2);
	bool gdoi = gkm_cfg_has(cfg, GKM_PROTOCOL_GDOI);

	b->add_kv(b, "protocol", "%s%s%s", gikev2 ? "gikev2" : "",
			  gikev2 && gdoi ? "," : "", gdoi ? "gdoi" : "");
}

/*
 * Described in header
 */
vici_message_t *gkm_server_message_group(gkm_server_group_t *entry, time_t now)
{
	gkm_group_t *group = entry->group;
	gkm_cfg_t *cfg = group->get_cfg(group);
	gkm_members_t *members = group->get_members(group);
	gkm_policy_t *policy = group->get_policy(group);
	vici_builder_t *b;
	char buf[GKM_PRINT_LEN];

	b = vici_builder_create();
	b->begin_section(b, entry->name);
	b->add_kv(b, "role", "%N", gkm_role_names, GKM_ROLE_SERVER);
	add_protocol(b, cfg);
	b->add_kv(b, "state", "serving");
	b->add_kv(b, "id", "%s", gkm_print_id(cfg->id, buf));
	b->add_kv(b, "members", "%u", members->get_count(members));
	b->add_kv(b, "max-members", "%u", cfg->max_members);
	b->add_kv(b, "state-kept", entry->kept ? "yes" : "no");
	b->add_kv(b, "transport", "%N", gkm_transport_names, cfg->rekey.transport);
	if (entry->coop)
	{
		b->add_kv(b, "server", "%u", cfg->coop.id);
		b->add_kv(b, "duty", "%N", gkm_duty_names, group->get_duty(group));
		b->add_kv(b, "epoch", "%" PRIu64, group->get_epoch(group));
	}
	add_rekeys(b, entry);
	if (cfg->d3p_window)
	{
		b->add_kv(b, "d3p-window", "%u", cfg->d3p_window);
	}
	if (gkm_cfg_has(cfg, GKM_PROTOCOL_GDOI))
	{
		b->add_kv(b, "gdoi-members", "%u", members->get_gdoi_count(members));
		b->add_kv(b, "acknowledgement", "%N", gkm_acks_names,
				  cfg->rekey.acknowledgement);
		add_acks(b, entry);
	}
	add_sas(b, policy, now);
	add_rekey_sas(b, policy, now);
	b->end_section(b);
	return b->finalize(b);
}

/*
 * Described in header
 */
vici_message_t *gkm_server_message_stats(gkm_server_group_t *entry, time_t now)
{
	gkm_cfg_t *cfg = entry->group->get_cfg(entry->group);
	gkm_members_t *members = entry->group->get_members(entry->group);
	vici_builder_t *b;

	b = vici_builder_create();
	b->begin_section(b, entry->name);
	b->add_kv(b, "role", "%N", gkm_role_names, GKM_ROLE_SERVER);
	b->add_kv(b, "members", "%u", members->get_count(members));
	b->add_kv(b, "registrations", "%" PRIu64, count_registrations(members));
	add_rekeys(b, entry);
	if (gkm_cfg_has(cfg, GKM_PROTOCOL_GDOI))
	{
		add_acks(b, entry);
	}
	b->end_section(b);
	return b->finalize(b);
}

/*
 * Described in header
 */
vici_message_t *gkm_server_message_replay(gkm_server_group_t *entry, time_t now)
{
	gkm_cfg_t *cfg = entry->group->get_cfg(entry->group);
	vici_builder_t *b;

	b = vici_builder_create();
	b->begin_section(b, entry->name);
	b->add_kv(b, "role", "%N", gkm_role_names, GKM_ROLE_SERVER);
	b->add_kv(b, "type", cfg->d3p_window ? "posix-time" : "none");
	if (cfg->d3p_window)
	{
		b->add_kv(b, "window", "%u", cfg->d3p_window);
	}
	b->end_section(b);
	return b->finalize(b);
}

/**
 * Add what members that use GDOI were told
 */
static void add_push(vici_builder_t *b, gkm_push_note_t *push)
{
	char spi[2 * GKM_REKEY_SPI_LEN + 1];

	chunk_to_hex(chunk_from_thing(push->spi), spi, FALSE);
	b->begin_section(b, "gdoi");
	b->add_kv(b, "spi", "%s", spi);
	b->add_kv(b, "sequence-number", "%u", push->seq);
	b->add_kv(b, "transport", push->unicast ? "unicast" : "multicast");
	b->add_kv(b, "variants", "%u", push->variants);
	b->add_kv(b, "octets", "%zu", push->octets);
	b->add_kv(b, "sent", "%u", push->sent);
	b->add_kv(b, "failed", "%u", push->failed);
	if (push->unicast)
	{
		b->add_kv(b, "targets", "%u", push->targets);
		b->add_kv(b, "datagrams", "%u", push->datagrams);
		b->add_kv(b, "asked", "%u", push->asked);
	}
	b->add_kv(b, "acknowledged", "%u", push->acknowledged);
	b->add_kv(b, "missing", "%u", push->asked > push->acknowledged ?
			  push->asked - push->acknowledged : 0);
	b->end_section(b);
}

/*
 * Described in header
 */
vici_message_t *gkm_server_message_rekey(char *group, gkm_rekey_note_t *note,
										 time_t now)
{
	char spi[2 * GKM_REKEY_SPI_LEN + 1], section[16];
	vici_builder_t *b;

	snprintf(section, sizeof(section), "%u", note->number);
	b = vici_builder_create();
	b->begin_section(b, group);
	b->begin_section(b, section);
	b->add_kv(b, "reason", "%N", gkm_notice_reason_names, note->reason);
	b->add_kv(b, "age", "%u", gkm_server_seconds_to(now, note->time));
	b->add_kv(b, "new-sas", "%u", note->sas);
	b->add_kv(b, "deleted-sas", "%u", note->deletes);
	b->add_kv(b, "new-rekey-sa", note->rekey_sa ? "yes" : "no");
	b->add_kv(b, "wrapped-keys", "%u", note->wraps);
	b->add_kv(b, "excludes-all", note->excludes_all ? "yes" : "no");
	if (note->datagrams)
	{
		chunk_to_hex(chunk_from_thing(note->spi), spi, FALSE);
		b->add_kv(b, "spi", "%s", spi);
		b->add_kv(b, "message-id", "%u", note->message_id);
		b->add_kv(b, "datagrams", "%u", note->datagrams);
		b->add_kv(b, "octets", "%zu", note->octets);
		b->add_kv(b, "sent", "%u", note->sent);
		b->add_kv(b, "failed", "%u", note->failed);
	}
	b->add_kv(b, "inband-members", "%u", note->pushed);
	b->add_kv(b, "inband-acknowledged", "%u", note->acknowledged);
	b->add_kv(b, "inband-lost", "%u", note->lost);
	if (note->push.seq)
	{
		add_push(b, &note->push);
	}
	b->end_section(b);
	b->end_section(b);
	return b->finalize(b);
}
