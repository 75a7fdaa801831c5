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
 * Commands of gswanctl: their options, and what they have in common.
 *
 * @defgroup command command
 * @{ @ingroup gswanctl
 */

#ifndef COMMAND_H_
#define COMMAND_H_

#include <library.h>
#include <collections/array.h>
#include <libvici.h>

typedef struct command_t command_t;
typedef struct command_args_t command_args_t;
typedef enum command_format_t command_format_t;

/**
 * How to print messages.
 */
enum command_format_t {
	/** for people */
	COMMAND_FORMAT_NONE		= 0,
	/** as received, in one line */
	COMMAND_FORMAT_RAW		= (1<<0),
	/** as received, indented */
	COMMAND_FORMAT_PRETTY	= (1<<1),
};

/**
 * Options given to a command.
 */
struct command_args_t {
	/** --raw, --pretty */
	command_format_t format;
	/** --file: swanctl.conf, NULL for the default one */
	char *file;
	/** --name, --group: a group's name, NULL if not given */
	char *name;
	char *group;
	/** --feature: its name, NULL if not given */
	char *feature;
	/** --timeout: seconds, 0 if not given */
	u_int timeout;
	/** --replace */
	bool replace;
	/** --id: identities of members, as char*, borrowed */
	array_t *ids;
};

/**
 * A command.
 */
struct command_t {
	/** name, without dashes */
	char *name;
	/** short option that is the same, 0 if none */
	char op;
	/** what it does, for --help */
	char *description;
	/** short names of the options it takes besides those that all have */
	char *options;
	/** short names of the options it can't do without */
	char *required;
	/** run swanctl's command of the same name and options before */
	bool swanctl;
	/** plugin of the daemon that answers, NULL for the one with the socket */
	char *plugin;
	/**
	 * Run it.
	 *
	 * @param this		command
	 * @param conn		connection to the daemon
	 * @param args		options given
	 * @return			exit code, 0 if successful
	 */
	int (*call)(const command_t *this, vici_conn_t *conn,
				command_args_t *args);
};

/**
 * All commands, terminated by one without name.
 */
extern const command_t commands[];

/**
 * Find a command by the first argument, such as "--list-groups".
 *
 * @return				command, NULL if it isn't one of ours
 */
const command_t *command_find(char *arg);

/**
 * Parse options, connect, and run a command.
 *
 * @param command		command that argv[1] names
 * @param argc			as in main()
 * @param argv			as in main()
 * @return				exit code
 */
int command_run(const command_t *command, int argc, char *argv[]);

/**
 * Print usage of all commands.
 */
void command_help();

/**
 * Why a function of libvici failed. It leaves errno alone if the daemon closed
 * the connection.
 *
 * @return				errno, never 0
 */
int command_errno();

/**
 * Print why a function of libvici failed that sends something to the daemon.
 *
 * @param this			command
 * @param fmt			what failed, printf format
 * @return				exit code
 */
int command_failed(const command_t *this, char *fmt, ...);

/**
 * Does a reply say that the request was successful? With --raw the reply is
 * printed instead, and taken for a success.
 *
 * @param res			reply
 * @param label			what to print it as
 * @param format		whether to print it
 * @return				FALSE if the daemon refused
 */
bool command_succeeded(vici_res_t *res, char *label, command_format_t format);

/** Commands, see command_t.call */
int load_groups(const command_t *this, vici_conn_t *conn,
				command_args_t *args);
int unload_group(const command_t *this, vici_conn_t *conn,
				 command_args_t *args);
int list_groups(const command_t *this, vici_conn_t *conn,
				command_args_t *args);
int list_members(const command_t *this, vici_conn_t *conn,
				 command_args_t *args);
int list_group_policy(const command_t *this, vici_conn_t *conn,
					  command_args_t *args);
int list_rekeys(const command_t *this, vici_conn_t *conn,
				command_args_t *args);
int list_servers(const command_t *this, vici_conn_t *conn,
				 command_args_t *args);
int list_replay(const command_t *this, vici_conn_t *conn,
				command_args_t *args);
int stats_groups(const command_t *this, vici_conn_t *conn,
				 command_args_t *args);
int list_features(const command_t *this, vici_conn_t *conn,
				  command_args_t *args);
int control(const command_t *this, vici_conn_t *conn, command_args_t *args);
int monitor_groups(const command_t *this, vici_conn_t *conn,
				   command_args_t *args);

#endif /** COMMAND_H_ @}*/
