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

#include <stdlib.h>

#include <library.h>

#include "libgkm/group/gkm_algs.h"

#include "suites.h"

/** Plugins of libstrongswan that provide what the library uses */
#define PLUGINS "random nonce openssl pem pkcs1 pubkey hmac kdf"

#define ADD_SUITE(name) \
	if (argc < 2 || strpfx(#name, argv[1])) \
	{ \
		srunner_add_suite(runner, name##_suite()); \
	}

/**
 * Run all suites, or those whose names begin with the argument.
 */
int main(int argc, char *argv[])
{
	SRunner *runner;
	int failed;

	library_init("", "tests");
	dbg_default_set_level(-1);
	/* what OpenSSL allocates for these is reported as a leak */
	lib->settings->set_bool(lib->settings, "%s.plugins.openssl.load_legacy",
							FALSE, lib->ns);
	if (!lib->plugins->load(lib->plugins, PLUGINS))
	{
		fprintf(stderr, "libstrongswan's plugins don't load\n");
		library_deinit();
		return EXIT_FAILURE;
	}
	gkm_algs_register();

	runner = srunner_create(NULL);
	SUITES(ADD_SUITE)
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	library_deinit();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
