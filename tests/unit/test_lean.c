/* SPDX-License-Identifier: MIT */
/*
 * Unit test of what images have in place of larger parts of the C library:
 * charset.o and locale.o of container/lean are linked, and their names win; the C
 * library that the test runs with has its own inside, to compare with.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <gconv.h>
#include <limits.h>
#include <locale.h>
#include <string.h>
#include <wchar.h>

/* glibc: iconv/gconv_simple.c, of which charset.o defines its own. */
wint_t __gconv_btwoc_ascii(struct __gconv_step *step, unsigned char byte);
int __gconv_transform_ascii_internal(struct __gconv_step *step, struct __gconv_step_data *data,
				     const unsigned char **in, const unsigned char *end,
				     unsigned char **start, size_t *irreversible, int flush,
				     int consume_incomplete);
int __gconv_transform_internal_ascii(struct __gconv_step *step, struct __gconv_step_data *data,
				     const unsigned char **in, const unsigned char *end,
				     unsigned char **start, size_t *irreversible, int flush,
				     int consume_incomplete);

/* The conversion of size bytes, with room for room: what is left of both, and how it ended. */
struct conversion {
	unsigned char bytes[16];
	size_t read, written;
	int status;
};

static struct conversion convert(__gconv_fct how, const void *from, size_t size, size_t room)
{
	struct conversion c = {0};
	mbstate_t state = {0};
	const unsigned char *in = from;
	struct __gconv_step_data data = {c.bytes, c.bytes + room, __GCONV_IS_LAST, 0, 1, &state,
					 {0}};
	size_t irreversible = 0;

	c.status = how(NULL, &data, &in, in + size, NULL, &irreversible, 0, 1);
	c.read = (size_t)(in - (const unsigned char *)from);
	c.written = (size_t)(data.__outbuf - c.bytes);
	return c;
}

static void test_bytes_are_the_characters_that_the_c_library_says(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 256; i++) {
		char byte = (char)i;
		wchar_t theirs = 0, ours = 0;
		mbstate_t shift = {0};
		size_t used = mbrtowc(&theirs, &byte, 1, &shift);
		struct conversion c = convert(__gconv_transform_ascii_internal, &byte, 1, 16);

		memcpy(&ours, c.bytes, sizeof(ours));
		assert_int_equal(c.status,
				 used == (size_t)-1 ? __GCONV_ILLEGAL_INPUT : __GCONV_EMPTY_INPUT);
		assert_int_equal(ours, theirs);
		assert_int_equal(__gconv_btwoc_ascii(NULL, (unsigned char)byte), btowc((int)i));
	}
}

static void assert_narrowed_alike(wchar_t wide)
{
	char theirs[MB_LEN_MAX] = {0};
	mbstate_t shift = {0};
	size_t used = wcrtomb(theirs, wide, &shift);
	struct conversion c = convert(__gconv_transform_internal_ascii, &wide, sizeof(wide), 16);

	if (used == (size_t)-1) {
		assert_int_equal(c.status, __GCONV_ILLEGAL_INPUT);
		assert_int_equal(c.read, 0);
		return;
	}
	assert_int_equal(c.status, __GCONV_EMPTY_INPUT);
	assert_int_equal(c.written, used);
	assert_memory_equal(c.bytes, theirs, used);
}

static void test_characters_are_the_bytes_that_the_c_library_says(void **state)
{
	(void)state;
	for (wchar_t wide = 0; wide < 0x200; wide++)
		assert_narrowed_alike(wide);
	for (wchar_t wide = 0xe0000 - 2; wide < 0xe0000 + 0x82; wide++)
		assert_narrowed_alike(wide); /* language tags, which are skipped */
	assert_narrowed_alike(-1);
}

static void test_a_conversion_stops_where_there_is_no_more_room_or_text(void **state)
{
	const wchar_t wide[] = L"abc";
	struct conversion c;

	(void)state;
	c = convert(__gconv_transform_internal_ascii, wide, 3 * sizeof(wide[0]), 2);
	assert_int_equal(c.status, __GCONV_FULL_OUTPUT);
	assert_int_equal(c.written, 2);
	assert_int_equal(c.read, 2 * sizeof(wide[0]));
	c = convert(__gconv_transform_internal_ascii, wide, sizeof(wide[0]) + 3, 16);
	assert_int_equal(c.status, __GCONV_INCOMPLETE_INPUT);
	assert_int_equal(c.written, 1);
	c = convert(__gconv_transform_ascii_internal, "abc", 3, 11);
	assert_int_equal(c.status, __GCONV_FULL_OUTPUT);
	assert_int_equal(c.read, 2);
	assert_memory_equal(c.bytes, L"ab", 2 * sizeof(wide[0]));
}

static void test_the_only_locale_is_that_of_c(void **state)
{
	(void)state;
	assert_string_equal(setlocale(LC_ALL, NULL), "C");
	assert_string_equal(setlocale(LC_ALL, ""), "C");
	assert_string_equal(setlocale(LC_TIME, "POSIX"), "C");
	assert_null(setlocale(LC_ALL, "de_DE.UTF-8"));
	errno = 0;
	assert_null(setlocale(99, "C"));
	assert_int_equal(errno, EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes_are_the_characters_that_the_c_library_says),
		cmocka_unit_test(test_characters_are_the_bytes_that_the_c_library_says),
		cmocka_unit_test(test_a_conversion_stops_where_there_is_no_more_room_or_text),
		cmocka_unit_test(test_the_only_locale_is_that_of_c),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
