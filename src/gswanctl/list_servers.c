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

#include <stdio.h>

/** Lines of a group that is served together with others */
static const message_line_t server_lines[] = {
	{ "%s: ", { { "%s", "role" }, { "%s", "status" }, { "id %s", "id" },
				{ "priority %s", "priority" }, { "preempt %s", "preempt" },
				{ "version %s", "software" }, { "protocol %s", "protocol" } } },
	{ "  state:   ", { { "%s", "course" }, { "primary %s", "primary" },
					   { "epoch %s", "epoch" }, { "lineage %s", "lineage" } } },
	{ "  timers:  ", { { "heartbeat %sms", "heartbeat" },
					   { "misses %s", "misses" }, { "wait %sms", "wait" },
					   { "waiting for another %sms", "wait-left" } } },
	{ "  replay:  ", { { "sequence number %s", "seq" }, { "boot %s", "boot" } } },
	{ "  members: ", { { "%s", "members" },
					   { "registered here %s", "own-members" } } },
	{ "  configured differently: ", { { "%s", "mismatches" } } },
};

/** Lines of another key server */
static const message_line_t peer_lines[] = {
	{ "  %s: ", { { "%s", "role" }, { "%s", "status" }, { "id %s", "id" },
				  { "priority %s", "priority" }, { "version %s", "software" },
				  { "protocol %s", "protocol" } } },
	{ "    ", { { "'%s'", "identity" }, { "%s", "address" },
				{ "IKE_SA %s", "ike" } } },
	{ "    state:    ", { { "primary %s", "primary" }, { "epoch %s", "epoch" },
						  { "lineage %s", "lineage" } } },
	{ "    heard:    ", { { "%sms ago", "heard" },
						  { "clock %ss behind", "clock" },
						  { "restarts %s", "restarts" } } },
	{ "    replay:   ", { { "sequence number %s", "seq" },
						  { "boot %s", "boot" } } },
	{ "    members:  ", { { "%s", "members" },
						  { "registered there %s", "own-members" } } },
	{ "    sent:     ", { { "messages %s", "sent" },
						  { "reply requested %s", "sent-reply-requested" },
						  { "octets %s", "sent-octets" },
						  { "dropped %s", "sent-dropped" } } },
	{ "    received: ", { { "messages %s", "received" },
						  { "reply requested %s", "received-reply-requested" },
						  { "octets %s", "received-octets" },
						  { "dropped %s", "received-dropped" },
						  { "refused %s", "received-refused" } } },
	{ "    records:  ", { { "in sync %s", "in-sync" }, { "sent %s", "queued" },
						  { "arrived %s", "arrived" },
						  { "applied there %s", "applied" },
						  { "applied here %s", "taken" } } },
};

/** Lines of what another key server has configured differently */
static const message_line_t mismatch_lines[] = {
	{ "    differs:  ", { { "%s", "name" }, { "here '%s'", "ours" },
						  { "there '%s'", "theirs" } } },
};

/** Line of another key server in a list of features */
static const message_line_t feature_lines[] = {
	{ "  key server %s: ", { { "version %s", "software" } } },
};

/**
 * Print another key server
 */
static void print_peer(message_t *peer)
{
	message_t *mismatches, *mismatch;

	mismatches = message_take_section(peer, "mismatches");
	message_drop(peer, "clock", "0");
	message_print(peer, peer_lines, countof(peer_lines));
	message_print_rest(peer, 4);
	if (mismatches)
	{
		while ((mismatch = message_take_section(mismatches, NULL)))
		{
			list_section(mismatch, mismatch_lines, countof(mismatch_lines));
		}
		message_destroy(mismatches);
	}
}

/**
 * Print a group for list-servers
 */
static void print_servers(list_t *this, message_t *group)
{
	message_t *peers, *peer;

	peers = message_take_section(group, "peers");
	message_drop(group, "wait-left", "0");
	message_drop(group, "mismatches", "0");
	message_print(group, server_lines, countof(server_lines));
	message_print_rest(group, 2);
	if (peers)
	{
		while ((peer = message_take_section(peers, NULL)))
		{
			print_peer(peer);
			message_destroy(peer);
		}
		message_destroy(peers);
	}
}

/**
 * Print other key servers of a group for list-features
 */
static void print_features(list_t *this, message_t *group)
{
	message_t *peers, *peer;

	peers = message_take_section(group, "peers");
	if (peers)
	{
		list_heading(this, group);
		while ((peer = message_take_section(peers, NULL)))
		{
			message_print(peer, feature_lines, countof(feature_lines));
			if (!message_drop(peer, "status", "unknown"))
			{
				printf("    coop yes\n");
			}
			message_destroy(peer);
		}
		message_destroy(peers);
	}
}

/*
 * Described in header.
 */
int list_features_of_servers(vici_conn_t *conn, command_args_t *args)
{
	command_t command = { .name = "list-servers", .plugin = "gkm-coop" };
	list_t data = {
		.event = "list-server",
		.print = print_features,
		.optional = TRUE,
	};

	return list(&command, conn, args, &data);
}

/*
 * Described in header.
 */
int list_servers(const command_t *this, vici_conn_t *conn,
				 command_args_t *args)
{
	list_t data = { .event = "list-server", .print = print_servers };

	return list(this, conn, args, &data);
}
