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

#include "swanctl.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/** Where swanctl may be besides in PATH */
#define SBIN "/usr/sbin:/sbin:/usr/local/sbin"

/*
 * Described in header.
 */
void swanctl_exec(char *argv[])
{
	char path[PATH_MAX], *current;

	current = getenv("PATH");
	snprintf(path, sizeof(path), "%s%s" SBIN, current ?: "",
			 current ? ":" : "");
	setenv("PATH", path, 1);
	argv[0] = "swanctl";
	execvp(argv[0], argv);
}

/*
 * Described in header.
 */
int swanctl_run(char *argv[])
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == -1)
	{
		fprintf(stderr, "running swanctl failed: %s\n", strerror(errno));
		return 127;
	}
	if (pid == 0)
	{
		swanctl_exec(argv);
		fprintf(stderr, "running swanctl failed: %s\n", strerror(errno));
		_exit(127);
	}
	while (waitpid(pid, &status, 0) == -1)
	{
		if (errno != EINTR)
		{
			return 1;
		}
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/*
 * Described in header.
 */
settings_t *swanctl_load_conf(char *file, char **path)
{
	settings_t *settings;
	char buf[PATH_MAX], *dir;

	if (!file)
	{
		dir = getenv("SWANCTL_DIR") ?: SWANCTL_DIR;
		/* an empty one is the current folder, as for swanctl */
		snprintf(buf, sizeof(buf), "%s%sswanctl.conf", dir, *dir ? "/" : "");
		file = buf;
	}
	/* for libstrongswan a missing file is an empty one, which would unload
	 * everything */
	if (access(file, R_OK) != 0)
	{
		fprintf(stderr, "opening '%s' failed: %s\n", file, strerror(errno));
		return NULL;
	}
	settings = settings_create(file);
	if (!settings)
	{
		fprintf(stderr, "parsing '%s' failed\n", file);
		return NULL;
	}
	*path = realpath(file, NULL) ?: strdup(file);
	return settings;
}
