/* SPDX-License-Identifier: MIT */
/* A whole image of small components, run once; each test looks at what became of one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "container/component.h"
#include "container/component_self.h"
#include "container/component_thread.h"
#include "container/image.h"
#include "container/life.h"
#include "container/region.h"
#include "container/runtime.h"
#include "container/stats.h"
#include "container/supervisor.h"
#include "container/words.h"
#include "layout/layout.h"

#define RUNS_MAX 8

enum { QUIET, STUBBORN, AGAIN, WEAVER, LEAVER, LINGERER, COMPONENTS };

static unsigned runs[COMPONENTS];
static unsigned restarts_seen[RUNS_MAX];

/* What a restart makes pristine. */
static int test_data[2] = {7, 8};
static int test_bss[2];
static int data_seen[RUNS_MAX], bss_seen[RUNS_MAX];
static char name_seen[RUNS_MAX]; /* the first letter of argv[0] */
static unsigned constructed, destructed;

static char order[16];
static char letters[3][2] = {"a", "b", "c"};

static unsigned threads_made;
static int thread_refusal;
static bool threads_know_their_component = true;

static int run_quiet(void)
{
	return 0;
}

static int run_stubborn(void)
{
	return 3;
}

static int run_again(void)
{
	struct component_stats stats;
	unsigned run = runs[AGAIN] - 1;

	component_stats(&stats);
	restarts_seen[run] = stats.restarts;
	data_seen[run] = test_data[0];
	bss_seen[run] = test_bss[1];
	test_data[0] = test_bss[1] = -1;
	return 0;
}

static void *thread_of_weaver(void *argument)
{
	if (component_index() != WEAVER)
		threads_know_their_component = false;
	return argument;
}

static int run_weaver(void)
{
	pthread_t threads[LAYOUT_THREADS_MAX] = {0};

	while (threads_made < LAYOUT_THREADS_MAX) {
		thread_refusal = component_thread_create(&threads[threads_made], 0, false,
							 thread_of_weaver, &threads[threads_made]);
		if (thread_refusal)
			break;
		threads_made++;
	}
	for (unsigned i = 0; i < threads_made; i++) {
		void *result;

		if (component_thread_join(threads[i], &result, NULL) || result != &threads[i] ||
		    component_thread_join(threads[i], &result, NULL) != ESRCH)
			return 1;
	}
	return 0;
}

/* Another component may have all that are left. */
static void thread_create_at_last(void *(*start)(void *))
{
	pthread_t thread;

	while (component_thread_create(&thread, 0, true, start, NULL) == EAGAIN)
		usleep(1000);
}

static void note(void *letter)
{
	strcat(order, letter);
}

static void note_and_exit(void *letter)
{
	note(letter);
	component_exit(5);
}

static void *leaver_exit(void *unused)
{
	(void)unused;
	component_exit(4);
}

static int run_leaver(void)
{
	component_at_exit(note, letters[2]);
	component_at_exit(note_and_exit, letters[1]);
	component_at_exit(note, letters[0]);
	thread_create_at_last(leaver_exit);
	while (!component_stopping())
		pause();
	return 1;
}

static void *lingerer_thread(void *unused)
{
	runs[LINGERER]++;
	return unused;
}

static int run_lingerer(void)
{
	thread_create_at_last(lingerer_thread);
	component_thread_exit(NULL);
}

static int (*const mains[COMPONENTS])(void) = {
	[QUIET] = run_quiet,   [STUBBORN] = run_stubborn, [AGAIN] = run_again,
	[WEAVER] = run_weaver, [LEAVER] = run_leaver,     [LINGERER] = run_lingerer,
};

static int test_run(const struct image_component *spec, int argc, char **argv, char **envp)
{
	unsigned index = component_index();

	(void)spec;
	(void)argc;
	(void)envp;
	if (index == AGAIN)
		name_seen[runs[AGAIN]] = argv[0][0];
	argv[0][0] = '*';
	runs[index]++;
	return mains[index]();
}

static const struct runtime test_runtime = {.name = "test", .run = test_run};

static void construct(int argc, char **argv, char **envp)
{
	(void)argc;
	(void)argv;
	(void)envp;
	constructed++;
}

static void destruct(void)
{
	destructed++;
}

static void (*const constructors[])(int, char **, char **) = {construct};
static void (*const destructors[])(void) = {destruct};

#define TEST_COMPONENT(title)                                                                      \
	.name = (title), .runtime = &test_runtime, .heap_bytes = LAYOUT_MIB(4),                    \
	.stack_bytes = LAYOUT_STACK_MAX

static const struct image_component components[COMPONENTS] = {
	[QUIET] = {TEST_COMPONENT("quiet")},
	[STUBBORN] = {TEST_COMPONENT("stubborn"), .restart = IMAGE_RESTART_ON_FAILURE,
		      .restart_limit = 2},
	[AGAIN] = {TEST_COMPONENT("again"), .restart = IMAGE_RESTART_ALWAYS, .restart_limit = 3,
		   .data = {.data = (char *)test_data,
			    .data_end = (char *)(test_data + 2),
			    .bss = (char *)test_bss,
			    .bss_end = (char *)(test_bss + 2),
			    .init = constructors,
			    .init_end = constructors + 1,
			    .fini = destructors,
			    .fini_end = destructors + 1}},
	[WEAVER] = {TEST_COMPONENT("weaver")},
	[LEAVER] = {TEST_COMPONENT("leaver")},
	[LINGERER] = {TEST_COMPONENT("lingerer")},
};

const struct image image = {
	.name = "test",
	.cores = 1,
	.decider = IMAGE_NO_DECIDER,
	.grace_ms = 1000,
	.component_count = COMPONENTS,
	.components = components,
};

static int image_status;

static int image_run(void **state)
{
	static char name[] = "test";
	static char *none[] = {name, NULL};
	static struct words words[COMPONENTS];
	const struct layout_region *taken;

	(void)state;
	for (unsigned i = 0; i < COMPONENTS; i++)
		words[i] = (struct words){.argc = 1, .argv = none, .envp = none + 1};
	if (region_reserve(&taken))
		return -1;
	image_status = supervisor_run(words);
	return 0;
}

static void the_image_has_the_first_status_that_is_not_0(void **state)
{
	(void)state;
	assert_int_equal(image_status, 3);
	assert_int_equal(component_status(component_at(QUIET)), 0);
}

static void who_fails_is_started_again_up_to_its_limit(void **state)
{
	(void)state;
	assert_int_equal(runs[STUBBORN], 3);
	assert_int_equal(image_stats.rows[STUBBORN].restarts, 2);
	assert_int_equal(image_stats.rows[STUBBORN].status, 3);
	assert_int_equal(image_stats.rows[STUBBORN].state, COMPONENT_GONE);
	assert_int_equal(runs[QUIET], 1);
}

static void every_life_begins_with_pristine_data(void **state)
{
	(void)state;
	assert_int_equal(runs[AGAIN], 4);
	for (unsigned run = 0; run < 4; run++) {
		assert_int_equal(restarts_seen[run], run);
		assert_int_equal(data_seen[run], 7);
		assert_int_equal(bss_seen[run], 0);
		assert_int_equal(name_seen[run], 't');
	}
}

static void every_life_has_its_constructors_and_destructors(void **state)
{
	(void)state;
	assert_int_equal(constructed, 4);
	assert_int_equal(destructed, 4);
}

static void threads_end_at_the_table_s_limit_and_know_who_they_are(void **state)
{
	(void)state;
	assert_int_equal(component_status(component_at(WEAVER)), 0);
	assert_int_equal(thread_refusal, EAGAIN);
	assert_in_range(threads_made, LAYOUT_THREADS_MAX - COMPONENTS - 4,
			LAYOUT_THREADS_MAX - COMPONENTS - 1);
	assert_true(threads_know_their_component);
}

static void exit_on_any_thread_runs_every_handler_once(void **state)
{
	(void)state;
	assert_string_equal(order, "abc");
	assert_int_equal(component_status(component_at(LEAVER)), 5);
}

static void the_last_thread_ends_a_component_whose_main_thread_left(void **state)
{
	(void)state;
	assert_int_equal(runs[LINGERER], 2);
	assert_int_equal(component_status(component_at(LINGERER)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_image_has_the_first_status_that_is_not_0),
		cmocka_unit_test(who_fails_is_started_again_up_to_its_limit),
		cmocka_unit_test(every_life_begins_with_pristine_data),
		cmocka_unit_test(every_life_has_its_constructors_and_destructors),
		cmocka_unit_test(threads_end_at_the_table_s_limit_and_know_who_they_are),
		cmocka_unit_test(exit_on_any_thread_runs_every_handler_once),
		cmocka_unit_test(the_last_thread_ends_a_component_whose_main_thread_left),
	};

	return cmocka_run_group_tests(tests, image_run, NULL);
}
