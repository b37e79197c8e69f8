/* SPDX-License-Identifier: MIT */
/* An image with services, for the tests of them: who serves, who connects, and short forms. */
#ifndef TESTS_UNIT_SERVICE_CASE_H
#define TESTS_UNIT_SERVICE_CASE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "container/image.h"
#include "ipc/channel_table.h"
#include "ipc/service_table.h"
#include "tests/unit/component_made_up.h"
#include "tests/unit/text_message.h"
#include "tests/unit/waiting.h"

#define TEST_LINES 3
#define TEST_EACH 2 /* of them for one client */

enum { SERVER, ANN, BOB, SELF, COMPONENTS };

static const unsigned test_clients[] = {ANN, BOB};
static const unsigned test_self[] = {SELF};

static const struct image_service test_services[] = {
	{"desk", SERVER, test_clients, 2, TEST_LINES, TEST_EACH, 4096},
	{"loop", SELF, test_self, 1, 4, 4, 4096},
};

static const struct image_channel test_channels[] = {
	{"fixed", ANN, BOB, 4096},
};

static const struct image test_image = {
	.name = "test",
	.component_count = COMPONENTS,
	.channel_count = 1,
	.channels = test_channels,
	.service_count = 2,
	.services = test_services,
	.service_calls = &service_table,
};

static inline struct service *test_listen(unsigned component, const char *name)
{
	test_component = component;
	return service_listen(name);
}

static inline struct channel *test_connect(unsigned component, const char *name, uint64_t deadline)
{
	test_component = component;
	return channel_connect(name, deadline);
}

static inline enum channel_status test_drop(unsigned component, struct channel *ch)
{
	test_component = component;
	return channel_drop(ch);
}

static inline struct channel *test_accept(struct service *s)
{
	struct channel *ch;

	assert_int_equal(service_accept(s, CHANNEL_NOW, &ch), CHANNEL_OK);
	assert_non_null(ch);
	return ch;
}

static inline void assert_not_connected(unsigned component, const char *name, uint64_t deadline,
					int error)
{
	errno = 0;
	assert_null(test_connect(component, name, deadline));
	assert_int_equal(errno, error);
}

/* The component is connected at once, and accepted. */
static inline void assert_connects(unsigned component, const char *name, struct service *s)
{
	struct channel *ch = test_connect(component, name, CHANNEL_NOW);

	assert_non_null(ch);
	assert_passes(ch, test_accept(s));
}

static inline void assert_closed(struct channel *ch, enum channel_reason reason)
{
	assert_int_equal(test_recv(ch, CHANNEL_NOW), CHANNEL_CLOSED);
	assert_int_equal(test_send(ch, "x"), CHANNEL_CLOSED);
	assert_int_equal(channel_reason(ch), reason);
}

/* Everything that a test may have left behind ends; all begin a life. */
static inline void test_lives_begin(void)
{
	for (unsigned i = 0; i < COMPONENTS; i++)
		channel_table_end(i, true);
	for (unsigned i = 0; i < COMPONENTS; i++)
		channel_table_begin(i);
}

static inline int test_table(void **state)
{
	(void)state;
	return channel_table_create(&test_image);
}

/* The state is the service that SERVER listens on. */
static inline int test_setup(void **state)
{
	test_lives_begin();
	*state = test_listen(SERVER, "desk");
	return !*state;
}

#endif
