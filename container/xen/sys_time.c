/* SPDX-License-Identifier: MIT */
/*
 * System calls on time.
 */
#include "container/xen/clock.h"
#include "container/xen/sys.h"

#include <asm/errno.h>
#include <linux/time.h>

/* Longer is for ever: 146 years, so that no sum of two times overflows Xen's signed clock. */
#define SECONDS_MAX ((int64_t)(INT64_MAX / 2 / CLOCK_SECOND))

uint64_t timespec_to_ns(const struct timespec64 *time, int *error)
{
	*error = 0;
	if (time->seconds < 0 || time->nanoseconds < 0 ||
	    time->nanoseconds >= (int64_t)CLOCK_SECOND)
		*error = -EINVAL;
	if (*error || time->seconds >= SECONDS_MAX)
		return THREAD_FOREVER;
	return (uint64_t)time->seconds * CLOCK_SECOND + (uint64_t)time->nanoseconds;
}

uint64_t deadline_from(uint64_t ns, bool is_wall, bool is_absolute)
{
	uint64_t now = clock_now();

	if (ns == THREAD_FOREVER)
		return THREAD_FOREVER;
	if (!is_absolute)
		return now + ns;
	if (!is_wall)
		return ns;

	uint64_t wall = clock_wall();

	return ns > wall ? now + (ns - wall) : now;
}

static void timespec_fill(struct timespec64 *time, uint64_t ns)
{
	time->seconds = (int64_t)(ns / CLOCK_SECOND);
	time->nanoseconds = (int64_t)(ns % CLOCK_SECOND);
}

static bool is_wall_clock(uint64_t id)
{
	return id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE || id == CLOCK_TAI;
}

/* The CPU-time clocks run with the guest: no thread is ever preempted by another. */
long sys_clock_gettime(const struct regs *regs)
{
	if (regs->rdi > CLOCK_TAI)
		return -EINVAL;
	timespec_fill((struct timespec64 *)regs->rsi,
		      is_wall_clock(regs->rdi) ? clock_wall() : clock_now());
	return 0;
}

long sys_clock_getres(const struct regs *regs)
{
	if (regs->rdi > CLOCK_TAI)
		return -EINVAL;
	if (regs->rsi)
		timespec_fill((struct timespec64 *)regs->rsi, 1);
	return 0;
}

long sys_gettimeofday(const struct regs *regs)
{
	int64_t *timeval = (int64_t *)regs->rdi;
	uint64_t wall = clock_wall();

	if (timeval) {
		timeval[0] = (int64_t)(wall / CLOCK_SECOND);
		timeval[1] = (int64_t)(wall % CLOCK_SECOND / 1000);
	}
	return 0;
}

long sys_time(const struct regs *regs)
{
	long seconds = (long)(clock_wall() / CLOCK_SECOND);

	if (regs->rdi)
		*(long *)regs->rdi = seconds;
	return seconds;
}

/* Sleep; what is left where a signal has cut it short goes to *rest. */
static long sleep_until(uint64_t deadline, struct timespec64 *rest)
{
	int ret = thread_sleep(deadline);

	if (ret == -EINTR && rest) {
		uint64_t now = clock_now();

		timespec_fill(rest, deadline > now ? deadline - now : 0);
	}
	return ret;
}

long sys_nanosleep(const struct regs *regs)
{
	int error;
	uint64_t ns = timespec_to_ns((const struct timespec64 *)regs->rdi, &error);

	if (error)
		return error;
	return sleep_until(deadline_from(ns, false, false), (struct timespec64 *)regs->rsi);
}

long sys_clock_nanosleep(const struct regs *regs)
{
	bool is_absolute = regs->rsi & TIMER_ABSTIME;
	int error;
	uint64_t ns = timespec_to_ns((const struct timespec64 *)regs->rdx, &error);

	if (error)
		return error;
	return sleep_until(deadline_from(ns, is_wall_clock(regs->rdi), is_absolute),
			   is_absolute ? NULL : (struct timespec64 *)regs->r10);
}
