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


#include "gkm_store_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

/*
 * Described in header
 */
bool gkm_store_file_check(char *path, struct stat *st, gkm_error_t *err)
{
	if (st->st_uid != geteuid())
	{
		return gkm_fail(err, "%s: owned by user %u, not by user %u", path,
						st->st_uid, geteuid());
	}
	if (st->st_mode & (S_IRWXG | S_IRWXO))
	{
		return gkm_fail(err, "%s: mode %04o lets others in", path,
						st->st_mode & 07777);
	}
	return TRUE;
}

/*
 * Described in header
 */
bool gkm_store_file_prepare_dir(char *dir, gkm_error_t *err)
{
	struct stat st;

	if (!mkdir_p(dir, S_IRWXU))
	{
		return gkm_fail(err, "%s: can't be created: %s", dir, strerror(errno));
	}
	if (stat(dir, &st) != 0 || !S_ISDIR(st.st_mode))
	{
		return gkm_fail(err, "%s: not a directory", dir);
	}
	return gkm_store_file_check(dir, &st, err);
}

/*
 * Described in header
 */
bool gkm_store_file_sync_dir(char *path, gkm_error_t *err)
{
	char *dir = path_dirname(path);
	bool success;
	int fd;

	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	success = (fd != -1 && fsync(fd) == 0) ||
			  gkm_fail(err, "%s: can't be written: %s", dir, strerror(errno));
	if (fd != -1)
	{
		close(fd);
	}
	free(dir);
	return success;
}

/*
 * Described in header
 */
bool gkm_store_file_create(char *path, chunk_t content, gkm_error_t *err)
{
	char new[PATH_MAX];
	bool success;
	int fd;

	snprintf(new, sizeof(new), "%s.new", path);
	/* of an earlier attempt */
	unlink(new);
	fd = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
	if (fd == -1)
	{
		return gkm_fail(err, "%s: can't be created: %s", path,
						strerror(errno));
	}
	success = (write(fd, content.ptr, content.len) == content.len &&
			   fsync(fd) == 0 && rename(new, path) == 0) ||
			  gkm_fail(err, "%s: can't be written: %s", path, strerror(errno));
	close(fd);
	if (!success)
	{
		unlink(new);
		return FALSE;
	}
	return gkm_store_file_sync_dir(path, err);
}
