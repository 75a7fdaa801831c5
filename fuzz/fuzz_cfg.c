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

#include <string.h>

#include "fuzz.h"

#include "libgkm/group/gkm_cfg.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	return fuzz_init();
}

/**
 * Set the option on a line "key = value"
 */
static bool set_option(gkm_cfg_t *cfg, char *line, gkm_error_t *err)
{
	char *value = strchr(line, '=');

	if (!value)
	{
		return TRUE;
	}
	*value = '\0';
	return gkm_cfg_set(cfg, line, value + 1, err);
}

/**
 * Configure a group with the lines of a text.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text, *line, *state = NULL;
	gkm_cfg_t *cfg, *clone;
	gkm_error_t err = {};
	bool ok = TRUE;

	text = strndup((const char*)data, len);
	cfg = gkm_cfg_create("fuzz");
	line = strtok_r(text, "\n", &state);
	while (line && ok)
	{
		ok = set_option(cfg, line, &err);
		line = strtok_r(NULL, "\n", &state);
	}
	if (ok && gkm_cfg_finish(cfg, &err))
	{
		clone = gkm_cfg_clone(cfg);
		fuzz_assert(gkm_cfg_equals(cfg, clone), "clone differs", &err);
		gkm_cfg_destroy(clone);
	}
	else
	{
		fuzz_assert(err.text[0], "refused without a reason", &err);
	}
	gkm_cfg_destroy(cfg);
	free(text);
	return 0;
}
