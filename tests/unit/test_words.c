/* SPDX-License-Identifier: MIT */
/* Unit test of container/words.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "container/image.h"
#include "container/words.h"

static const char *const first_args[] = {"-v", "input", NULL};
static const char *const first_env[] = {"LANG=C", "HOME=/", NULL};

/* The name of one component begins with the name of another. */
static const struct image_component components[] = {
	{.name = "count", .args = first_args, .env = first_env},
	{.name = "counter"},
};

static const struct image img = {
	.name = "tally",
	.component_count = 2,
	.components = components,
};

struct parsed {
	struct words out[2];
	char *errors;
	size_t error_bytes;
	int status;
};

static int parsed_setup(void **state)
{
	*state = calloc(1, sizeof(struct parsed));
	return *state ? 0 : -1;
}

static int parsed_teardown(void **state)
{
	struct parsed *p = *state;

	words_end(&img, p->out);
	free(p->errors);
	free(p);
	return 0;
}

static void parse(struct parsed *p, int count, const char *const *words)
{
	FILE *errors = open_memstream(&p->errors, &p->error_bytes);

	assert_non_null(errors);
	p->status = words_parse(&img, count, (char *const *)words, p->out, errors);
	fclose(errors);
}

static void assert_strings(char **got, const char *const *expected)
{
	for (; *expected; got++, expected++) {
		assert_non_null(*got);
		assert_string_equal(*got, *expected);
	}
	assert_null(*got);
}

static void test_without_words_a_component_gets_what_the_manifest_says(void **state)
{
	struct parsed *p = *state;

	parse(p, 0, NULL);
	assert_int_equal(p->status, 0);
	assert_int_equal(p->out[0].argc, 3);
	assert_strings(p->out[0].argv, (const char *[]){"count", "-v", "input", NULL});
	assert_strings(p->out[0].envp, first_env);
}

static void test_a_component_without_args_and_env_gets_its_name_alone(void **state)
{
	struct parsed *p = *state;

	parse(p, 0, NULL);
	assert_int_equal(p->out[1].argc, 1);
	assert_strings(p->out[1].argv, (const char *[]){"counter", NULL});
	assert_strings(p->out[1].envp, (const char *[]){NULL});
}

static void test_arguments_are_appended_in_order(void **state)
{
	struct parsed *p = *state;
	const char *words[] = {"count.arg=one", "counter.arg=other", "count.arg="};

	parse(p, 3, words);
	assert_int_equal(p->status, 0);
	assert_int_equal(p->out[0].argc, 5);
	assert_strings(p->out[0].argv, (const char *[]){"count", "-v", "input", "one", "", NULL});
	assert_strings(p->out[1].argv, (const char *[]){"counter", "other", NULL});
}

static void test_the_value_begins_behind_the_first_equals_sign(void **state)
{
	struct parsed *p = *state;
	const char *words[] = {"counter.arg=a=b.c", "counter.env.X=y=z"};

	parse(p, 2, words);
	assert_strings(p->out[1].argv, (const char *[]){"counter", "a=b.c", NULL});
	assert_strings(p->out[1].envp, (const char *[]){"X=y=z", NULL});
}

static void test_a_variable_of_the_manifest_is_replaced_in_its_place(void **state)
{
	struct parsed *p = *state;
	const char *words[] = {"count.env.LANG=de", "count.env.LAN=x", "count.env.LANG=fr"};

	parse(p, 3, words);
	assert_int_equal(p->status, 0);
	assert_strings(p->out[0].envp, (const char *[]){"LANG=fr", "HOME=/", "LAN=x", NULL});
}

static void test_each_word_that_means_nothing_is_named(void **state)
{
	struct parsed *p = *state;
	const char *words[] = {"counter.arg=fine", "cou.arg=x",      "counter", "counter.env.=x",
			       "counter.env.NAME", "counter.args=x", ""};

	parse(p, 7, words);
	assert_int_equal(p->status, -EINVAL);
	for (int i = 1; i < 6; i++)
		assert_non_null(strstr(p->errors, words[i]));
	assert_null(strstr(p->errors, words[0]));
}

static void test_an_error_says_what_was_expected(void **state)
{
	struct parsed *p = *state;
	const char *words[] = {"speed=9"};

	parse(p, 1, words);
	assert_string_equal(p->errors,
			    "tally: word \"speed=9\"; expected COMPONENT.arg=VALUE or "
			    "COMPONENT.env.NAME=VALUE, where COMPONENT is count or counter\n");
}

static void test_what_is_written_to_a_copy_leaves_the_original(void **state)
{
	struct parsed *p = *state;
	const char *words[] = {"count.arg=red"};
	struct words copy;

	parse(p, 1, words);
	assert_int_equal(words_copy(&p->out[0], &copy), 0);
	assert_int_equal(copy.argc, p->out[0].argc);
	for (char **at = copy.argv; *at; at++)
		memset(*at, '*', strlen(*at));
	for (char **at = copy.envp; *at; at++)
		memset(*at, '*', strlen(*at));
	copy.argv[0] = copy.envp[0] = NULL;
	free(copy.argv);
	assert_int_equal(words_copy(&p->out[0], &copy), 0);
	assert_string_equal(copy.argv[copy.argc - 1], "red");
	assert_strings(copy.envp, (const char *[]){"LANG=C", "HOME=/", NULL});
	free(copy.argv);
}

#define WORDS_TEST(f) cmocka_unit_test_setup_teardown(f, parsed_setup, parsed_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORDS_TEST(test_without_words_a_component_gets_what_the_manifest_says),
		WORDS_TEST(test_a_component_without_args_and_env_gets_its_name_alone),
		WORDS_TEST(test_arguments_are_appended_in_order),
		WORDS_TEST(test_the_value_begins_behind_the_first_equals_sign),
		WORDS_TEST(test_a_variable_of_the_manifest_is_replaced_in_its_place),
		WORDS_TEST(test_each_word_that_means_nothing_is_named),
		WORDS_TEST(test_an_error_says_what_was_expected),
		WORDS_TEST(test_what_is_written_to_a_copy_leaves_the_original),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
