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
 * What it takes a key server to push a rekey to members by unicast and to take
 * their acknowledgements. See the script push for options and output.
 */

#include <getopt.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

#include <library.h>

#include "libgkm/gdoi/gdoi_push.h"
#include "libgkm/group/gkm_algs.h"
#include "plugins/gkm/gkm_batch.h"
#include "plugins/gkm_server/gkm_server_gdoi.h"

#include "bench_acks.h"
#include "bench_members.h"

/** Plugins of libstrongswan, as in tests */
#define PLUGINS "random nonce openssl pem pkcs1 pubkey hmac kdf"

/** What a rekey may take at most, as multiple of sending it only */
#define AIM 1.5

/** Seconds that acknowledgements of so many members may take at most */
#define AIM_ACKS 2.0
#define AIM_ACKS_MEMBERS 100000

/** Sizes of groups at most */
#define LIST_MAX 16

/** Times that a rekey is sent at most */
#define TRIES_MAX 10

typedef struct options_t options_t;
typedef struct result_t result_t;

/**
 * Command line
 */
struct options_t {

	/** sizes of groups */
	u_int members[LIST_MAX];
	u_int count;

	/** rekeys of each */
	u_int rounds;
};

/**
 * What something took
 */
struct result_t {

	/** to make and send a rekey, and to send what was made only */
	bench_cpu_t push;
	bench_cpu_t plain;

	/** until all have acknowledged */
	bench_cpu_t wall;

	/** octets in a datagram, and datagrams that were sent again */
	size_t octets;
	u_int resent;
};

/**
 * Check that members can read a datagram, so that it isn't nonsense that is
 * sent
 */
static void check(gkm_notice_t *notice, chunk_t datagram)
{
	gkm_channel_t *channel;
	gkm_update_t *update;
	gdoi_format_t format;
	gkm_error_t err = {};

	gdoi_format_init(&format);
	channel = gdoi_push_create(notice->push_carrier, &format, &err);
	bench_assert(channel && channel->receive(channel, datagram, NULL, &update,
											 &err) == GKM_RECEIVED_UPDATE,
				 "member can't read a rekey", &err);
	bench_assert(chunk_equals(update->download->rekey->key,
							  notice->push->download->rekey->key),
				 "key of the rekey SA", NULL);
	gkm_update_destroy(update);
	channel->destroy(channel);
}

/**
 * Send a datagram to all targets as the plugin does
 */
static void send_all(bench_acks_t *acks, array_t *targets, chunk_t datagram)
{
	gkm_error_t err = {};
	gkm_batch_t *batch;
	gkm_target_t target;
	u_int sent = 0;
	int i;

	batch = gkm_batch_create(acks->fd, chunk_empty, datagram);
	for (i = 0; array_get(targets, i, &target); i++)
	{
		sent += gkm_batch_add(batch, &target, &err);
	}
	sent += gkm_batch_finish(batch, &err);
	bench_assert(sent == array_count(targets), "sending a rekey", &err);
}

/**
 * Send a datagram to all targets with nothing but system calls
 */
static void send_plain(bench_acks_t *acks, struct sockaddr_in *addrs,
					   u_int count, chunk_t datagram)
{
	static struct mmsghdr msgs[BENCH_BATCH];
	struct iovec iov = { datagram.ptr, datagram.len };
	int n, i;

	for (; count; count -= n, addrs += n)
	{
		n = min(count, BENCH_BATCH);
		for (i = 0; i < n; i++)
		{
			msgs[i].msg_hdr = (struct msghdr){
				.msg_name = &addrs[i],
				.msg_namelen = sizeof(addrs[i]),
				.msg_iov = &iov,
				.msg_iovlen = 1,
			};
		}
		n = sendmmsg(acks->fd, msgs, n, 0);
		bench_assert(n > 0, "sendmmsg", NULL);
	}
}

/**
 * Make and send a rekey
 *
 * @return			the only notice
 */
static gkm_notice_t *push(bench_acks_t *acks, bench_members_t *members,
						  array_t *notices, gkm_outbox_variant_t *variant)
{
	bench_group_t *group = acks->group;
	gkm_outbox_unicast_t message;
	gkm_error_t err = {};
	gkm_notice_t *notice;
	bool success;

	acks->mutex->lock(acks->mutex);
	group->now += 60;
	success = group->group->rekey(group->group, TRUE, group->now, notices,
								  &err);
	acks->mutex->unlock(acks->mutex);
	bench_assert(success && array_get(notices, 0, &notice) && notice->push,
				 "rekey", &err);
	bench_members_expect(members, notice->push_carrier, notice->push_seq);
	bench_acks_expect(acks, notice->push_carrier);
	success = gkm_server_gdoi_unicast(group->group->get_cfg(group->group),
									  notice, group->key, &message, &err);
	bench_assert(success, "rekey message", &err);
	bench_assert(array_count(message.variants) == 1 &&
				 array_get(message.variants, 0, variant), "kinds of members",
				 NULL);
	send_all(acks, message.targets, variant->datagram);
	array_destroy(message.targets);
	array_destroy(message.variants);
	return notice;
}

/**
 * Wait for all acknowledgements, sending again to those that are missing
 */
static void await(bench_acks_t *acks, uint32_t seq, chunk_t datagram,
				  result_t *result)
{
	gkm_group_t *group = acks->group->group;
	array_t *targets;
	u_int tries = 0;

	while (!bench_acks_wait(acks))
	{
		acks->mutex->lock(acks->mutex);
		targets = group->get_targets(group, seq);
		acks->mutex->unlock(acks->mutex);
		bench_assert(++tries < TRIES_MAX, "members don't acknowledge", NULL);
		result->resent += array_count(targets);
		send_all(acks, targets, datagram);
		array_destroy(targets);
	}
}

/**
 * Rekey once, then send the same datagram
 */
static void run_round(bench_acks_t *acks, bench_members_t *members,
					  struct sockaddr_in *addrs, result_t *result)
{
	gkm_outbox_variant_t variant;
	gkm_notice_t *notice;
	array_t *notices;

	notices = array_create(0, 0);
	bench_cpu_go(&result->wall);
	bench_cpu_go(&result->push);
	notice = push(acks, members, notices, &variant);
	bench_cpu_pause(&result->push);
	await(acks, notice->push_seq, variant.datagram, result);
	bench_cpu_pause(&result->wall);
	bench_acks_end(acks);
	bench_cpu_end(&result->push);
	bench_cpu_end(&result->wall);
	check(notice, variant.datagram);

	bench_cpu_go(&result->plain);
	send_plain(acks, addrs, acks->group->members, variant.datagram);
	bench_cpu_pause(&result->plain);
	bench_cpu_end(&result->plain);
	bench_members_drain(members, acks->group->members);

	result->octets = variant.datagram.len;
	free(variant.datagram.ptr);
	gkm_notices_destroy(notices);
}

/**
 * Measure a group
 */
static void measure(bench_members_t *members, u_int count, u_int rounds,
					bench_acks_t *acks, result_t *result)
{
	struct sockaddr_in *addrs;
	u_int i;

	*result = (result_t){
		.wall = {
			.wall = TRUE,
		},
	};
	*acks = (bench_acks_t){
		.group = bench_group_create_gdoi(count, members->port),
	};
	addrs = calloc(count, sizeof(*addrs));
	for (i = 0; i < count; i++)
	{
		addrs[i] = (struct sockaddr_in){
			.sin_family = AF_INET,
			.sin_addr.s_addr = htonl(0x7f010000 + i),
			.sin_port = htons(members->sink_port),
		};
	}
	bench_acks_start(acks);
	for (i = 0; i < rounds; i++)
	{
		run_round(acks, members, addrs, result);
	}
	bench_acks_stop(acks);
	free(addrs);
	bench_group_destroy(acks->group);
}

/**
 * Print what a group took
 *
 * @return			seconds of CPU that acknowledgements took
 */
static double print(u_int count, bench_acks_t *acks, result_t *result,
					double *ratio)
{
	double push = bench_cpu_median(&result->push);
	double plain = bench_cpu_median(&result->plain);
	double verify = bench_cpu_median(&acks->verify);
	double receive = bench_cpu_median(&acks->receive);

	*ratio = push / plain;
	printf("%9u %9.3f (%.3f) %9.3f %6.2f %6zu %10.3f %6u %9.3f %9.3f %7.2f\n",
		   count, push * 1000, bench_cpu_min(&result->push) * 1000,
		   plain * 1000, *ratio, result->octets,
		   bench_cpu_median(&result->wall) * 1000, result->resent,
		   receive * 1000, verify * 1000, verify / count * 1e6);
	fflush(stdout);
	return receive + verify;
}

/**
 * Measure all
 */
static void run(options_t *options)
{
	static bench_acks_t acks;
	static result_t result;
	bench_members_t members;
	double ratio = 0, seconds = 0;
	u_int i;

	bench_members_start(&members);
	printf("%u rounds, medians; ECDSA P-256, aes256, kek-sha256, 127.0.0.0/8\n"
		   "\n%9s %9s %7s %9s %6s %6s %10s %6s %9s %9s %7s\n",
		   options->rounds, "members", "ms CPU", "(min)", "sendmmsg", "ratio",
		   "octets", "ms until", "sent", "receive", "verify", "verify");
	printf("%9s %9s %7s %9s %6s %6s %10s %6s %9s %9s %7s\n", "", "", "",
		   "only", "", "", "all acked", "again", "acks, ms", "acks, ms",
		   "us each");
	for (i = 0; i < options->count; i++)
	{
		measure(&members, options->members[i], options->rounds, &acks, &result);
		seconds = print(options->members[i], &acks, &result, &ratio);
	}
	bench_members_stop(&members);
	printf("\nacknowledgements of %u members: %.3f s CPU, aim %.1f for %u\n",
		   options->members[i - 1], seconds, AIM_ACKS, AIM_ACKS_MEMBERS);
	printf("push ratio %.2f aim %.1f\n", ratio, AIM);
}

/**
 * Read the command line
 */
static void parse_options(int argc, char *argv[], options_t *options)
{
	static const struct option names[] = {
		{ "members", required_argument, NULL, 'm' },
		{ "rounds", required_argument, NULL, 'r' },
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
			case -1:
				return;
			default:
				exit(2);
		}
	}
}

/**
 * Measure what the command line says
 */
int main(int argc, char *argv[])
{
	options_t options = {
		.rounds = 20,
	};

	parse_options(argc, argv, &options);
	if (!options.count)
	{
		options.members[0] = 1000;
		options.members[1] = 10000;
		options.members[2] = 100000;
		options.count = 3;
	}
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
