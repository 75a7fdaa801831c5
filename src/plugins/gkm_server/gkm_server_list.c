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

#include "gkm_server_list.h"
#include "gkm_server_clock.h"

#include "libgkm/group/gkm_print.h"

typedef struct private_gkm_server_list_t private_gkm_server_list_t;

/**
 * Private data
 */
struct private_gkm_server_list_t {

	/** public interface */
	gkm_server_list_t public;

	/** where commands are registered */
	vici_dispatcher_t *dispatcher;

	/** groups to show */
	gkm_server_groups_t *groups;
};

/**
 * Seconds that are left until a time
 */
static u_int seconds_to(time_t when, time_t now)
{
	return when > now ? when - now : 0;
}

/**
 * Add what is left of a data SA's time
 */
static void add_sa_times(vici_builder_t *b, gkm_policy_sa_t *sa, time_t now)
{
	b->add_kv(b, "life-time", "%u", seconds_to(sa->expires, now));
	if (sa->rekey)
	{
		b->add_kv(b, "rekey-time", "%u", seconds_to(sa->rekey, now));
	}
}

/**
 * Add SPI, message ID and what is left of the rekey SA's time
 */
static void add_rekey_times(vici_builder_t *b, gkm_policy_rekey_t *rekey,
							time_t now)
{
	char spi[2 * GKM_REKEY_SPI_LEN + 1];

	chunk_to_hex(chunk_create(rekey->sa->spi, GKM_REKEY_SPI_LEN), spi, FALSE);
	b->add_kv(b, "spi", "%s", spi);
	b->add_kv(b, "life-time", "%u", seconds_to(rekey->expires, now));
	b->add_kv(b, "rekey-time", "%u", seconds_to(rekey->rekey, now));
	b->add_kv(b, "message-id", "%u", rekey->sa->message_id);
}

/**
 * Begin the section of a data SA, which its SPI names
 */
static void begin_sa(vici_builder_t *b, gkm_policy_sa_t *sa)
{
	char spi[9];

	snprintf(spi, sizeof(spi), "%.8x", ntohl(sa->sa->spi));
	b->begin_section(b, spi);
	b->add_kv(b, "name", "%s", sa->cfg->name);
}

/**
 * Build the message of a group for list-groups, called with its mutex
 */
static vici_message_t *build_group(gkm_server_group_t *entry, time_t now)
{
	gkm_group_t *group = entry->group;
	gkm_cfg_t *cfg = group->get_cfg(group);
	gkm_members_t *members = group->get_members(group);
	gkm_policy_t *policy = group->get_policy(group);
	gkm_policy_rekey_t *rekey;
	gkm_policy_sa_t *sa;
	enumerator_t *enumerator;
	vici_builder_t *b;
	char buf[GKM_PRINT_LEN];

	b = vici_builder_create();
	b->begin_section(b, entry->name);
	b->add_kv(b, "role", "%N", gkm_role_names, GKM_ROLE_SERVER);
	b->add_kv(b, "protocol", "gikev2");
	b->add_kv(b, "state", "serving");
	b->add_kv(b, "id", "%s", gkm_print_id(cfg->id, buf));
	b->add_kv(b, "members", "%u", members->get_count(members));
	b->add_kv(b, "max-members", "%u", cfg->max_members);
	b->add_kv(b, "state-kept", entry->kept ? "yes" : "no");
	b->add_kv(b, "rekeys", "%u", entry->history.last);
	b->add_kv(b, "messages-sent", "%u", entry->history.messages);
	b->add_kv(b, "copies-sent", "%u", entry->history.copies);
	b->add_kv(b, "send-failures", "%u", entry->history.failures);
	b->begin_section(b, "sas");
	enumerator = policy->create_sa_enumerator(policy);
	while (enumerator->enumerate(enumerator, &sa))
	{
		begin_sa(b, sa);
		add_sa_times(b, sa, now);
		b->end_section(b);
	}
	enumerator->destroy(enumerator);
	b->end_section(b);
	rekey = policy->get_rekey(policy, GKM_PROTOCOL_GIKEV2);
	if (rekey)
	{
		b->begin_section(b, "rekey-sa");
		add_rekey_times(b, rekey, now);
		b->end_section(b);
	}
	b->end_section(b);
	return b->finalize(b);
}

/**
 * Build a message for each group and pass it on
 *
 * @param build		builds the message, called with the group's mutex
 */
static void stream(private_gkm_server_list_t *this, char *filter,
				   vici_message_t *(*build)(gkm_server_group_t *entry,
											time_t now),
				   void (*cb)(void *user, vici_message_t *message), void *user)
{
	gkm_server_group_t *entry;
	enumerator_t *enumerator;
	vici_message_t *message;

	enumerator = this->groups->create_enumerator(this->groups, filter);
	while (enumerator->enumerate(enumerator, &entry))
	{
		entry->mutex->lock(entry->mutex);
		message = build(entry, gkm_server_now());
		entry->mutex->unlock(entry->mutex);
		cb(user, message);
	}
	enumerator->destroy(enumerator);
}

METHOD(gkm_server_list_t, list_groups, void,
	private_gkm_server_list_t *this, char *filter,
	void (*cb)(void *user, vici_message_t *message), void *user)
{
	stream(this, filter, build_group, cb, user);
}

/**
 * Build the message of a group for list-replay, called with its mutex
 */
static vici_message_t *build_replay(gkm_server_group_t *entry, time_t now)
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

METHOD(gkm_server_list_t, list_replay, void,
	private_gkm_server_list_t *this, char *filter,
	void (*cb)(void *user, vici_message_t *message), void *user)
{
	stream(this, filter, build_replay, cb, user);
}

/**
 * Add the section of a data SA for list-group-policy
 */
static void add_sa(vici_builder_t *b, gkm_policy_sa_t *sa, time_t now)
{
	proposal_t *proposal = sa->sa->proposal;
	char buf[GKM_PRINT_LEN];
	uint16_t sn;

	begin_sa(b, sa);
	b->add_kv(b, "protocol", "%N", protocol_id_names,
			  proposal->get_protocol(proposal));
	b->add_kv(b, "mode", "%N", gkm_mode_names, sa->sa->mode);
	b->add_kv(b, "source-ts", "%R", sa->sa->src);
	b->add_kv(b, "destination-ts", "%R", sa->sa->dst);
	b->add_kv(b, "proposal", "%s", gkm_print_proposal(proposal, buf));
	if (proposal->get_algorithm(proposal, EXTENDED_SEQUENCE_NUMBERS, &sn, NULL))
	{
		b->add_kv(b, "sequence-numbers", "%N", gkm_sn_names, sn);
	}
	b->add_kv(b, "senders", "%N", gkm_senders_names, sa->cfg->senders);
	add_sa_times(b, sa, now);
	b->end_section(b);
}

/**
 * Build the message of a group for list-group-policy, called with its mutex
 */
static vici_message_t *build_policy(gkm_server_group_t *entry, time_t now)
{
	gkm_group_t *group = entry->group;
	gkm_cfg_t *cfg = group->get_cfg(group);
	gkm_policy_t *policy = group->get_policy(group);
	gkm_policy_rekey_t *rekey;
	gkm_policy_sa_t *sa;
	enumerator_t *enumerator;
	vici_builder_t *b;
	char buf[GKM_PRINT_LEN];

	b = vici_builder_create();
	b->begin_section(b, entry->name);
	rekey = policy->get_rekey(policy, GKM_PROTOCOL_GIKEV2);
	if (rekey)
	{
		b->begin_section(b, "rekey");
		b->add_kv(b, "proposal", "%s",
				  gkm_print_proposal(rekey->sa->proposal, buf));
		b->add_kv(b, "auth", "%N", gkm_auth_names, rekey->sa->auth);
		b->add_kv(b, "destination", "%#H", cfg->rekey.address);
		add_rekey_times(b, rekey, now);
		b->end_section(b);
	}
	b->begin_section(b, "sas");
	enumerator = policy->create_sa_enumerator(policy);
	while (enumerator->enumerate(enumerator, &sa))
	{
		add_sa(b, sa, now);
	}
	enumerator->destroy(enumerator);
	b->end_section(b);
	if (cfg->activation_delay == GKM_ATD_AUTO)
	{
		b->add_kv(b, "activation-delay", "auto");
	}
	else
	{
		b->add_kv(b, "activation-delay", "%u", cfg->activation_delay);
	}
	b->add_kv(b, "deactivation-delay", "%u", cfg->deactivation_delay);
	if (gkm_group_needs_sender_ids(cfg))
	{
		b->add_kv(b, "sender-id-bits", "%u", cfg->sender_id_bits);
	}
	b->end_section(b);
	return b->finalize(b);
}

/**
 * Reply of a command that streamed what it had to say
 *
 * @param filter	name of the only group it was about, or NULL
 * @param count		number of groups it found
 */
static vici_message_t *create_reply(char *filter, u_int count)
{
	vici_builder_t *b = vici_builder_create();

	if (filter && !count)
	{
		b->add_kv(b, "success", "no");
		b->add_kv(b, "errmsg", "group '%s' not found", filter);
	}
	return b->finalize(b);
}

/**
 * Run a command that streams events about each group, or about the one that is
 * asked for
 *
 * @param id		id of the connection to send to
 * @param list		sends the events of a group
 */
static vici_message_t *list_each(private_gkm_server_list_t *this,
						vici_message_t *request, u_int id,
						void (*list)(private_gkm_server_list_t *this,
									 gkm_server_group_t *entry, u_int id))
{
	char *filter = request->get_str(request, NULL, "group");
	gkm_server_group_t *entry;
	enumerator_t *enumerator;
	u_int count = 0;

	enumerator = this->groups->create_enumerator(this->groups, filter);
	while (enumerator->enumerate(enumerator, &entry))
	{
		count++;
		list(this, entry, id);
	}
	enumerator->destroy(enumerator);
	return create_reply(filter, count);
}

/**
 * Build the message of a rekey
 */
static vici_message_t *build_rekey(char *group, gkm_rekey_note_t *note,
								   time_t now)
{
	char spi[2 * GKM_REKEY_SPI_LEN + 1], section[16];
	vici_builder_t *b;

	snprintf(section, sizeof(section), "%u", note->number);
	b = vici_builder_create();
	b->begin_section(b, group);
	b->begin_section(b, section);
	b->add_kv(b, "reason", "%N", gkm_notice_reason_names, note->reason);
	b->add_kv(b, "age", "%u", seconds_to(now, note->time));
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
	b->end_section(b);
	b->end_section(b);
	return b->finalize(b);
}

/**
 * Send the rekeys of a group, the oldest first
 */
static void list_rekeys_of(private_gkm_server_list_t *this,
						   gkm_server_group_t *entry, u_int id)
{
	gkm_server_history_t history;
	gkm_rekey_note_t *note;
	u_int number;

	entry->mutex->lock(entry->mutex);
	history = entry->history;
	entry->mutex->unlock(entry->mutex);

	number = history.last > GKM_HISTORY_LEN ? history.last - GKM_HISTORY_LEN
											: 0;
	while (++number <= history.last)
	{
		note = gkm_server_history_get(&history, number);
		this->dispatcher->raise_event(this->dispatcher, "list-rekey", id,
						build_rekey(entry->name, note, gkm_server_now()));
	}
}

CALLBACK(list_rekeys, vici_message_t*,
	private_gkm_server_list_t *this, char *name, u_int id,
	vici_message_t *request)
{
	return list_each(this, request, id, list_rekeys_of);
}

/**
 * Send the policy of a group
 */
static void list_policy_of(private_gkm_server_list_t *this,
						   gkm_server_group_t *entry, u_int id)
{
	vici_message_t *message;

	entry->mutex->lock(entry->mutex);
	message = build_policy(entry, gkm_server_now());
	entry->mutex->unlock(entry->mutex);
	this->dispatcher->raise_event(this->dispatcher, "group-policy", id,
								  message);
}

CALLBACK(list_group_policy, vici_message_t*,
	private_gkm_server_list_t *this, char *name, u_int id,
	vici_message_t *request)
{
	return list_each(this, request, id, list_policy_of);
}

/**
 * Build the message of a member
 */
static vici_message_t *build_member(char *group, u_int number,
									gkm_member_t *member, time_t now)
{
	identification_t *identity;
	vici_builder_t *b;
	host_t *address;
	char section[16];
	int i;

	identity = identification_create_from_encoding(member->id_type,
												   member->id_encoding);
	address = host_create_from_chunk(member->family,
			chunk_create(member->address, member->family == AF_INET ? 4 : 16),
			member->port);
	snprintf(section, sizeof(section), "%u", number);

	b = vici_builder_create();
	b->begin_section(b, group);
	b->begin_section(b, section);
	b->add_kv(b, "identity", "%Y", identity);
	b->add_kv(b, "address", "%#H", address);
	b->add_kv(b, "protocol", "gikev2");
	b->add_kv(b, "registered", "%u", seconds_to(now, member->registered));
	b->add_kv(b, "rekeyed", member->ike_sa_id ? "in-band" : "multicast");
	b->add_kv(b, "sender", member->sender ? "yes" : "no");
	b->begin_list(b, "sender-ids");
	for (i = 0; i < member->sender_id_count; i++)
	{
		b->add_li(b, "%u", member->sender_ids[i]);
	}
	b->end_list(b);
	b->add_kv(b, "registrations", "%u", member->registrations);
	b->end_section(b);
	b->end_section(b);
	identity->destroy(identity);
	address->destroy(address);
	return b->finalize(b);
}

/**
 * Copy all members of a group, so that it isn't locked while they are sent
 */
static array_t *copy_members(gkm_server_group_t *entry)
{
	gkm_members_t *members;
	enumerator_t *enumerator;
	gkm_member_t *member;
	array_t *copies;

	entry->mutex->lock(entry->mutex);
	members = entry->group->get_members(entry->group);
	copies = array_create(0, members->get_count(members));
	enumerator = members->create_enumerator(members);
	while (enumerator->enumerate(enumerator, &member))
	{
		array_insert(copies, ARRAY_TAIL, gkm_member_clone(member));
	}
	enumerator->destroy(enumerator);
	entry->mutex->unlock(entry->mutex);
	return copies;
}

/**
 * Send the members of a group
 */
static void list_members_of(private_gkm_server_list_t *this,
							gkm_server_group_t *entry, u_int id)
{
	gkm_member_t *member;
	array_t *copies;
	u_int number;

	copies = copy_members(entry);
	for (number = 0; array_get(copies, number, &member); number++)
	{
		this->dispatcher->raise_event(this->dispatcher, "list-member", id,
						build_member(entry->name, number + 1, member,
									 gkm_server_now()));
		free(member);
	}
	array_destroy(copies);
}

CALLBACK(list_members, vici_message_t*,
	private_gkm_server_list_t *this, char *name, u_int id,
	vici_message_t *request)
{
	return list_each(this, request, id, list_members_of);
}

/**
 * Register or unregister commands and events
 */
static void manage_commands(private_gkm_server_list_t *this, bool reg)
{
	vici_dispatcher_t *d = this->dispatcher;

	d->manage_event(d, "list-member", reg);
	d->manage_event(d, "group-policy", reg);
	d->manage_event(d, "list-rekey", reg);
	d->manage_command(d, "list-members", reg ? list_members : NULL, this);
	d->manage_command(d, "list-rekeys", reg ? list_rekeys : NULL, this);
	d->manage_command(d, "list-group-policy", reg ? list_group_policy : NULL,
					  this);
}

METHOD(gkm_server_list_t, destroy, void,
	private_gkm_server_list_t *this)
{
	manage_commands(this, FALSE);
	free(this);
}

/*
 * Described in header
 */
gkm_server_list_t *gkm_server_list_create(vici_dispatcher_t *dispatcher,
										  gkm_server_groups_t *groups)
{
	private_gkm_server_list_t *this;

	INIT(this,
		.public = {
			.list_groups = _list_groups,
			.list_replay = _list_replay,
			.destroy = _destroy,
		},
		.dispatcher = dispatcher,
		.groups = groups,
	);
	manage_commands(this, TRUE);
	return &this->public;
}
