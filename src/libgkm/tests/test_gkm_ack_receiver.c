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

#include "suites.h"
#include "gdoi_member_fixture.h"

#include "libgkm/gdoi/gdoi_ack.h"
#include "libgkm/gdoi/gdoi_sealed_ack.h"
#include "plugins/gkm_server/gkm_ack_receiver.h"

/** Members: three of GDOI with an address of their own each */
static gdoi_member_t members[3];

static gkm_server_group_t *entry;
static gkm_ack_receiver_t *receiver;

/** What members were told last */
static gkm_notice_t *notice;

/** Events of the group, and the name of the last one */
static u_int events;
static char last_event[32];

/** Jobs that wait for a thread, in place of charon's */
static array_t *jobs;
static processor_t *threads;

static void queue_job(processor_t *this, job_t *job)
{
	array_insert(jobs, ARRAY_TAIL, job);
}

static processor_t fake_threads = {
	.queue_job = queue_job,
};

static void event(gkm_t *this, char *group, int severity, char *name, char *fmt,
				  ...)
{
	ck_assert_str_eq(group, entry->name);
	snprintf(last_event, sizeof(last_event), "%s", name);
	events++;
}

static gkm_t gkm = {
	.event = event,
};

/** Lines that were logged, in place of charon's log */
static u_int lines;

static void bus_log(bus_t *this, debug_t group, level_t level, char *fmt, ...)
{
	lines++;
}

static bus_t bus = {
	.log = bus_log,
};

static daemon_t fake_daemon = {
	.bus = &bus,
};

daemon_t *charon = &fake_daemon;

static void setup()
{
	static gdoi_member_t all[countof(members)] = {
		GDOI_MEMBER("a@example.com", "192.0.2.1"),
		GDOI_MEMBER("b@example.com", "192.0.2.2"),
		GDOI_MEMBER("c@example.com", "2001:db8::3"),
	};

	group_setup();
	memcpy(members, all, sizeof(members));
	jobs = array_create(0, 0);
	threads = lib->processor;
	lib->processor = &fake_threads;
	receiver = gkm_ack_receiver_create(&gkm);
	entry = NULL;
	events = lines = 0;
}

/**
 * Let the receiver do what it wants a thread for
 */
static void run()
{
	job_t *job;

	while (array_remove(jobs, ARRAY_HEAD, &job))
	{
		ck_assert_int_eq(job->execute(job).type, JOB_REQUEUE_TYPE_NONE);
		job->destroy(job);
	}
}

static void teardown()
{
	int i;

	run();
	receiver->destroy(receiver);
	for (i = 0; i < countof(members); i++)
	{
		gdoi_member_clear(&members[i]);
	}
	gkm_server_group_destroy(entry);
	lib->processor = threads;
	array_destroy(jobs);
	group_teardown();
}

/**
 * Rekey the group as its key server does
 */
static void rekey(time_t now)
{
	gkm_group_t *group = entry->group;

	ck_assert_msg(group->rekey(group, FALSE, now, notices, &err), "%s",
				  err.text);
	ck_assert(array_get(notices, ARRAY_TAIL, &notice));
	gkm_server_history_add(&entry->history, notice, now);
	receiver->expect(receiver, entry, notice->push_carrier);
}

static gkm_cfg_t *configure(char *acks, char *type)
{
	return group_configure("rekey.auth", NULL,
						"protocols", "gdoi", "rekey.proposals", NULL,
						"rekey.transport", "unicast", "rekey.address", NULL,
						"rekey.key_tree", "yes", "rekey.acknowledgement", acks,
						"gdoi.ack", type, NULL);
}

/**
 * Create a group with all members, that were told something
 */
static void start(char *acks, char *type)
{
	gkm_group_t *group;
	int i;

	group = group_create(configure(acks, type));
	entry = gkm_server_group_create(group, NULL, &gkm);
	for (i = 0; i < countof(members); i++)
	{
		gdoi_member_register(&members[i], group, START);
	}
	rekey(START + 1);
}

/**
 * Write an acknowledgement of a member
 *
 * @param says		address that it names, NULL for its own
 */
static chunk_t build(int who, gkm_ack_t type, gdoi_ack_length_t length,
					 char *says)
{
	host_t *own = host_create_from_string(members[who].ip, 848);
	host_t *named = host_create_from_string(says ?: members[who].ip, 848);
	gkm_rekey_sa_t *sa = notice->push_carrier;
	chunk_t base = chunk_empty, datagram;
	gdoi_ack_key_t *key;

	if (type == GKM_ACK_LKH_SHA256 || type == GKM_ACK_LKH_SHA512)
	{
		ck_assert(entry->group->get_leaf_key(entry->group, own, &base));
	}
	key = gdoi_ack_key_create(type, base.len ? base : gdoi_ack_base_key(sa),
							  sa->spi, &err);
	ck_assert_msg(key, "%s", err.text);
	ck_assert(key->build(key, notice->push_seq, named, length, &datagram));
	key->destroy(key);
	chunk_clear(&base);
	own->destroy(own);
	named->destroy(named);
	return datagram;
}

/**
 * Encrypt an acknowledgement
 */
static chunk_t seal(chunk_t ack)
{
	chunk_t datagram;

	ck_assert_msg(gdoi_sealed_ack_build(notice->push_carrier, ack, &datagram,
										&err), "%s", err.text);
	chunk_free(&ack);
	return datagram;
}

/**
 * Receive a datagram, and find out what became of it
 *
 * @param datagram	datagram, freed
 * @param from		address that it comes from
 * @return			name of the verdict, NULL if there is none
 */
static char *receive(chunk_t datagram, char *from)
{
	gkm_ack_count_t before[countof(entry->acks)];
	host_t *src = host_create_from_string(from, 4711);
	char *found = NULL;
	int i;

	memcpy(before, entry->acks, sizeof(before));
	receiver->receive(receiver, datagram, src);
	run();
	for (i = 0; i < countof(before); i++)
	{
		if (entry->acks[i].count != before[i].count)
		{
			ck_assert_int_eq(entry->acks[i].count, before[i].count + 1);
			ck_assert(!found);
			found = enum_to_name(gkm_ack_verdict_names, i);
		}
	}
	src->destroy(src);
	chunk_free(&datagram);
	return found;
}

static u_int get_received(int who)
{
	return gdoi_member_find(&members[who], entry->group)->acks.received;
}

static gkm_push_note_t *get_note()
{
	gkm_rekey_note_t *note;

	note = gkm_server_history_find_push(&entry->history,
								notice->push_carrier->spi, notice->push_seq);
	ck_assert(note != NULL);
	return &note->push;
}

/** Types of acknowledgements as configured */
static struct {
	gkm_ack_t type;
	char *name;
} types[] = {
	{ GKM_ACK_KEK_SHA256, "kek-sha256" },
	{ GKM_ACK_LKH_SHA256, "lkh-sha256" },
	{ GKM_ACK_KEK_SHA512, "kek-sha512" },
	{ GKM_ACK_LKH_SHA512, "lkh-sha512" },
};

START_TEST(member_acknowledges_with_either_reading_of_l)
{
	gkm_ack_t type = types[_i].type;

	start("interoperable", types[_i].name);
	ck_assert_str_eq(receive(build(0, type, GDOI_ACK_LENGTH_BLOCK, NULL),
							 "192.0.2.1"), "accepted");
	ck_assert_str_eq(receive(build(1, type, GDOI_ACK_LENGTH_KEY, NULL),
							 "192.0.2.2"), "accepted");
	ck_assert_str_eq(receive(build(2, type, GDOI_ACK_LENGTH_BLOCK, NULL),
							 "2001:db8::3"), "accepted");
	ck_assert_int_eq(get_received(0), 1);
	ck_assert_int_eq(get_received(1), 1);
	ck_assert_int_eq(get_received(2), 1);
	ck_assert_int_eq(get_note()->acknowledged, 3);
	ck_assert_int_eq(events, 0);
}
END_TEST

START_TEST(rekey_that_asks_for_another_type_is_acknowledged_with_that)
{
	gkm_group_t *group;
	gkm_cfg_t *cfg;

	start(_i ? "none" : "interoperable", "kek-sha256");
	if (!_i)
	{
		ck_assert_str_eq(receive(build(0, GKM_ACK_KEK_SHA256,
									   GDOI_ACK_LENGTH_BLOCK, NULL),
								 "192.0.2.1"), "accepted");
	}
	group = entry->group;
	cfg = configure("interoperable", _i ? "kek-sha256" : "kek-sha512");
	ck_assert_msg(group->configure(group, cfg, group_auth_key(cfg),
								   group_sig_alg(cfg), START + 2, notices,
								   &err), "%s", err.text);
	ck_assert(array_get(notices, ARRAY_TAIL, &notice));
	ck_assert(notice->push && notice->push->download->rekey);
	gkm_server_history_add(&entry->history, notice, START + 2);
	receiver->expect(receiver, entry, notice->push_carrier);
	ck_assert_str_eq(receive(build(1, _i ? GKM_ACK_KEK_SHA256 :
								   GKM_ACK_KEK_SHA512, GDOI_ACK_LENGTH_BLOCK,
								   NULL), "192.0.2.2"), "accepted");
}
END_TEST

START_TEST(copy_of_an_acknowledgement_is_unexpected)
{
	start("interoperable", "kek-sha256");
	receive(build(0, GKM_ACK_KEK_SHA256, GDOI_ACK_LENGTH_BLOCK, NULL),
			"192.0.2.1");
	ck_assert_str_eq(receive(build(0, GKM_ACK_KEK_SHA256, GDOI_ACK_LENGTH_BLOCK,
								   NULL), "192.0.2.1"), "unexpected");
	ck_assert_int_eq(get_received(0), 1);
	ck_assert_int_eq(get_note()->acknowledged, 1);
	ck_assert_str_eq(last_event, "KS_ACK_UNEXPECTED");
}
END_TEST

START_TEST(acknowledgement_of_a_rekey_before_the_last_is_unexpected)
{
	gkm_notice_t *first;

	start("interoperable", "kek-sha256");
	first = notice;
	rekey(START + 2);
	notice = first;
	ck_assert_str_eq(receive(build(0, GKM_ACK_KEK_SHA256, GDOI_ACK_LENGTH_BLOCK,
								   NULL), "192.0.2.1"), "unexpected");
	ck_assert_int_eq(get_received(0), 0);
}
END_TEST

/** Verdicts on acknowledgements in clear, on encrypted ones, and on encrypted
 *  ones of a member of Cisco's kind (issue of rekey.acknowledgement) */
static struct {
	char *acks;
	char *clear;
	char *sealed;
	char *cisco;
} tables[] = {
	{ "none", "unsolicited", "unsolicited", "unsolicited" },
	{ "cisco", "refused", "accepted", "accepted" },
	{ "interoperable", "accepted", "refused", "refused" },
	{ "any", "accepted", "refused", "accepted" },
};

START_TEST(configuration_says_which_kind_is_accepted_from_whom)
{
	int i;

	members[2].peer = GKM_PEER_CISCO;
	start(tables[_i].acks, "kek-sha256");
	ck_assert_str_eq(receive(build(0, GKM_ACK_KEK_SHA256, GDOI_ACK_LENGTH_BLOCK,
								   NULL), "192.0.2.1"), tables[_i].clear);
	ck_assert_str_eq(receive(seal(build(1, GKM_ACK_KEK_SHA256,
										GDOI_ACK_LENGTH_BLOCK, NULL)),
							 "192.0.2.2"), tables[_i].sealed);
	ck_assert_str_eq(receive(seal(build(2, GKM_ACK_KEK_SHA256,
										GDOI_ACK_LENGTH_BLOCK, NULL)),
							 "2001:db8::3"), tables[_i].cisco);
	ck_assert_int_eq(get_received(0), streq(tables[_i].clear, "accepted"));
	ck_assert_int_eq(get_received(1), streq(tables[_i].sealed, "accepted"));
	ck_assert_int_eq(get_received(2), streq(tables[_i].cisco, "accepted"));
	for (i = 0; i <= GKM_ACK_DROPPED; i++)
	{	/* what is refused is logged as that */
		ck_assert(!entry->acks[i].count == !entry->acks[i].logged ||
				  i == GKM_ACK_ACCEPTED);
	}
}
END_TEST

START_TEST(nobody_but_members_of_cisco_sends_encrypted_ones)
{
	members[2].peer = GKM_PEER_CISCO;
	start("any", "kek-sha256");
	/* neither a stranger that names the address of one, nor another kind */
	ck_assert_str_eq(receive(seal(build(2, GKM_ACK_KEK_SHA256,
										GDOI_ACK_LENGTH_BLOCK, NULL)),
							 "192.0.2.9"), "refused");
	ck_assert_str_eq(last_event, "KS_ACK_REFUSED");
	gdoi_member_find(&members[0], entry->group)->peer = GKM_PEER_ASR9000;
	ck_assert_str_eq(receive(seal(build(0, GKM_ACK_KEK_SHA256,
										GDOI_ACK_LENGTH_BLOCK, NULL)),
							 "192.0.2.1"), "refused");
	ck_assert_int_eq(get_received(0), 0);
}
END_TEST

START_TEST(member_has_to_name_the_address_it_sends_from)
{
	gkm_member_t *member;

	start("interoperable", "kek-sha256");
	ck_assert_str_eq(receive(build(0, GKM_ACK_KEK_SHA256, GDOI_ACK_LENGTH_BLOCK,
								   "192.0.2.2"), "192.0.2.1"), "foreign");
	ck_assert_str_eq(receive(build(0, GKM_ACK_KEK_SHA256, GDOI_ACK_LENGTH_BLOCK,
								   NULL), "192.0.2.2"), "foreign");
	ck_assert_int_eq(get_received(0), 0);
	ck_assert_int_eq(get_received(1), 0);
	/* behind a NAT it doesn't know that */
	member = gdoi_member_find(&members[0], entry->group);
	member->natt = TRUE;
	ck_assert_str_eq(receive(build(0, GKM_ACK_KEK_SHA256, GDOI_ACK_LENGTH_BLOCK,
								   "10.0.0.1"), "192.0.2.1"), "accepted");
}
END_TEST

START_TEST(stranger_is_no_member)
{
	start("interoperable", "kek-sha256");
	ck_assert_str_eq(receive(build(0, GKM_ACK_KEK_SHA256, GDOI_ACK_LENGTH_BLOCK,
								   "192.0.2.9"), "192.0.2.9"), "unexpected");
}
END_TEST

START_TEST(acknowledgement_with_a_wrong_hash_is_forged)
{
	chunk_t datagram;

	start("interoperable", types[_i].name);
	datagram = build(0, types[_i].type, GDOI_ACK_LENGTH_BLOCK, NULL);
	datagram.ptr[GDOI_HEADER_LEN + GDOI_GENERIC_LEN] ^= 1;
	ck_assert_str_eq(receive(datagram, "192.0.2.1"), "forged");
	ck_assert_int_eq(get_received(0), 0);
	ck_assert_str_eq(last_event, "KS_ACK_INVALID");
}
END_TEST

START_TEST(member_cannot_acknowledge_for_another_with_its_leaf)
{
	chunk_t datagram;

	start("interoperable", "lkh-sha256");
	datagram = build(0, GKM_ACK_LKH_SHA256, GDOI_ACK_LENGTH_BLOCK, "192.0.2.2");
	ck_assert_str_eq(receive(datagram, "192.0.2.2"), "forged");
	ck_assert_int_eq(get_received(1), 0);
}
END_TEST

START_TEST(acknowledgement_that_is_cut_off_is_malformed)
{
	chunk_t datagram, part;
	size_t len;

	start("any", "kek-sha256");
	datagram = build(0, GKM_ACK_KEK_SHA256, GDOI_ACK_LENGTH_BLOCK, NULL);
	for (len = 0; len < datagram.len; len++)
	{
		part = chunk_clone(chunk_create(datagram.ptr, len));
		if (len < GDOI_HEADER_LEN)
		{
			ck_assert(!receive(part, "192.0.2.1"));
			continue;
		}
		/* as it is, and with the length that it has */
		ck_assert_str_eq(receive(chunk_clone(part), "192.0.2.1"), "malformed");
		htoun32(part.ptr + 24, len);
		ck_assert_str_eq(receive(part, "192.0.2.1"), "malformed");
	}
	chunk_free(&datagram);
	ck_assert_int_eq(get_received(0), 0);
	/* administrators were told once */
	ck_assert_int_eq(events, 1);
}
END_TEST

START_TEST(acknowledgement_on_an_unknown_rekey_sa_is_ignored)
{
	chunk_t datagram;

	start("interoperable", "kek-sha256");
	datagram = build(0, GKM_ACK_KEK_SHA256, GDOI_ACK_LENGTH_BLOCK, NULL);
	datagram.ptr[0] ^= 1;
	ck_assert(!receive(datagram, "192.0.2.1"));
	ck_assert_int_eq(lines, 1);
	/* nor is anything expected after the group is gone */
	receiver->forget(receiver, entry);
	datagram = build(0, GKM_ACK_KEK_SHA256, GDOI_ACK_LENGTH_BLOCK, NULL);
	ck_assert(!receive(datagram, "192.0.2.1"));
	ck_assert_int_eq(events, 0);
	ck_assert_int_eq(lines, 1);
}
END_TEST

START_TEST(replaced_rekey_sa_is_remembered_for_a_while)
{
	gkm_notice_t *first;

	start("interoperable", "kek-sha256");
	first = notice;
	ck_assert(entry->group->rekey(entry->group, TRUE, START + 2, notices, &err));
	ck_assert(array_get(notices, ARRAY_TAIL, &notice));
	rekey(START + 3);
	ck_assert(!memeq(first->push_carrier->spi, notice->push_carrier->spi,
					 GKM_REKEY_SPI_LEN));
	notice = first;
	ck_assert_str_eq(receive(build(0, GKM_ACK_KEK_SHA256, GDOI_ACK_LENGTH_BLOCK,
								   NULL), "192.0.2.1"), "unexpected");
}
END_TEST

/** More than the queue holds, and how much it does */
#define HELD (128 * 1024)
#define FLOOD (HELD + 5)

START_TEST(flood_is_dropped_and_counted)
{
	host_t *src = host_create_from_string("192.0.2.1", 848);
	chunk_t datagram;
	int i;

	start("interoperable", "kek-sha256");
	datagram = build(0, GKM_ACK_KEK_SHA256, GDOI_ACK_LENGTH_BLOCK, NULL);
	for (i = 0; i < FLOOD; i++)
	{
		receiver->receive(receiver, datagram, src);
	}
	ck_assert_int_eq(array_count(jobs), 1);
	run();
	ck_assert_int_eq(entry->acks[GKM_ACK_ACCEPTED].count, 1);
	ck_assert_int_eq(entry->acks[GKM_ACK_UNEXPECTED].count, HELD - 1);
	ck_assert_int_eq(entry->acks[GKM_ACK_DROPPED].count, FLOOD - HELD);
	ck_assert_int_eq(events, 2);
	chunk_free(&datagram);
	src->destroy(src);
}
END_TEST

/**
 * Write an acknowledgement with more behind it
 */
static chunk_t build_large(size_t len)
{
	chunk_t datagram, large;

	datagram = build(0, GKM_ACK_KEK_SHA256, GDOI_ACK_LENGTH_BLOCK, NULL);
	large = chunk_alloc(len);
	memset(large.ptr, 0, large.len);
	memcpy(large.ptr, datagram.ptr, datagram.len);
	htoun32(large.ptr + 24, large.len);
	chunk_free(&datagram);
	return large;
}

/** More octets than the queue holds, in datagrams of the largest size, and how
 *  many of them it does */
#define LARGE_HELD (HELD / 4)
#define LARGE_FLOOD (LARGE_HELD + 5)

START_TEST(flood_of_large_datagrams_is_dropped_sooner)
{
	host_t *src = host_create_from_string("192.0.2.1", 848);
	chunk_t large;
	int i, round;

	start("interoperable", "kek-sha256");
	large = build_large(512);
	for (round = 1; round <= 2; round++)
	{	/* there is room again after all were looked at */
		for (i = 0; i < LARGE_FLOOD; i++)
		{
			receiver->receive(receiver, large, src);
		}
		run();
		ck_assert_int_eq(entry->acks[GKM_ACK_MALFORMED].count,
						 round * LARGE_HELD);
		ck_assert_int_eq(entry->acks[GKM_ACK_DROPPED].count,
						 round * (LARGE_FLOOD - LARGE_HELD));
	}
	chunk_free(&large);
	src->destroy(src);
}
END_TEST

START_TEST(datagram_that_is_too_large_is_malformed)
{
	start("interoperable", "kek-sha256");
	ck_assert_str_eq(receive(build_large(513), "192.0.2.1"), "malformed");
	ck_assert_str_eq(receive(build_large(65000), "192.0.2.1"), "malformed");
	ck_assert_str_eq(last_event, "KS_ACK_INVALID");
	ck_assert_int_eq(get_received(0), 0);
}
END_TEST

START_TEST(datagram_that_is_too_large_takes_no_room)
{
	host_t *src = host_create_from_string("192.0.2.1", 848);
	chunk_t datagram, large;
	int i;

	start("interoperable", "kek-sha256");
	large = build_large(1400);
	for (i = 0; i < LARGE_FLOOD; i++)
	{
		receiver->receive(receiver, large, src);
	}
	datagram = build(0, GKM_ACK_KEK_SHA256, GDOI_ACK_LENGTH_BLOCK, NULL);
	receiver->receive(receiver, datagram, src);
	run();
	ck_assert_int_eq(entry->acks[GKM_ACK_MALFORMED].count, LARGE_FLOOD);
	ck_assert_int_eq(entry->acks[GKM_ACK_ACCEPTED].count, 1);
	chunk_free(&large);
	chunk_free(&datagram);
	src->destroy(src);
}
END_TEST

Suite *gkm_ack_receiver_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gkm_ack_receiver");

	tc = tcase_create("valid");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, member_acknowledges_with_either_reading_of_l, 0,
						countof(types));
	tcase_add_loop_test(tc, configuration_says_which_kind_is_accepted_from_whom,
						0, countof(tables));
	tcase_add_test(tc, replaced_rekey_sa_is_remembered_for_a_while);
	suite_add_tcase(s, tc);

	tc = tcase_create("bad input");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc,
				rekey_that_asks_for_another_type_is_acknowledged_with_that, 0,
				2);
	tcase_add_test(tc, copy_of_an_acknowledgement_is_unexpected);
	tcase_add_test(tc, acknowledgement_of_a_rekey_before_the_last_is_unexpected);
	tcase_add_test(tc, member_has_to_name_the_address_it_sends_from);
	tcase_add_test(tc, nobody_but_members_of_cisco_sends_encrypted_ones);
	tcase_add_test(tc, stranger_is_no_member);
	tcase_add_loop_test(tc, acknowledgement_with_a_wrong_hash_is_forged, 0,
						countof(types));
	tcase_add_test(tc, member_cannot_acknowledge_for_another_with_its_leaf);
	tcase_add_test(tc, acknowledgement_that_is_cut_off_is_malformed);
	tcase_add_test(tc, acknowledgement_on_an_unknown_rekey_sa_is_ignored);
	tcase_add_test(tc, datagram_that_is_too_large_is_malformed);
	suite_add_tcase(s, tc);

	tc = tcase_create("flood");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, flood_is_dropped_and_counted);
	tcase_add_test(tc, flood_of_large_datagrams_is_dropped_sooner);
	tcase_add_test(tc, datagram_that_is_too_large_takes_no_room);
	suite_add_tcase(s, tc);

	return s;
}
