/* SPDX-License-Identifier: MIT */
/*
 * What a switch costs, ours beside the others: ns, medians over the rounds, on one
 * processor.
 *
 * usage: switch [ROUNDS]
 */
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "ipc/bell.h"
#include "tests/bench/switch/switch.h"

#define MAIN_ROUNDS 9
#define MAIN_ROUNDS_MAX 99
#define MAIN_PRIORITY 10
#define MAIN_ROUND_NS 2e7
#define MAIN_TRIAL 2000 /* trips */
#define MAIN_TARGET 1.5 /* times the best hand-written one */

static struct way {
	const char *name;
	void (*run)(uint64_t trips);
	bool by_hand, whole; /* keeps all that the ABI has a callee keep */
	double ns[MAIN_ROUNDS_MAX];
} main_ways[] = {
	{.name = "ours: task_yield", .run = switch_task},
	{.name = "by hand: registers", .run = switch_registers, .by_hand = true},
	{.name = "by hand: registers and control words",
	 .run = switch_words,
	 .by_hand = true,
	 .whole = true},
	{.name = "Boost.Context: jump_fcontext",
	 .run = switch_fcontext,
	 .by_hand = true,
	 .whole = true},
	{.name = "swapcontext", .run = switch_ucontext},
	{.name = "threads of one processor: sched_yield", .run = switch_yield},
	{.name = "threads of one processor: futex", .run = switch_futex},
};

#define MAIN_WAYS (sizeof(main_ways) / sizeof(main_ways[0]))

static double main_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double main_once(const struct way *way, uint64_t trips)
{
	double begun = main_clock();

	way->run(trips);
	return (main_clock() - begun) / 2 / (double)trips;
}

static int main_compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* One processor, and nobody else on it. */
static void main_pin(void)
{
	struct sched_param first = {.sched_priority = MAIN_PRIORITY};
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);
	if (sched_setscheduler(0, SCHED_FIFO, &first))
		fprintf(stderr, "switch: no real-time priority here; others disturb the figures\n");
}

static double main_median(const struct way *way, int rounds)
{
	return way->ns[rounds / 2];
}

static void main_round(int r)
{
	for (unsigned w = 0; w < MAIN_WAYS; w++) {
		double trial = main_once(&main_ways[w], MAIN_TRIAL);

		main_ways[w].ns[r] = main_once(&main_ways[w], (uint64_t)(MAIN_ROUND_NS / trial));
	}
}

static void main_target(int rounds, bool whole, const char *what)
{
	double best = 0, ratio;

	for (unsigned w = 0; w < MAIN_WAYS; w++) {
		double ns = main_median(&main_ways[w], rounds);

		if (main_ways[w].by_hand && main_ways[w].whole >= whole && (best == 0 || ns < best))
			best = ns;
	}
	ratio = main_median(&main_ways[0], rounds) / best;
	printf("task_yield, to the best by hand %-30s %.2f <= %.2f  %s\n", what, ratio, MAIN_TARGET,
	       ratio <= MAIN_TARGET ? "met" : "MISSED");
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : MAIN_ROUNDS;

	if (rounds < 1 || rounds > MAIN_ROUNDS_MAX)
		return 2;
	main_pin();
	bell_init();
	for (int r = 0; r < rounds; r++)
		main_round(r);
	printf("\nSwitch from one task to another: ns\n");
	for (unsigned w = 0; w < MAIN_WAYS; w++) {
		qsort(main_ways[w].ns, (size_t)rounds, sizeof(double), main_compare);
		printf("%-40s %9.1f (%.2fx)\n", main_ways[w].name,
		       main_median(&main_ways[w], rounds),
		       main_median(&main_ways[w], rounds) / main_median(&main_ways[0], rounds));
	}
	main_target(rounds, true, "that keeps control words:");
	main_target(rounds, false, "of all:");
	return 0;
}
