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

/** Lines of what became of acknowledgements */
static const message_line_t ack_lines[] = {
	{ "  acknowledgements: ", { { "%s accepted", "accepted" },
								{ "%s unexpected", "unexpected" },
								{ "%s unsolicited", "unsolicited" },
								{ "%s refused", "refused" } } },
	{ "    ignored ", { { "%s malformed", "malformed" },
						{ "%s foreign", "foreign" }, { "%s forged", "forged" },
						{ "%s dropped", "dropped" } } },
};

/** Lines of what a member saw of rekeys */
static const message_line_t rekeys_lines[] = {
	{ "  rekeys:  ", { { "%s received", "received" },
					   { "last %ss ago", "last" },
					   { "%s missed", "missed" },
					   { "%s acknowledged", "acks-sent" } } },
	{ "    ignored ", { { "%s copies", "replayed" }, { "%s forged", "forged" },
						{ "%s malformed", "malformed" } } },
};

/** Lines of IP delay detection in a group */
static const message_line_t replay_lines[] = {
	{ "%s: ", { { "%s", "role" }, { "%s", "type" }, { "window %sms", "window" },
				{ "from %s", "source" }, { "enforced %s", "enforced" } } },
	{ "  server:  ", { { "type %s", "server-type" },
					   { "window %sms", "server-window" } } },
	{ "  packets: ", { { "input %s", "packets-in" },
					   { "output %s", "packets-out" },
					   { "input errors %s", "errors-in" },
					   { "output errors %s", "errors-out" } } },
	{ "  note:    ", { { "%s", "note" } } },
};

/** Lines of an error of IP delay detection: times are those of both clocks */
static const message_line_t error_lines[] = {
	{ "    ", { { "%s", "time" }, { "from %s", "source" },
				{ "%s", "reason" } } },
	{ "      ", { { "here %s", "here" }, { "there %s", "there" },
				  { "window %sms", "window" } } },
};

/** Lines of what was counted for a group */
static const message_line_t stats_lines[] = {
	{ "%s: ", { { "%s", "role" } } },
	{ "  ", { { "members %s", "members" },
			  { "registrations %s", "registrations" },
			  { "failures %s", "failures" } } },
	{ "  rekeys:  ", { { "%s", "rekeys" }, { "messages %s", "messages-sent" },
					   { "copies %s", "copies-sent" },
					   { "failures %s", "send-failures" } } },
};

/*
 * Described in header.
 */
void list_acks(message_t *group)
{
	list_section(message_take_section(group, "acknowledgements"), ack_lines,
				 countof(ack_lines));
}

/*
 * Described in header.
 */
void list_rekeys_seen(message_t *group)
{
	list_section(message_take_section(group, "rekeys"), rekeys_lines,
				 countof(rekeys_lines));
}

/**
 * Print errors of IP delay detection
 */
static void print_history(message_t *history)
{
	message_t *error;
	bool first = TRUE;

	while ((error = message_take_section(history, NULL)))
	{
		if (first)
		{
			printf("  errors:\n");
			first = FALSE;
		}
		list_section(error, error_lines, countof(error_lines));
	}
}

/**
 * Print IP delay detection of a group for list-replay
 */
static void print_replay(list_t *this, message_t *group)
{
	message_t *history;

	history = message_take_section(group, "history");
	message_print(group, replay_lines, countof(replay_lines));
	message_print_rest(group, 2);
	if (history)
	{
		print_history(history);
		message_destroy(history);
	}
}

/**
 * Print what was counted for a group for stats-groups
 */
static void print_stats(list_t *this, message_t *group)
{
	message_print(group, stats_lines, countof(stats_lines));
	list_rekeys_seen(group);
	list_acks(group);
	list_counters(message_take_section(group, "packets"), "  packets: ");
	message_print_rest(group, 2);
}

/*
 * Described in header.
 */
int list_replay(const command_t *this, vici_conn_t *conn, command_args_t *args)
{
	list_t data = { .event = "list-replay", .print = print_replay };

	return list(this, conn, args, &data);
}

/*
 * Described in header.
 */
int stats_groups(const command_t *this, vici_conn_t *conn, command_args_t *args)
{
	list_t data = { .event = "stats-group", .print = print_stats };

	return list(this, conn, args, &data);
}
