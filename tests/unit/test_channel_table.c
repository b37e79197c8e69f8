/* SPDX-License-Identifier: MIT */
/* The channels of an image: where they lie, who may open them, how they end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <string.h>

#include "container/component_self.h"
#include "container/image.h"
#include "ipc/channel.h"
#include "ipc/channel_table.h"
#include "layout/layout.h"
#include "tests/unit/component_made_up.h"

static const struct image_channel test_channels[] = {
	{"words", 0, 1, 4096},
	{"big", 1, 2, 64 << 20},
	{"ends well", 0, 3, 4096},
	{"dies", 2, 4, 4096},
};

static const struct image test_image = {
	.name = "test",
	.component_count = 5,
	.channel_count = 4,
	.channels = test_channels,
};

static void assert_passes(struct channel *from, struct channel *to)
{
	char buf[8];
	size_t len;

	assert_int_equal(channel_send(from, "hello", 5, CHANNEL_NOW), CHANNEL_OK);
	assert_int_equal(channel_recv(to, buf, sizeof(buf), &len, CHANNEL_NOW), CHANNEL_OK);
	assert_int_equal(len, 5);
	assert_memory_equal(buf, "hello", 5);
}

static enum channel_status test_recv(struct channel *ch)
{
	char buf[8];
	size_t len;

	return channel_recv(ch, buf, sizeof(buf), &len, CHANNEL_FOREVER);
}

static void there_is_nothing_to_open_before_the_table(void **state)
{
	(void)state;
	errno = 0;
	assert_null(test_open(0, "words"));
	assert_int_equal(errno, ENOENT);
	channel_table_end(0, false);
}

static void sizes_that_no_ring_may_have_are_refused(void **state)
{
	const size_t sizes[] = {0, 1, 2048, 4095, 4097, 6144, 128 << 20, SIZE_MAX};
	struct image_channel channel = {"x", 0, 1, 0};
	struct image img = {.channel_count = 1, .channels = &channel};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		channel.ring_bytes = sizes[i];
		assert_int_equal(channel_table_bytes(&img), SIZE_MAX);
		assert_int_equal(channel_table_create(&img), -EINVAL);
	}
}

static void the_table_takes_whole_super_pages(void **state)
{
	struct image_channel channel = {"x", 0, 1, 4096};
	struct image img = {.channel_count = 1, .channels = &channel};

	(void)state;
	assert_int_equal(channel_table_bytes(&img), LAYOUT_SUPER_SIZE);
	channel.ring_bytes = LAYOUT_SUPER_SIZE / 2;
	assert_int_equal(channel_table_bytes(&img), 2 * LAYOUT_SUPER_SIZE);
	img.channel_count = 0;
	assert_int_equal(channel_table_bytes(&img), 0);
	assert_int_equal(channel_table_bytes(&test_image), 2 * (64 << 20) + LAYOUT_SUPER_SIZE);
}

static void more_rings_than_the_region_holds_are_refused(void **state)
{
	static struct image_channel channels[513];
	struct image img = {.channel_count = 513, .channels = channels};

	(void)state;
	for (unsigned i = 0; i < 513; i++)
		channels[i] = (struct image_channel){"x", 0, 1, 64 << 20};
	assert_int_equal(channel_table_bytes(&img), SIZE_MAX);
}

static void the_table_is_made_once(void **state)
{
	(void)state;
	assert_int_equal(channel_table_create(&test_image), 0);
	assert_int_equal(channel_table_create(&test_image), -EBUSY);
}

static void a_component_opens_its_own_channels_only(void **state)
{
	struct channel *ch = test_open(0, "words");

	(void)state;
	assert_non_null(ch);
	assert_ptr_equal(test_open(0, "words"), ch);
	assert_ptr_not_equal(test_open(1, "words"), ch);
	assert_string_equal(channel_name(ch), "words");
	assert_null(test_open(2, "words"));
	assert_int_equal(errno, EACCES);
	assert_null(test_open(UINT_MAX, "words"));
	assert_int_equal(errno, EACCES);
	assert_null(test_open(0, "word"));
	assert_int_equal(errno, ENOENT);
}

static void every_channel_passes_both_ways_without_touching_the_others(void **state)
{
	(void)state;
	for (unsigned turn = 0; turn < 3; turn++)
		for (unsigned i = 0; i < test_image.channel_count; i++) {
			const struct image_channel *spec = &test_channels[i];
			struct channel *from = test_open(spec->from, spec->name);
			struct channel *to = test_open(spec->to, spec->name);

			assert_passes(from, to);
			assert_passes(to, from);
			assert_int_equal(channel_max(from), spec->ring_bytes / 2 - 8);
		}
}

static void messages_lie_in_the_channels_region(void **state)
{
	struct channel *ch = test_open(2, "big");
	void *room;

	(void)state;
	assert_int_equal(channel_reserve(ch, 1, CHANNEL_NOW, &room), CHANNEL_OK);
	assert_in_range((uintptr_t)room, LAYOUT_CHANNELS_BASE,
			LAYOUT_CHANNELS_BASE + channel_table_bytes(&test_image) - 1);
}

static void the_peer_of_a_component_that_ended_well_reads_finished(void **state)
{
	struct channel *ch = test_open(0, "ends well"), *end = test_open(3, "ends well");

	(void)state;
	assert_int_equal(channel_send(end, "bye", 3, CHANNEL_NOW), CHANNEL_OK);
	channel_table_end(3, false);
	assert_int_equal(test_recv(ch), CHANNEL_OK);
	assert_int_equal(test_recv(ch), CHANNEL_CLOSED);
	assert_int_equal(channel_reason(ch), CHANNEL_FINISHED);
	assert_int_equal(channel_send(ch, "", 0, CHANNEL_FOREVER), CHANNEL_CLOSED);
	assert_passes(test_open(0, "words"), test_open(1, "words"));
}

static void *test_receiver(void *ch)
{
	assert_int_equal(test_recv(ch), CHANNEL_CLOSED);
	return NULL;
}

static void the_end_of_a_failed_component_wakes_its_peer(void **state)
{
	struct channel *ch = test_open(2, "dies");
	struct channel_stats stats = {0};
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, test_receiver, ch), 0);
	while (!stats.parks)
		channel_stats(ch, &stats);
	channel_table_end(4, true);
	channel_table_end(4, true);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(channel_reason(ch), CHANNEL_PEER_DIED);
}

static void what_a_component_closed_itself_keeps_its_reason(void **state)
{
	struct channel *ch = test_open(0, "words"), *end = test_open(1, "words");

	(void)state;
	channel_close(end);
	channel_table_end(1, true);
	assert_int_equal(test_recv(ch), CHANNEL_CLOSED);
	assert_int_equal(channel_reason(ch), CHANNEL_FINISHED);
}

/* In this order: there is one table in a process. */
int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_is_nothing_to_open_before_the_table),
		cmocka_unit_test(sizes_that_no_ring_may_have_are_refused),
		cmocka_unit_test(the_table_takes_whole_super_pages),
		cmocka_unit_test(more_rings_than_the_region_holds_are_refused),
		cmocka_unit_test(the_table_is_made_once),
		cmocka_unit_test(a_component_opens_its_own_channels_only),
		cmocka_unit_test(every_channel_passes_both_ways_without_touching_the_others),
		cmocka_unit_test(messages_lie_in_the_channels_region),
		cmocka_unit_test(the_peer_of_a_component_that_ended_well_reads_finished),
		cmocka_unit_test(the_end_of_a_failed_component_wakes_its_peer),
		cmocka_unit_test(what_a_component_closed_itself_keeps_its_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
