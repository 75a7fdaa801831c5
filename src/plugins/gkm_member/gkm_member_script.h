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
 * Program that is told of data SAs of applications: started for each, one after
 * the other, with variables of its environment and a text on standard input.
 * What it writes is logged. It has to end soon, as the next one waits for it.
 *
 * @defgroup gkm_member_script gkm_member_script
 * @{ @ingroup gkm_member
 */

#ifndef GKM_MEMBER_SCRIPT_H_
#define GKM_MEMBER_SCRIPT_H_

#include "plugins/gkm/gkm.h"

typedef struct gkm_member_script_t gkm_member_script_t;

/**
 * A program. Synchronized.
 */
struct gkm_member_script_t {

	/**
	 * Run it, in a job; at once if the daemon ends and there are none any more.
	 *
	 * @param env		variables as NAME=value, char*, adopted; PATH is added
	 * @param input		text for standard input, adopted, wiped
	 */
	void (*run)(gkm_member_script_t *this, array_t *env, chunk_t input);

	/**
	 * Destroy this; what run() was called for is still done.
	 */
	void (*destroy)(gkm_member_script_t *this);
};

/**
 * Create a program.
 *
 * @param gkm		raises an event if it fails
 * @param group		name of the group, cloned
 * @param command	the program, with arguments if there are any, for a shell;
 *					cloned
 */
gkm_member_script_t *gkm_member_script_create(gkm_t *gkm, char *group,
											  char *command);

#endif /** GKM_MEMBER_SCRIPT_H_ @}*/
