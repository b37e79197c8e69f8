/* SPDX-License-Identifier: MIT */
/* Bursts: threads, cores, clocks. */
#include "tests/bench/channels/burst.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#include "tests/bench/channels/pattern.h"

#define BURST_PRIORITY 10
#define BURST_APART 256 /* bytes: no line of one thread is beside one of the other */
#define BURST_TRIAL 32  /* messages of the first, multiplied until long enough to tell */
#define BURST_TRIAL_NS 1e6
#define BURST_BOUNCES 500
#define BURST_GRAIN_LEAST 8 /* ticks; less does not matter */
#define BURST_GRAIN_MOST 64
#define BURST_GRAIN_TRIALS 4096
#define BURST_GRAIN_OTHERS 50 /* one of so many may be longer, for whatever came between */

extern const struct peer peer_bounce_two;

static double burst_tick;        /* ns */
static uint64_t burst_grain = 1; /* ticks: the clock goes by steps of so many, one more or less */
static uint64_t burst_samples[BURST_SAMPLES];
static cpu_set_t burst_all;

/* Each thread writes its own with every message. */
struct burst_side {
	struct burst_peer *peer;
	bool trip;
	struct load load;
	unsigned ready;
} __attribute__((aligned(BURST_APART)));

static double burst_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void burst_measure_tick(void)
{
	double begun = burst_clock();
	uint64_t ticks = __rdtsc();

	while (burst_clock() - begun < 2e7)
		;
	burst_tick = (burst_clock() - begun) / (double)(__rdtsc() - ticks);
}

/* Whether it can be told from these differences that the clock goes by such steps. */
static bool burst_goes_by(const uint64_t *ticks, unsigned count, uint64_t grain)
{
	unsigned others = 0;

	for (unsigned i = 0; i < count; i++) {
		uint64_t over = (ticks[i] + grain / 2) % grain;

		others += over + 1 < grain / 2 || over > grain / 2 + 1;
	}
	return others <= count / BURST_GRAIN_OTHERS;
}

static void burst_measure_grain(void)
{
	uint64_t ticks[BURST_GRAIN_TRIALS], last = __rdtsc();

	for (unsigned i = 0; i < BURST_GRAIN_TRIALS; i++) {
		uint64_t now = __rdtsc();

		ticks[i] = now - last;
		last = now;
	}
	for (uint64_t grain = BURST_GRAIN_LEAST; grain <= BURST_GRAIN_MOST; grain++)
		if (burst_goes_by(ticks, BURST_GRAIN_TRIALS, grain))
			burst_grain = grain;
}

static cpu_set_t burst_core(unsigned which)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &burst_all) && which-- == 0)
			CPU_SET(cpu, &one);
	return one;
}

void burst_begin(void)
{
	struct sched_param first = {.sched_priority = BURST_PRIORITY};

	sched_getaffinity(0, sizeof(burst_all), &burst_all);
	if (CPU_COUNT(&burst_all) < 2) {
		fprintf(stderr, "channels: %d processor; expected 2\n", CPU_COUNT(&burst_all));
		exit(1);
	}
	if (sched_setscheduler(0, SCHED_FIFO, &first))
		fprintf(stderr,
			"channels: no real-time priority here; others disturb the figures\n");
	burst_measure_tick();
	burst_measure_grain();
}

bool burst_open(struct burst_peer *p, const struct peer *peer, size_t len, bool trip)
{
	*p = (struct burst_peer){.peer = peer, .len = len};
	p->there = peer->open(len);
	if (p->there && trip)
		p->back = peer->open(len);
	return p->there && (p->back || !trip);
}

void burst_close(struct burst_peer *p)
{
	p->peer->close(p->there);
	if (p->back)
		p->peer->close(p->back);
}

static void *burst_far(void *arg)
{
	struct burst_side *side = arg;
	const struct burst_peer *p = side->peer;

	__atomic_store_n(&side->ready, 1, __ATOMIC_RELEASE);
	if (side->trip)
		p->peer->pong(p->there, p->back, &side->load);
	else
		p->peer->receive(p->there, &side->load);
	return NULL;
}

static void burst_near(struct burst_side *side)
{
	struct burst_peer *p = side->peer;

	side->load.begun = __rdtsc();
	if (side->trip)
		p->peer->ping(p->there, p->back, &side->load);
	else
		p->peer->send(p->there, &side->load);
	side->load.ended = __rdtsc();
}

/* The threads of some peers are made while a link opens: those are free to go anywhere. */
static void burst_both(struct burst_side *near, struct burst_side *far)
{
	cpu_set_t here = burst_core(0), there = burst_core(1);
	pthread_attr_t attr;
	pthread_t other;

	pthread_attr_init(&attr);
	pthread_attr_setaffinity_np(&attr, sizeof(there), &there);
	sched_setaffinity(0, sizeof(here), &here);
	if (pthread_create(&other, &attr, burst_far, far)) {
		perror("channels: thread");
		exit(1);
	}
	while (!__atomic_load_n(&far->ready, __ATOMIC_ACQUIRE))
		_mm_pause();
	burst_near(near);
	pthread_join(other, NULL);
	sched_setaffinity(0, sizeof(burst_all), &burst_all);
	pthread_attr_destroy(&attr);
}

static int burst_compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/*
 * Samples that a clock which goes by steps cannot tell apart have the same one of these.
 * A sample that is a difference may be below 0.
 */
static int64_t burst_step(uint64_t sample)
{
	int64_t half = (int64_t)burst_grain / 2;
	int64_t value = (int64_t)sample;

	return (value < 0 ? value - half : value + half) / (int64_t)burst_grain;
}

/*
 * The sample that a share of all are below. A clock that goes by steps of 10 ns makes few
 * values of many trips: of those that are alike, so many lie in this part of the step.
 */
static double burst_quantile(uint64_t count, double share)
{
	uint64_t k = (uint64_t)(share * (double)count), low = k, high = k, sum = 0;
	int64_t step = burst_step(burst_samples[k]);
	double within;

	while (low > 0 && burst_step(burst_samples[low - 1]) == step)
		low--;
	while (high < count && burst_step(burst_samples[high]) == step)
		high++;
	for (uint64_t i = low; i < high; i++)
		sum += burst_samples[i];
	within = (double)(k - low) / (double)(high - low) - 0.5;
	return ((double)(int64_t)sum / (double)(high - low) + within * (double)burst_grain) *
	       burst_tick;
}

static bool burst_sampled(const struct burst_kind *kind)
{
	return kind->trip || kind->idle > 0 || kind->work;
}

/* From the sender's start to the end of whoever ends last. */
static struct burst_result burst_figure(const struct load *near, const struct load *far,
					const struct burst_kind *kind)
{
	uint64_t count = kind->work ? near->count / PEER_TURN : near->count;
	double messages = kind->work ? PEER_TURN : 1;
	uint64_t ended = far->ended > near->ended ? far->ended : near->ended;
	struct burst_result r = {
		.each = (double)(ended - near->begun) * burst_tick / (double)near->count,
	};

	if (!burst_sampled(kind))
		return r;
	qsort(burst_samples, count, sizeof(burst_samples[0]), burst_compare);
	r.p50 = burst_quantile(count, 0.5) / messages;
	r.p99 = burst_quantile(count, 0.99) / messages;
	return r;
}

static struct burst_result burst_once(struct burst_peer *p, const struct burst_kind *kind,
				      uint64_t count)
{
	struct load load = {
		.len = p->len,
		.first = p->next,
		.count = count,
		.work = kind->work,
		.idle = (uint64_t)(kind->idle / burst_tick),
		.block = kind->block,
		.samples = burst_samples,
	};
	struct burst_side near = {.peer = p, .trip = kind->trip, .load = load}, far = near;

	burst_both(&near, &far);
	p->next += count;
	p->bad |= near.load.bad || far.load.bad;
	return burst_figure(&near.load, &far.load, kind);
}

static uint64_t burst_count(struct burst_peer *p, const struct burst_kind *kind)
{
	uint64_t most = burst_sampled(kind) ? BURST_SAMPLES : UINT64_C(1) << 30,
		 count = BURST_TRIAL;
	double each = burst_once(p, kind, count).each;

	while (each * (double)count < BURST_TRIAL_NS && count < most / 4) {
		count *= 4;
		each = burst_once(p, kind, count).each;
	}
	count = ((uint64_t)(kind->length / each) / PEER_TURN + 1) * PEER_TURN;
	return count < most ? count : most;
}

/* Others have the machine as long as we had it. */
static void burst_rest(double ns)
{
	usleep((unsigned)(ns / 1000));
}

struct burst_result burst_run(struct burst_peer *p, const struct burst_kind *kind)
{
	struct burst_result r;

	if (!p->count)
		p->count = burst_count(p, kind);
	r = burst_once(p, kind, p->count);
	burst_rest(r.each * (double)p->count / 2);
	return r;
}

double burst_distance(void)
{
	static const struct burst_kind kind = {.trip = true};
	static struct burst_peer bounce;

	if (!bounce.peer && !burst_open(&bounce, &peer_bounce_two, sizeof(uint64_t), false))
		exit(1);
	return burst_once(&bounce, &kind, BURST_BOUNCES).p50;
}
