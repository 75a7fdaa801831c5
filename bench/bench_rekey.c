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
 * What it takes a key server to rekey a group, to exclude a member, and to
 * rekey members in-band. See the script rekey for options and output.
 */

#include <getopt.h>
#include <stdio.h>

#include <library.h>

#include "libgkm/group/gkm_algs.h"
#include "libgkm/keys/gkm_key_tree.h"

#include "bench_cpu.h"
#include "bench_group.h"
#include "bench_inband.h"
#include "bench_raw.h"

/** Plugins of libstrongswan, as in tests */
#define PLUGINS "random nonce openssl pem pkcs1 pubkey hmac kdf"

/** What excluding a member may take at most, as multiple of the operations
 *  that it needs, and in milliseconds */
#define AIM 2.0
#define AIM_MS 10

/** Members per second that are rekeyed in-band at least */
#define AIM_INBAND 20000

/** Sizes of groups, and degrees of key trees, at most */
#define LIST_MAX 16

typedef struct options_t options_t;
typedef struct result_t result_t;

/**
 * A list of numbers that options have
 */
typedef struct {
	u_int values[LIST_MAX];
	u_int count;
} list_t;

/**
 * Command line
 */
struct options_t {

	/** sizes of groups */
	list_t members;

	/** degrees of key trees, the first one is used for all sizes */
	list_t degrees;

	/** rounds of rekeys and exclusions */
	u_int rounds;

	/** members that are rekeyed in-band */
	u_int inband;
};

/**
 * What something took
 */
struct result_t {

	/** the key server, and raw operations */
	bench_cpu_t cpu;
	bench_cpu_t raw;

	/** to say what changed to a store */
	bench_cpu_t put;

	/** messages of the last round */
	bench_sent_t sent;

	/** records that changed in the last round, and octets in them */
	u_int records;
	size_t record_octets;
};

/** Where records are counted */
static result_t *counting;

/**
 * A store that keeps nothing
 */
static void put(gkm_state_store_t *this, gkm_record_t kind, chunk_t key,
				chunk_t value)
{
	counting->records++;
	counting->record_octets += key.len + value.len;
}

/**
 * See above
 */
static void clear(gkm_state_store_t *this, gkm_record_t kind)
{
}

static gkm_state_store_t store = {
	.put = put,
	.clear = clear,
};

/**
 * Have what changed written to nowhere, as otherwise a group would remember
 * the changes of all rounds
 */
static void put_changes(bench_group_t *group, result_t *result)
{
	counting = result;
	result->records = 0;
	result->record_octets = 0;
	bench_cpu_go(&result->put);
	group->group->put(group->group, &store, FALSE);
	bench_cpu_pause(&result->put);
	bench_cpu_end(&result->put);
}

/**
 * Replace all SAs of a group
 */
static void rekey(bench_group_t *group, result_t *result)
{
	gkm_download_t *stays;
	array_t *notices, *datagrams;
	gkm_error_t err = {};
	bool success;

	notices = array_create(0, 0);
	datagrams = array_create(sizeof(chunk_t), 0);
	group->now += 60;
	stays = bench_group_admit(group, 0);

	bench_cpu_go(&result->cpu);
	success = group->group->rekey(group->group, TRUE, group->now, notices,
								  &err);
	bench_assert(success, "rekey", &err);
	bench_group_build(group, notices, datagrams);
	bench_cpu_pause(&result->cpu);
	bench_cpu_end(&result->cpu);

	bench_raw_run(group->key, notices, datagrams, &result->raw);
	bench_group_count(notices, datagrams, &result->sent);
	bench_group_check(notices, datagrams, stays, NULL);
	gkm_download_destroy(stays);
	bench_datagrams_destroy(datagrams);
	gkm_notices_destroy(notices);
	put_changes(group, result);
}

/**
 * Exclude a member of a group, and let it come back
 *
 * @param number		which one
 */
static void exclude(bench_group_t *group, u_int number, result_t *result)
{
	gkm_download_t *stays, *goes;
	array_t *ids, *removed, *notices, *datagrams;
	identification_t *id;
	gkm_error_t err = {};
	bool success;

	ids = array_create(0, 0);
	removed = array_create(0, 0);
	notices = array_create(0, 0);
	datagrams = array_create(sizeof(chunk_t), 0);
	id = bench_group_id(number);
	array_insert(ids, ARRAY_TAIL, id);
	/* data SAs of earlier rounds have ended */
	group->now += 600;
	stays = bench_group_admit(group, number ? 0 : 1);
	goes = bench_group_admit(group, number);

	bench_cpu_go(&result->cpu);
	success = group->group->exclude(group->group, ids, group->now, removed,
									notices, &err);
	bench_assert(success, "exclusion", &err);
	bench_group_build(group, notices, datagrams);
	bench_cpu_pause(&result->cpu);
	bench_cpu_end(&result->cpu);

	bench_assert(array_count(notices) == 2, "two messages", NULL);
	bench_raw_run(group->key, notices, datagrams, &result->raw);
	bench_group_count(notices, datagrams, &result->sent);
	bench_group_check(notices, datagrams, stays, goes);
	bench_datagrams_destroy(datagrams);
	gkm_notices_destroy(notices);
	array_destroy_function(removed, (void*)free, NULL);
	array_destroy(ids);
	id->destroy(id);
	put_changes(group, result);

	gkm_download_destroy(stays);
	gkm_download_destroy(goes);
	gkm_download_destroy(bench_group_admit(group, number));
}

/**
 * Print what something took
 *
 * @param what			first column
 */
static double print_result(const char *what, result_t *result)
{
	double cpu = bench_cpu_median(&result->cpu);
	double raw = bench_cpu_median(&result->raw);

	printf("%10s %8.3f (%.3f) %8.3f %7.2f %9u %6zu %10u %5u\n", what,
		   cpu * 1000, bench_cpu_min(&result->cpu) * 1000, raw * 1000,
		   cpu / raw, result->sent.messages, result->sent.octets,
		   result->sent.datagrams, result->sent.wraps);
	fflush(stdout);
	return cpu / raw;
}

/**
 * Print titles of the columns
 *
 * @param first			title of the first one
 */
static void print_titles(const char *title, const char *first)
{
	printf("\n%s\n\n%10s   ms CPU   (min)  raw ops   ratio  messages octets  "
		   "datagrams wraps\n", title, first);
}

/**
 * Measure a rekey or an exclusion
 *
 * @param excluding		TRUE to exclude members
 */
static void measure(options_t *options, u_int members, u_int degree,
					bool excluding, result_t *result)
{
	bench_group_t *group;
	u_int i;

	*result = (result_t){};
	group = bench_group_create(members, degree);
	put_changes(group, result);
	*result = (result_t){};
	srand(members);
	for (i = 0; i < options->rounds; i++)
	{
		if (excluding)
		{
			exclude(group, rand() % members, result);
		}
		else
		{
			rekey(group, result);
		}
	}
	bench_group_destroy(group);
}

/**
 * Measure groups of all sizes
 *
 * @param title			what to print above
 * @return				ratio of the largest group
 */
static double measure_sizes(options_t *options, const char *title,
							bool excluding, result_t *result)
{
	char what[16];
	double ratio = 0;
	u_int i;

	print_titles(title, "members");
	for (i = 0; i < options->members.count; i++)
	{
		measure(options, options->members.values[i], options->degrees.values[0],
				excluding, result);
		snprintf(what, sizeof(what), "%u", options->members.values[i]);
		ratio = print_result(what, result);
	}
	return ratio;
}

/**
 * Measure key trees of all degrees
 */
static void measure_degrees(options_t *options, u_int members, result_t *result)
{
	char what[16], title[80];
	u_int i;

	snprintf(title, sizeof(title), "exclude one of %u members, by degree of "
			 "the key tree", members);
	print_titles(title, "degree");
	for (i = 0; i < options->degrees.count; i++)
	{
		measure(options, members, options->degrees.values[i], TRUE, result);
		snprintf(what, sizeof(what), "%u", options->degrees.values[i]);
		print_result(what, result);
	}
}

/**
 * Measure in-band rekeys
 */
static void measure_inband(options_t *options)
{
	static bench_inband_t inband;
	double cpu, send;

	bench_inband_run(options->inband, min(options->rounds, 10), &inband);
	cpu = bench_cpu_median(&inband.rekey) / options->inband;
	send = bench_cpu_median(&inband.send) / options->inband;
	printf("\nin-band, %u members, crypto and sendto()\n\n"
		   "  %.2f us CPU each, %.2f for sendto() only, ratio %.2f, "
		   "%zu octets\n  %.0f members per second and core, aim %u\n\n",
		   options->inband, cpu * 1e6, send * 1e6, cpu / send, inband.octets,
		   1 / cpu, AIM_INBAND);
}

/**
 * Measure all
 */
static void run(options_t *options)
{
	static result_t result;
	u_int members = options->members.values[options->members.count - 1];
	char title[128];
	double ratio, ms;

	printf("%u rounds, medians; ECDSA P-256, aes256gcm16-kw256, no store\n",
		   options->rounds);
	measure_sizes(options, "rekey: all SAs are replaced, in one message",
				  FALSE, &result);
	snprintf(title, sizeof(title), "exclude one member, key tree of degree %u",
			 options->degrees.values[0]);
	ratio = measure_sizes(options, title, TRUE, &result);
	ms = bench_cpu_median(&result.cpu) * 1000;
	printf("\n  excluding one of %u: %.3f ms CPU, aim %u; and %.3f ms for "
		   "%u records\n  of %zu octets that a store has to keep\n", members,
		   ms, AIM_MS, bench_cpu_median(&result.put) * 1000, result.records,
		   result.record_octets);
	measure_degrees(options, members, &result);
	measure_inband(options);
	printf("rekey ratio %.2f aim %.0f\n", ratio, AIM);
}

/**
 * Add a number from the command line to a list
 */
static void add(list_t *list, u_int value)
{
	if (list->count < LIST_MAX)
	{
		list->values[list->count++] = value;
	}
}

/**
 * Read the command line
 */
static void parse_options(int argc, char *argv[], options_t *options)
{
	static const struct option names[] = {
		{ "members", required_argument, NULL, 'm' },
		{ "degree", required_argument, NULL, 'd' },
		{ "rounds", required_argument, NULL, 'r' },
		{ "inband", required_argument, NULL, 'i' },
		{},
	};

	while (TRUE)
	{
		switch (getopt_long(argc, argv, "", names, NULL))
		{
			case 'm':
				add(&options->members, bench_number(optarg, 2, 1 << 20));
				continue;
			case 'd':
				add(&options->degrees,
					bench_number(optarg, GKM_KEY_TREE_DEGREE_MIN,
								 GKM_KEY_TREE_DEGREE_MAX));
				continue;
			case 'r':
				options->rounds = bench_number(optarg, 1, BENCH_ROUNDS_MAX);
				continue;
			case 'i':
				options->inband = bench_number(optarg, 1, 1000000);
				continue;
			case -1:
				return;
			default:
				exit(2);
		}
	}
}

/**
 * Fill a list that was left empty
 */
static void complete(list_t *list, const u_int *values, u_int count)
{
	u_int i;

	if (!list->count)
	{
		for (i = 0; i < count; i++)
		{
			add(list, values[i]);
		}
	}
}

/**
 * Measure what the command line says
 */
int main(int argc, char *argv[])
{
	static const u_int members[] = { 10, 1000, 100000 };
	static const u_int degrees[] = { 4, 2, 3, 8, 16 };
	options_t options = {
		.rounds = 200,
		.inband = 20000,
	};

	parse_options(argc, argv, &options);
	complete(&options.members, members, countof(members));
	complete(&options.degrees, degrees, countof(degrees));
	library_init("", "bench");
	dbg_default_set_level(-1);
	/* what OpenSSL allocates for these is reported as a leak */
	lib->settings->set_bool(lib->settings, "%s.plugins.openssl.load_legacy",
							FALSE, lib->ns);
	bench_assert(lib->plugins->load(lib->plugins, PLUGINS),
				 "libstrongswan's plugins", NULL);
	gkm_algs_register();
	run(&options);
	library_deinit();
	return EXIT_SUCCESS;
}
