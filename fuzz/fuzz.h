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
 * What fuzz targets have in common.
 */

#ifndef FUZZ_H_
#define FUZZ_H_

#include <stdio.h>
#include <stdlib.h>

#include <library.h>

#include "libgkm/group/gkm_algs.h"
#include "libgkm/group/gkm_error.h"

/** What libFuzzer calls */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/**
 * Prepare libstrongswan, for LLVMFuzzerInitialize().
 */
static inline int fuzz_init()
{
	library_init("", "fuzz");
	dbg_default_set_level(-1);
	/* what OpenSSL allocates for these is reported as a leak */
	lib->settings->set_bool(lib->settings, "%s.plugins.openssl.load_legacy",
							FALSE, lib->ns);
	if (!lib->plugins->load(lib->plugins, "openssl pem pkcs1 pubkey"))
	{
		fprintf(stderr, "libstrongswan's plugins don't load\n");
		exit(EXIT_FAILURE);
	}
	gkm_algs_register();
	return 0;
}

/**
 * Report what must not be
 */
static inline void fuzz_assert(bool condition, const char *what,
							   gkm_error_t *err)
{
	if (!condition)
	{
		fprintf(stderr, "%s: %s\n", what, err->text);
		abort();
	}
}

#endif /** FUZZ_H_ */
