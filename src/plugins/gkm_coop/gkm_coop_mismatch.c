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


#include "gkm_coop_mismatch.h"

typedef struct update_t update_t;

/**
 * Comparison that is under way
 */
struct update_t {
	/** what differed before, NULL if nothing */
	array_t *before;
	/** what differs now */
	array_t *now;
	/** whom to tell */
	void (*changed)(void *user, char *name);
	void *user;
};

/**
 * Destroy a difference
 */
static void difference_destroy(gkm_coop_difference_t *this)
{
	free(this->name);
	free(this->ours);
	free(this->theirs);
	free(this);
}

/**
 * Was there the same difference before?
 */
static bool is_known(array_t *before, gkm_coop_difference_t *difference)
{
	gkm_coop_difference_t *current;
	int i;

	for (i = 0; i < array_count(before); i++)
	{
		array_get(before, i, &current);
		if (streq(current->name, difference->name) &&
			streq(current->ours, difference->ours) &&
			streq(current->theirs, difference->theirs))
		{
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * Note a difference
 */
static void add(void *user, char *name, char *ours, char *theirs)
{
	update_t *update = user;
	gkm_coop_difference_t *difference;

	INIT(difference,
		.name = strdup(name),
		.ours = strdupnull(ours),
		.theirs = strdupnull(theirs),
	);
	array_insert(update->now, ARRAY_TAIL, difference);
	if (!is_known(update->before, difference))
	{
		update->changed(update->user, name);
	}
}

/*
 * Described in header
 */
void gkm_coop_mismatch_update(array_t **differences, array_t *ours,
							  array_t *theirs,
							  void (*changed)(void *user, char *name),
							  void *user)
{
	update_t update = {
		.before = *differences,
		.now = array_create(0, 0),
		.changed = changed,
		.user = user,
	};

	gkm_coop_summary_compare(ours, theirs, add, &update);
	gkm_coop_mismatch_forget(differences);
	*differences = update.now;
}

/*
 * Described in header
 */
void gkm_coop_mismatch_forget(array_t **differences)
{
	gkm_coop_difference_t *current;

	while (array_remove(*differences, ARRAY_TAIL, &current))
	{
		difference_destroy(current);
	}
	array_destroy(*differences);
	*differences = NULL;
}
