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
 * What applications are told of a data SA of theirs, see gkm_member_apps.h: the
 * same for vici and for a program.
 *
 * @defgroup gkm_member_report gkm_member_report
 * @{ @ingroup gkm_member
 */

#ifndef GKM_MEMBER_REPORT_H_
#define GKM_MEMBER_REPORT_H_

#include "plugins/gkm/gkm.h"

typedef struct gkm_member_report_t gkm_member_report_t;

/**
 * A report.
 */
struct gkm_member_report_t {

	/**
	 * Add what it takes to use the SA.
	 *
	 * @param lifetime		seconds until it ends, 0 if not limited
	 * @param delay			seconds until it may be used
	 */
	void (*add_use)(gkm_member_report_t *this, uint32_t lifetime,
					uint32_t delay);

	/**
	 * Get all of it as vici message. Once only.
	 *
	 * @return				message, passed
	 */
	vici_message_t *(*get_message)(gkm_member_report_t *this);

	/**
	 * Get what isn't secret as variables for an environment, NAME=value. Once
	 * only.
	 *
	 * @return				char*, passed
	 */
	array_t *(*get_env)(gkm_member_report_t *this);

	/**
	 * Get keys as text, with a line for each.
	 *
	 * @return				text, allocated
	 */
	chunk_t (*get_keys)(gkm_member_report_t *this);

	/**
	 * Destroy this, wiping keys.
	 */
	void (*destroy)(gkm_member_report_t *this);
};

/**
 * Create a report that says which SA it is about.
 *
 * @param action	what became of it
 * @param group		name of the group
 * @param section	name of the section that allows it
 * @param sa		SA, has to outlive this
 */
gkm_member_report_t *gkm_member_report_create(char *action, char *group,
											  char *section, gkm_data_sa_t *sa);

#endif /** GKM_MEMBER_REPORT_H_ @}*/
