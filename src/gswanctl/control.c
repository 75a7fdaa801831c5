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

/**
 * Add the identities of members to a request
 */
static void add_ids(vici_req_t *req, array_t *ids)
{
	char *id;
	int i;

	vici_begin_list(req, "members");
	for (i = 0; array_get(ids, i, &id); i++)
	{
		vici_add_list_itemf(req, "%s", id);
	}
	vici_end_list(req);
}

/*
 * Described in header. Runs the request of the command's name on a group.
 */
int control(const command_t *this, vici_conn_t *conn, command_args_t *args)
{
	vici_req_t *req;
	vici_res_t *res;
	char label[64];
	int ret = 0;

	req = vici_begin(this->name);
	if (args->group)
	{
		vici_add_key_valuef(req, "group", "%s", args->group);
	}
	if (args->replace)
	{
		vici_add_key_valuef(req, "replace", "yes");
	}
	if (array_count(args->ids))
	{
		add_ids(req, args->ids);
	}
	if (args->timeout)
	{
		vici_add_key_valuef(req, "timeout", "%u", args->timeout * 1000);
	}
	res = vici_submit(req, conn);
	if (!res)
	{
		return command_failed(this, "%s request", this->name);
	}
	snprintf(label, sizeof(label), "%s reply", this->name);
	if (!command_succeeded(res, label, args->format))
	{
		fprintf(stderr, "%s failed: %s\n", this->name,
				vici_find_str(res, "", "errmsg"));
		ret = 1;
	}
	else if (!(args->format & COMMAND_FORMAT_RAW))
	{
		printf("%s completed successfully\n", this->name);
	}
	vici_free_res(res);
	return ret;
}
