/* SPDX-License-Identifier: MIT */
/*
 * Two threads that never wait, and one that sleeps, on one core.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define SECOND 1000000000LL
#define MILLISECOND 1000000LL
#define RUN (300 * MILLISECOND)
#define TURN (2 * MILLISECOND) /* a hole in time longer than this: another had the core */
#define HOLE_MAX (SECOND / 2)  /* with room for a host that is busy itself */
#define TURNS_MIN 4
#define UNFAIR 4 /* times as much CPU time as the other */
#define NAPS 10
#define NAP (5 * MILLISECOND)
#define LANES 8 /* of 32 bits: a ymm register */

struct lanes {
	uint32_t lane[LANES];
};

struct spinner {
	pthread_t thread;
	uint32_t seed;
	unsigned turns;
	long long longest, cpu;
	bool kept;
};

static bool stop;
static unsigned failures;

static void expect(bool ok, const char *what)
{
	if (ok)
		return;
	printf("turns: failed: %s\n", what);
	failures++;
}

static long long now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * SECOND + t.tv_nsec;
}

static struct lanes pattern(uint32_t seed)
{
	struct lanes l;

	for (unsigned i = 0; i < LANES; i++)
		l.lane[i] = seed + i;
	return l;
}

#define SPIN                                                                                       \
	"1:\n\t"                                                                                   \
	"dec %[n]\n\t"                                                                             \
	"jnz 1b\n\t"

/* Burn some time with a pattern in vector registers; is it still there? */
static bool spin_sse(uint32_t seed, long count)
{
	struct lanes in = pattern(seed), out;

	__asm__ volatile("movups %[i], %%xmm1\n\t"
			 "movups 16%[i], %%xmm14\n\t" SPIN "movups %%xmm1, %[o]\n\t"
			 "movups %%xmm14, 16%[o]"
			 : [o] "=m"(out), [n] "+r"(count)
			 : [i] "m"(in)
			 : "xmm1", "xmm14", "cc");
	return !memcmp(&in, &out, sizeof(in));
}

static __attribute__((target("avx"))) bool spin_avx(uint32_t seed, long count)
{
	struct lanes in = pattern(seed), out;

	__asm__ volatile("vmovups %[i], %%ymm1\n\t"
			 "vmovups %[i], %%ymm14\n\t"
			 "vpxor %%xmm14, %%xmm14, %%xmm14\n\t" SPIN "vmovups %%ymm1, %[o]\n\t"
			 "vzeroupper"
			 : [o] "=m"(out), [n] "+r"(count)
			 : [i] "m"(in)
			 : "xmm1", "xmm14", "cc");
	return !memcmp(&in, &out, sizeof(in));
}

static bool spin(uint32_t seed)
{
	return spin_sse(seed, 100000) && (!__builtin_cpu_supports("avx") || spin_avx(seed, 100000));
}

static void *run(void *argument)
{
	struct spinner *self = argument;
	long long last = now(CLOCK_MONOTONIC);

	self->kept = true;
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		self->kept &= spin(self->seed);

		long long time = now(CLOCK_MONOTONIC);

		if (time - last > TURN)
			self->turns++;
		if (time - last > self->longest)
			self->longest = time - last;
		last = time;
	}
	self->cpu = now(CLOCK_THREAD_CPUTIME_ID);
	return NULL;
}

static void spinner_start(struct spinner *spinner, uint32_t seed)
{
	*spinner = (struct spinner){.seed = seed};
	pthread_create(&spinner->thread, NULL, run, spinner);
}

static void spinner_check(struct spinner *spinner, const struct spinner *other)
{
	expect(spinner->kept, "vector registers are kept");
	expect(spinner->turns >= TURNS_MIN, "a thread has many turns");
	expect(spinner->longest < HOLE_MAX, "and waits for none too long");
	expect(spinner->cpu < UNFAIR * other->cpu, "two that never wait share the core");
}

static void check_two(void)
{
	struct spinner a, b;
	struct timespec time = {.tv_nsec = RUN};

	stop = false;
	spinner_start(&a, 100);
	spinner_start(&b, 200);
	nanosleep(&time, NULL);
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(a.thread, NULL);
	pthread_join(b.thread, NULL);
	printf("turns: %u and %u turns, CPU time %lld and %lld ms, longest wait %lld ms\n", a.turns,
	       b.turns, a.cpu / MILLISECOND, b.cpu / MILLISECOND,
	       (a.longest > b.longest ? a.longest : b.longest) / MILLISECOND);
	spinner_check(&a, &b);
	spinner_check(&b, &a);
}

/* A sleeper has its turn soon after its deadline, whoever spins. */
static void check_sleeper(void)
{
	struct timespec nap = {.tv_nsec = NAP};
	struct spinner spinner;
	long long worst = 0;

	stop = false;
	spinner_start(&spinner, 300);
	for (int i = 0; i < NAPS; i++) {
		long long before = now(CLOCK_MONOTONIC);

		nanosleep(&nap, NULL);
		long long late = now(CLOCK_MONOTONIC) - before - NAP;

		if (late > worst)
			worst = late;
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(spinner.thread, NULL);
	printf("turns: a sleeper was at most %lld ms late\n", worst / MILLISECOND);
	expect(worst < HOLE_MAX, "a sleeper has its turn");
	expect(spinner.kept, "vector registers are kept");
}

int main(void)
{
	check_two();
	check_sleeper();
	if (!failures)
		printf("turns: all had theirs\n");
	return failures != 0;
}
