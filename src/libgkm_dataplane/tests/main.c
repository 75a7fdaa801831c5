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


#include <stdio.h>
#include <stdlib.h>

#include <bpf/libbpf.h>

#include <library.h>

#include "suites.h"

/** Exit status of a test that automake shows as skipped */
#define EXIT_SKIPPED 77

#define ADD_SUITE(name) \
	if (argc < 2 || strpfx(#name, argv[1])) \
	{ \
		srunner_add_suite(runner, name##_suite()); \
	}

static int print_nothing(enum libbpf_print_level level, const char *fmt,
						 va_list args)
{
	return 0;
}

/**
 * Run all suites, or those whose names begin with the argument.
 */
int main(int argc, char *argv[])
{
	SRunner *runner;
	int failed;

	/* the smallest program there is, so that any fault of ours is a failure */
	libbpf_set_print(print_nothing);
	if (libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_SCHED_CLS, NULL) <= 0)
	{
		fprintf(stderr, "skipped: the kernel doesn't let this user load eBPF "
				"programs for tc\n");
		return EXIT_SKIPPED;
	}
	library_init("", "tests");
	dbg_default_set_level(-1);

	runner = srunner_create(NULL);
	SUITES(ADD_SUITE)
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	library_deinit();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
