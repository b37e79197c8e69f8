/* SPDX-License-Identifier: MIT */
/*
 * The XenStore driver below its event channel, against a xenstored made up here:
 * a right one, and ones that write anything anywhere in the shared page.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/xenstore_control.h"
#include "tests/unit/random.h"

#define TEST_TURNS 200000

struct test_store {
	struct xenstore_domain_interface *page; /* alone in its block: a sanitizer sees its ends */
	struct xenstore_control c;
	struct xsd_sockmsg head; /* of the request that was read last */
	char payload[XENSTORE_PAYLOAD_MAX + 1];
};

static int test_setup(void **state)
{
	struct test_store *t = calloc(1, sizeof(*t));

	t->page = calloc(1, sizeof(*t->page));
	/* Free-running indices that wrap within the test. */
	t->page->req_cons = t->page->req_prod = UINT32_MAX - 100;
	t->page->rsp_cons = t->page->rsp_prod = UINT32_MAX - 20;
	xenstore_control_init(&t->c, t->page);
	*state = t;
	return !xenstore_control_look(&t->c);
}

static int test_teardown(void **state)
{
	struct test_store *t = *state;

	free(t->page);
	free(t);
	return 0;
}

static void store_get(struct test_store *t, void *to, uint32_t size)
{
	assert_true(t->page->req_prod - t->page->req_cons >= size);
	for (uint32_t i = 0; i < size; i++)
		((char *)to)[i] = t->page->req[MASK_XENSTORE_IDX(t->page->req_cons++)];
}

/* The next request is this one. */
static void assert_asked(struct test_store *t, uint32_t type, const char *payload, uint32_t size)
{
	store_get(t, &t->head, sizeof(t->head));
	assert_int_equal(t->head.type, type);
	assert_int_equal(t->head.tx_id, 0);
	assert_int_equal(t->head.len, size);
	store_get(t, t->payload, size);
	assert_memory_equal(t->payload, payload, size);
}

static void assert_asked_nothing(const struct test_store *t)
{
	assert_int_equal(t->page->req_prod, t->page->req_cons);
}

static void store_put(struct test_store *t, const void *from, size_t size)
{
	char bytes[XENSTORE_RING_SIZE];

	memcpy(bytes, from, size);
	for (size_t i = 0; i < size; i++)
		t->page->rsp[MASK_XENSTORE_IDX(t->page->rsp_prod++)] = bytes[i];
}

static void store_answer(struct test_store *t, uint32_t type, uint32_t id, const char *payload,
			 size_t size)
{
	struct xsd_sockmsg head = {.type = type, .req_id = id, .len = (uint32_t)size};

	store_put(t, &head, sizeof(head));
	store_put(t, payload, size);
}

static enum xenstore_request test_next(struct test_store *t)
{
	if (!xenstore_control_look(&t->c))
		return XENSTORE_BROKEN;
	return xenstore_control_next(&t->c);
}

#define WORD "control/shutdown"

/* The watch fires, the guest reads, and finds this word; what it makes of it. */
static enum xenstore_request test_word(struct test_store *t, const char *word)
{
	store_answer(t, XS_WATCH_EVENT, 0, WORD "\0control", sizeof(WORD "\0control"));
	assert_int_equal(test_next(t), XENSTORE_NOTHING);
	assert_asked(t, XS_READ, WORD, sizeof(WORD));
	store_answer(t, XS_READ, t->head.req_id, word, strlen(word));
	return test_next(t);
}

/* What the guest asks at boot, answered. */
static void test_begin(struct test_store *t)
{
	assert_asked(t, XS_WATCH, WORD "\0control", sizeof(WORD "\0control"));
	store_answer(t, XS_WATCH, t->head.req_id, "OK", 3);
	assert_asked(t, XS_WRITE, "control/feature-poweroff\0001", 26);
	store_answer(t, XS_WRITE, t->head.req_id, "OK", 3);
	assert_asked(t, XS_WRITE, "control/feature-reboot\0001", 24);
	store_answer(t, XS_WRITE, t->head.req_id, "OK", 3);
	assert_asked_nothing(t);
	assert_int_equal(test_next(t), XENSTORE_NOTHING);
}

static void the_guest_says_what_it_can_do_and_watches(void **state)
{
	struct test_store *t = *state;

	assert_true(xenstore_wire_tell(&t->c.wire));
	assert_false(xenstore_wire_tell(&t->c.wire));
	test_begin(t);
	assert_int_equal(test_word(t, ""), XENSTORE_NOTHING);
	assert_asked_nothing(t);
}

static void words_are_understood_and_acknowledged(void **state)
{
	static const struct {
		const char *word;
		enum xenstore_request request;
	} words[] = {
		{"poweroff", XENSTORE_POWEROFF}, {"halt", XENSTORE_POWEROFF},
		{"reboot", XENSTORE_REBOOT},     {"suspend", XENSTORE_UNKNOWN},
		{"reboot ", XENSTORE_UNKNOWN},   {"power", XENSTORE_UNKNOWN},
	};
	struct test_store *t = *state;

	test_begin(t);
	/* Long enough for the rings to wrap several times. */
	for (unsigned i = 0; i < 600; i++) {
		unsigned w = i % (sizeof(words) / sizeof(words[0]));

		assert_int_equal(test_word(t, words[w].word), words[w].request);
		assert_string_equal(t->c.word, words[w].word);
		assert_asked(t, XS_WRITE, WORD, sizeof(WORD));
		store_answer(t, XS_WRITE, t->head.req_id, "OK", 3);
		assert_int_equal(test_next(t), XENSTORE_NOTHING);
		assert_asked_nothing(t);
	}
}

static void what_is_no_text_is_printable_when_kept(void **state)
{
	struct test_store *t = *state;

	test_begin(t);
	assert_int_equal(test_word(t, "a\n\x1b[31m\xff"), XENSTORE_UNKNOWN);
	assert_string_equal(t->c.word, "a??[31m?");
}

static void a_message_may_come_byte_by_byte(void **state)
{
	struct test_store *t = *state;
	struct xsd_sockmsg head = {.type = XS_WATCH_EVENT, .len = sizeof(WORD)};

	test_begin(t);
	for (unsigned i = 0; i < sizeof(head); i++) {
		store_put(t, (const char *)&head + i, 1);
		assert_int_equal(test_next(t), XENSTORE_NOTHING);
	}
	for (unsigned i = 0; i < sizeof(WORD); i++) {
		assert_asked_nothing(t);
		store_put(t, &WORD[i], 1);
		assert_int_equal(test_next(t), XENSTORE_NOTHING);
	}
	assert_asked(t, XS_READ, WORD, sizeof(WORD));
}

static void a_payload_longer_than_what_is_kept_is_read_over(void **state)
{
	struct test_store *t = *state;
	char payload[900];

	test_begin(t);
	memset(payload, 'x', sizeof(payload));
	store_answer(t, XS_WATCH_EVENT, 0, payload, sizeof(payload));
	assert_int_equal(test_next(t), XENSTORE_NOTHING);
	assert_asked(t, XS_READ, WORD, sizeof(WORD));
	store_answer(t, XS_READ, t->head.req_id, payload, sizeof(payload));
	assert_int_equal(test_next(t), XENSTORE_UNKNOWN);
	assert_int_equal(strlen(t->c.word), XENSTORE_TEXT_MAX);
	assert_int_equal(test_next(t), XENSTORE_NOTHING);
}

static void a_watch_that_fires_while_the_word_is_on_its_way_reads_again(void **state)
{
	struct test_store *t = *state;

	test_begin(t);
	for (unsigned i = 0; i < 3; i++)
		store_answer(t, XS_WATCH_EVENT, 0, WORD, sizeof(WORD));
	assert_int_equal(test_next(t), XENSTORE_NOTHING);
	assert_asked(t, XS_READ, WORD, sizeof(WORD));
	assert_asked_nothing(t);
	store_answer(t, XS_ERROR, t->head.req_id, "ENOENT", 7);
	assert_int_equal(test_next(t), XENSTORE_NOTHING);
	assert_asked(t, XS_READ, WORD, sizeof(WORD));
	store_answer(t, XS_READ, t->head.req_id, "halt", 4);
	assert_int_equal(test_next(t), XENSTORE_POWEROFF);
}

static void a_watch_that_is_refused_is_told(void **state)
{
	struct test_store *t = *state;

	store_answer(t, XS_ERROR, 1, "EACCES", 7);
	assert_int_equal(test_next(t), XENSTORE_REFUSED);
	assert_string_equal(t->c.word, "EACCES");
	/* Of the features nobody has to know. */
	store_answer(t, XS_ERROR, 2, "EACCES", 7);
	assert_int_equal(test_next(t), XENSTORE_NOTHING);
}

static void indices_and_lengths_that_cannot_be_break_it(void **state)
{
	struct test_store *t = *state;

	t->page->rsp_prod = t->page->rsp_cons + XENSTORE_RING_SIZE + 1;
	assert_int_equal(test_next(t), XENSTORE_BROKEN);
	t->page->rsp_prod = t->page->rsp_cons - 1;
	assert_int_equal(test_next(t), XENSTORE_BROKEN);
	t->page->rsp_prod = t->page->rsp_cons;
	t->page->req_cons = t->page->req_prod + 1;
	assert_int_equal(test_next(t), XENSTORE_BROKEN);
	t->page->req_cons = t->page->req_prod;
	store_answer(t, XS_WATCH_EVENT, 0, "", 0);
	store_put(t, &(struct xsd_sockmsg){.len = XENSTORE_PAYLOAD_MAX + 1}, 16);
	assert_int_equal(test_next(t), XENSTORE_BROKEN);
}

static void a_store_that_takes_nothing_breaks_it_before_it_waits(void **state)
{
	struct test_store *t = *state;
	enum xenstore_request request = XENSTORE_NOTHING;
	unsigned turns = 0;

	while (request != XENSTORE_BROKEN && turns++ < 1000) {
		store_answer(t, XS_WATCH_EVENT, 0, WORD, sizeof(WORD));
		store_answer(t, XS_READ, 3, "suspend", 7);
		do
			request = test_next(t);
		while (request == XENSTORE_UNKNOWN);
	}
	assert_int_equal(request, XENSTORE_BROKEN);
	assert_in_range(turns, 5, 100);
}

/* What the guest writes is its own affair, wherever the page's own indices point. */
static void the_guests_own_indices_are_not_read_back(void **state)
{
	struct test_store *t = *state;
	uint32_t prod = t->page->req_prod;

	t->page->req_prod = 12345;
	t->page->rsp_cons = 54321;
	assert_int_equal(test_next(t), XENSTORE_NOTHING);
	t->page->req_prod = prod;
	t->page->rsp_cons = t->page->rsp_prod;
	test_begin(t);
	assert_int_equal(test_word(t, "reboot"), XENSTORE_REBOOT);
}

static uint64_t test_random(void)
{
	static uint64_t x = 88172645463325252;

	return random_next(&x);
}

/* Some lie, and mostly what could nearly be a message. */
static void store_lie(struct test_store *t)
{
	struct xsd_sockmsg head = {
		.type = (uint32_t)(test_random() % (XS_TYPE_COUNT + 2)),
		.req_id = (uint32_t)(test_random() % 5),
		.len = (uint32_t)(test_random() % 64),
	};

	switch (test_random() % 64) {
	case 0:
		t->page->rsp_prod = (uint32_t)test_random();
		return;
	case 1:
		t->page->req_cons = (uint32_t)test_random();
		return;
	case 2:
		head.len = (uint32_t)test_random();
		break;
	case 3:
		head.len = (uint32_t)(test_random() % (XENSTORE_PAYLOAD_MAX + 2));
		break;
	case 4:
		((char *)t->page)[test_random() % sizeof(*t->page)] = (char)test_random();
		return;
	}
	store_put(t, &head, sizeof(head));
	for (uint64_t n = test_random() % 70; n; n--)
		store_put(t, &(char){(char)test_random()}, 1);
	t->page->req_cons = t->page->req_prod;
}

static void no_store_leads_the_guest_out_of_the_page_or_into_a_loop(void **state)
{
	unsigned broken = 0, told = 0;

	for (unsigned i = 0; i < TEST_TURNS; i++) {
		struct test_store *t = *state;
		enum xenstore_request request;
		unsigned requests = 0;

		store_lie(t);
		request = test_next(t);
		while (request != XENSTORE_NOTHING && request != XENSTORE_BROKEN) {
			assert_true(++requests <= XENSTORE_RING_SIZE / sizeof(struct xsd_sockmsg));
			request = xenstore_control_next(&t->c);
			told++;
		}
		assert_int_equal(t->c.word[XENSTORE_TEXT_MAX], 0);
		if (request != XENSTORE_BROKEN)
			continue;
		broken++;
		test_teardown(state);
		test_setup(state);
	}
	assert_in_range(broken, 101, UINT64_MAX);
	assert_in_range(told, 101, UINT64_MAX);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, test_setup, test_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_guest_says_what_it_can_do_and_watches),
		TEST(words_are_understood_and_acknowledged),
		TEST(what_is_no_text_is_printable_when_kept),
		TEST(a_message_may_come_byte_by_byte),
		TEST(a_payload_longer_than_what_is_kept_is_read_over),
		TEST(a_watch_that_fires_while_the_word_is_on_its_way_reads_again),
		TEST(a_watch_that_is_refused_is_told),
		TEST(indices_and_lengths_that_cannot_be_break_it),
		TEST(a_store_that_takes_nothing_breaks_it_before_it_waits),
		TEST(the_guests_own_indices_are_not_read_back),
		TEST(no_store_leads_the_guest_out_of_the_page_or_into_a_loop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
