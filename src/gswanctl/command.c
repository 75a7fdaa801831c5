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

#include "command.h"
#include "swanctl.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <utils/optionsfrom.h>

/** Socket of charon's vici plugin, if not configured */
#define VICI_URI "unix:///var/run/charon.vici"

/** Appended to it for the socket of groups, see gkm_vici.h */
#define SUFFIX ".gkm"

/** Options that all commands have: help, debug, options, uri */
#define COMMON "hv+u"

/**
 * All commands.
 */
const command_t commands[] = {
	{ "load-groups",		0, "(re-)load groups",
		"rPf", "", FALSE, NULL, load_groups },
	{ "load-all",			'q', "load all that swanctl does, then groups",
		"cnrPf", "", TRUE, NULL, load_groups },
	{ "unload-group",		0, "unload a group",
		"NrP", "N", FALSE, NULL, unload_group },
	{ "list-groups",		0, "list loaded groups and their SAs",
		"grP", "", FALSE, NULL, list_groups },
	{ "list-members",		0, "list members registered with a key server",
		"grP", "", FALSE, "gkm-server", list_members },
	{ "list-group-policy",	0, "list policies of a key server's groups",
		"grP", "", FALSE, "gkm-server", list_group_policy },
	{ "list-rekeys",		0, "list what a key server told members lately",
		"grP", "", FALSE, "gkm-server", list_rekeys },
	{ "list-servers",		0, "list key servers that serve groups together",
		"grP", "", FALSE, "gkm-coop", list_servers },
	{ "list-features",		0, "list features of key servers and members",
		"gFrP", "", FALSE, "gkm-server", list_features },
	{ "list-replay",		0, "list IP delay detection of groups",
		"grP", "", FALSE, NULL, list_replay },
	{ "stats-groups",		0, "show what was counted for groups",
		"grP", "", FALSE, NULL, stats_groups },
	{ "rekey-group",		0, "replace the keys of a key server's group",
		"gRrP", "g", FALSE, "gkm-server", control },
	{ "remove-member",		0, "remove members from a key server's group",
		"girP", "gi", FALSE, "gkm-server", control },
	{ "coop-reset",			0, "elect the primary key server of a group anew",
		"grP", "g", FALSE, "gkm-coop", control },
	{ "register",			0, "register with a group's key server",
		"gtrP", "g", FALSE, "gkm-member", control },
	{ "leave",				0, "leave a group",
		"grP", "g", FALSE, "gkm-member", control },
	{ "monitor-groups",		0, "monitor events of groups",
		"rP", "", FALSE, NULL, monitor_groups },
	{}
};

/**
 * All options.
 */
static const struct {
	char *name;
	char op;
	char *arg;
	char *description;
} options[] = {
	{ "help",		'h', NULL,		"show usage information" },
	{ "clear",		'c', NULL,		"clear previously loaded credentials" },
	{ "noprompt",	'n', NULL,		"do not prompt for passwords" },
	{ "name",		'N', "<name>",	"name of the group" },
	{ "group",		'g', "<name>",	"name of the group" },
	{ "feature",	'F', "<name>",	"name of the only feature to list" },
	{ "timeout",	't', "<s>",		"timeout in seconds before detaching" },
	{ "replace",	'R', NULL,		"replace all keys at once, old ones can't "
									"be trusted" },
	{ "id",			'i', "<id>",	"identity of a member, may be repeated" },
	{ "raw",		'r', NULL,		"dump raw response message" },
	{ "pretty",		'P', NULL,		"dump raw response message in pretty "
									"print" },
	{ "file",		'f', "<file>",	"custom path to swanctl.conf" },
	{ "debug",		'v', "<level>",	"set debug level, default: 1" },
	{ "options",	'+', "<file>",	"read command line options from file" },
	{ "uri",		'u', "<uri>",	"service URI to connect to" },
};

/*
 * Described in header.
 */
const command_t *command_find(char *arg)
{
	int i;

	for (i = 0; commands[i].name; i++)
	{
		if ((strpfx(arg, "--") && streq(arg + 2, commands[i].name)) ||
			(arg[0] == '-' && arg[1] && arg[1] == commands[i].op && !arg[2]))
		{
			return &commands[i];
		}
	}
	return NULL;
}

/**
 * Does a command take an option?
 */
static bool takes(const command_t *command, char op)
{
	return strchr(COMMON, op) || strchr(command->options, op);
}

/**
 * Print usage of a command, to stderr if there is an error.
 *
 * @return				exit code
 */
static int usage(const command_t *command, char *error, ...)
{
	FILE *out = error ? stderr : stdout;
	va_list args;
	int i;

	if (error)
	{
		fprintf(out, "Error: ");
		va_start(args, error);
		vfprintf(out, error, args);
		va_end(args);
		fprintf(out, "\n");
	}
	fprintf(out, "strongswan-gkm %s gswanctl\nusage:\n  gswanctl --%s",
			PACKAGE_VERSION, command->name);
	for (i = 0; i < countof(options); i++)
	{
		if (takes(command, options[i].op) && !strchr(COMMON, options[i].op))
		{
			fprintf(out, strchr(command->required, options[i].op) ? " --%s%s%s"
															: " [--%s%s%s]",
					options[i].name, options[i].arg ? " " : "",
					options[i].arg ?: "");
		}
	}
	fprintf(out, "\n");
	for (i = 0; i < countof(options); i++)
	{
		if (takes(command, options[i].op))
		{
			fprintf(out, "           --%-15s (-%c)  %s\n", options[i].name,
					options[i].op, options[i].description);
		}
	}
	return error != NULL;
}

/*
 * Described in header.
 */
void command_help()
{
	int i;

	printf("strongswan-gkm %s gswanctl\nusage:\n", PACKAGE_VERSION);
	for (i = 0; commands[i].name; i++)
	{
		printf("  gswanctl --%-17s", commands[i].name);
		if (commands[i].op)
		{
			printf(" (-%c) ", commands[i].op);
		}
		else
		{
			printf("      ");
		}
		printf(" %s\n", commands[i].description);
	}
	printf("all other commands are those of swanctl:\n");
}

/**
 * Build what getopt_long() takes, for the options of a command.
 */
static void build_options(const command_t *command, struct option *longopts,
						  char *shortopts)
{
	int i;

	for (i = 0; i < countof(options); i++)
	{
		if (takes(command, options[i].op))
		{
			*longopts++ = (struct option){
				.name = options[i].name,
				.has_arg = options[i].arg ? required_argument : no_argument,
				.val = options[i].op,
			};
			*shortopts++ = options[i].op;
			if (options[i].arg)
			{
				*shortopts++ = ':';
			}
		}
	}
	*longopts = (struct option){};
	*shortopts = '\0';
}

/**
 * Parse a timeout. The daemon takes it as an int, in milliseconds.
 */
static bool parse_timeout(char *text, u_int *timeout)
{
	char *end;
	u_long value;

	value = strtoul(text, &end, 10);
	if (!isdigit((u_char)*text) || *end || !value || value > INT_MAX / 1000)
	{
		fprintf(stderr, "'%s' isn't a time from 1 to %d seconds\n", text,
				INT_MAX / 1000);
		return FALSE;
	}
	*timeout = value;
	return TRUE;
}

/**
 * Parse options.
 *
 * @param uri			receives the URI if there is one
 * @param help			set if the user asks for help
 * @return				FALSE if an option is wrong, which was reported
 */
static bool parse_options(const command_t *command, options_t *from, int argc,
						  char *argv[], command_args_t *args, char **uri,
						  bool *help)
{
	struct option longopts[countof(options) + 1];
	char shortopts[2 * countof(options) + 1];

	build_options(command, longopts, shortopts);
	/* the command itself isn't an option here */
	optind = 2;
	while (TRUE)
	{
		switch (getopt_long(argc, argv, shortopts, longopts, NULL))
		{
			case 'h':
				*help = TRUE;
				continue;
			case 'P':
				args->format |= COMMAND_FORMAT_PRETTY;
				/* fall through to raw */
			case 'r':
				args->format |= COMMAND_FORMAT_RAW;
				continue;
			case 'f':
				args->file = optarg;
				continue;
			case 'N':
				args->name = optarg;
				continue;
			case 'g':
				args->group = optarg;
				continue;
			case 'F':
				args->feature = optarg;
				continue;
			case 'R':
				args->replace = TRUE;
				continue;
			case 'i':
				array_insert_create(&args->ids, ARRAY_TAIL, optarg);
				continue;
			case 't':
				if (!parse_timeout(optarg, &args->timeout))
				{
					return FALSE;
				}
				continue;
			case 'v':
				dbg_default_set_level(atoi(optarg));
				continue;
			case 'u':
				*uri = optarg;
				continue;
			case '+':
				if (!from->from(from, optarg, &argc, &argv, optind))
				{
					return FALSE;
				}
				continue;
			case '?':
				return FALSE;
			case EOF:
				return TRUE;
			default:
				/* for swanctl */
				continue;
		}
	}
}

/**
 * URI of the socket of groups, that belongs to charon's vici socket.
 *
 * @param uri			URI the user gave, NULL if none
 * @param buf			receives the URI
 */
static void get_uri(char *uri, char buf[PATH_MAX])
{
	char *own = NULL;

	if (!uri)
	{
		own = lib->settings->get_str(lib->settings, "%s.plugins.gkm.socket",
									 NULL, lib->ns);
		uri = lib->settings->get_str(lib->settings, "%s.socket",
				lib->settings->get_str(lib->settings, "%s.plugins.vici.socket",
									   VICI_URI, lib->ns), lib->ns);
	}
	/* no port goes with that of a TCP socket, it has to be given itself */
	snprintf(buf, PATH_MAX, "%s%s", own ?: uri,
			 !own && strpfx(uri, "unix://") ? SUFFIX : "");
}

/*
 * Described in header.
 */
int command_run(const command_t *command, int argc, char *argv[])
{
	command_args_t args = {};
	options_t *from;
	vici_conn_t *conn;
	char *uri = NULL, buf[PATH_MAX];
	bool help = FALSE;
	int ret;

	from = options_create();
	if (!parse_options(command, from, argc, argv, &args, &uri, &help))
	{
		ret = usage(command, "invalid options");
	}
	else if (help)
	{
		ret = usage(command, NULL);
	}
	else if ((strchr(command->required, 'N') && !args.name) ||
			 (strchr(command->required, 'g') && !args.group))
	{
		ret = usage(command, "name of the group is missing");
	}
	else if (strchr(command->required, 'i') && !array_count(args.ids))
	{
		ret = usage(command, "identity of a member is missing");
	}
	else if (!command->swanctl || (ret = swanctl_run(argv)) == 0)
	{
		get_uri(uri, buf);
		conn = vici_connect(buf);
		if (conn)
		{
			ret = command->call(command, conn, &args);
			vici_disconnect(conn);
		}
		else
		{
			ret = command_errno();
			usage(command, "connecting to '%s' URI failed: %s", buf,
				  strerror(ret));
		}
	}
	array_destroy(args.ids);
	from->destroy(from);
	return ret;
}

/*
 * Described in header.
 */
int command_errno()
{
	return errno ?: ECONNRESET;
}

/*
 * Described in header.
 */
int command_failed(const command_t *this, char *fmt, ...)
{
	int ret = command_errno();
	va_list args;

	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	/* that is what libvici makes of commands and events that aren't known */
	if (ret == ENOENT && this->plugin)
	{
		fprintf(stderr, " failed: the daemon hasn't loaded plugin %s\n",
				this->plugin);
	}
	else
	{
		fprintf(stderr, " failed: %s\n", strerror(ret));
	}
	return ret;
}

/*
 * Described in header.
 */
bool command_succeeded(vici_res_t *res, char *label, command_format_t format)
{
	if (format & COMMAND_FORMAT_RAW)
	{
		vici_dump(res, label, format & COMMAND_FORMAT_PRETTY, stdout);
		return TRUE;
	}
	return streq(vici_find_str(res, "no", "success"), "yes");
}
