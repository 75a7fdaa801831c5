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
 * Files that are for their owner alone, and for good.
 *
 * @defgroup gkm_store_file gkm_store_file
 * @{ @ingroup gkm_server
 */

#ifndef GKM_STORE_FILE_H_
#define GKM_STORE_FILE_H_

#include <sys/stat.h>

#include "libgkm/group/gkm_error.h"

/**
 * Refuse a file or directory that someone else could read or change.
 *
 * @param path		its path, for the error
 * @param st		what stat() says
 * @param err		receives the reason if refused
 * @return			TRUE if it belongs to our user, and nobody else may use it
 */
bool gkm_store_file_check(char *path, struct stat *st, gkm_error_t *err);

/**
 * Make sure that a directory is there, for us alone.
 *
 * @param dir		its path
 * @param err		receives the reason on failure
 * @return			TRUE if it is
 */
bool gkm_store_file_prepare_dir(char *dir, gkm_error_t *err);

/**
 * Make files that were created or renamed stay so, even if power fails.
 *
 * @param path		path of one of the files, in the directory to write
 * @param err		receives the reason on failure
 * @return			TRUE if the directory is on disk
 */
bool gkm_store_file_sync_dir(char *path, gkm_error_t *err);

/**
 * Create a file, or replace it. Once this has returned it stays, even if
 * power fails; when interrupted, the file is there as a whole or not at all.
 *
 * @param path		its path, in an existing directory
 * @param content	what to write
 * @param err		receives the reason on failure
 * @return			TRUE if created
 */
bool gkm_store_file_create(char *path, chunk_t content, gkm_error_t *err);

#endif /** GKM_STORE_FILE_H_ @}*/
