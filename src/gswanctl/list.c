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

#include "list.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/** Lines of a group */
static const message_line_t group_lines[] = {
	{ "%s: ", { { "%s", "role" }, { "%s", "state" }, { "%s", "protocol" },
				{ "id %s", "id" } } },
	{ "  server:  ", { { "%s", "server" }, { "%s", "server-address" },
					   { "%s", "duty" }, { "epoch %s", "epoch" } } },
	{ "  ", { { "registered %ss ago", "registered" },
			  { "re-registering in %ss", "reregister-in" },
			  { "trying again in %ss", "retry-in" } } },
	{ "  members: ", { { "%s", "members" }, { "%s at most", "max-members" },
					   { "%s with GDOI", "gdoi-members" } } },
	{ "  options: ", { { "transport %s", "transport" },
					   { "acknowledgement %s", "acknowledgement" },
					   { "IP-D3P window %sms", "d3p-window" } } },
	{ "  rekeys:  ", { { "%s", "rekeys" }, { "messages %s", "messages-sent" },
					   { "copies %s", "copies-sent" },
					   { "failures %s", "send-failures" } } },
	{ "  state kept: ", { { "%s", "state-kept" } } },
	{ "  sender IDs: ", { { "%s", "sender-ids" } } },
	{ "  key tree: ", { { "keys %s", "key-tree-keys" } } },
	{ "  error:   ", { { "%s", "error" } } },
};

/** Lines of a data SA, in a group or a policy */
static const message_line_t sa_lines[] = {
	{ "  %s: ", { { "%s", "name" }, { "%s", "mode" }, { "%s", "protocol" },
				  { "%s", "proposal" } } },
	{ "    ", { { "direction %s", "direction" }, { "told %s", "told" },
				{ "sending %s", "sending" },
				{ "senders %s", "senders" },
				{ "sequence numbers %s", "sequence-numbers" } } },
	{ "    ", { { "encryption key %s bits", "encryption-key-size" },
				{ "integrity key %s bits", "integrity-key-size" } } },
	{ "    ", { { "rekeying in %ss", "rekey-time" },
				{ "sending in %ss", "activate-in" },
				{ "expires in %ss", "life-time" },
				{ "lifetime %ss", "original-life-time" },
				{ "deleted %s", "deleted" }, { "used up %s", "used-up" } } },
	{ "    source      ", { { "%s", "source-ts" } } },
	{ "    destination ", { { "%s", "destination-ts" } } },
	{ "    identifier  ", { { "%s", "oid" }, { "data %s", "oid-data" },
							{ "held by %s%%", "kda" } } },
	{ "    note:       ", { { "%s", "note" } } },
};

/** Lines of IP delay detection that a member is told of */
static const message_line_t d3p_lines[] = {
	{ "  IP delay detection: ", { { "%s", "type" }, { "window %sms", "window" },
								  { "from %s", "source" },
								  { "enforced %s", "enforced" } } },
};

/** Lines of a group on the data plane */
static const message_line_t plane_lines[] = {
	{ "  data plane: ", { { "%s", "interfaces" }, { "fails %s", "fail" },
						  { "MTU %s", "mtu" }, { "MSS clamp %s",
												 "mss-clamp" } } },
};

/** Lines that rekey SAs of both protocols have */
#define REKEY_LINES \
	{ "    ", { { "encryption key %s bits", "encryption-key-size" }, \
				{ "integrity key %s bits", "integrity-key-size" }, \
				{ "management %s", "management" } } }, \
	{ "    signature   ", { { "%s", "sig-alg" }, { "%s", "sig-hash" }, \
							{ "%s bits", "sig-key-length" } } }, \
	{ "    ", { { "next message %s", "message-id" }, \
				{ "last sequence number %s", "sequence-number" }, \
				{ "rekeying in %ss", "rekey-time" }, \
				{ "expires in %ss", "life-time" }, \
				{ "lifetime %ss", "original-life-time" } } }, \
	{ "    ", { { "transport %s", "transport" }, \
				{ "acknowledgement %s", "acknowledgement" }, \
				{ "%s", "acknowledgement-type" } } }, \
	{ "    destination ", { { "%s", "destination" } } }

/** Lines of a rekey SA */
static const message_line_t rekey_lines[] = {
	{ "  rekey SA: ", { { "%s", "spi" }, { "%s", "proposal" },
						{ "auth %s", "auth" } } },
	REKEY_LINES,
};

/** Lines of a rekey SA of GDOI */
static const message_line_t gdoi_rekey_lines[] = {
	{ "  GDOI rekey SA: ", { { "%s", "spi" }, { "%s", "proposal" },
							 { "auth %s", "auth" } } },
	REKEY_LINES,
};

/** Lines of a rekey SA that was replaced, and is read for a while */
static const message_line_t replaced_lines[] = {
	{ "  replaced rekey SA: ", { { "%s", "spi" }, { "%s", "proposal" },
								 { "auth %s", "auth" } } },
	{ "    ", { { "next message %s", "message-id" },
				{ "last sequence number %s", "sequence-number" },
				{ "expires in %ss", "life-time" },
				{ "acknowledgement %s", "acknowledgement" } } },
	{ "    destination ", { { "%s", "destination" } } },
};

/** Lines of a policy, besides its SAs */
static const message_line_t policy_lines[] = {
	{ "  ", { { "activation delay %ss", "activation-delay" },
			  { "deactivation delay %ss", "deactivation-delay" },
			  { "sender IDs of %s bits", "sender-id-bits" } } },
};

/** Lines of a member */
static const message_line_t member_lines[] = {
	{ "  %s: ", { { "'%s'", "identity" }, { "%s", "address" },
				  { "%s", "protocol" }, { "%s", "peer" } } },
	{ "    ", { { "registered %ss ago", "registered" },
				{ "with key server %s", "server" },
				{ "registrations %s", "registrations" },
				{ "sender %s", "sender" },
				{ "sender IDs %s", "sender-ids" },
				{ "rekeyed %s", "rekeyed" } } },
	{ "    ", { { "delays %s", "delays" }, { "IP-D3P %s", "ip-d3p" },
				{ "acknowledgement %s", "acknowledgement" } } },
	{ "    ", { { "rekeys sent %s", "rekeys-sent" },
				{ "acks received %s", "acks-received" },
				{ "missed %s", "acks-missed" },
				{ "sequence numbers %s", "sequence-numbers" } } },
};

/** Lines of a key server or a member, and of its features */
static const message_line_t server_lines[] = {
	{ "  key server: ", { { "version %s", "version" } } },
};
static const message_line_t feature_lines[] = {
	{ "    ", { { "activation-delay %s", "activation-delay" },
				{ "coop %s", "coop" }, { "gdoi %s", "gdoi" },
				{ "gdoi-interop-ack %s", "gdoi-interop-ack" },
				{ "gikev2 %s", "gikev2" }, { "ip-d3p %s", "ip-d3p" } } },
};

/** Lines of a rekey */
static const message_line_t rekeying_lines[] = {
	{ "  %s: ", { { "%s", "reason" }, { "%ss ago", "age" },
				  { "new SAs %s", "new-sas" },
				  { "deleted SAs %s", "deleted-sas" },
				  { "new rekey SA %s", "new-rekey-sa" },
				  { "wrapped keys %s", "wrapped-keys" },
				  { "all members excluded %s", "excludes-all" } } },
	{ "    multicast: ", { { "message %s", "message-id" },
						   { "rekey SA %s", "spi" },
						   { "octets %s", "octets" },
						   { "datagrams %s", "datagrams" },
						   { "times sent %s", "sent" },
						   { "failures %s", "failed" } } },
	{ "    in-band: ", { { "members %s", "inband-members" },
						 { "answered %s", "inband-acknowledged" },
						 { "lost %s", "inband-lost" } } },
};

/** Lines of what members that use GDOI were told in a rekey */
static const message_line_t push_lines[] = {
	{ "    GDOI: ", { { "%s", "transport" },
					  { "sequence number %s", "sequence-number" },
					  { "rekey SA %s", "spi" }, { "octets %s", "octets" },
					  { "variants %s", "variants" },
					  { "times sent %s", "sent" },
					  { "failures %s", "failed" } } },
	{ "      ", { { "members %s", "targets" }, { "datagrams %s", "datagrams" },
				  { "asked to acknowledge %s", "asked" },
				  { "acknowledged %s", "acknowledged" },
				  { "missing %s", "missing" } } },
};

/*
 * Described in header.
 */
void list_section(message_t *section, const message_line_t *lines, int count)
{
	if (section)
	{
		message_print(section, lines, count);
		message_print_rest(section, 4);
		message_destroy(section);
	}
}

/*
 * Described in header.
 */
void list_counters(message_t *section, char *prefix)
{
	if (section)
	{
		message_print_all(section, prefix);
		message_destroy(section);
	}
}

/*
 * Described in header.
 */
void list_heading(list_t *this, message_t *group)
{
	if (!this->last || !streq(this->last, message_name(group)))
	{
		free(this->last);
		this->last = strdup(message_name(group));
		printf("%s:\n", this->last);
	}
}

/**
 * Print the data SAs of a group.
 */
static void print_sas(message_t *group)
{
	message_t *sas, *sa, *packets;

	sas = message_take_section(group, "sas");
	if (sas)
	{
		while ((sa = message_take_section(sas, NULL)))
		{
			packets = message_take_section(sa, "packets");
			list_section(sa, sa_lines, countof(sa_lines));
			list_counters(packets, "    packets:    ");
		}
		message_destroy(sas);
	}
}

/**
 * Print how a group is on the data plane, if it is.
 */
static void print_plane(message_t *group)
{
	message_t *plane;

	plane = message_take_section(group, "data-plane");
	if (plane)
	{
		message_print(plane, plane_lines, countof(plane_lines));
		message_print_items(plane, "rules", "    ");
		list_counters(message_take_section(plane, "counters"),
					   "    packets without SA: ");
		message_print_rest(plane, 4);
		message_destroy(plane);
	}
}

/**
 * Print a group for list-groups.
 */
static void print_group(list_t *this, message_t *group)
{
	/* no limit */
	message_drop(group, "max-members", "0");
	message_print(group, group_lines, countof(group_lines));
	list_section(message_take_section(group, "d3p"), d3p_lines,
				  countof(d3p_lines));
	print_plane(group);
	list_section(message_take_section(group, "rekey-sa"), rekey_lines,
				  countof(rekey_lines));
	list_section(message_take_section(group, "gdoi-rekey-sa"),
				  gdoi_rekey_lines, countof(gdoi_rekey_lines));
	list_acks(group);
	list_section(message_take_section(group, "replaced-rekey-sa"),
				  replaced_lines, countof(replaced_lines));
	list_rekeys_seen(group);
	print_sas(group);
	message_print_rest(group, 2);
}

/**
 * Print a group for list-group-policy.
 */
static void print_policy(list_t *this, message_t *group)
{
	printf("%s:\n", message_name(group));
	if (message_drop(group, "activation-delay", "auto"))
	{
		printf("  activation delay auto\n");
	}
	message_print(group, policy_lines, countof(policy_lines));
	list_section(message_take_section(group, "rekey"), rekey_lines,
				  countof(rekey_lines));
	list_section(message_take_section(group, "gdoi-rekey"), gdoi_rekey_lines,
				  countof(gdoi_rekey_lines));
	print_sas(group);
	message_print_rest(group, 2);
}

/**
 * Print members for list-members, of which an event may hold one or several.
 */
static void print_members(list_t *this, message_t *group)
{
	message_t *member;

	list_heading(this, group);
	while ((member = message_take_section(group, NULL)))
	{
		list_section(member, member_lines, countof(member_lines));
	}
}

/**
 * Print features of a key server or members for list-features
 */
static void print_features(list_t *this, message_t *group)
{
	message_t *who, *features;
	bool server;

	list_heading(this, group);
	while ((who = message_take_section(group, NULL)))
	{
		server = streq(message_name(who), "server");
		features = message_take_section(who, "features");
		message_print(who, server ? server_lines : member_lines,
					  server ? countof(server_lines) : countof(member_lines));
		list_section(features, feature_lines, countof(feature_lines));
		message_destroy(who);
	}
}

/**
 * Print what members that use GDOI were told
 */
static void print_push(message_t *push)
{
	if (push)
	{
		message_drop(push, "failed", "0");
		if (message_drop(push, "asked", "0"))
		{
			message_drop(push, "missing", "0");
		}
		list_section(push, push_lines, countof(push_lines));
	}
}

/**
 * Print rekeys for list-rekeys
 */
static void print_rekeys(list_t *this, message_t *group)
{
	message_t *rekey, *push;

	list_heading(this, group);
	while ((rekey = message_take_section(group, NULL)))
	{
		push = message_take_section(rekey, "gdoi");
		/* say what happened only */
		message_drop(rekey, "new-sas", "0");
		message_drop(rekey, "new-rekey-sa", "no");
		message_drop(rekey, "deleted-sas", "0");
		message_drop(rekey, "wrapped-keys", "0");
		message_drop(rekey, "excludes-all", "no");
		message_drop(rekey, "failed", "0");
		if (message_drop(rekey, "inband-members", "0"))
		{
			message_drop(rekey, "inband-acknowledged", "0");
			message_drop(rekey, "inband-lost", "0");
		}
		list_section(rekey, rekeying_lines, countof(rekeying_lines));
		print_push(push);
	}
}

CALLBACK(list_cb, void,
	list_t *this, char *name, vici_res_t *res)
{
	message_t *message, *group;
	char label[64];

	if (this->format & COMMAND_FORMAT_RAW)
	{
		snprintf(label, sizeof(label), "%s event", name);
		vici_dump(res, label, this->format & COMMAND_FORMAT_PRETTY, stdout);
		return;
	}
	message = message_create(res);
	if (!message)
	{
		fprintf(stderr, "parsing %s event failed: %s\n", name, strerror(errno));
		return;
	}
	while ((group = message_take_section(message, NULL)))
	{
		this->print(this, group);
		message_destroy(group);
	}
	message_destroy(message);
}

/*
 * Described in header.
 */
int list(const command_t *command, vici_conn_t *conn, command_args_t *args,
		 list_t *this)
{
	vici_req_t *req;
	vici_res_t *res;
	char label[64];
	int ret = 0;

	this->format = args->format;
	if (vici_register(conn, this->event, list_cb, this) != 0)
	{
		if (this->optional && command_errno() == ENOENT)
		{
			return 0;
		}
		return command_failed(command, "registering for %s events",
							  this->event);
	}
	req = vici_begin(command->name);
	if (args->group)
	{
		vici_add_key_valuef(req, "group", "%s", args->group);
	}
	if (args->feature)
	{
		vici_add_key_valuef(req, "feature", "%s", args->feature);
	}
	res = vici_submit(req, conn);
	free(this->last);
	if (!res)
	{
		return command_failed(command, "%s request", command->name);
	}
	if (args->format & COMMAND_FORMAT_RAW)
	{
		snprintf(label, sizeof(label), "%s reply", command->name);
		vici_dump(res, label, args->format & COMMAND_FORMAT_PRETTY, stdout);
	}
	else if (streq(vici_find_str(res, "yes", "success"), "no"))
	{
		fprintf(stderr, "%s failed: %s\n", command->name,
				vici_find_str(res, "", "errmsg"));
		ret = 1;
	}
	vici_free_res(res);
	return ret;
}

/*
 * Described in header.
 */
int list_groups(const command_t *this, vici_conn_t *conn, command_args_t *args)
{
	list_t data = { .event = "list-group", .print = print_group };

	return list(this, conn, args, &data);
}

/*
 * Described in header.
 */
int list_members(const command_t *this, vici_conn_t *conn,
				 command_args_t *args)
{
	list_t data = { .event = "list-member", .print = print_members };

	return list(this, conn, args, &data);
}

/*
 * Described in header.
 */
int list_group_policy(const command_t *this, vici_conn_t *conn,
					  command_args_t *args)
{
	list_t data = { .event = "group-policy", .print = print_policy };

	return list(this, conn, args, &data);
}

/*
 * Described in header.
 */
int list_rekeys(const command_t *this, vici_conn_t *conn, command_args_t *args)
{
	list_t data = { .event = "list-rekey", .print = print_rekeys };

	return list(this, conn, args, &data);
}

/*
 * Described in header.
 */
int list_features(const command_t *this, vici_conn_t *conn,
				  command_args_t *args)
{
	list_t data = { .event = "list-feature", .print = print_features };
	int ret;

	ret = list(this, conn, args, &data);
	/* of all features others have one, as far as is known here */
	if (ret == 0 && (!args->feature || streq(args->feature, "coop")))
	{
		ret = list_features_of_servers(conn, args);
	}
	return ret;
}
