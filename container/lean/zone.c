/* SPDX-License-Identifier: MIT */
/*
 * Local time: an image sets TZ to UTC0 before anything asks, components have an
 * environment of their own, and so the C library would read no other zone.
 */
#include <time.h>

#define ALIAS(name, of) extern __typeof__(of) name __attribute__((alias(#of)))

static char name[] = "UTC";

char *__tzname[2] = {name, name};
int __daylight;
long __timezone;

#undef tzname
#undef daylight
#undef timezone
ALIAS(tzname, __tzname);
ALIAS(daylight, __daylight);
ALIAS(timezone, __timezone);

void __tzset(void);
void __tzset(void)
{
}

ALIAS(tzset, __tzset);

/* glibc: time/offtime.c. 0 where the year is more than an int holds. */
int __offtime(time_t at, long offset, struct tm *to);

/* glibc: time/tzset.c. gmtime and localtime come through here. */
struct tm *__tz_convert(time_t at, int is_local, struct tm *to);
struct tm *__tz_convert(time_t at, int is_local, struct tm *to)
{
	if (!__offtime(at, 0, to))
		return NULL;
	to->tm_isdst = 0;
	to->tm_gmtoff = 0;
	to->tm_zone = is_local ? name : "GMT";
	return to;
}
