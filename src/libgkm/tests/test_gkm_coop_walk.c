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

/*
 * Elections of several key servers in simulated time, over a network that
 * changes at random, by a fixed seed: what holds whatever happens, and what is
 * reached once nothing happens any more.
 */

#include "suites.h"

#include "libgkm/coop/gkm_coop_election.h"

/** Milliseconds of a step, of the configuration, and until all is settled */
#define STEP 50
#define HEARTBEAT 500
#define WAIT 10000
#define SETTLE 60000

/** Facts at most, bits */
#define FACTS 32768

/** Messages on their way at most */
#define MESSAGES 4096

/** Changes of the network in a walk, followed by quiet each some times */
#define ROUNDS 12
#define CHANGES 12

typedef struct server_t server_t;
typedef struct sent_t sent_t;

/**
 * Key server
 */
struct server_t {
	gkm_cfg_coop_t cfg;
	/** NULL if it doesn't run */
	gkm_coop_election_t *election;
	uint64_t boot, seq, kept;
	/** stands still until then */
	uint64_t stalled;
	/** when to say something next, and what it said last */
	uint64_t due;
	gkm_coop_status_t said;
	/** peer from which something is fetched, until when, -1 if none */
	int fetching;
	uint64_t fetched;
	bool yields;
	/** to whom to tell what is new */
	bool tells[GKM_COOP_SERVERS_MAX];
	/** what it knows of the group: what some primary told members */
	uint8_t facts[FACTS / 8];
};

/**
 * Message
 */
struct sent_t {
	int from, to;
	uint64_t at;
	gkm_coop_status_t status;
};

static server_t servers[GKM_COOP_SERVERS_MAX];
static int count;
static uint64_t now, boots, state;
static int facts;

/** Do messages pass, and how long does one take at least? */
static bool passes[GKM_COOP_SERVERS_MAX][GKM_COOP_SERVERS_MAX];
static uint64_t delays[GKM_COOP_SERVERS_MAX][GKM_COOP_SERVERS_MAX];
static uint64_t last[GKM_COOP_SERVERS_MAX][GKM_COOP_SERVERS_MAX];

static sent_t sent[MESSAGES];
static int sent_count;

/** Only changes that affect both directions of a link alike? */
static bool symmetric;

/** Decisions other than to stay */
static u_int decisions;

static uint32_t choose(uint32_t n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 16) % n;
}

/** Position of a server among another one's peers, and back */
static int to_peer(int self, int other)
{
	return other < self ? other : other - 1;
}

static int to_server(int self, int peer)
{
	return peer < self ? peer : peer + 1;
}

static bool runs(int i)
{
	return servers[i].election && servers[i].stalled <= now;
}

static gkm_coop_status_t status_of(int i)
{
	gkm_coop_status_t status = {};

	servers[i].election->get_status(servers[i].election, &status);
	return status;
}

static void start(int i)
{
	server_t *this = &servers[i];

	this->election = gkm_coop_election_create(&this->cfg, this->kept, now);
	this->boot = ++boots;
	this->seq = 0;
	this->due = now;
	this->stalled = 0;
	this->fetching = -1;
	memset(this->tells, 0, sizeof(this->tells));
	this->said = (gkm_coop_status_t){};
}

static void stop(int i)
{
	server_t *this = &servers[i];

	if (this->election)
	{
		this->kept = status_of(i).epoch;
		this->election->destroy(this->election);
		this->election = NULL;
	}
}

static bool knows(int i, int fact)
{
	return servers[i].facts[fact / 8] & (1 << fact % 8);
}

static void learn(int i, int fact)
{
	servers[i].facts[fact / 8] |= 1 << fact % 8;
}

/**
 * Learn all that another one knows
 */
static void learn_all(int i, int from)
{
	int j;

	for (j = 0; j < sizeof(servers[i].facts); j++)
	{
		servers[i].facts[j] |= servers[from].facts[j];
	}
}

/**
 * Can a server be talked to now?
 */
static bool hears(int i, int other)
{
	return runs(i) && passes[i][other] && passes[other][i];
}

/**
 * Does a server take what another one, which it follows, says?
 */
static bool takes(int i, int primary)
{
	return hears(i, primary) && status_of(i).primary == primary + 1 &&
		   status_of(i).epoch == status_of(primary).epoch;
}

/**
 * Tell all that a primary knows to those that got all before, and are reachable.
 * Who refuses it has to get all again.
 *
 * @return				FALSE if that has to wait for one of them
 */
static bool tell(int i)
{
	server_t *this = &servers[i];
	gkm_coop_status_t status;
	int j;

	for (j = 0; j < count; j++)
	{
		this->tells[j] = this->tells[j] && servers[j].election &&
						 this->election->get_peer(this->election, to_peer(i, j),
												  &status) &&
						 status.boot == servers[j].boot;
		if (this->tells[j] && !hears(j, i))
		{
			return FALSE;
		}
		this->tells[j] &= takes(j, i);
	}
	for (j = 0; j < count; j++)
	{
		if (this->tells[j])
		{
			learn_all(j, i);
		}
	}
	return TRUE;
}

/**
 * Something is to be told to members: not until others know it
 */
static void make_fact(int i)
{
	ck_assert(facts < FACTS);
	if (tell(i))
	{
		learn(i, facts++);
		tell(i);
	}
}

/**
 * All of another one has arrived, if that still can be had
 */
static void complete(int i)
{
	server_t *this = &servers[i];
	int fact, from = this->fetching;
	gkm_coop_status_t status;

	this->fetching = -1;
	if (!hears(from, i))
	{
		return;
	}
	status = status_of(from);
	if (status.duty == GKM_DUTY_WAITING)
	{
		return;
	}
	if (this->yields)
	{
		if (status.duty != GKM_DUTY_PRIMARY)
		{
			return;
		}
		learn_all(from, i);
		if (!tell(from))
		{
			return;
		}
	}
	else if (symmetric && status_of(i).duty == GKM_DUTY_SECONDARY)
	{
		for (fact = 0; fact < facts; fact++)
		{
			ck_assert_msg(!knows(i, fact) || knows(from, fact),
						  "%d gives up what %d doesn't know", i + 1, from + 1);
		}
	}
	memcpy(this->facts, servers[from].facts, sizeof(this->facts));
	this->election->followed(this->election, to_peer(i, from), status.epoch);
	servers[from].tells[i] = status.duty == GKM_DUTY_PRIMARY;
}

/**
 * Do what is decided
 */
static void decide(int i)
{
	server_t *this = &servers[i];
	gkm_coop_verdict_t verdict;
	int from;

	do
	{
		this->election->decide(this->election, now, &verdict);
		decisions += verdict.action != GKM_COOP_STAY;
		if (verdict.action == GKM_COOP_PROMOTE)
		{
			this->fetching = -1;
			memset(this->tells, 0, sizeof(this->tells));
			make_fact(i);
		}
		else if (verdict.action == GKM_COOP_REACHED)
		{	/* gets what it missed */
			from = to_server(i, verdict.peer);
			this->tells[from] = status_of(i).duty == GKM_DUTY_PRIMARY &&
								servers[from].election && takes(from, i);
		}
	}
	while (verdict.action != GKM_COOP_STAY &&
		   verdict.action != GKM_COOP_FOLLOW &&
		   verdict.action != GKM_COOP_YIELD);

	if (verdict.action == GKM_COOP_STAY)
	{
		this->fetching = -1;
		return;
	}
	from = to_server(i, verdict.peer);
	if (this->fetching != from ||
		this->yields != (verdict.action == GKM_COOP_YIELD))
	{
		this->fetching = from;
		this->yields = verdict.action == GKM_COOP_YIELD;
		this->fetched = now + choose(1000);
	}
}

/**
 * Say what this one is to all others, in time, or as it changed
 */
static void say(int i)
{
	server_t *this = &servers[i];
	gkm_coop_status_t status = status_of(i);
	uint64_t at;
	int j;

	if (this->due > now && status.duty == this->said.duty &&
		status.primary == this->said.primary &&
		status.epoch == this->said.epoch)
	{
		return;
	}
	status.boot = this->boot;
	status.seq = ++this->seq;
	this->said = status;
	this->due = now + HEARTBEAT;
	for (j = 0; j < count; j++)
	{
		if (j == i || !passes[i][j])
		{
			continue;
		}
		at = max(last[i][j], now + 10 + delays[i][j]);
		last[i][j] = at;
		if (choose(20) == 0)
		{	/* is overtaken by others */
			at += 1000;
		}
		ck_assert(sent_count < MESSAGES);
		sent[sent_count++] = (sent_t){ i, j, at, status };
	}
}

static void deliver()
{
	sent_t message;
	int i, kept = 0;

	for (i = 0; i < sent_count; i++)
	{
		message = sent[i];
		if (message.at > now || (servers[message.to].election &&
								 servers[message.to].stalled > now))
		{
			sent[kept++] = message;
		}
		else if (runs(message.to) && passes[message.from][message.to])
		{
			servers[message.to].election->heard(servers[message.to].election,
									to_peer(message.to, message.from),
									&message.status, now);
		}
	}
	sent_count = kept;
}

static void step()
{
	server_t *this;
	int i;

	now += STEP;
	deliver();
	for (i = 0; i < count; i++)
	{
		this = &servers[i];
		if (!runs(i))
		{
			continue;
		}
		if (this->fetching >= 0 && this->fetched <= now)
		{
			complete(i);
		}
		decide(i);
		if (this->due <= now && status_of(i).duty == GKM_DUTY_PRIMARY)
		{
			make_fact(i);
		}
		say(i);
	}
}

static void run(u_int ms)
{
	uint64_t end = now + ms;

	while (now < end)
	{
		step();
	}
}

/**
 * Split the network into cliques
 */
static void split(int parts)
{
	int part[GKM_COOP_SERVERS_MAX], i, j;

	for (i = 0; i < count; i++)
	{
		part[i] = choose(parts);
	}
	for (i = 0; i < count; i++)
	{
		for (j = 0; j < count; j++)
		{
			passes[i][j] = part[i] == part[j];
		}
	}
}

/**
 * Something happens
 */
static void change()
{
	int i = choose(count), j = choose(count);

	switch (choose(9))
	{
		case 0:
			stop(i);
			break;
		case 1:
			stop(i);
			start(i);
			break;
		case 2:
			if (servers[i].election)
			{
				servers[i].stalled = now + choose(6000);
			}
			break;
		case 3:
			delays[i][j] = choose(2000);
			break;
		case 4:
			passes[i][j] = choose(2);
			if (symmetric)
			{
				passes[j][i] = passes[i][j];
			}
			break;
		case 5:
			split(1 + choose(3));
			break;
		case 6:
			if (runs(i))
			{
				servers[i].election->reset(servers[i].election, now);
			}
			break;
		default:
			if (!servers[i].election)
			{
				start(i);
			}
			break;
	}
}

/**
 * Let nothing happen any more, with some that don't run
 */
static void calm()
{
	int i;

	memset(delays, 0, sizeof(delays));
	for (i = 0; i < count; i++)
	{
		servers[i].stalled = 0;
		if (!servers[i].election && choose(4))
		{
			start(i);
		}
	}
}

/**
 * Expect that those who follow hear their primary, and that primaries don't hear
 * of each other
 */
static void expect_settled(bool cliques)
{
	gkm_coop_status_t one, other;
	int i, j, primaries;

	for (i = 0; i < count; i++)
	{
		if (!servers[i].election)
		{
			continue;
		}
		one = status_of(i);
		ck_assert_msg(one.duty != GKM_DUTY_WAITING, "%d waits", i + 1);
		primaries = one.duty == GKM_DUTY_PRIMARY;
		for (j = 0; j < count; j++)
		{
			if (j != i && servers[j].election && passes[i][j])
			{
				other = status_of(j);
				primaries += other.duty == GKM_DUTY_PRIMARY;
				if (cliques)
				{
					ck_assert_msg(one.primary && one.primary == other.primary &&
								  one.epoch == other.epoch, "%d follows %d, "
								  "%d follows %d", i + 1, one.primary, j + 1,
								  other.primary);
				}
			}
		}
		if (cliques)
		{
			ck_assert_msg(primaries == 1, "%d hears %d primaries", i + 1,
						  primaries);
		}
		if (one.duty == GKM_DUTY_PRIMARY)
		{
			ck_assert_msg(primaries == 1, "%d is primary beside another one",
						  i + 1);
		}
	}
}

/**
 * Whatever happened, all settles once nothing happens any more, and stays so
 */
static void settle(bool cliques)
{
	run(SETTLE);
	expect_settled(cliques);
	decisions = 0;
	run(SETTLE);
	ck_assert_uint_eq(decisions, 0);
	expect_settled(cliques);
}

static void setup_walk(int servers_count, int seed)
{
	int i, j;

	count = servers_count;
	state = 88172645463325252ULL + seed;
	now = 1000000;
	boots = facts = sent_count = 0;
	memset(servers, 0, sizeof(servers));
	memset(delays, 0, sizeof(delays));
	memset(last, 0, sizeof(last));
	choose(1);
	for (i = 0; i < count; i++)
	{
		servers[i].cfg = (gkm_cfg_coop_t){
			.id = i + 1,
			.priority = 100 + choose(2) * choose(100),
			.preempt = choose(4) == 0,
			.heartbeat = HEARTBEAT,
			.misses = 5,
			.wait = WAIT,
		};
		for (j = 0; j < count - 1; j++)
		{
			array_insert_create(&servers[i].cfg.peers, ARRAY_TAIL, "peer");
		}
		start(i);
	}
	split(1);
}

static void teardown_walk()
{
	int i;

	for (i = 0; i < count; i++)
	{
		stop(i);
		array_destroy(servers[i].cfg.peers);
	}
}

static int sizes[] = { 2, 3, 5, 8 };

/**
 * Walk at random
 */
static void walk(int seed, bool with_cliques)
{
	int i, j, k, round, changes;

	setup_walk(sizes[seed % countof(sizes)], seed);
	settle(TRUE);
	for (round = 0; round < ROUNDS; round++)
	{
		changes = choose(CHANGES);
		for (i = 0; i < changes; i++)
		{
			change();
			run(choose(8) ? choose(3000) : 20000);
		}
		calm();
		if (with_cliques)
		{
			split(1 + choose(2));
		}
		else
		{
			for (j = 0; j < count; j++)
			{
				for (k = 0; k < j; k++)
				{
					passes[j][k] = passes[k][j] = choose(3) > 0;
				}
			}
		}
		settle(with_cliques);
	}
	teardown_walk();
}

START_TEST(each_part_of_a_network_gets_one_primary)
{
	symmetric = TRUE;
	walk(_i, TRUE);
}
END_TEST

START_TEST(links_that_work_one_way_only_leave_nothing_behind)
{
	symmetric = FALSE;
	walk(_i, TRUE);
}
END_TEST

START_TEST(links_between_some_only_do_not_keep_it_from_settling)
{
	symmetric = TRUE;
	walk(_i, FALSE);
}
END_TEST

/** Walks of each kind */
#define WALKS 20

Suite *gkm_coop_walk_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gkm_coop_walk");
	tc = tcase_create("gkm_coop_walk");
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, each_part_of_a_network_gets_one_primary, 0, WALKS);
	tcase_add_loop_test(tc, links_that_work_one_way_only_leave_nothing_behind,
						0, WALKS);
	tcase_add_loop_test(tc,
						links_between_some_only_do_not_keep_it_from_settling,
						0, WALKS);
	suite_add_tcase(s, tc);
	return s;
}
