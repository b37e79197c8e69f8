/* SPDX-License-Identifier: MIT */
/*
 * Unit test of what images have in place of larger parts of the C library:
 * scan.o and locale.o of container/lean are linked, and their names win.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <locale.h>
#include <stdio.h>

struct hours {
	unsigned short h, m, s;
	int end, count;
};

/* The C library's own call, to read the offsets in TZ. */
static struct hours scan_hours(const char *text)
{
	struct hours t = {0};

	t.count = sscanf(text, "%hu%n:%hu%n:%hu%n", &t.h, &t.end, &t.m, &t.end, &t.s, &t.end);
	return t;
}

static void test_offsets_of_all_lengths_are_read(void **state)
{
	(void)state;
	assert_int_equal(scan_hours("12").count, 1);
	assert_int_equal(scan_hours("12").h, 12);
	assert_int_equal(scan_hours("2:30").count, 2);
	assert_int_equal(scan_hours("2:30").m, 30);
	assert_int_equal(scan_hours("2:30:45,M3").count, 3);
	assert_int_equal(scan_hours("2:30:45,M3").s, 45);
	assert_int_equal(scan_hours("2:30:45,M3").end, 7);
}

static void test_what_is_no_number_stores_nothing(void **state)
{
	(void)state;
	assert_int_equal(scan_hours("CET").count, 0);
	assert_int_equal(scan_hours("").count, EOF);
	assert_int_equal(scan_hours("7:x").end, 1);
}

static void test_dates_of_a_rule_are_read(void **state)
{
	unsigned short m = 0, n = 0, d = 9;
	int end = 0;

	(void)state;
	assert_int_equal(sscanf("M10.5.0/3", "M%hu.%hu.%hu%n", &m, &n, &d, &end), 3);
	assert_int_equal(m, 10);
	assert_int_equal(n, 5);
	assert_int_equal(d, 0);
	assert_int_equal(end, 7);
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
		cmocka_unit_test(test_offsets_of_all_lengths_are_read),
		cmocka_unit_test(test_what_is_no_number_stores_nothing),
		cmocka_unit_test(test_dates_of_a_rule_are_read),
		cmocka_unit_test(test_the_only_locale_is_that_of_c),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
