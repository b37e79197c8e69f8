/* SPDX-License-Identifier: MIT */
/* What a runtime gives for an endpoint that it has dropped: closed, and nobody else's. */
#include "ipc/channel_stream.h"
#include "tests/unit/service_case.h"

static struct channel *test_given_up(struct channel *ch)
{
	test_component = ANN;
	return service_drop_closed(ch);
}

static void a_broken_connection_that_was_dropped_breaks_nothing_else(void **state)
{
	struct channel *ann = test_connect(ANN, "desk", CHANNEL_NOW), *desk = test_accept(*state),
		       *ch;

	channel_break(desk);
	assert_closed(ann, CHANNEL_PROTOCOL);
	ann = test_given_up(ann);
	assert_closed(ann, CHANNEL_PROTOCOL);
	assert_int_equal(service_accept(*state, CHANNEL_NOW, &ch), CHANNEL_AGAIN);
	assert_int_equal(test_drop(SERVER, desk), CHANNEL_OK);
	assert_connects(BOB, "desk", *state);
}

static void a_closed_endpoint_knows_what_it_could_send(void **state)
{
	struct channel *ann = test_connect(ANN, "desk", CHANNEL_NOW);
	size_t max = channel_max(ann);

	(void)state;
	assert_int_equal(channel_max(test_given_up(ann)), max);
}

/* The line is another client's by then, and so are the messages in it. */
static void a_reader_that_is_open_keeps_its_connection(void **state)
{
	struct channel *ann = test_connect(ANN, "desk", CHANNEL_NOW), *desk = test_accept(*state);
	struct channel_reader r = channel_reader_open(ann);
	const void *msg;
	size_t len;

	assert_int_equal(test_send(desk, "one"), CHANNEL_OK);
	assert_int_equal(test_send(desk, "two"), CHANNEL_OK);
	assert_int_equal(channel_reader_next(&r, CHANNEL_NOW, &msg, &len), CHANNEL_OK);
	assert_int_equal(channel_reader_done(&r), CHANNEL_OK);
	assert_int_equal(test_drop(ANN, ann), CHANNEL_MISUSE);
	assert_int_equal(channel_reader_next(&r, CHANNEL_NOW, &msg, &len), CHANNEL_OK);
	assert_string_equal(msg, "two");
	channel_reader_close(&r);
	assert_int_equal(test_drop(ANN, ann), CHANNEL_OK);
	assert_int_equal(channel_reader_next(&r, CHANNEL_NOW, &msg, &len), CHANNEL_MISUSE);
}

#define TEST(name) cmocka_unit_test_setup(name, test_setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_broken_connection_that_was_dropped_breaks_nothing_else),
		TEST(a_closed_endpoint_knows_what_it_could_send),
		TEST(a_reader_that_is_open_keeps_its_connection),
	};

	return cmocka_run_group_tests(tests, test_table, NULL);
}
