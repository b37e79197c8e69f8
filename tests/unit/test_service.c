/* SPDX-License-Identifier: MIT */
/* Services: who may listen and connect, what passes, what comes back. */

#include "ipc/channel_stream.h"
#include "tests/unit/service_case.h"

static void only_those_whom_the_manifest_names_listen_and_connect(void **state)
{
	(void)state;
	assert_null(test_listen(ANN, "desk"));
	assert_int_equal(errno, EACCES);
	assert_null(test_listen(SERVER, "fixed"));
	assert_int_equal(errno, ENOENT);
	assert_not_connected(SERVER, "desk", CHANNEL_NOW, EACCES);
	assert_not_connected(ANN, "loop", CHANNEL_NOW, EACCES);
	assert_not_connected(ANN, "fixed", CHANNEL_NOW, ENOENT);
	assert_not_connected(COMPONENT_NONE, "desk", CHANNEL_NOW, EACCES);
	assert_null(test_open(ANN, "desk"));
	assert_int_equal(errno, ENOENT);
}

static void a_connection_passes_messages_both_ways(void **state)
{
	struct channel *ann = test_connect(ANN, "desk", CHANNEL_NOW), *desk;

	assert_non_null(ann);
	/* Before anybody has accepted. */
	assert_int_equal(test_send(ann, "first"), CHANNEL_OK);
	assert_int_equal(channel_reason(ann), CHANNEL_OPEN);
	desk = test_accept(*state);
	assert_recv(desk, "first");
	assert_passes(ann, desk);
	assert_string_equal(channel_name(ann), "desk");
	assert_string_equal(channel_name(desk), "desk");
	assert_int_equal(channel_max(ann), 2040);
}

static void connections_do_not_touch_each_other(void **state)
{
	struct channel *ann[2], *bob, *desk[3];

	ann[0] = test_connect(ANN, "desk", CHANNEL_NOW);
	bob = test_connect(BOB, "desk", CHANNEL_NOW);
	ann[1] = test_connect(ANN, "desk", CHANNEL_NOW);
	for (unsigned i = 0; i < 3; i++)
		desk[i] = test_accept(*state);
	for (unsigned turn = 0; turn < 200; turn++) {
		assert_passes(ann[0], desk[0]);
		assert_passes(bob, desk[1]);
		assert_passes(ann[1], desk[2]);
	}
	assert_passes(test_open(ANN, "fixed"), test_open(BOB, "fixed"));
}

static void accept_waits_no_longer_than_it_is_told(void **state)
{
	struct channel *ch = (void *)1;
	uint64_t deadline = test_in(2 * MS);

	assert_int_equal(service_accept(*state, CHANNEL_NOW, &ch), CHANNEL_AGAIN);
	assert_null(ch);
	assert_int_equal(service_accept(*state, deadline, &ch), CHANNEL_AGAIN);
	assert_in_range(test_in(0), deadline, UINT64_MAX);
}

static void a_client_waits_for_a_server_that_does_not_listen_yet(void **state)
{
	uint64_t deadline = test_in(2 * MS);

	channel_table_end(SERVER, true);
	channel_table_begin(SERVER);
	assert_not_connected(ANN, "desk", CHANNEL_NOW, ETIMEDOUT);
	assert_not_connected(ANN, "desk", deadline, ETIMEDOUT);
	assert_in_range(test_in(0), deadline, UINT64_MAX);
	assert_ptr_equal(test_listen(SERVER, "desk"), *state);
	assert_non_null(test_connect(ANN, "desk", CHANNEL_NOW));
}

static void one_client_has_no_more_than_its_share(void **state)
{
	struct channel *ann[TEST_EACH], *desk, *bob;

	for (unsigned i = 0; i < TEST_EACH; i++)
		assert_non_null(ann[i] = test_connect(ANN, "desk", CHANNEL_NOW));
	assert_not_connected(ANN, "desk", CHANNEL_FOREVER, EMFILE);
	assert_non_null(bob = test_connect(BOB, "desk", CHANNEL_NOW));
	/* Dropped by one side only, it still counts. */
	desk = test_accept(*state);
	assert_int_equal(test_drop(ANN, ann[0]), CHANNEL_OK);
	assert_not_connected(ANN, "desk", test_in(MS), ETIMEDOUT);
	assert_int_equal(test_drop(SERVER, desk), CHANNEL_OK);
	assert_non_null(test_connect(ANN, "desk", CHANNEL_NOW));
}

static void a_client_that_waits_for_its_own_share_holds_up_no_other(void **state)
{
	struct channel *ann[TEST_EACH];

	for (unsigned i = 0; i < TEST_EACH; i++)
		ann[i] = test_connect(ANN, "desk", CHANNEL_NOW);
	assert_int_equal(test_drop(ANN, ann[0]), CHANNEL_OK);
	assert_int_equal(test_drop(ANN, ann[1]), CHANNEL_OK);
	assert_not_connected(ANN, "desk", test_in(MS), ETIMEDOUT);
	assert_non_null(test_connect(BOB, "desk", CHANNEL_NOW));
	assert_not_connected(BOB, "desk", test_in(MS), ETIMEDOUT);
	(void)state;
}

static void what_a_client_sent_before_it_dropped_is_accepted(void **state)
{
	struct channel *ann = test_connect(ANN, "desk", CHANNEL_NOW), *desk;

	assert_int_equal(test_send(ann, "kept"), CHANNEL_OK);
	assert_int_equal(test_drop(ANN, ann), CHANNEL_OK);
	desk = test_accept(*state);
	assert_recv(desk, "kept");
	assert_closed(desk, CHANNEL_FINISHED);
}

static void closing_is_not_dropping(void **state)
{
	struct channel *ann = test_connect(ANN, "desk", CHANNEL_NOW), *desk = test_accept(*state);

	channel_close(ann);
	assert_closed(ann, CHANNEL_FINISHED);
	assert_closed(desk, CHANNEL_FINISHED);
	assert_int_equal(test_drop(SERVER, desk), CHANNEL_OK);
	assert_closed(ann, CHANNEL_FINISHED);
	assert_int_equal(test_drop(ANN, ann), CHANNEL_OK);
}

static void assert_dropped(struct channel *ch)
{
	const struct channel_part part = {"x", 1};
	const void *msg;
	size_t len;
	void *room;

	assert_int_equal(channel_reason(ch), CHANNEL_DROPPED);
	assert_int_equal(channel_reserve(ch, 0, CHANNEL_FOREVER, &room), CHANNEL_MISUSE);
	assert_int_equal(channel_commit(ch, 0), CHANNEL_MISUSE);
	assert_int_equal(channel_commit_quiet(ch, 0), CHANNEL_MISUSE);
	assert_int_equal(channel_flush(ch), CHANNEL_MISUSE);
	assert_int_equal(channel_sendv(ch, &part, 1, CHANNEL_FOREVER), CHANNEL_MISUSE);
	assert_int_equal(channel_peek(ch, CHANNEL_FOREVER, &msg, &len), CHANNEL_MISUSE);
	assert_int_equal(channel_release(ch), CHANNEL_MISUSE);
	assert_int_equal(test_recv(ch, CHANNEL_FOREVER), CHANNEL_MISUSE);
	channel_finish(ch);
	channel_close(ch);
	channel_break(ch);
	assert_int_equal(channel_reason(ch), CHANNEL_DROPPED);
}

static void a_dropped_endpoint_is_of_no_use_and_does_no_harm(void **state)
{
	struct channel *ann = test_connect(ANN, "desk", CHANNEL_NOW), *desk = test_accept(*state);
	struct channel *bob, *next;

	assert_passes(ann, desk);
	assert_int_equal(test_send(desk, "never read"), CHANNEL_OK);
	assert_int_equal(test_drop(ANN, ann), CHANNEL_OK);
	assert_int_equal(test_drop(SERVER, desk), CHANNEL_OK);
	/* The line goes round to another client. */
	for (unsigned i = 0; i < TEST_LINES; i++) {
		bob = test_connect(BOB, "desk", CHANNEL_NOW);
		next = test_accept(*state);
		assert_passes(bob, next);
		assert_dropped(ann);
		if (next != desk)
			assert_dropped(desk);
		assert_passes(bob, next);
		assert_int_equal(test_drop(BOB, bob), CHANNEL_OK);
		assert_int_equal(test_drop(SERVER, next), CHANNEL_OK);
	}
	assert_int_equal(test_drop(ANN, ann), CHANNEL_MISUSE);
}

static void only_the_owner_drops_and_only_what_a_service_gave(void **state)
{
	struct channel *ann = test_connect(ANN, "desk", CHANNEL_NOW);

	assert_int_equal(test_drop(BOB, ann), CHANNEL_MISUSE);
	assert_int_equal(test_drop(SERVER, ann), CHANNEL_MISUSE);
	assert_int_equal(test_drop(ANN, test_open(ANN, "fixed")), CHANNEL_MISUSE);
	assert_passes(ann, test_accept(*state));
}

static void a_writer_is_closed_before_its_endpoint_is_dropped(void **state)
{
	struct channel *ann = test_connect(ANN, "desk", CHANNEL_NOW), *desk = test_accept(*state);
	struct channel_writer w = channel_writer_open(ann);
	void *room;

	assert_int_equal(channel_writer_room(&w, 2, CHANNEL_NOW, &room), CHANNEL_OK);
	memcpy(room, "w", 2);
	assert_int_equal(channel_writer_add(&w, 2), CHANNEL_OK);
	assert_int_equal(test_drop(ANN, ann), CHANNEL_MISUSE);
	channel_writer_close(&w);
	assert_int_equal(test_drop(ANN, ann), CHANNEL_OK);
	assert_recv(desk, "w");
	assert_closed(desk, CHANNEL_FINISHED);
}

static void a_batch_is_flushed_by_the_drop(void **state)
{
	struct channel *ann = test_connect(ANN, "desk", CHANNEL_NOW), *desk = test_accept(*state);
	void *room;

	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(channel_reserve(ann, 2, CHANNEL_NOW, &room), CHANNEL_OK);
		memcpy(room, i ? "b" : "a", 2);
		assert_int_equal(channel_commit_quiet(ann, 2), CHANNEL_OK);
	}
	assert_int_equal(test_drop(ANN, ann), CHANNEL_OK);
	assert_recv(desk, "a");
	assert_recv(desk, "b");
	assert_closed(desk, CHANNEL_FINISHED);
}

static void counters_begin_with_each_connection(void **state)
{
	struct channel_stats stats;

	for (unsigned i = 0; i < 10; i++) {
		struct channel *ann = test_connect(ANN, "desk", CHANNEL_NOW);
		struct channel *desk = test_accept(*state);

		assert_passes(ann, desk);
		channel_stats(ann, &stats);
		assert_int_equal(stats.sent, 1);
		assert_int_equal(stats.received, 1);
		channel_stats(desk, &stats);
		assert_int_equal(stats.sent, 1);
		test_drop(ANN, ann);
		test_drop(SERVER, desk);
	}
}

static void a_closed_service_refuses_and_can_be_opened_again(void **state)
{
	struct channel *ann = test_connect(ANN, "desk", CHANNEL_NOW), *desk = test_accept(*state);
	struct channel *late = test_connect(BOB, "desk", CHANNEL_NOW), *ch;

	assert_int_equal(test_send(late, "lost"), CHANNEL_OK);
	service_close(*state);
	service_close(*state);
	assert_not_connected(BOB, "desk", CHANNEL_FOREVER, ECONNREFUSED);
	assert_closed(late, CHANNEL_FINISHED);
	assert_passes(ann, desk);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(service_accept(*state, CHANNEL_FOREVER, &ch), CHANNEL_CLOSED);
	assert_ptr_equal(test_listen(SERVER, "desk"), *state);
	assert_int_equal(service_accept(*state, CHANNEL_NOW, &ch), CHANNEL_AGAIN);
	assert_connects(ANN, "desk", *state);
	assert_passes(ann, desk);
}

static void listening_again_changes_nothing(void **state)
{
	struct channel *ann = test_connect(ANN, "desk", CHANNEL_NOW);

	assert_ptr_equal(test_listen(SERVER, "desk"), *state);
	assert_passes(ann, test_accept(*state));
}

static void a_server_that_ends_closes_all_and_listens_again(void **state)
{
	struct channel *ann = test_connect(ANN, "desk", CHANNEL_NOW), *desk = test_accept(*state);
	struct channel *late = test_connect(BOB, "desk", CHANNEL_NOW);

	assert_int_equal(test_send(desk, "last"), CHANNEL_OK);
	channel_table_end(SERVER, true);
	assert_recv(ann, "last");
	assert_closed(ann, CHANNEL_PEER_DIED);
	assert_closed(late, CHANNEL_PEER_DIED);
	assert_not_connected(BOB, "desk", CHANNEL_NOW, ETIMEDOUT);
	channel_table_begin(SERVER);
	test_listen(SERVER, "desk");
	/* The others have not dropped theirs yet. */
	assert_connects(BOB, "desk", *state);
	assert_not_connected(ANN, "desk", test_in(MS), ETIMEDOUT);
	assert_int_equal(test_drop(BOB, late), CHANNEL_OK);
	assert_connects(ANN, "desk", *state);
}

static void a_client_that_ends_is_told_of_on_each_connection(void **state)
{
	struct channel *ann[2] = {test_connect(ANN, "desk", CHANNEL_NOW),
				  test_connect(ANN, "desk", CHANNEL_NOW)};
	struct channel *desk = test_accept(*state), *next;

	assert_int_equal(test_send(ann[0], "a"), CHANNEL_OK);
	assert_int_equal(test_send(ann[1], "b"), CHANNEL_OK);
	channel_table_end(ANN, true);
	assert_recv(desk, "a");
	assert_closed(desk, CHANNEL_PEER_DIED);
	next = test_accept(*state);
	assert_recv(next, "b");
	assert_closed(next, CHANNEL_PEER_DIED);
	channel_table_begin(ANN);
	assert_not_connected(ANN, "desk", CHANNEL_NOW, ETIMEDOUT);
	assert_int_equal(test_drop(SERVER, desk), CHANNEL_OK);
	assert_non_null(test_connect(ANN, "desk", CHANNEL_NOW));
}

static void a_server_that_will_not_return_refuses(void **state)
{
	(void)state;
	test_gone = SERVER;
	channel_table_end(SERVER, false);
	test_gone = COMPONENT_NONE;
	assert_not_connected(ANN, "desk", CHANNEL_FOREVER, ECONNREFUSED);
	/* Another test's server listens once more. */
	channel_table_end(SERVER, true);
	channel_table_begin(SERVER);
}

static void a_component_connects_to_itself(void **state)
{
	struct service *s = test_listen(SELF, "loop");
	struct channel *a = test_connect(SELF, "loop", CHANNEL_NOW), *b = test_accept(s);

	(void)state;
	assert_ptr_not_equal(a, b);
	assert_passes(a, b);
	channel_table_end(SELF, true);
	channel_table_begin(SELF);
	assert_dropped(a);
	assert_dropped(b);
	assert_ptr_equal(test_listen(SELF, "loop"), s);
	for (unsigned i = 0; i < 4; i++)
		assert_connects(SELF, "loop", s);
}

static void a_thousand_connections_leave_nothing_behind(void **state)
{
	for (unsigned i = 0; i < 1000; i++) {
		unsigned component = i % 2 ? ANN : BOB;
		struct channel *ch = test_connect(component, "desk", CHANNEL_NOW), *desk;

		assert_non_null(ch);
		if (i % 3 == 0)
			assert_int_equal(test_send(ch, "x"), CHANNEL_OK);
		if (i % 5 == 0)
			assert_int_equal(test_drop(component, ch), CHANNEL_OK);
		desk = test_accept(*state);
		if (i % 3 == 0)
			assert_recv(desk, "x");
		assert_int_equal(test_drop(SERVER, desk), CHANNEL_OK);
		if (i % 5)
			assert_int_equal(test_drop(component, ch), CHANNEL_OK);
	}
}

#define TEST(name) cmocka_unit_test_setup(name, test_setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_those_whom_the_manifest_names_listen_and_connect),
		TEST(a_connection_passes_messages_both_ways),
		TEST(connections_do_not_touch_each_other),
		TEST(accept_waits_no_longer_than_it_is_told),
		TEST(a_client_waits_for_a_server_that_does_not_listen_yet),
		TEST(one_client_has_no_more_than_its_share),
		TEST(a_client_that_waits_for_its_own_share_holds_up_no_other),
		TEST(what_a_client_sent_before_it_dropped_is_accepted),
		TEST(closing_is_not_dropping),
		TEST(a_dropped_endpoint_is_of_no_use_and_does_no_harm),
		TEST(only_the_owner_drops_and_only_what_a_service_gave),
		TEST(a_writer_is_closed_before_its_endpoint_is_dropped),
		TEST(a_batch_is_flushed_by_the_drop),
		TEST(counters_begin_with_each_connection),
		TEST(a_closed_service_refuses_and_can_be_opened_again),
		TEST(listening_again_changes_nothing),
		TEST(a_server_that_ends_closes_all_and_listens_again),
		TEST(a_client_that_ends_is_told_of_on_each_connection),
		TEST(a_server_that_will_not_return_refuses),
		TEST(a_component_connects_to_itself),
		TEST(a_thousand_connections_leave_nothing_behind),
	};

	return cmocka_run_group_tests(tests, test_table, NULL);
}
