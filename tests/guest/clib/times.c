/* SPDX-License-Identifier: MIT */
/*
 * Time: what a moment is called is printed; what time it is, is judged.
 */
#define _GNU_SOURCE
#include "transcript.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdint.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#define MILLISECOND INT64_C(1000000)
#define SECOND (1000 * MILLISECOND)
#define YEAR_2024 1704067200

static int64_t clock_read(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return now.tv_sec * SECOND + now.tv_nsec;
}

static void moment_write(time_t when)
{
	struct tm tm;
	char text[200];

	gmtime_r(&when, &tm);
	strftime(text, sizeof(text),
		 "%Y-%m-%d %H:%M:%S %a %A %b %B %j %U %V %G %u %y %e %I %p %c %x %X %D %F", &tm);
	printf("%lld: %s; timegm %lld\n", (long long)when, text, (long long)timegm(&tm));
}

static void names_write(void)
{
	struct tm tm = {.tm_year = 124, .tm_mon = 14, .tm_mday = -3, .tm_hour = 30};
	char text[32];
	time_t when = timegm(&tm);

	printf("normalised: %d-%d-%d %d, %lld\n", tm.tm_year, tm.tm_mon, tm.tm_mday, tm.tm_hour,
	       (long long)when);
	printf("asctime: %s", asctime_r(&tm, text));
	memset(&tm, 0, sizeof(tm));
	printf("strptime: \"%s\"",
	       strptime("Thu, 29 Feb 2024 12:34:56 rest", "%a, %d %b %Y %H:%M:%S", &tm));
	printf(" %d-%d-%d %d:%d:%d day %d\n", tm.tm_year, tm.tm_mon, tm.tm_mday, tm.tm_hour,
	       tm.tm_min, tm.tm_sec, tm.tm_yday);
	localtime_r(&(time_t){1720000000}, &tm);
	strftime(text, sizeof(text), "%H:%M %Z %z", &tm);
	printf("local time: %s, mktime: %lld\n", text, (long long)mktime(&tm));
	printf("difftime: %g\n", difftime(100, 350));
}

static bool clocks_agree(void)
{
	struct timeval of_day;
	struct timespec of_c;
	time_t before = time(NULL);

	gettimeofday(&of_day, NULL);
	timespec_get(&of_c, TIME_UTC);
	return before > YEAR_2024 && of_day.tv_sec >= before && of_day.tv_sec <= before + 2 &&
	       of_c.tv_sec >= before && of_c.tv_sec <= before + 2;
}

/* At least as long as asked for, and not for ever. */
static bool sleep_lasts(void)
{
	const struct timespec pause = {.tv_nsec = 20 * MILLISECOND};
	int64_t before = clock_read(CLOCK_MONOTONIC), after;

	nanosleep(&pause, NULL);
	after = clock_read(CLOCK_MONOTONIC);
	return after - before >= pause.tv_nsec && after - before < 5 * SECOND;
}

static bool sleep_until_works(void)
{
	int64_t until = clock_read(CLOCK_MONOTONIC) + 10 * MILLISECOND;
	const struct timespec deadline = {.tv_sec = until / SECOND, .tv_nsec = until % SECOND};

	return !clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &deadline, NULL) &&
	       clock_read(CLOCK_MONOTONIC) >= until;
}

static bool work_is_counted(void)
{
	int64_t before = clock_read(CLOCK_THREAD_CPUTIME_ID);
	clock_t ticks = clock();
	int64_t until = clock_read(CLOCK_MONOTONIC) + 30 * MILLISECOND;

	while (clock_read(CLOCK_MONOTONIC) < until)
		;
	return clock_read(CLOCK_THREAD_CPUTIME_ID) > before && clock() > ticks;
}

static bool forwards(void)
{
	int64_t last = clock_read(CLOCK_MONOTONIC);

	for (int i = 0; i < 10000; i++) {
		int64_t now = clock_read(CLOCK_MONOTONIC);

		if (now < last)
			return false;
		last = now;
	}
	return true;
}

static void judge(const char *what, bool right)
{
	printf("time: %s: %s\n", what, right ? "yes" : "no");
}

static void bad_sleep_write(void)
{
	const struct timespec wrong = {.tv_nsec = SECOND};
	int status = nanosleep(&wrong, NULL);

	printf("a second of nanoseconds: %d, %s\n", status, strerrorname_np(errno));
}

void times_write(void)
{
	puts("# time");
	moment_write(0);
	moment_write(951782399);
	moment_write(1709210096);
	moment_write(4102444799);
	moment_write(-1);
	names_write();
	bad_sleep_write();
	judge("the clocks agree", clocks_agree());
	judge("a sleep lasts as long as it should", sleep_lasts());
	judge("a sleep ends at its deadline", sleep_until_works());
	judge("work is counted", work_is_counted());
	judge("time goes forward", forwards());
}
