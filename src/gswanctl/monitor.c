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

#include <stdio.h>

CALLBACK(event_cb, void,
	command_format_t *format, char *name, vici_res_t *res)
{
	if (*format & COMMAND_FORMAT_RAW)
	{
		vici_dump(res, name, *format & COMMAND_FORMAT_PRETTY, stdout);
		return;
	}
	/* as in the daemon's log; text names the group */
	printf("GKM-%s-%s: %s\n", vici_find_str(res, "", "severity"),
		   vici_find_str(res, "", "name"), vici_find_str(res, "", "text"));
}

/*
 * Described in header.
 */
int monitor_groups(const command_t *this, vici_conn_t *conn,
				   command_args_t *args)
{
	/* events are to be seen as they happen, in a pipe as well */
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (vici_register(conn, "group-event", event_cb, &args->format) != 0)
	{
		return command_failed(this, "registering for group events");
	}
	wait_sigint();
	fprintf(stderr, "disconnecting...\n");
	return 0;
}
