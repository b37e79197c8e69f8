/* SPDX-License-Identifier: MIT */
/*
 * Unit test of the runtime interface, by a third language: numbers and eight
 * words on a stack. Its components run in the container as those of any other;
 * only the packer's part, the image, is written by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/wait.h>

#include "container/component.h"
#include "container/image.h"
#include "container/region.h"
#include "container/runtime.h"
#include "container/supervisor.h"
#include "container/words.h"
#include "ipc/channel.h"
#include "ipc/channel_table.h"
#include "layout/layout.h"

#define DEPTH_MAX 16

/* One run of a program; from the component's heap. */
struct machine {
	long stack[DEPTH_MAX];
	unsigned depth;
	struct channel *pipe;
};

_Noreturn static void machine_fail(const char *word)
{
	fprintf(stderr, "%s: %s: the stack does not suffice\n", component_name(), word);
	component_exit(1);
}

static long pop(struct machine *m, const char *word)
{
	if (!m->depth)
		machine_fail(word);
	return m->stack[--m->depth];
}

static void push(struct machine *m, const char *word, long value)
{
	if (m->depth == DEPTH_MAX)
		machine_fail(word);
	m->stack[m->depth++] = value;
}

static void pipe_word(struct machine *m, const char *word)
{
	long value;
	size_t size;

	if (!m->pipe)
		m->pipe = channel_open("pipe");
	if (!strcmp(word, "take")) {
		channel_recv(m->pipe, &value, sizeof(value), &size, CHANNEL_FOREVER);
		push(m, word, value);
	} else {
		value = pop(m, word);
		channel_send(m->pipe, &value, sizeof(value), CHANNEL_FOREVER);
	}
}

static void word_run(struct machine *m, const char *word)
{
	if (isdigit((unsigned char)*word)) {
		push(m, word, strtol(word, NULL, 10));
	} else if (!strcmp(word, "+")) {
		push(m, word, pop(m, word) + pop(m, word));
	} else if (!strcmp(word, "*")) {
		push(m, word, pop(m, word) * pop(m, word));
	} else if (!strcmp(word, "dup")) {
		push(m, word, pop(m, word));
		push(m, word, m->stack[m->depth - 1]);
	} else if (!strcmp(word, ".")) {
		printf("%s: %ld\n", component_name(), pop(m, word));
	} else if (!strcmp(word, "lives")) {
		struct component_stats stats;

		component_stats(&stats);
		push(m, word, 1 + (long)stats.restarts);
	} else if (!strcmp(word, "halt")) {
		component_exit((int)pop(m, word));
	} else {
		pipe_word(m, word); /* take, give */
	}
}

static void machine_free(void *machine)
{
	printf("%s: clean\n", component_name());
	free(machine);
}

/* The program is text, and so are the arguments, which run before it. */
static int stack_run(const struct image_component *spec, int argc, char **argv, char **envp)
{
	struct machine *m = calloc(1, sizeof(*m));
	char text[256], *rest, *word;

	(void)envp;
	if (!m || component_at_exit(machine_free, m))
		return 1;
	for (int i = 1; i < argc; i++)
		word_run(m, argv[i]);
	snprintf(text, sizeof(text), "%s", (const char *)spec->program);
	for (word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		word_run(m, word);
	return 0;
}

static const struct runtime runtime_stack = {.name = "stack", .run = stack_run};

#define COMPONENT(the_name, text, arguments)                                                       \
	.name = (the_name), .runtime = &runtime_stack, .program = (text), .args = (arguments),     \
	.env = nothing, .heap_bytes = LAYOUT_SUPER_SIZE, .stack_bytes = 256UL << 10

static const char *const nothing[] = {NULL};
static const char *const numbers[] = {"6", "7", NULL};

static const struct image_component components[] = {
	{COMPONENT("answer", "* .", numbers)},
	{COMPONENT("giver", "20 dup + give", nothing)},
	{COMPONENT("taker", "take 2 + .", nothing)},
	{COMPONENT("empty", "1 + .", nothing)},
	{COMPONENT("cat", "lives . 5 halt", nothing), .restart = IMAGE_RESTART_ON_FAILURE,
	 .restart_limit = 2, .restart_delay_ms = 1},
};

static const struct image_channel channels[] = {{"pipe", 1, 2, 4096}};

const struct image image = {
	.name = "third",
	.cores = 1,
	.decider = IMAGE_NO_DECIDER,
	.grace_ms = 1000,
	.component_count = sizeof(components) / sizeof(components[0]),
	.channel_count = 1,
	.components = components,
	.channels = channels,
};

/* What container/main.c does, but for its command line. */
static int image_run(void)
{
	static struct words words[LAYOUT_COMPONENTS_MAX];
	const struct layout_region *region;

	if (words_parse(&image, 0, NULL, words, stderr) || region_reserve(&region) ||
	    channel_table_create(&image))
		return 99;
	return supervisor_run(words);
}

static char output[8192];

/* In a process of its own, with its output caught; returns its status. */
static int image_status(void)
{
	FILE *file = tmpfile();
	int status = 0;
	pid_t child;

	assert_non_null(file);
	fflush(NULL);
	child = fork();
	if (!child) {
		dup2(fileno(file), STDOUT_FILENO);
		dup2(fileno(file), STDERR_FILENO);
		setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
		exit(image_run());
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	rewind(file);
	output[fread(output, 1, sizeof(output) - 1, file)] = '\0';
	fclose(file);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void assert_has(const char *text)
{
	if (!strstr(output, text))
		fail_msg("expected \"%s\" in: %s", text, output);
}

static void test_a_third_language_fits_the_interface(void **state)
{
	(void)state;
	assert_int_equal(image_status(), 1); /* of the first that failed, "empty" */
	assert_has("answer: 42\n");
	assert_has("taker: 42\n");
	assert_has("empty: +: the stack does not suffice\n");
	assert_has("empty: clean\n");
	assert_has("cat: 1\n");
	assert_has("cat: 3\n");
	assert_null(strstr(output, "cat: 4\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_third_language_fits_the_interface),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
