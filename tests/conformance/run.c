/* SPDX-License-Identifier: MIT */
/*
 * Running sentences. The leader says over the control channel, in words, which
 * one and which part the follower plays; then each side opens its endpoints, plays
 * its part and says "end", with what was wrong behind it.
 *
 *   leader                     follower
 *   run l 100 SENTENCE         yes, or no: it has no such part
 *   meet, a number             meet, a number             as the parts have it
 *   end                        end
 */
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/conformance/conformance.h"
#include "tests/conformance/harness.h"
#include "tests/conformance/side.h"

#define WORDS 400                    /* bytes of a message on the control channel */
#define LED_AFTER (3600 * 1000 * MS) /* a follower that nobody leads waits so long */
#define SILENT "end the other side is silent"

static const struct sentence *const lists[] = {
	sentences_order, sentences_bounds,   sentences_pressure, sentences_place,
	sentences_batch, sentences_stream,   sentences_close,    sentences_anew,
	sentences_death, sentences_deadline, sentences_wake,     sentences_state,
	sentences_set,   sentences_set_time, sentences_task,     sentences_cancel,
	sentences_call,  sentences_stop,
};

#define LISTS (sizeof(lists) / sizeof(lists[0]))

static bool __attribute__((format(printf, 2, 3))) say(struct side *s, const char *format, ...)
{
	char words[WORDS];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	return channel_send(s->control, words, (size_t)len, side_patience()) == CHANNEL_OK;
}

/* The other side's next words; what it came to, if it is that. False: there are none. */
static bool hear_by(struct side *s, char words[WORDS], uint64_t deadline)
{
	enum channel_status status;
	size_t len = 0;

	status = channel_recv(s->control, words, WORDS - 1, &len, deadline);
	words[len < WORDS ? len : 0] = '\0';
	if (status == CHANNEL_CLOSED)
		snprintf(s->peer, sizeof(s->peer), "end the other side: %s",
			 channel_reason_text(channel_reason(s->control)));
	else if (status != CHANNEL_OK)
		snprintf(s->peer, sizeof(s->peer), "%s (%s)", SILENT, channel_status_text(status));
	else if (!strncmp(words, "end", 3))
		snprintf(s->peer, sizeof(s->peer), "%.*s", SIDE_WHY - 1, words);
	return status == CHANNEL_OK && !*s->peer;
}

static bool hear(struct side *s, char words[WORDS])
{
	return hear_by(s, words, side_patience());
}

/* The other part's next words, or this one ends. */
static void attend(struct side *s, char words[WORDS])
{
	if (!hear(s, words))
		side_fail(s, __FILE__, __LINE__, "instead of meeting: %.60s", s->peer);
}

void side_meet(struct side *s)
{
	char words[WORDS];

	CHECK(s, say(s, "meet"));
	attend(s, words);
	CHECK(s, !strcmp(words, "meet"));
}

void side_tell(struct side *s, unsigned number)
{
	CHECK(s, say(s, "%u", number));
}

unsigned side_hear(struct side *s)
{
	char words[WORDS];

	attend(s, words);
	return (unsigned)strtoul(words, NULL, 10);
}

void side_open(struct side *s)
{
	s->ch = s->harness->open(s->harness, 1);
	CHECK(s, s->ch);
}

void side_anew(struct side *s)
{
	side_open(s);
	side_meet(s);
}

_Noreturn void side_die(struct side *s)
{
	free(s->pattern);
	s->pattern = NULL;
	s->pattern_bytes = 0;
	s->harness->die(s->harness);
	abort(); /* no compiler knows that of a pointer */
}

static void open_all(struct side *s)
{
	unsigned more = s->harness->channels - 1;

	s->more_count = more < SIDE_MORE ? more : SIDE_MORE;
	side_open(s);
	for (unsigned i = 0; i < s->more_count; i++) {
		s->more[i] = s->harness->open(s->harness, i + 2);
		CHECK(s, s->more[i]);
	}
	side_pattern(s, channel_max(s->ch));
	channel_stats(s->ch, &s->before);
	memset(s->jobs, 0, sizeof(s->jobs));
	side_meet(s);
}

static void close_all(struct side *s)
{
	if (s->ch)
		channel_close(s->ch);
	for (unsigned i = 0; i < s->more_count; i++)
		if (s->more[i])
			channel_close(s->more[i]);
}

/* Whatever it said meanwhile that this side did not stay to hear. */
static void hear_end(struct side *s)
{
	char words[WORDS];

	while (!*s->peer)
		hear(s, words);
}

/* Of the sentence and the part; not 0. */
static uint32_t seed(const struct side *s)
{
	uint32_t x = s->is_left ? 1 : 2;

	for (const char *c = s->sentence->says; *c; c++)
		x = x * 31 + (unsigned char)*c;
	return x ? x : 1;
}

/* This side's part, up to its end. */
static void play(struct side *s)
{
	s->ch = NULL;
	s->more_count = 0;
	s->random = seed(s);
	s->why[0] = s->peer[0] = '\0';
	if (!setjmp(s->out)) {
		open_all(s);
		(s->is_left ? s->sentence->left : s->sentence->right)(s);
	}
	/* Both parts are over before either closes; but one that failed releases the other. */
	if (*s->why)
		close_all(s);
	say(s, *s->why ? "end %s" : "end", s->why);
	hear_end(s);
	close_all(s);
}

static void *play_apart(void *arg)
{
	struct side *s = arg;

	if (s->harness->enter)
		s->harness->enter(s->harness);
	play(s);
	return NULL;
}

/*
 * A thread that has made a task waits in other ways from then on, so what makes
 * none has a thread of its own. The one that dies is the component's first.
 */
static void play_on_thread(struct side *s)
{
	pthread_t id;

	if (s->harness->one_thread || s->sentence->needs & (NEEDS_TASKS | NEEDS_DEATH)) {
		play(s);
	} else if (pthread_create(&id, NULL, play_apart, s)) {
		snprintf(s->why, sizeof(s->why), "no thread");
		say(s, "end %s", s->why);
		hear_end(s);
	} else {
		pthread_join(id, NULL);
	}
}

static const struct sentence *find(const char *says)
{
	for (unsigned i = 0; i < LISTS; i++)
		for (const struct sentence *it = lists[i]; it->says; it++)
			if (!strcmp(it->says, says))
				return it;
	return NULL;
}

/* Let go of what a life before this one, or none, has begun on the channels. */
static void let_go(const struct harness *h)
{
	for (unsigned i = 1; i <= h->channels; i++) {
		struct channel *ch = h->open(h, i);

		if (ch && channel_reason(ch) != CHANNEL_CONNECTING)
			channel_close(ch);
	}
}

int conform_follow(const struct harness *h)
{
	struct side s = {.harness = h, .control = h->open(h, 0)};
	char words[WORDS];
	bool is_first = true;
	int at = 0;
	char part;

	/* Not for ever: it may be asked to stop. */
	while (s.control && hear_by(&s, words, side_in(LED_AFTER))) {
		if (sscanf(words, "run %c %u %n", &part, &s.rounds, &at) != 2)
			break;
		if (is_first)
			let_go(h);
		is_first = false;
		s.sentence = find(words + at);
		s.is_left = part == 'l';
		if (!say(&s, s.sentence ? "yes" : "no") || !s.sentence)
			continue;
		play_on_thread(&s);
		s.peer[0] = '\0';
	}
	free(s.pattern);
	return !s.control || channel_reason(s.control) != CHANNEL_FINISHED;
}

/* A run of all sentences, from the leader's side. */
struct run {
	struct side side;
	const char *only;
	unsigned number, held, failed, skipped;
	bool lost; /* the other side does not answer any more */
};

const char *volatile conform_playing = "the first sentence";

static const char *why_not(const struct run *r)
{
	const struct harness *h = r->side.harness;
	unsigned needs = r->side.sentence->needs;

	if (needs & NEEDS_SET && h->one_thread)
		return "a set holds up both sides";
	if (needs & NEEDS_TASKS && h->no_tasks)
		return "there are no tasks";
	if (needs & NEEDS_DEATH && !h->die)
		return "nobody can die";
	if (needs & NEEDS_EARLY && h->together)
		return "nobody comes early";
	if (needs & NEEDS_STOP && !h->stop)
		return "nobody is asked to stop";
	return NULL;
}

static void report(struct run *r, const char *verdict, const char *behind)
{
	printf("%s %u - %s [%s%s]%s\n", verdict, ++r->number, r->side.sentence->says,
	       r->side.harness->placement, r->side.is_left ? "" : ", turned round", behind);
}

static void skip(struct run *r, const char *why)
{
	char behind[WORDS];

	snprintf(behind, sizeof(behind), " # SKIP %s", why);
	report(r, "ok", behind);
	r->skipped++;
}

/* The control channel of the other side's next life. */
static void reconnect(struct side *s)
{
	s->control = s->harness->open(s->harness, 0);
	if (!s->control)
		snprintf(s->why, sizeof(s->why), "no next life");
}

static void judge(struct run *r)
{
	struct side *s = &r->side;
	bool died = s->sentence->needs & NEEDS_DEATH, good;

	good = !*s->why && !strcmp(s->peer, died ? "end the other side: peer died" : "end");
	if (channel_reason(s->control) != CHANNEL_OPEN)
		reconnect(s);
	r->lost = !s->control || !strncmp(s->peer, SILENT, strlen(SILENT));
	report(r, good ? "ok" : "not ok", "");
	if (*s->why)
		printf("# this side: %s\n", s->why);
	if (!good)
		printf("# the other side: %s\n", s->peer[3] ? s->peer + 4 : "well");
	r->held += good;
	r->failed += !good;
}

static void lead(struct run *r)
{
	struct side *s = &r->side;
	const char *why = why_not(r);
	char words[WORDS];

	conform_playing = s->sentence->says;
	if (why) {
		skip(r, why);
		return;
	}
	s->peer[0] = s->why[0] = '\0';
	if (!say(s, "run %c %u %s", s->is_left ? 'r' : 'l', s->rounds, s->sentence->says) ||
	    !hear(s, words)) {
		judge(r);
	} else if (strcmp(words, "yes") != 0) {
		skip(r, "the other side has no such part");
	} else {
		play_on_thread(s);
		judge(r);
	}
}

/* All that need no stop, or all that do, with the parts this way round. */
static void lead_all(struct run *r, bool is_left, bool stop)
{
	r->side.is_left = is_left;
	for (unsigned i = 0; i < LISTS; i++)
		for (const struct sentence *it = lists[i]; it->says && !r->lost; it++) {
			bool turns = is_left || !(it->needs & NEEDS_DEATH);

			r->side.sentence = it;
			if (!(it->needs & NEEDS_STOP) == !stop && turns &&
			    strstr(it->says, r->only))
				lead(r);
		}
}

unsigned conform_lead(const struct harness *h, unsigned rounds, const char *only)
{
	struct run r = {
		.side = {.harness = h, .rounds = rounds, .control = h->open(h, 0)},
		.only = only,
	};

	r.lost = !r.side.control;
	let_go(h);
	lead_all(&r, true, false);
	if (!h->one_way)
		lead_all(&r, false, false);
	if (h->stop && !r.lost)
		h->stop(h);
	lead_all(&r, true, true);
	if (!h->one_way)
		lead_all(&r, false, true);
	if (r.lost)
		printf("Bail out! %s: the other side does not answer\n", h->placement);
	else
		channel_close(r.side.control);
	printf("1..%u\n", r.number);
	printf("# conformance: %s: %u held, %u failed, %u skipped\n", h->placement, r.held,
	       r.failed + r.lost, r.skipped);
	free(r.side.pattern);
	return r.failed + r.lost;
}
