/* SPDX-License-Identifier: MIT */
/*
 * iceoryx, by its C binding, in place. Its daemon is started for as long as the
 * bench runs. Receiving without polling would take a wait set; it is polled.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <iceoryx_binding_c/log.h>
#include <iceoryx_binding_c/publisher.h>
#include <iceoryx_binding_c/runtime.h>
#include <iceoryx_binding_c/subscriber.h>

#include "tests/bench/channels/peer.h"

#define ICEORYX_DEPTH 256  /* of a subscriber's queue, its most */
#define ICEORYX_TRIES 3000 /* milliseconds */

struct sender {
	iox_pub_t publisher;
	void *chunk;
};

struct receiver {
	iox_sub_t subscriber;
	const void *chunk;
};

struct link {
	struct sender s;
	struct receiver r;
	iox_pub_storage_t publisher;
	iox_sub_storage_t subscriber;
};

static inline void *link_room(struct sender *s, size_t len, bool block)
{
	(void)block;
	while (iox_pub_loan_chunk(s->publisher, &s->chunk, (uint32_t)len) !=
	       AllocationResult_SUCCESS)
		__builtin_ia32_pause();
	return s->chunk;
}

static inline void link_post(struct sender *s, size_t len, bool block)
{
	(void)len;
	(void)block;
	iox_pub_publish_chunk(s->publisher, s->chunk);
}

static inline void link_flush(struct sender *s)
{
	(void)s;
}

static inline const void *link_next(struct receiver *r, size_t *len, bool block)
{
	(void)len;
	(void)block;
	while (iox_sub_take_chunk(r->subscriber, &r->chunk) != ChunkReceiveResult_SUCCESS)
		__builtin_ia32_pause();
	return r->chunk;
}

static inline void link_done(struct receiver *r)
{
	iox_sub_release_chunk(r->subscriber, r->chunk);
}

#include "tests/bench/channels/loops.h"

static pid_t iceoryx_daemon_id;

static void iceoryx_daemon_end(void)
{
	kill(iceoryx_daemon_id, SIGTERM);
	waitpid(iceoryx_daemon_id, NULL, 0);
}

/* The daemon is ready when it says so; true once it has. */
static bool iceoryx_daemon_ready(int out)
{
	char text[4096];
	size_t have = 0;
	ssize_t n;

	while (have < sizeof(text) - 1 &&
	       (n = read(out, text + have, sizeof(text) - 1 - have)) > 0) {
		text[have += (size_t)n] = 0;
		if (strstr(text, "RouDi is ready for clients"))
			return true;
	}
	return false;
}

static void iceoryx_daemon_run(int out)
{
	struct sched_param none = {0};

	sched_setscheduler(0, SCHED_OTHER, &none);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	execlp("iox-roudi", "iox-roudi", "--monitoring-mode", "off", NULL);
	_exit(127);
}

static bool iceoryx_begin(void)
{
	static bool begun;
	int ends[2];

	if (begun)
		return true;
	if (pipe(ends))
		return false;
	iceoryx_daemon_id = fork();
	if (iceoryx_daemon_id == 0)
		iceoryx_daemon_run(ends[1]);
	close(ends[1]);
	atexit(iceoryx_daemon_end);
	begun = iceoryx_daemon_ready(ends[0]);
	iox_set_loglevel(Iceoryx_LogLevel_Off);
	if (begun)
		iox_runtime_init("channels");
	return begun;
}

static bool iceoryx_joined(const struct link *l)
{
	for (unsigned i = 0; i < ICEORYX_TRIES; i++) {
		if (iox_pub_has_subscribers(l->s.publisher) &&
		    iox_sub_get_subscription_state(l->r.subscriber) == SubscribeState_SUBSCRIBED)
			return true;
		usleep(1000);
	}
	return false;
}

static struct link *iceoryx_link(size_t len)
{
	static unsigned number;
	struct link *l = peer_memory(sizeof(*l));
	iox_pub_options_t out;
	iox_sub_options_t in;
	char name[20];

	(void)len;
	if (!iceoryx_begin())
		return NULL;
	iox_pub_options_init(&out);
	iox_sub_options_init(&in);
	out.subscriberTooSlowPolicy = ConsumerTooSlowPolicy_WAIT_FOR_CONSUMER;
	in.queueFullPolicy = QueueFullPolicy_BLOCK_PRODUCER;
	in.queueCapacity = ICEORYX_DEPTH;
	snprintf(name, sizeof(name), "%u", number++);
	l->s.publisher = iox_pub_init(&l->publisher, "channels", "link", name, &out);
	l->r.subscriber = iox_sub_init(&l->subscriber, "channels", "link", name, &in);
	return iceoryx_joined(l) ? l : NULL;
}

static void iceoryx_unlink(struct link *l)
{
	iox_sub_deinit(l->r.subscriber);
	iox_pub_deinit(l->s.publisher);
	peer_memory_free(l, sizeof(*l));
}

extern const struct peer peer_iceoryx;
const struct peer peer_iceoryx =
	LOOPS_PEER("iceoryx", PEER_STREAM | PEER_SPARSE | PEER_POLL, iceoryx_link, iceoryx_unlink);
