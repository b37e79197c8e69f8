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

/* Clocks of one thread or process have negative numbers: ~id << 3 | kind (linux/posix-timers.h). */
#define CLOCK_ID_SHIFT 3
#define CLOCK_OF_THREAD 4
#define CLOCK_KIND 3
#define CLOCK_KIND_FILE 3 /* not a CPU clock; the others all are */

static bool cpu_clock_read(int clock, uint64_t *ns)
{
	int id = ~(clock >> CLOCK_ID_SHIFT);

	if ((clock & CLOCK_KIND) == CLOCK_KIND_FILE)
		return false;
	if (!(clock & CLOCK_OF_THREAD)) {
		*ns = thread_cpu_ns_all();
		return id == 0 || id == PROCESS_ID;
	}

	const struct thread *thread = id ? thread_by_id(id) : thread_current();

	if (!thread || !thread->signals.alive)
		return false;
	*ns = thread_cpu_ns(thread);
	return true;
}

static bool clock_read(int clock, uint64_t *ns)
{
	if (clock < 0)
		return cpu_clock_read(clock, ns);
	if (clock == CLOCK_PROCESS_CPUTIME_ID)
		*ns = thread_cpu_ns_all();
	else if (clock == CLOCK_THREAD_CPUTIME_ID)
		*ns = thread_cpu_ns(thread_current());
	else
		*ns = is_wall_clock((uint64_t)clock) ? clock_wall() : clock_now();
	return clock <= CLOCK_TAI;
}

long sys_clock_gettime(const struct regs *regs)
{
	uint64_t ns;

	if (!clock_read((int)regs->rdi, &ns))
		return -EINVAL;
	timespec_fill((struct timespec64 *)regs->rsi, ns);
	return 0;
}

long sys_clock_getres(const struct regs *regs)
{
	uint64_t ns;

	if (!clock_read((int)regs->rdi, &ns))
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
