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
 * What it takes to tell another key server all that there is of a group. See the
 * script coop for options and output.
 */

#include <getopt.h>
#include <stdio.h>
#include <time.h>

#include <library.h>

#include "libgkm/coop/gkm_coop_sync.h"
#include "libgkm/group/gkm_algs.h"
#include "plugins/gkm_server/gkm_store.h"

#include "bench_cpu.h"
#include "bench_group.h"

/** Plugins of libstrongswan, as in tests, and for the store */
#define PLUGINS "random nonce openssl pem pkcs1 pubkey hmac kdf"

/** Octets sent at most, as multiple of the records */
#define AIM 1.5

/** Sizes of groups at most */
#define LIST_MAX 16

/** Degree of key trees, the default of groups */
#define DEGREE 4

typedef struct options_t options_t;
typedef struct result_t result_t;

/**
 * Command line
 */
struct options_t {

	/** sizes of groups */
	u_int members[LIST_MAX];
	u_int count;

	/** rounds */
	u_int rounds;

	/** folder to write a store to, NULL to measure, and degree of the key tree of
	 *  that group */
	char *folder;
	u_int degree;
};

/**
 * What it took
 */
struct result_t {

	/** to write all records, to send them and receive them, and to go on with
	 *  them */
	bench_cpu_t write;
	bench_cpu_t send;
	bench_cpu_t use;

	/** octets in keys and values of records of members, of nodes of the key tree,
	 *  and of all */
	size_t member_octets;
	size_t node_octets;
	size_t octets;

	/** octets in messages, and their number */
	size_t sent;
	u_int messages;
};

/**
 * Count octets in records of a kind
 */
static size_t count_octets(gkm_record_list_t *records, gkm_record_t kind)
{
	enumerator_t *enumerator;
	gkm_record_entry_t *entry;
	size_t octets = 0;

	enumerator = records->create_enumerator(records);
	while (enumerator->enumerate(enumerator, &entry))
	{
		if (entry->kind == kind)
		{
			octets += entry->key.len + entry->value.len;
		}
	}
	enumerator->destroy(enumerator);
	return octets;
}

/**
 * Send a transaction in messages, and read these
 *
 * @return				records that arrived
 */
static gkm_record_list_t *transfer(identification_t *id, gkm_coop_sync_t *from,
								   gkm_coop_sync_t *to, result_t *result)
{
	gkm_record_list_t *records = NULL;
	gkm_coop_message_t message, received;
	gkm_error_t err = {};
	chunk_t data;

	result->sent = 0;
	result->messages = 0;
	while (!records)
	{
		message = (gkm_coop_message_t){
			.group = id,
			.status = {
				.version = GKM_COOP_VERSION,
				.id = 1,
				.priority = 100,
				.duty = GKM_DUTY_PRIMARY,
				.primary = 1,
			},
		};
		bench_assert(from->get_part(from, &message), "part", NULL);
		data = gkm_coop_message_build(&message);
		result->sent += data.len;
		result->messages++;
		bench_assert(gkm_coop_message_parse(data, &received, &err) &&
					 to->receive(to, &received, &records, &err), "message",
					 &err);
		from->sent(from, TRUE);
		chunk_clear(&data);
		chunk_clear(&message.records);
		gkm_coop_message_clear(&received);
	}
	return records;
}

/**
 * Let another key server go on with a group
 */
static void take_over(bench_group_t *group, gkm_record_list_t *records,
					  result_t *result)
{
	gkm_error_t err = {};
	gkm_members_t *members;
	bench_group_t *twin;

	twin = bench_group_create_twin(group);
	bench_cpu_go(&result->use);
	bench_assert(twin->group->restore(twin->group, &records->store, twin->now,
									  &err), "records", &err);
	bench_cpu_pause(&result->use);
	bench_cpu_end(&result->use);
	members = twin->group->get_members(twin->group);
	bench_assert(members->get_count(members) == group->members,
				 "not all members are known", NULL);
	bench_group_destroy(twin);
}

/**
 * Do all once
 */
static void measure_round(bench_group_t *group, result_t *result)
{
	gkm_cfg_t *cfg = group->group->get_cfg(group->group);
	gkm_record_list_t *records, *received;
	gkm_coop_sync_t *from, *to;

	from = gkm_coop_sync_create();
	to = gkm_coop_sync_create();

	bench_cpu_go(&result->write);
	records = gkm_record_list_create();
	group->group->put(group->group, &records->store, TRUE);
	bench_cpu_pause(&result->write);
	bench_cpu_end(&result->write);

	bench_cpu_go(&result->send);
	from->queue(from, GKM_ADOPT_ALL, records);
	received = transfer(cfg->id, from, to, result);
	bench_cpu_pause(&result->send);
	bench_cpu_end(&result->send);

	take_over(group, received, result);
	result->member_octets = count_octets(records, GKM_RECORD_MEMBER);
	result->node_octets = count_octets(records, GKM_RECORD_NODE);
	result->octets = records->get_size(records);
	records->destroy(records);
	received->destroy(received);
	from->destroy(from);
	to->destroy(to);
}

/**
 * Measure a group
 *
 * @return				octets sent to those in records of members and nodes
 */
static double measure(u_int members, u_int degree, u_int rounds)
{
	result_t result = {};
	bench_group_t *group;
	double ratio;
	u_int i;

	group = bench_group_create(members, degree);
	for (i = 0; i < rounds; i++)
	{
		measure_round(group, &result);
	}
	bench_group_destroy(group);
	ratio = (double)result.sent / (result.member_octets + result.node_octets);
	printf("  %7u  %8s  %10zu  %10zu  %10zu  %8u  %5.2f  %7.2f  %7.2f  "
		   "%7.2f\n", members, degree ? "yes" : "no", result.member_octets,
		   result.node_octets, result.sent, result.messages, ratio,
		   bench_cpu_median(&result.write) * 1000,
		   bench_cpu_median(&result.send) * 1000,
		   bench_cpu_median(&result.use) * 1000);
	return ratio;
}

/**
 * Measure what the command line says
 */
static void run(options_t *options)
{
	double ratio = 0;
	u_int i;

	printf("all there is of a group told to another key server: %u rounds, "
		   "medians,\nmessages without what IKE adds\n\n", options->rounds);
	printf("           key tree    octets in records        octets             "
		   "           ms CPU\n");
	printf("  members              of members    of nodes        sent  "
		   "messages  ratio    write     send      use\n");
	for (i = 0; i < options->count; i++)
	{
		measure(options->members[i], 0, options->rounds);
		ratio = measure(options->members[i], DEGREE, options->rounds);
	}
	printf("coop ratio %.2f aim %.1f\n", ratio, AIM);
}

/**
 * Write the key that signs rekeys, as a key server does
 */
static void put_signer(bench_group_t *group, gkm_state_store_t *store)
{
	chunk_t der;

	bench_assert(group->key->get_encoding(group->key, PRIVKEY_ASN1_DER, &der),
				 "private key", NULL);
	store->put(store, GKM_RECORD_SIGNER, chunk_empty, der);
	chunk_clear(&der);
}

/**
 * Write the store of a key server that has a group, and say how many octets are
 * in records of members and nodes
 */
static void write_store(options_t *options)
{
	gkm_record_list_t *records;
	gkm_state_store_t *state;
	gkm_error_t err = {};
	bench_group_t *group;
	gkm_store_t *store;
	gkm_cfg_t *cfg;

	group = bench_group_create_at(options->members[0], options->degree,
								  time(NULL));
	cfg = group->group->get_cfg(group->group);
	store = gkm_store_create(options->folder, NULL);
	state = &store->state;
	bench_assert(state->begin(state, cfg->id, &err), "store", &err);
	group->group->put(group->group, state, TRUE);
	put_signer(group, state);
	bench_assert(state->end(state, TRUE, &err), "store", &err);
	store->destroy(store);
	records = gkm_record_list_create();
	group->group->put(group->group, &records->store, TRUE);
	printf("%zu %zu\n", count_octets(records, GKM_RECORD_MEMBER),
		   count_octets(records, GKM_RECORD_NODE));
	records->destroy(records);
	bench_group_destroy(group);
}

/**
 * Read the command line
 */
static void parse_options(int argc, char *argv[], options_t *options)
{
	static const struct option names[] = {
		{ "members", required_argument, NULL, 'm' },
		{ "rounds", required_argument, NULL, 'r' },
		{ "write", required_argument, NULL, 'w' },
		{ "no-tree", no_argument, NULL, 't' },
		{},
	};
	u_int members;

	while (TRUE)
	{
		switch (getopt_long(argc, argv, "", names, NULL))
		{
			case 'm':
				members = bench_number(optarg, 1, 1 << 20);
				if (options->count < LIST_MAX)
				{
					options->members[options->count++] = members;
				}
				continue;
			case 'r':
				options->rounds = bench_number(optarg, 1, BENCH_ROUNDS_MAX);
				continue;
			case 'w':
				options->folder = optarg;
				continue;
			case 't':
				options->degree = 0;
				continue;
			case -1:
				return;
			default:
				exit(2);
		}
	}
}

/**
 * Do what the command line says
 */
int main(int argc, char *argv[])
{
	static const u_int members[] = { 1000, 10000, 100000 };
	options_t options = {
		.rounds = 5,
		.degree = DEGREE,
	};

	parse_options(argc, argv, &options);
	if (!options.count)
	{
		memcpy(options.members, members, sizeof(members));
		options.count = countof(members);
	}
	library_init("", "bench");
	dbg_default_set_level(-1);
	/* what OpenSSL allocates for these is reported as a leak */
	lib->settings->set_bool(lib->settings, "%s.plugins.openssl.load_legacy",
							FALSE, lib->ns);
	bench_assert(lib->plugins->load(lib->plugins, PLUGINS),
				 "libstrongswan's plugins", NULL);
	gkm_algs_register();
	if (options.folder)
	{
		write_store(&options);
	}
	else
	{
		run(&options);
	}
	library_deinit();
	return EXIT_SUCCESS;
}
