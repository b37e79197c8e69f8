/* SPDX-License-Identifier: MIT */
/*
 * System calls on time.
 */
#include "container/xen/clock.h"
#include "container/xen/sys.h"
#include "container/xen/user.h"

#include <asm/errno.h>
#include <linux/time.h>

/* Longer is for ever: 146 years, so that no sum of two times overflows Xen's signed clock. */
#define SECONDS_MAX ((int64_t)(INT64_MAX / 2 / CLOCK_SECOND))

uint64_t timespec_read(uint64_t from, int *error)
{
	struct timespec64 time;

	*error = user_read(&time, from, sizeof(time));
	if (*error)
		return THREAD_FOREVER;
	if (time.seconds < 0 || time.nanoseconds < 0 || time.nanoseconds >= (int64_t)CLOCK_SECOND)
		*error = -EINVAL;
	if (*error || time.seconds >= SECONDS_MAX)
		return THREAD_FOREVER;
	return (uint64_t)time.seconds * CLOCK_SECOND + (uint64_t)time.nanoseconds;
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

static int timespec_write(uint64_t to, uint64_t ns)
{
	const struct timespec64 time = {
		.seconds = (int64_t)(ns / CLOCK_SECOND),
		.nanoseconds = (int64_t)(ns % CLOCK_SECOND),
	};

	return user_write(to, &time, sizeof(time));
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

	struct thread *thread = id ? thread_by_id(id) : thread_current();

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
	return timespec_write(regs->rsi, ns);
}

long sys_clock_getres(const struct regs *regs)
{
	uint64_t ns;

	if (!clock_read((int)regs->rdi, &ns))
		return -EINVAL;
	return regs->rsi ? timespec_write(regs->rsi, 1) : 0;
}

long sys_gettimeofday(const struct regs *regs)
{
	uint64_t wall = clock_wall();
	const uint64_t timeval[2] = {wall / CLOCK_SECOND, wall % CLOCK_SECOND / 1000};

	return regs->rdi ? user_write(regs->rdi, timeval, sizeof(timeval)) : 0;
}

long sys_time(const struct regs *regs)
{
	long seconds = (long)(clock_wall() / CLOCK_SECOND);

	if (regs->rdi && user_write(regs->rdi, &seconds, sizeof(seconds)))
		return -EFAULT;
	return seconds;
}

/* Sleep; what is left where a signal has cut it short goes to `rest`, unless that is 0. */
static long sleep_until(uint64_t deadline, uint64_t rest)
{
	int ret = thread_sleep(deadline);

	if (ret == -EINTR && rest) {
		uint64_t now = clock_now();

		if (timespec_write(rest, deadline > now ? deadline - now : 0))
			return -EFAULT;
	}
	return ret;
}

long sys_nanosleep(const struct regs *regs)
{
	int error;
	uint64_t ns = timespec_read(regs->rdi, &error);

	if (error)
		return error;
	return sleep_until(deadline_from(ns, false, false), regs->rsi);
}

long sys_clock_nanosleep(const struct regs *regs)
{
	bool is_absolute = regs->rsi & TIMER_ABSTIME;
	int error;
	uint64_t ns = timespec_read(regs->rdx, &error);

	if (error)
		return error;
	return sleep_until(deadline_from(ns, is_wall_clock(regs->rdi), is_absolute),
			   is_absolute ? 0 : regs->r10);
}
