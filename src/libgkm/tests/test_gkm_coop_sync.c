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
#include "coop_fixture.h"
#include "samples.h"

#include "libgkm/coop/gkm_coop_sync.h"

/** A key server that sends, and one that receives */
static gkm_coop_sync_t *from, *to;
static gkm_record_list_t *list;

static void setup()
{
	from = gkm_coop_sync_create();
	to = gkm_coop_sync_create();
	list = gkm_record_list_create();
}

static void teardown()
{
	from->destroy(from);
	to->destroy(to);
	list->destroy(list);
}

/**
 * Put a record of many octets into the list
 */
static void put_large(gkm_record_list_t *records, char *key, size_t len)
{
	chunk_t value = count_up(len, len);

	records->store.put(&records->store, GKM_RECORD_MEMBER, chunk_from_str(key),
					   value);
	chunk_free(&value);
}

/**
 * Queue the list
 */
static void queue(gkm_adoption_kind_t kind)
{
	ck_assert(from->queue(from, kind, list) != 0);
}

/**
 * Get the next part
 */
static void get_part(gkm_coop_message_t *part)
{
	*part = (gkm_coop_message_t){};
	ck_assert(from->get_part(from, part));
	ck_assert_int_eq(part->type, GKM_COOP_RECORDS);
	ck_assert_int_le(part->records.len, GKM_COOP_CHUNK_MAX);
}

/**
 * Receive a part, which has to be accepted
 *
 * @return				records if the transaction is complete
 */
static gkm_record_list_t *receive(gkm_coop_message_t *part)
{
	gkm_record_list_t *records = (void*)1;
	gkm_error_t err = {};

	ck_assert_msg(to->receive(to, part, &records, &err), "%s", err.text);
	return records;
}

/**
 * Receive a part, which has to be refused for a reason
 */
static void refuse(gkm_coop_message_t *part, char *reason)
{
	gkm_record_list_t *records = (void*)1;
	gkm_error_t err = {};

	ck_assert_msg(!to->receive(to, part, &records, &err), "accepted, and not "
				  "refused with '%s'", reason);
	ck_assert_msg(strstr(err.text, reason), "'%s' instead of '%s'", err.text,
				  reason);
	ck_assert(!records);
}

/**
 * Send parts until a transaction is complete
 *
 * @param parts			receives their number, may be NULL
 * @return				its records
 */
static gkm_record_list_t *transfer(u_int *parts)
{
	gkm_record_list_t *records = NULL;
	gkm_coop_message_t part;
	u_int count = 0;
	bool last;

	while (!records)
	{
		get_part(&part);
		ck_assert_int_eq(part.part, count++);
		last = part.flags & GKM_COOP_LAST;
		records = receive(&part);
		ck_assert_int_eq(last, records != NULL);
		from->sent(from, TRUE);
		gkm_coop_message_clear(&part);
	}
	ck_assert(from->get_arrived(from) != 0);
	if (parts)
	{
		*parts = count;
	}
	return records;
}

/**
 * Compare records in their order, and destroy those received
 */
static void assert_received(gkm_record_list_t *got,
							gkm_record_list_t *expected)
{
	chunk_t a = coop_stream(got), b = coop_stream(expected);

	assert_equal_chunks(a, b, "transaction", "records");
	chunk_free(&a);
	chunk_free(&b);
	got->destroy(got);
}

/**
 * Queue and transfer the list
 */
static void exchange(gkm_adoption_kind_t kind)
{
	queue(kind);
	assert_received(transfer(NULL), list);
}

START_TEST(records_arrive_as_they_were_sent)
{
	coop_put(list, GKM_RECORD_GROUP, "", "SAs");
	coop_put(list, GKM_RECORD_MEMBER, "carol", NULL);
	coop_put(list, GKM_RECORD_NODE, "1", "node");
	queue(GKM_ADOPT_ALL);
	assert_received(transfer(NULL), list);
	ck_assert(from->get_arrived(from) == 1);
}
END_TEST

START_TEST(transaction_without_records_arrives)
{
	exchange(GKM_ADOPT_ALL);
	exchange(GKM_ADOPT_CHANGES);
}
END_TEST

START_TEST(records_are_cut_anywhere)
{
	u_int parts;
	char key[8];
	int i;

	/* lengths around that of a part, so that each field of a record is cut */
	for (i = -24; i < 24; i++)
	{
		snprintf(key, sizeof(key), "%02d", i);
		put_large(list, key, GKM_COOP_CHUNK_MAX + i);
		coop_put(list, GKM_RECORD_MEMBER, key + 1, "x");
	}
	put_large(list, "large", 5 * GKM_COOP_CHUNK_MAX);
	queue(GKM_ADOPT_ALL);
	assert_received(transfer(&parts), list);
	ck_assert_int_eq(parts, 48 + 5 + 1);
}
END_TEST

START_TEST(parts_are_filled)
{
	size_t header = 7 + 1;
	u_int parts;

	put_large(list, "a", 2 * GKM_COOP_CHUNK_MAX - header + _i);
	queue(GKM_ADOPT_ALL);
	assert_received(transfer(&parts), list);
	ck_assert_int_eq(parts, _i ? 3 : 2);
}
END_TEST

START_TEST(part_is_said_again_until_it_arrived)
{
	gkm_coop_message_t part, again;

	put_large(list, "a", 2 * GKM_COOP_CHUNK_MAX);
	queue(GKM_ADOPT_ALL);
	get_part(&part);
	from->sent(from, FALSE);
	get_part(&again);
	ck_assert_int_eq(again.part, 0);
	assert_equal_chunks(again.records, part.records, "part", "records");
	ck_assert(from->get_arrived(from) == 0);
	/* the answer is lost, so it comes twice */
	ck_assert(!receive(&part));
	ck_assert(!receive(&again));
	from->sent(from, TRUE);
	gkm_coop_message_clear(&part);
	gkm_coop_message_clear(&again);
	get_part(&part);
	ck_assert_int_eq(part.part, 1);
	ck_assert(!receive(&part));
	gkm_coop_message_clear(&part);
	from->sent(from, TRUE);
	get_part(&part);
	assert_received(receive(&part), list);
	/* after the end as well */
	ck_assert(!receive(&part));
	ck_assert(from->get_arrived(from) == 0);
	from->sent(from, TRUE);
	ck_assert(from->get_arrived(from) == 1);
	ck_assert(!from->get_part(from, &again));
	gkm_coop_message_clear(&part);
}
END_TEST

START_TEST(transactions_arrive_one_after_the_other)
{
	int i;

	exchange(GKM_ADOPT_ALL);
	coop_put(list, GKM_RECORD_MEMBER, "carol", "1");
	for (i = 0; i < 3; i++)
	{
		queue(GKM_ADOPT_CHANGES);
	}
	for (i = 0; i < 3; i++)
	{
		assert_received(transfer(NULL), list);
		ck_assert(from->get_arrived(from) == 2 + i);
	}
}
END_TEST

START_TEST(nothing_but_all_is_queued_at_first)
{
	gkm_coop_message_t part;

	ck_assert(from->needs_all(from));
	ck_assert(from->queue(from, GKM_ADOPT_CHANGES, list) == 0);
	ck_assert(!from->get_part(from, &part));
	ck_assert(from->needs_all(from));
	exchange(_i);
	ck_assert(!from->needs_all(from));
	exchange(GKM_ADOPT_CHANGES);
}
END_TEST

START_TEST(all_records_replace_what_waits)
{
	gkm_coop_message_t part;

	exchange(GKM_ADOPT_ALL);
	put_large(list, "a", 2 * GKM_COOP_CHUNK_MAX);
	queue(GKM_ADOPT_CHANGES);
	queue(GKM_ADOPT_CHANGES);
	get_part(&part);
	ck_assert(!receive(&part));
	gkm_coop_message_clear(&part);
	if (_i)
	{
		from->sent(from, TRUE);
	}
	queue(GKM_ADOPT_MERGE);
	/* that was another one */
	from->sent(from, TRUE);
	assert_received(transfer(NULL), list);
	ck_assert(from->get_arrived(from) == 4);
	ck_assert(!from->get_part(from, &part));
}
END_TEST

START_TEST(a_full_queue_is_replaced_by_all)
{
	gkm_coop_message_t part;

	exchange(GKM_ADOPT_ALL);
	put_large(list, "a", GKM_COOP_QUEUE_MAX / 2 - 1);
	queue(GKM_ADOPT_CHANGES);
	queue(GKM_ADOPT_CHANGES);
	put_large(list, "b", 1);
	ck_assert(from->queue(from, GKM_ADOPT_CHANGES, list) == 0);
	ck_assert(from->needs_all(from));
	ck_assert(!from->get_part(from, &part));
	/* which may be larger, and changes may follow it */
	put_large(list, "c", GKM_COOP_QUEUE_MAX);
	queue(GKM_ADOPT_ALL);
	list->destroy(list);
	list = gkm_record_list_create();
	put_large(list, "a", GKM_COOP_QUEUE_MAX / 2 - 1);
	queue(GKM_ADOPT_CHANGES);
	queue(GKM_ADOPT_CHANGES);
	ck_assert(!from->needs_all(from));
}
END_TEST

START_TEST(what_arrived_leaves_room_in_the_queue)
{
	int i;

	exchange(GKM_ADOPT_ALL);
	put_large(list, "a", GKM_COOP_QUEUE_MAX / 2 + 1);
	for (i = 0; i < 3; i++)
	{
		exchange(GKM_ADOPT_CHANGES);
	}
}
END_TEST

START_TEST(part_after_a_gap_is_refused)
{
	gkm_coop_message_t part;

	exchange(GKM_ADOPT_ALL);
	put_large(list, "a", 2 * GKM_COOP_CHUNK_MAX);
	queue(GKM_ADOPT_CHANGES);
	if (_i)
	{	/* of the same transaction */
		get_part(&part);
		gkm_coop_message_clear(&part);
		from->sent(from, TRUE);
		get_part(&part);
		refuse(&part, "some are missing");
		gkm_coop_message_clear(&part);
		from->sent(from, TRUE);
		get_part(&part);
		refuse(&part, "some are missing");
	}
	else
	{	/* of the next transaction */
		to->reset(to);
		get_part(&part);
		refuse(&part, "some are missing");
	}
	gkm_coop_message_clear(&part);
	/* nothing is good any more, but all records */
	from->sent(from, TRUE);
	queue(GKM_ADOPT_CHANGES);
	get_part(&part);
	refuse(&part, "some are missing");
	gkm_coop_message_clear(&part);
	from->set_needs_all(from);
	exchange(GKM_ADOPT_MEMBERS);
	exchange(GKM_ADOPT_CHANGES);
}
END_TEST

START_TEST(reordered_parts_are_refused)
{
	gkm_coop_message_t first, second, third;

	put_large(list, "a", 3 * GKM_COOP_CHUNK_MAX);
	queue(GKM_ADOPT_ALL);
	get_part(&first);
	from->sent(from, TRUE);
	get_part(&second);
	from->sent(from, TRUE);
	get_part(&third);
	ck_assert(!receive(&first));
	refuse(&third, "part 2, kind 1 of transaction 1 in place of part 1, kind 1");
	refuse(&second, "some are missing");
	gkm_coop_message_clear(&first);
	gkm_coop_message_clear(&second);
	gkm_coop_message_clear(&third);
}
END_TEST

START_TEST(old_transaction_does_not_replace_a_newer_one)
{
	gkm_coop_message_t old, part;

	put_large(list, "a", 2 * GKM_COOP_CHUNK_MAX);
	queue(GKM_ADOPT_ALL);
	get_part(&old);
	queue(GKM_ADOPT_ALL);
	get_part(&part);
	ck_assert(!receive(&part));
	from->sent(from, TRUE);
	gkm_coop_message_clear(&part);
	ck_assert(!receive(&old));
	gkm_coop_message_clear(&old);
	get_part(&part);
	ck_assert(!receive(&part));
	from->sent(from, TRUE);
	gkm_coop_message_clear(&part);
	get_part(&part);
	assert_received(receive(&part), list);
	gkm_coop_message_clear(&part);
}
END_TEST

START_TEST(newer_transaction_replaces_one_that_was_given_up)
{
	gkm_coop_message_t part;

	put_large(list, "a", 2 * GKM_COOP_CHUNK_MAX);
	queue(GKM_ADOPT_ALL);
	get_part(&part);
	ck_assert(!receive(&part));
	gkm_coop_message_clear(&part);
	exchange(GKM_ADOPT_ALL);
}
END_TEST

START_TEST(kind_does_not_change_within_a_transaction)
{
	gkm_coop_message_t part;

	put_large(list, "a", 2 * GKM_COOP_CHUNK_MAX);
	queue(GKM_ADOPT_ALL);
	get_part(&part);
	ck_assert(!receive(&part));
	from->sent(from, TRUE);
	gkm_coop_message_clear(&part);
	get_part(&part);
	part.kind = GKM_ADOPT_MERGE;
	refuse(&part, "kind 3 of transaction 1 in place of part 1, kind 1");
	gkm_coop_message_clear(&part);
}
END_TEST

/**
 * A part with all of a transaction
 */
static gkm_coop_message_t make_part(chunk_t records)
{
	return (gkm_coop_message_t){
		.type = GKM_COOP_RECORDS,
		.flags = GKM_COOP_LAST | GKM_COOP_ANEW,
		.kind = GKM_ADOPT_ALL,
		.transaction = 1,
		.records = records,
	};
}

/** Records that are refused, and what the reason says */
static struct {
	char *hex;
	char *reason;
} bad[] = {
	{ "00 0000 00000001 01", "unknown kind 0" },
	{ "06 0000 00000001 01", "unknown kind 6" },
	{ "01 0000 00000001 01 01 0000 00000001 02", "kind 1 comes twice" },
	{ "02 0001 61 00000001 01 03 0001 61 00000000 02 0001 61 00000000",
	  "kind 2 comes twice" },
	{ "01 0000 ffffffff 01", "last record is cut off" },
};

START_TEST(malformed_records_are_refused)
{
	gkm_coop_message_t part = make_part(unhex(bad[_i].hex));

	refuse(&part, bad[_i].reason);
	gkm_coop_message_clear(&part);
	exchange(GKM_ADOPT_ALL);
}
END_TEST

START_TEST(truncated_records_are_refused_or_fewer)
{
	gkm_record_list_t *got;
	gkm_coop_message_t part;
	chunk_t stream, left;
	gkm_error_t err = {};
	u_int fewer = 0;

	coop_put(list, GKM_RECORD_GROUP, "", "SAs");
	coop_put(list, GKM_RECORD_MEMBER, "carol", "here");
	coop_put(list, GKM_RECORD_MEMBER, "dave", NULL);
	stream = coop_stream(list);
	while (stream.len--)
	{
		part = make_part(chunk_clone(stream));
		if (to->receive(to, &part, &got, &err))
		{
			left = coop_stream(got);
			assert_equal_chunks(left, part.records, "transaction", "records");
			chunk_free(&left);
			got->destroy(got);
			fewer++;
		}
		else
		{
			ck_assert_str_eq(err.text, "last record is cut off");
		}
		to->reset(to);
		gkm_coop_message_clear(&part);
	}
	ck_assert_int_eq(fewer, 3);
	free(stream.ptr);
}
END_TEST

START_TEST(empty_part_is_refused_unless_it_is_the_last_one)
{
	gkm_coop_message_t part = make_part(chunk_empty);

	part.flags = GKM_COOP_ANEW;
	refuse(&part, "part 0 is empty");
}
END_TEST

START_TEST(transactions_have_a_limit)
{
	/* a record of any length */
	chunk_t stream = count_up(0, GKM_COOP_CHUNK_MAX);
	gkm_coop_message_t part;
	uint32_t count = GKM_COOP_RECEIVE_MAX / GKM_COOP_CHUNK_MAX;

	memcpy(stream.ptr, "\x02\0\0\xff\xff\xff\xff", 7);
	part = make_part(stream);
	part.flags = GKM_COOP_ANEW;
	for (; part.part < count; part.part++)
	{
		ck_assert(!receive(&part));
	}
	refuse(&part, "transaction of more than 67108864 octets");
	/* and is forgotten */
	part.part = 0;
	ck_assert(!receive(&part));
	chunk_free(&stream);
}
END_TEST

START_TEST(numbers_go_on_after_a_reset)
{
	gkm_coop_message_t part;

	exchange(GKM_ADOPT_ALL);
	queue(GKM_ADOPT_CHANGES);
	from->reset(from);
	ck_assert(from->needs_all(from));
	ck_assert(from->get_arrived(from) == 0);
	ck_assert(!from->get_part(from, &part));
	exchange(GKM_ADOPT_ALL);
	ck_assert(from->get_arrived(from) == 3);
}
END_TEST

START_TEST(peer_that_started_anew_is_received)
{
	exchange(GKM_ADOPT_ALL);
	exchange(GKM_ADOPT_CHANGES);
	from->destroy(from);
	from = gkm_coop_sync_create();
	to->reset(to);
	exchange(GKM_ADOPT_ALL);
	exchange(GKM_ADOPT_CHANGES);
}
END_TEST

START_TEST(records_of_many_members_cost_little_more_than_they_have)
{
	gkm_coop_message_t part;
	chunk_t value = count_up(0, 50), message;
	size_t octets = 0;
	char key[32];
	u_int i;

	for (i = 0; i < 10000; i++)
	{
		snprintf(key, sizeof(key), "%cmember%06u@example.com", 3, i);
		list->store.put(&list->store, GKM_RECORD_MEMBER, chunk_from_str(key),
						value);
	}
	queue(GKM_ADOPT_ALL);
	coop_sample(1, &part);
	while (from->get_part(from, &part))
	{
		message = gkm_coop_message_build(&part);
		octets += message.len;
		chunk_free(&message);
		from->sent(from, TRUE);
		chunk_clear(&part.records);
	}
	gkm_coop_message_clear(&part);
	ck_assert_msg(octets * 100 < list->get_size(list) * 115, "%zu octets of "
				  "messages for %zu of records", octets, list->get_size(list));
	chunk_free(&value);
}
END_TEST

Suite *gkm_coop_sync_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gkm_coop_sync");

	tc = tcase_create("good");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, records_arrive_as_they_were_sent);
	tcase_add_test(tc, transaction_without_records_arrives);
	tcase_add_test(tc, records_are_cut_anywhere);
	tcase_add_loop_test(tc, parts_are_filled, 0, 2);
	tcase_add_test(tc, part_is_said_again_until_it_arrived);
	tcase_add_test(tc, transactions_arrive_one_after_the_other);
	tcase_add_test(tc, numbers_go_on_after_a_reset);
	tcase_add_test(tc, peer_that_started_anew_is_received);
	tcase_add_test(tc, records_of_many_members_cost_little_more_than_they_have);
	suite_add_tcase(s, tc);

	tc = tcase_create("queue");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, nothing_but_all_is_queued_at_first, GKM_ADOPT_ALL,
						GKM_ADOPT_MERGE + 1);
	tcase_add_loop_test(tc, all_records_replace_what_waits, 0, 2);
	tcase_add_test(tc, a_full_queue_is_replaced_by_all);
	tcase_add_test(tc, what_arrived_leaves_room_in_the_queue);
	tcase_add_test(tc, newer_transaction_replaces_one_that_was_given_up);
	suite_add_tcase(s, tc);

	tc = tcase_create("bad");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, part_after_a_gap_is_refused, 0, 2);
	tcase_add_test(tc, reordered_parts_are_refused);
	tcase_add_test(tc, old_transaction_does_not_replace_a_newer_one);
	tcase_add_test(tc, kind_does_not_change_within_a_transaction);
	tcase_add_loop_test(tc, malformed_records_are_refused, 0, countof(bad));
	tcase_add_test(tc, truncated_records_are_refused_or_fewer);
	tcase_add_test(tc, empty_part_is_refused_unless_it_is_the_last_one);
	tcase_add_test(tc, transactions_have_a_limit);
	suite_add_tcase(s, tc);

	return s;
}
