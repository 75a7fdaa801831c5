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
 * What gswanctl shares with swanctl: its binary and its configuration file.
 *
 * @defgroup swanctl swanctl
 * @{ @ingroup gswanctl
 */

#ifndef SWANCTL_H_
#define SWANCTL_H_

#include <library.h>

/** Folder of private keys, below that of swanctl.conf */
#define SWANCTL_PRIVATE "private"

/**
 * Become swanctl, which is looked for in PATH and in the folders for programs
 * of administrators.
 *
 * @param argv		arguments, of which the first is replaced
 * @return			only if that failed, with errno set
 */
void swanctl_exec(char *argv[]);

/**
 * Run swanctl and wait for it.
 *
 * @param argv		arguments, of which the first is replaced
 * @return			its exit code, 127 if it can't be run, 1 if it was killed
 */
int swanctl_run(char *argv[]);

/**
 * Load swanctl.conf, as swanctl does: the file given, or the one in
 * SWANCTL_DIR, or in the folder that was configured when this was built.
 * Complains if it can't, also about a file that isn't there.
 *
 * @param file		file to load, NULL for the default
 * @param path		receives the absolute path of the file, to be freed
 * @return			settings, to be destroyed with destroy_clear(), NULL if
 *					loading failed
 */
settings_t *swanctl_load_conf(char *file, char **path);

#endif /** SWANCTL_H_ @}*/
