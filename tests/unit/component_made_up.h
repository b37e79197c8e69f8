/* SPDX-License-Identifier: MIT */
/* Who is calling: what the channel table asks of the container, as a test has it. */
#ifndef TESTS_UNIT_COMPONENT_MADE_UP_H
#define TESTS_UNIT_COMPONENT_MADE_UP_H

#include "container/component_self.h"
#include "ipc/channel.h"

static unsigned test_gone = COMPONENT_NONE; /* the one that will not return */
static _Thread_local unsigned test_component = COMPONENT_NONE;

unsigned component_index(void)
{
	return test_component;
}

bool component_will_return(unsigned index)
{
	return index != __atomic_load_n(&test_gone, __ATOMIC_RELAXED);
}

/* Open a channel as this component. */
static inline struct channel *test_open(unsigned component, const char *name)
{
	unsigned before = test_component;
	struct channel *ch;

	test_component = component;
	ch = channel_open(name);
	test_component = before;
	return ch;
}

#endif
