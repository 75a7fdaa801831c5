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

#include <errno.h>
#include <stdio.h>
#include <string.h>

/**
 * Clean up at exit.
 */
static void cleanup()
{
	lib->processor->cancel(lib->processor);
	library_deinit();
}

/**
 * Let swanctl do it.
 */
static int hand_over(char *argv[])
{
	fflush(stdout);
	swanctl_exec(argv);
	fprintf(stderr, "running swanctl failed: %s\n", strerror(errno));
	return 127;
}

int main(int argc, char *argv[])
{
	const command_t *command = NULL;

	if (argc > 1)
	{
		command = command_find(argv[1]);
	}
	if (!command)
	{
		if (argc == 2 && (streq(argv[1], "--version") || streq(argv[1], "-v")))
		{
			printf("strongswan-gkm gswanctl %s\n", PACKAGE_VERSION);
			return 0;
		}
		if (argc == 1 || streq(argv[1], "--help") || streq(argv[1], "-h"))
		{
			command_help();
		}
		return hand_over(argv);
	}

	/* settings are those of swanctl, whose options we share */
	atexit(cleanup);
	if (!library_init(NULL, "swanctl"))
	{
		exit(SS_RC_LIBSTRONGSWAN_INTEGRITY);
	}
	dbg_default_set_level(0);
	lib->processor->set_threads(lib->processor, 4);
	dbg_default_set_level(1);

	return command_run(command, argc, argv);
}
