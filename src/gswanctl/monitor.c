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

#include <errno.h>
#include <stdio.h>
#include <string.h>

CALLBACK(event_cb, void,
	command_format_t *format, char *name, vici_res_t *res)
{
	char *group;

	if (*format & COMMAND_FORMAT_RAW)
	{
		vici_dump(res, name, *format & COMMAND_FORMAT_PRETTY, stdout);
		return;
	}
	group = vici_find_str(res, NULL, "group");
	printf("%s%sGKM-%s-%s: %s\n", group ?: "", group ? ": " : "",
		   vici_find_str(res, "", "severity"), vici_find_str(res, "", "name"),
		   vici_find_str(res, "", "text"));
}

/*
 * Described in header.
 */
int monitor_groups(const command_t *this, vici_conn_t *conn,
				   command_args_t *args)
{
	int ret;

	/* events are to be seen as they happen, in a pipe as well */
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (vici_register(conn, "group-event", event_cb, &args->format) != 0)
	{
		ret = command_errno();
		fprintf(stderr, "registering for group events failed: %s\n",
				strerror(ret));
		return ret;
	}
	wait_sigint();
	fprintf(stderr, "disconnecting...\n");
	return 0;
}
