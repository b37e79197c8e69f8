/* SPDX-License-Identifier: MIT */
/*
 * Unit test of bundled files: linked as the packer links, so that the C
 * library's functions called here are those of container/files.c.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "container/component.h"
#include "container/component_self.h"
#include "container/image.h"

#define BIG_SIZE 100000

static char big[BIG_SIZE];

static const struct image_file files[] = {
	{"poem.txt", "one\ntwo\nthree", 13},
	{"./data/zeros", "a\0b\0c", 5},
	{"empty", "", 0},
	{"big", big, BIG_SIZE},
	{"module/0", "not a module", 12},
};

static const struct image_component components[] = {
	{.name = "reader", .files = files, .file_count = sizeof(files) / sizeof(files[0])},
	{.name = "other"},
};

const struct image image = {.name = "test", .component_count = 2, .components = components};

static unsigned self;

unsigned component_index(void)
{
	return self;
}

const void *component_module(unsigned index, size_t *size)
{
	*size = index == 1 ? 6 : 0;
	return index == 1 ? "second" : NULL;
}

static int setup(void **state)
{
	(void)state;
	self = 0;
	for (size_t i = 0; i < BIG_SIZE; i++)
		big[i] = (char)(i % 251);
	return 0;
}

/* The whole file, or its errno as text. */
static const char *text_of(const char *name, const char *mode)
{
	static char text[64];
	FILE *f = fopen(name, mode);

	if (!f) {
		snprintf(text, sizeof(text), "%s", strerrorname_np(errno));
		return text;
	}
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	assert_true(feof(f));
	assert_int_equal(fclose(f), 0);
	return text;
}

static void test_a_bundled_file_is_read_by_its_name(void **state)
{
	(void)state;
	assert_string_equal(text_of("poem.txt", "r"), "one\ntwo\nthree");
	assert_string_equal(text_of("./poem.txt", "rb"), "one\ntwo\nthree");
	assert_string_equal(text_of(".//./poem.txt", "re"), "one\ntwo\nthree");
	assert_string_equal(text_of("data/zeros", "r"), "a");
	assert_string_equal(text_of("poem", "r"), "ENOENT");
	assert_string_equal(text_of("/poem.txt", "r"), "ENOENT");
	assert_string_equal(text_of("", "r"), "ENOENT");
}

static void test_an_empty_file_is_there_and_at_its_end(void **state)
{
	FILE *f = fopen("empty", "r");

	(void)state;
	assert_non_null(f);
	assert_int_equal(getc(f), EOF);
	assert_true(feof(f));
	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	assert_int_equal(ftell(f), 0);
	fclose(f);
}

static void test_modules_have_names(void **state)
{
	(void)state;
	assert_string_equal(text_of("/module/1", "r"), "second");
	assert_string_equal(text_of("module/0", "r"), "not a module");
	assert_string_equal(text_of("/module/0", "r"), "ENOENT");
	assert_string_equal(text_of("/module/", "r"), "ENOENT");
	assert_string_equal(text_of("/module/11", "r"), "ENOENT");
	assert_string_equal(text_of("/module/x", "r"), "ENOENT");
}

static void test_writing_is_refused(void **state)
{
	const char *const modes[] = {"w", "a", "r+", "w+", "rb+", "r+b"};

	(void)state;
	for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		assert_string_equal(text_of("poem.txt", modes[i]), "EROFS");

	FILE *f = fopen("poem.txt", "r");

	assert_int_equal(fputc('x', f), EOF);
	fclose(f);
	assert_string_equal(text_of("poem.txt", "r"), "one\ntwo\nthree");
}

static void test_files_belong_to_their_component(void **state)
{
	(void)state;
	self = 1;
	assert_string_equal(text_of("poem.txt", "r"), "ENOENT");
	assert_string_equal(text_of("/module/1", "r"), "second");
	self = COMPONENT_NONE;
	assert_string_equal(text_of("poem.txt", "r"), "ENOENT");
}

static void test_seeking_goes_where_it_says(void **state)
{
	FILE *f = fopen("big", "r");

	(void)state;
	for (long place = BIG_SIZE - 1; place >= 0; place -= 997) {
		assert_int_equal(fseek(f, place, SEEK_SET), 0);
		assert_int_equal(getc(f), (unsigned char)big[place]);
		assert_int_equal(ftell(f), place + 1);
	}
	assert_int_equal(fseek(f, -3, SEEK_END), 0);
	assert_int_equal(getc(f), (unsigned char)big[BIG_SIZE - 3]);
	assert_int_equal(fseek(f, 1, SEEK_CUR), 0);
	assert_int_equal(getc(f), (unsigned char)big[BIG_SIZE - 1]);
	assert_int_equal(getc(f), EOF);
	assert_int_equal(fseek(f, -1, SEEK_SET), -1);
	assert_int_equal(fseek(f, 10, SEEK_END), 0);
	assert_int_equal(getc(f), EOF);
	assert_int_equal(ftell(f), BIG_SIZE + 10);
	fclose(f);
}

static void test_a_file_is_read_in_any_way(void **state)
{
	char line[16], word[8];
	FILE *f = fopen("poem.txt", "r");

	(void)state;
	assert_string_equal(fgets(line, sizeof(line), f), "one\n");
	assert_int_equal(ungetc('t', f), 't');
	assert_int_equal(fscanf(f, "%7s", word), 1);
	assert_string_equal(word, "ttwo");
	fclose(f);
}

static void test_a_stream_changes_to_another_bundled_file(void **state)
{
	FILE *f = fopen("poem.txt", "r");
	char text[16] = "";

	(void)state;
	assert_int_equal(getc(f), 'o');
	assert_ptr_equal(freopen("data/zeros", "rb", f), f);
	assert_int_equal(fread(text, 1, sizeof(text), f), 5);
	assert_memory_equal(text, "a\0b\0c", 5);
	assert_ptr_equal(freopen("poem.txt", "r", f), f);
	assert_int_equal(getc(f), 'o');
	assert_null(freopen("poem.txt", "w", f));
	assert_int_equal(errno, EROFS);
	fclose(f);
}

static void test_a_stream_of_another_kind_does_not_become_one(void **state)
{
	FILE *f = fmemopen((char *)"memory", 6, "r");

	(void)state;
	assert_null(freopen("poem.txt", "r", f));
	assert_int_equal(errno, ENOTSUP);
	fclose(f);
	f = fopen("/dev/null", "r");
	assert_null(freopen("poem.txt", "r", f));
	assert_int_equal(errno, ENOTSUP);
	fclose(f);
}

static void test_stat_and_access_know_bundled_files(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(stat("poem.txt", &st), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(st.st_size, 13);
	assert_int_equal(lstat("./empty", &st), 0);
	assert_int_equal(st.st_size, 0);
	assert_int_equal(stat("/module/1", &st), 0);
	assert_int_equal(stat("nothing", &st), -1);
	assert_int_equal(access("poem.txt", R_OK), 0);
	assert_int_equal(access("poem.txt", F_OK), 0);
	assert_int_equal(access("poem.txt", W_OK), -1);
	assert_int_equal(errno, EROFS);
	assert_int_equal(access("poem.txt", X_OK), -1);
	assert_int_equal(errno, EACCES);
	assert_int_equal(access("nothing", F_OK), -1);
}

static void test_the_bytes_are_there_without_a_copy(void **state)
{
	size_t size;

	(void)state;
	assert_ptr_equal(component_file("./big", &size), big);
	assert_int_equal(size, BIG_SIZE);
	assert_non_null(component_file("empty", &size));
	assert_int_equal(size, 0);
	assert_null(component_file("nothing", &size));
	assert_int_equal(size, 0);
}

static void test_other_files_are_the_c_librarys(void **state)
{
	struct stat st;

	(void)state;
	assert_string_equal(text_of("/dev/null", "r"), "");
	assert_int_equal(stat("/dev/null", &st), 0);
	assert_true(S_ISCHR(st.st_mode));
	assert_int_equal(access("/dev/null", W_OK), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_a_bundled_file_is_read_by_its_name, setup),
		cmocka_unit_test_setup(test_an_empty_file_is_there_and_at_its_end, setup),
		cmocka_unit_test_setup(test_modules_have_names, setup),
		cmocka_unit_test_setup(test_writing_is_refused, setup),
		cmocka_unit_test_setup(test_files_belong_to_their_component, setup),
		cmocka_unit_test_setup(test_seeking_goes_where_it_says, setup),
		cmocka_unit_test_setup(test_a_file_is_read_in_any_way, setup),
		cmocka_unit_test_setup(test_a_stream_changes_to_another_bundled_file, setup),
		cmocka_unit_test_setup(test_a_stream_of_another_kind_does_not_become_one, setup),
		cmocka_unit_test_setup(test_stat_and_access_know_bundled_files, setup),
		cmocka_unit_test_setup(test_the_bytes_are_there_without_a_copy, setup),
		cmocka_unit_test_setup(test_other_files_are_the_c_librarys, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
