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

#include <limits.h>

#include "suites.h"

#include "plugins/gkm_server/gkm_outbox.h"
#include "plugins/gkm_server/gkm_server_history.h"

/** Time at which messages are added */
#define START 1000

/** What was sent, as chunk_t by value, and to where last */
static array_t *datagrams;
static char to[64];

/** Datagrams that fail from now on */
static bool broken;

/** Messages and copies that were reported, and their numbers */
static u_int reports, failures, last_number;
static gkm_protocol_t last_protocol;

/** Members that got messages by unicast as reported, and those that get copies:
 *  ports, 0 ends */
static u_int reached;
static uint16_t waiting[8];

/** Sequence number that members were asked for with */
static uint32_t asked;

static gkm_error_t err;
static gkm_outbox_t *outbox;

static bool multicast(gkm_t *this, host_t *dst, chunk_t datagram,
					  gkm_error_t *err)
{
	if (broken)
	{
		return gkm_fail(err, "no route");
	}
	snprintf(to, sizeof(to), "%#H", dst);
	datagram = chunk_clone(datagram);
	array_insert(datagrams, ARRAY_TAIL, &datagram);
	return TRUE;
}

/**
 * Remember "<datagram>:<port>" for each target; those of port 9 can't be reached
 */
static u_int unicast(gkm_t *this, host_t *src, array_t *targets,
					 chunk_t datagram, gkm_error_t *err)
{
	gkm_target_t target;
	chunk_t text;
	u_int count = 0;
	int i;

	ck_assert(!src);
	for (i = 0; array_get(targets, i, &target); i++)
	{
		ck_assert_int_eq(target.family, AF_INET6);
		ck_assert_int_eq(target.address[15], 1);
		if (target.port == 9)
		{
			gkm_fail(err, "no route");
			continue;
		}
		ck_assert_int_gt(asprintf((char**)&text.ptr, "%.*s:%u",
								  (int)datagram.len, datagram.ptr,
								  target.port), 0);
		text.len = strlen((char*)text.ptr);
		array_insert(datagrams, ARRAY_TAIL, &text);
		count++;
	}
	return count;
}

static gkm_t gkm = {
	.multicast = multicast,
	.unicast = unicast,
};

static void forget_sent()
{
	chunk_t datagram;

	while (array_remove(datagrams, ARRAY_TAIL, &datagram))
	{
		free(datagram.ptr);
	}
}

static void setup()
{
	datagrams = array_create(sizeof(chunk_t), 0);
	broken = FALSE;
	reports = failures = last_number = reached = asked = 0;
	err = (gkm_error_t){};
	outbox = gkm_outbox_create(&gkm);
}

static void teardown()
{
	outbox->destroy(outbox);
	forget_sent();
	array_destroy(datagrams);
}

/**
 * Add a message of datagrams "<text>0", "<text>1" ...
 */
static void add(u_int number, char *address, char *text, int count,
				uint32_t copies, uint32_t interval)
{
	gkm_cfg_retransmit_t retransmit = {
		.count = copies,
		.interval = interval,
	};
	array_t *message;
	chunk_t datagram;
	host_t *host;
	int i;

	message = array_create(sizeof(chunk_t), 0);
	for (i = 0; i < count; i++)
	{
		ck_assert_int_gt(asprintf((char**)&datagram.ptr, "%s%d", text, i), 0);
		datagram.len = strlen((char*)datagram.ptr);
		array_insert(message, ARRAY_TAIL, &datagram);
	}
	host = host_create_from_string(address, 848);
	outbox->add(outbox, number, GKM_PROTOCOL_GIKEV2, host, message, &retransmit,
				START);
	host->destroy(host);
}

/**
 * Get members at ::1, those with odd ports can be sent 1, the others 2
 */
static array_t *create_targets(uint16_t *ports)
{
	gkm_target_t target = {
		.family = AF_INET6,
		.address = { [15] = 1 },
	};
	array_t *targets;

	targets = array_create(sizeof(target), 0);
	while (*ports)
	{
		target.port = *ports++;
		target.can = target.port % 2 ? 1 : 2;
		array_insert(targets, ARRAY_TAIL, &target);
	}
	return targets;
}

/**
 * Add a message to members, written as "odd" and "even"
 */
static void add_unicast(u_int number, uint32_t seq, uint16_t *ports, bool fixed,
						uint32_t copies)
{
	gkm_outbox_variant_t variants[] = {
		{ 1, chunk_from_str("odd") },
		{ 2, chunk_from_str("even") },
	};
	gkm_cfg_retransmit_t retransmit = {
		.count = copies,
		.interval = 10,
	};
	gkm_outbox_unicast_t message = {
		.seq = seq,
		.variants = array_create(sizeof(gkm_outbox_variant_t), 0),
		.targets = create_targets(ports),
		.fixed = fixed,
	};
	int i;

	for (i = 0; i < countof(variants); i++)
	{
		variants[i].datagram = chunk_clone(variants[i].datagram);
		array_insert(message.variants, ARRAY_TAIL, &variants[i]);
	}
	outbox->add_unicast(outbox, number, &message, &retransmit, START);
}

static array_t *get_targets(void *user, uint32_t seq)
{
	ck_assert(user == &reports);
	asked = seq;
	return create_targets(waiting);
}

static void sent(void *user, u_int number, gkm_protocol_t protocol,
				 u_int targets, gkm_error_t *err)
{
	ck_assert(user == &reports);
	reports++;
	failures += err->text[0] ? 1 : 0;
	last_number = number;
	last_protocol = protocol;
	reached += targets;
}

static gkm_outbox_user_t user = {
	.get_targets = get_targets,
	.sent = sent,
	.user = &reports,
};

/**
 * Send what is due and expect datagrams, separated by blanks
 */
static bool expect(time_t now, char *expected)
{
	char buf[256] = "";
	chunk_t datagram;
	bool last;
	int i;

	forget_sent();
	last = outbox->send(outbox, now, &user);
	for (i = 0; array_get(datagrams, i, &datagram); i++)
	{
		snprintf(buf + strlen(buf), sizeof(buf) - strlen(buf), "%s%.*s",
				 i ? " " : "", (int)datagram.len, datagram.ptr);
	}
	ck_assert_str_eq(buf, expected);
	return last;
}

START_TEST(message_is_followed_by_its_copies)
{
	ck_assert_int_eq(outbox->next_due(outbox), 0);
	add(7, "239.1.2.3", "a", 2, 2, 10);
	ck_assert_int_eq(outbox->next_due(outbox), START);
	ck_assert(!expect(START - 1, ""));
	ck_assert(!expect(START, "a0 a1"));
	ck_assert_str_eq(to, "239.1.2.3[848]");
	ck_assert_int_eq(last_number, 7);
	ck_assert_int_eq(last_protocol, GKM_PROTOCOL_GIKEV2);
	ck_assert_int_eq(outbox->next_due(outbox), START + 10);
	ck_assert(!expect(START, ""));
	ck_assert(!expect(START + 9, ""));
	ck_assert(!expect(START + 10, "a0 a1"));
	/* late, but once */
	ck_assert(expect(START + 100, "a0 a1"));
	ck_assert_int_eq(outbox->next_due(outbox), 0);
	ck_assert(!expect(START + 200, ""));
	ck_assert_int_eq(reports, 3);
}
END_TEST

START_TEST(message_without_copies_is_sent_once)
{
	add(1, "239.1.2.3", "a", 1, 0, 0);
	ck_assert(expect(START, "a0"));
	ck_assert_int_eq(outbox->next_due(outbox), 0);
}
END_TEST

START_TEST(messages_are_sent_in_their_order)
{
	add(1, "239.1.2.3", "a", 1, 1, 30);
	add(2, "239.1.2.3", "b", 1, 2, 10);
	add(3, "ff15::1", "c", 1, 0, 0);
	ck_assert(!expect(START, "a0 b0 c0"));
	ck_assert_str_eq(to, "ff15::1[848]");
	ck_assert_int_eq(outbox->next_due(outbox), START + 10);
	ck_assert(!expect(START + 10, "b0"));
	ck_assert(expect(START + 30, "a0 b0"));
}
END_TEST

START_TEST(failure_is_reported_and_copies_go_on)
{
	broken = TRUE;
	add(1, "239.1.2.3", "a", 1, 1, 10);
	ck_assert(!expect(START, ""));
	ck_assert_int_eq(failures, 1);
	broken = FALSE;
	ck_assert(expect(START + 10, "a0"));
	ck_assert_int_eq(failures, 1);
	ck_assert_int_eq(reports, 2);
}
END_TEST

START_TEST(member_is_sent_what_it_can_read)
{
	add_unicast(5, 1, (uint16_t[]){ 1, 2, 3, 4, 0 }, FALSE, 0);
	ck_assert(expect(START, "odd:1 odd:3 even:2 even:4"));
	ck_assert_int_eq(last_number, 5);
	ck_assert_int_eq(last_protocol, GKM_PROTOCOL_GDOI);
	ck_assert_int_eq(reached, 4);
	ck_assert_int_eq(reports, 1);
	ck_assert_int_eq(failures, 0);
}
END_TEST

START_TEST(copies_go_to_those_that_did_not_acknowledge)
{
	add_unicast(5, 77, (uint16_t[]){ 1, 2, 3, 0 }, FALSE, 3);
	ck_assert(!expect(START, "odd:1 odd:3 even:2"));
	ck_assert_int_eq(asked, 0);
	waiting[0] = 2;
	ck_assert(!expect(START + 10, "even:2"));
	ck_assert_int_eq(asked, 77);
	ck_assert_int_eq(reached, 4);
	/* once there are none, it is done with */
	waiting[0] = 0;
	ck_assert(expect(START + 20, ""));
	ck_assert_int_eq(outbox->next_due(outbox), 0);
	ck_assert_int_eq(reports, 2);
}
END_TEST

START_TEST(excluded_members_get_copies_though_the_group_forgot_them)
{
	add_unicast(5, 77, (uint16_t[]){ 1, 2, 0 }, TRUE, 1);
	ck_assert(!expect(START, "odd:1 even:2"));
	ck_assert(expect(START + 10, "odd:1 even:2"));
	ck_assert_int_eq(asked, 0);
}
END_TEST

START_TEST(member_out_of_reach_is_reported_others_get_it)
{
	add_unicast(5, 1, (uint16_t[]){ 9, 1, 2, 0 }, FALSE, 0);
	ck_assert(expect(START, "odd:1 even:2"));
	ck_assert_int_eq(reached, 2);
	ck_assert_int_eq(failures, 1);
}
END_TEST

START_TEST(what_is_held_waits_in_its_order)
{
	add(1, "239.1.2.3", "a", 1, 1, 10);
	add(2, "239.1.2.3", "b", 1, 1, 10);
	add(3, "239.1.2.3", "c", 1, 1, 10);
	outbox->hold(outbox, 2);
	ck_assert(!expect(START, "a0"));
	ck_assert_int_eq(outbox->next_due(outbox), START + 10);
	ck_assert(!expect(START + 10, "a0"));
	ck_assert_int_eq(outbox->next_due(outbox), 0);
	outbox->hold(outbox, 3);
	ck_assert_int_eq(outbox->next_due(outbox), START);
	ck_assert(!expect(START + 12, "b0"));
	outbox->hold(outbox, UINT_MAX);
	ck_assert(!expect(START + 12, "c0"));
	ck_assert(expect(START + 22, "b0 c0"));
}
END_TEST

/**
 * Write what is being sent, and begin with another outbox
 */
static chunk_t restart()
{
	chunk_t record;

	record = outbox->encode(outbox);
	outbox->destroy(outbox);
	outbox = gkm_outbox_create(&gkm);
	return record;
}

START_TEST(what_is_held_is_sent_after_a_restart)
{
	chunk_t record;

	add(4, "239.1.2.3", "a", 1, 0, 0);
	outbox->hold(outbox, 4);
	ck_assert(!expect(START, ""));
	record = restart();
	ck_assert_msg(outbox->decode(outbox, record, START + 1, &err), "%s",
				  err.text);
	chunk_free(&record);
	ck_assert(expect(START + 1, "a0"));
}
END_TEST

START_TEST(nothing_is_an_empty_record)
{
	ck_assert_int_eq(outbox->encode(outbox).len, 0);
	add(1, "239.1.2.3", "a", 1, 0, 0);
	expect(START, "a0");
	ck_assert_int_eq(outbox->encode(outbox).len, 0);
}
END_TEST

START_TEST(messages_are_sent_again_with_all_copies_after_a_restart)
{
	chunk_t record, again;

	add(1, "239.1.2.3", "a", 2, 2, 10);
	add(2, "ff15::1", "b", 1, 1, 10);
	expect(START, "a0 a1 b0");
	expect(START + 10, "a0 a1 b0");
	record = restart();
	ck_assert_msg(outbox->decode(outbox, record, START + 50, &err), "%s",
				  err.text);
	again = outbox->encode(outbox);
	ck_assert(chunk_equals(record, again));
	chunk_free(&again);
	chunk_free(&record);
	ck_assert_int_eq(outbox->next_due(outbox), START + 50);
	ck_assert(!expect(START + 50, "a0 a1"));
	ck_assert_int_eq(last_number, 0);
	ck_assert(!expect(START + 60, "a0 a1"));
	ck_assert(expect(START + 70, "a0 a1"));
}
END_TEST

START_TEST(members_get_messages_again_after_a_restart)
{
	chunk_t record, again;

	add_unicast(1, 0x01020304, (uint16_t[]){ 1, 2, 0 }, FALSE, 1);
	add_unicast(2, 8, (uint16_t[]){ 3, 4, 0 }, TRUE, 0);
	record = restart();
	waiting[0] = 2;
	waiting[1] = 5;
	ck_assert_msg(outbox->decode(outbox, record, START, &err), "%s", err.text);
	again = outbox->encode(outbox);
	ck_assert(chunk_equals(record, again));
	chunk_free(&again);
	chunk_free(&record);
	/* one that is asked for, the other as it was */
	ck_assert(!expect(START, "odd:5 even:2 odd:3 even:4"));
	ck_assert_int_eq(asked, 0x01020304);
	ck_assert(expect(START + 10, "odd:5 even:2"));
}
END_TEST

START_TEST(truncated_record_is_refused)
{
	chunk_t record, part;
	size_t len, whole = 0;

	if (_i)
	{
		add_unicast(1, 2, (uint16_t[]){ 1, 2, 0 }, TRUE, 1);
	}
	else
	{
		add(1, "239.1.2.3", "a", 2, 2, 10);
	}
	add(2, "ff15::1", "b", 1, 1, 10);
	record = restart();
	add(3, "239.1.2.3", "c", 1, 0, 0);
	for (len = 0; len < record.len; len++)
	{
		part = chunk_clone(chunk_create(record.ptr, len));
		if (outbox->decode(outbox, part, START, &err))
		{	/* the first message is one of its own */
			ck_assert_msg(!whole || len == 1, "%zu of %zu octets", len,
						  record.len);
			whole += len > 1 ? 1 : 0;
			outbox->destroy(outbox);
			outbox = gkm_outbox_create(&gkm);
			add(3, "239.1.2.3", "c", 1, 0, 0);
		}
		else
		{
			ck_assert_str_eq(err.text, "record of rekey messages is malformed");
		}
		chunk_free(&part);
	}
	ck_assert_int_eq(whole, 1);
	chunk_free(&record);
	/* what was there is as before */
	ck_assert(expect(START, "c0"));
}
END_TEST

/** Octets of the record of a message that can't be these */
static struct {
	size_t at;
	u_char value;
} bad[] = {
	/* version */
	{ 0, 0 }, { 0, 1 }, { 0, 3 },
	/* copies, interval, kind */
	{ 1, 0xff }, { 5, 0xff }, { 9, 1 }, { 9, 2 },
	/* length of the address */
	{ 10, 5 }, { 10, 0 },
	/* no datagram, or another one */
	{ 18, 0 }, { 18, 2 },
};

START_TEST(value_out_of_range_is_refused)
{
	chunk_t record;

	add(1, "239.1.2.3", "a", 1, 2, 10);
	record = restart();
	record.ptr[bad[_i].at] = bad[_i].value;
	ck_assert(!outbox->decode(outbox, record, START, &err));
	ck_assert_int_eq(outbox->next_due(outbox), 0);
	chunk_free(&record);
}
END_TEST

START_TEST(history_remembers_the_last_rekeys)
{
	gkm_server_history_t history = {};
	gkm_rekey_note_t *note;
	gkm_notice_t notice = {
		.reason = GKM_NOTICE_REMOVAL,
		.message_id = 5,
	};
	u_int i;

	ck_assert(!gkm_server_history_get(&history, 0));
	ck_assert(!gkm_server_history_get(&history, 1));
	notice.update = gkm_update_create();
	gkm_update_delete(notice.update, PROTO_ESP, htonl(0x100));
	gkm_update_delete(notice.update, PROTO_ESP, htonl(0x101));
	gkm_update_delete(notice.update, PROTO_AH, htonl(0x102));
	notice.update->download->rekey = gkm_rekey_sa_create();
	notice.carrier = gkm_rekey_sa_create();
	memset(notice.carrier->spi, 0xab, sizeof(notice.carrier->spi));
	for (i = 1; i <= 2 * GKM_HISTORY_LEN; i++)
	{
		note = gkm_server_history_add(&history, &notice, START + i);
		ck_assert_uint_eq(note->number, i);
		ck_assert(gkm_server_history_get(&history, i) == note);
	}
	ck_assert_uint_eq(history.last, 2 * GKM_HISTORY_LEN);
	ck_assert(!gkm_server_history_get(&history, GKM_HISTORY_LEN));
	note = gkm_server_history_get(&history, GKM_HISTORY_LEN + 1);
	ck_assert(note != NULL);
	ck_assert_int_eq(note->time, START + GKM_HISTORY_LEN + 1);
	ck_assert_int_eq(note->reason, GKM_NOTICE_REMOVAL);
	ck_assert_uint_eq(note->deletes, 3);
	ck_assert_uint_eq(note->sas, 0);
	ck_assert(note->rekey_sa);
	ck_assert_uint_eq(note->message_id, 5);
	ck_assert(memeq(note->spi, notice.carrier->spi, sizeof(note->spi)));
	ck_assert(!gkm_server_history_get(&history, 2 * GKM_HISTORY_LEN + 1));
	/* GDOI's */
	notice.push = notice.update;
	notice.push_carrier = gkm_rekey_sa_create();
	memset(notice.push_carrier->spi, 0xcd, sizeof(notice.push_carrier->spi));
	notice.push_seq = 9;
	notice.targets = create_targets((uint16_t[]){ 1, 2, 3, 0 });
	gkm_server_history_add(&history, &notice, START);
	note = gkm_server_history_find_push(&history, notice.push_carrier->spi, 9);
	ck_assert(note && note->push.unicast);
	ck_assert_uint_eq(note->number, history.last);
	ck_assert_uint_eq(note->push.targets, 3);
	ck_assert_uint_eq(note->push.asked, 0);
	ck_assert(!gkm_server_history_find_push(&history, notice.carrier->spi, 9));
	ck_assert(!gkm_server_history_find_push(&history, notice.push_carrier->spi,
											8));
	notice.push = NULL;
	array_destroy(notice.targets);
	gkm_rekey_sa_destroy(notice.push_carrier);
	/* what is said in-band only counts as well */
	notice.inband = notice.update;
	notice.update = NULL;
	note = gkm_server_history_add(&history, &notice, START);
	ck_assert_uint_eq(note->deletes, 3);
	gkm_update_destroy(notice.inband);
	gkm_rekey_sa_destroy(notice.carrier);
}
END_TEST

Suite *gkm_outbox_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gkm_outbox");

	tc = tcase_create("outbox");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, message_is_followed_by_its_copies);
	tcase_add_test(tc, message_without_copies_is_sent_once);
	tcase_add_test(tc, messages_are_sent_in_their_order);
	tcase_add_test(tc, what_is_held_waits_in_its_order);
	tcase_add_test(tc, failure_is_reported_and_copies_go_on);
	suite_add_tcase(s, tc);

	tc = tcase_create("unicast");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, member_is_sent_what_it_can_read);
	tcase_add_test(tc, copies_go_to_those_that_did_not_acknowledge);
	tcase_add_test(tc,
				   excluded_members_get_copies_though_the_group_forgot_them);
	tcase_add_test(tc, member_out_of_reach_is_reported_others_get_it);
	suite_add_tcase(s, tc);

	tc = tcase_create("record");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, nothing_is_an_empty_record);
	tcase_add_test(tc, what_is_held_is_sent_after_a_restart);
	tcase_add_test(tc, messages_are_sent_again_with_all_copies_after_a_restart);
	tcase_add_test(tc, members_get_messages_again_after_a_restart);
	tcase_add_loop_test(tc, truncated_record_is_refused, 0, 2);
	tcase_add_loop_test(tc, value_out_of_range_is_refused, 0, countof(bad));
	suite_add_tcase(s, tc);

	tc = tcase_create("history");
	tcase_add_test(tc, history_remembers_the_last_rekeys);
	suite_add_tcase(s, tc);

	return s;
}
