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

/**
 * What commands that list groups have in common.
 *
 * @defgroup list list
 * @{ @ingroup gswanctl
 */

#ifndef LIST_H_
#define LIST_H_

#include "command.h"
#include "message.h"

typedef struct list_t list_t;

/**
 * A list command in progress.
 */
struct list_t {
	command_format_t format;
	/** event that carries what is listed */
	char *event;
	/** prints a group's section */
	void (*print)(list_t *this, message_t *group);
	/** not an error if the daemon hasn't loaded the plugin that says it */
	bool optional;
	/** group that was printed last */
	char *last;
};

/**
 * Run a list command.
 *
 * @param command		command
 * @param conn			connection to the daemon
 * @param args			arguments
 * @param this			event and print are set
 * @return				exit code
 */
int list(const command_t *command, vici_conn_t *conn, command_args_t *args,
		 list_t *this);

/**
 * Print the name of a group, once for all events that are about it.
 */
void list_heading(list_t *this, message_t *group);

/**
 * Print a section of some kind and destroy it.
 *
 * @param section		section, NULL to do nothing
 * @param lines			how to print it
 * @param count			number of lines
 */
void list_section(message_t *section, const message_line_t *lines, int count);

/**
 * Print all values of a section in a line, and destroy it.
 *
 * @param section		section, NULL to do nothing
 * @param prefix		before the values
 */
void list_counters(message_t *section, char *prefix);

/**
 * Print what became of acknowledgements in a key server's group, if the section
 * is there.
 */
void list_acks(message_t *group);

/**
 * Print what a member saw of rekeys, if the section is there.
 */
void list_rekeys_seen(message_t *group);

/**
 * List which other key servers cooperate, if any do.
 *
 * @return				exit code
 */
int list_features_of_servers(vici_conn_t *conn, command_args_t *args);

#endif /** LIST_H_ @}*/
