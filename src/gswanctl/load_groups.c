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
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <collections/linked_list.h>

/** Levels of sections within groups: <name>, sas, <name>; one more to notice */
#define MAX_DEPTH 4

/**
 * A section of swanctl.conf below groups, by the names that lead to it. Names
 * may hold dots, so they are arguments and not part of a path.
 */
typedef struct {
	settings_t *settings;
	/** folder of swanctl.conf */
	char *dir;
	char *names[MAX_DEPTH];
	int depth;
} section_t;

/**
 * Format of the key of a section, by its depth.
 */
static const char *formats[] = {
	"groups",
	"groups.%s",
	"groups.%s.%s",
	"groups.%s.%s.%s",
	"groups.%s.%s.%s.%s",
};

/**
 * Add the options of a section to a request.
 */
static void add_options(vici_req_t *req, section_t *this)
{
	enumerator_t *enumerator;
	char *key, *value, path[PATH_MAX];

	enumerator = this->settings->create_key_value_enumerator(this->settings,
						(char*)formats[this->depth], this->names[0],
						this->names[1], this->names[2], this->names[3]);
	while (enumerator->enumerate(enumerator, &key, &value))
	{
		/* the daemon doesn't know where our swanctl.conf is */
		if (this->depth == 2 && streq(this->names[1], "rekey") &&
			streq(key, "key") && value && *value && !path_absolute(value))
		{
			snprintf(path, sizeof(path), "%s/" SWANCTL_PRIVATE "/%s",
					 this->dir, value);
			value = path;
		}
		vici_add_key_valuef(req, key, "%s", value ?: "");
	}
	enumerator->destroy(enumerator);
}

/**
 * Add a section with all in it to a request.
 */
static void add_section(vici_req_t *req, section_t *this)
{
	enumerator_t *enumerator;
	char *name;

	vici_begin_section(req, this->names[this->depth - 1]);
	add_options(req, this);
	/* what is nested deeper can't be right, the daemon refuses what it sees */
	if (this->depth < MAX_DEPTH)
	{
		enumerator = this->settings->create_section_enumerator(this->settings,
						(char*)formats[this->depth], this->names[0],
						this->names[1], this->names[2], this->names[3]);
		while (enumerator->enumerate(enumerator, &name))
		{
			this->names[this->depth++] = name;
			add_section(req, this);
			this->names[--this->depth] = NULL;
		}
		enumerator->destroy(enumerator);
	}
	vici_end_section(req);
}

/**
 * Load a group.
 */
static bool load_group(vici_conn_t *conn, section_t *section, char *path,
					   command_format_t format)
{
	char *name = section->names[0];
	vici_req_t *req;
	vici_res_t *res;
	bool ret;

	req = vici_begin("load-group");
	add_section(req, section);
	res = vici_submit(req, conn);
	if (!res)
	{
		fprintf(stderr, "load-group request failed: %s\n",
				strerror(command_errno()));
		return FALSE;
	}
	ret = command_succeeded(res, "load-group reply", format);
	if (!ret)
	{
		fprintf(stderr, "loading group '%s' failed: %s (section groups.%s in "
				"%s)\n", name, vici_find_str(res, "", "errmsg"), name, path);
	}
	else if (!(format & COMMAND_FORMAT_RAW))
	{
		printf(streq(vici_find_str(res, "no", "unchanged"), "yes") ?
			   "group '%s' is unchanged\n" : "loaded group '%s'\n", name);
	}
	vici_free_res(res);
	return ret;
}

/**
 * Unload a group by name.
 */
static bool unload(vici_conn_t *conn, char *name, command_format_t format)
{
	vici_req_t *req;
	vici_res_t *res;
	bool ret;

	req = vici_begin("unload-group");
	vici_add_key_valuef(req, "name", "%s", name);
	res = vici_submit(req, conn);
	if (!res)
	{
		fprintf(stderr, "unload-group request failed: %s\n",
				strerror(command_errno()));
		return FALSE;
	}
	ret = command_succeeded(res, "unload-group reply", format);
	if (!ret)
	{
		fprintf(stderr, "unloading group '%s' failed: %s\n", name,
				vici_find_str(res, "", "errmsg"));
	}
	vici_free_res(res);
	return ret;
}

CALLBACK(add_group, int,
	linked_list_t *list, vici_res_t *res, char *name, void *value, int len)
{
	if (streq(name, "groups"))
	{
		list->insert_last(list, strndup(value, len));
	}
	return 0;
}

/**
 * Get the names of the groups that are loaded, NULL on failure.
 */
static linked_list_t *get_groups(vici_conn_t *conn, command_format_t format)
{
	linked_list_t *list;
	vici_res_t *res;

	res = vici_submit(vici_begin("get-groups"), conn);
	if (!res)
	{
		return NULL;
	}
	if (format & COMMAND_FORMAT_RAW)
	{
		vici_dump(res, "get-groups reply", format & COMMAND_FORMAT_PRETTY,
				  stdout);
	}
	list = linked_list_create();
	vici_parse_cb(res, NULL, NULL, add_group, list);
	vici_free_res(res);
	return list;
}

/**
 * Remove a name from a list.
 */
static void remove_name(linked_list_t *list, char *name)
{
	enumerator_t *enumerator;
	char *current;

	enumerator = list->create_enumerator(list);
	while (enumerator->enumerate(enumerator, &current))
	{
		if (streq(current, name))
		{
			list->remove_at(list, enumerator);
			free(current);
		}
	}
	enumerator->destroy(enumerator);
}

/**
 * Load all groups of a file, unload those that aren't in it.
 */
static int load_file(const command_t *this, vici_conn_t *conn,
					 settings_t *settings, char *path, command_format_t format)
{
	u_int found = 0, loaded = 0, unloaded = 0;
	enumerator_t *enumerator;
	linked_list_t *groups;
	section_t section = {
		.settings = settings,
		.depth = 1,
	};
	char *name;

	groups = get_groups(conn, format);
	if (!groups)
	{
		return command_failed(this, "get-groups request");
	}
	section.dir = path_dirname(path);

	enumerator = settings->create_section_enumerator(settings, "groups");
	while (enumerator->enumerate(enumerator, &name))
	{
		remove_name(groups, name);
		found++;
		section.names[0] = name;
		if (load_group(conn, &section, path, format))
		{
			loaded++;
		}
	}
	enumerator->destroy(enumerator);
	free(section.dir);

	while (groups->remove_first(groups, (void**)&name) == SUCCESS)
	{
		if (unload(conn, name, format))
		{
			unloaded++;
		}
		free(name);
	}
	groups->destroy(groups);

	if (format & COMMAND_FORMAT_RAW)
	{
		return 0;
	}
	if (found == 0)
	{
		printf("no groups found, %u unloaded\n", unloaded);
		return 0;
	}
	if (loaded == found)
	{
		printf("successfully loaded %u groups, %u unloaded\n", loaded,
			   unloaded);
		return 0;
	}
	fprintf(stderr, "loaded %u of %u groups, %u failed to load, %u unloaded\n",
			loaded, found, found - loaded, unloaded);
	return EINVAL;
}

/*
 * Described in header.
 */
int load_groups(const command_t *this, vici_conn_t *conn, command_args_t *args)
{
	settings_t *settings;
	char *path;
	int ret;

	settings = swanctl_load_conf(args->file, &path);
	if (!settings)
	{
		return EINVAL;
	}
	ret = load_file(this, conn, settings, path, args->format);
	settings->destroy_clear(settings);
	free(path);
	return ret;
}

/*
 * Described in header.
 */
int unload_group(const command_t *this, vici_conn_t *conn,
				 command_args_t *args)
{
	if (!unload(conn, args->name, args->format))
	{
		return 1;
	}
	if (!(args->format & COMMAND_FORMAT_RAW))
	{
		printf("unloaded group '%s'\n", args->name);
	}
	return 0;
}
