/* SPDX-License-Identifier: MIT */
/*
 * A long random walk through what a service's server and clients may do, beside a
 * model that is as plain as can be: who has which connection, who waits, what comes
 * next out of the door.
 */
#include "tests/unit/service_case.h"
#include "tests/unit/random.h"

#define WALK_STEPS 300000
#define WALK_MAX 16 /* more than can be in any state but NONE */

enum walk_client { NONE, WAITS, REFUSED, HAS, LEFT };
enum walk_server { AHEAD, OFFERED, SERVED, OVER };

/* A connection, or one that a client waits for. */
struct walk_entry {
	enum walk_client client;
	enum walk_server server;
	unsigned owner; /* 0: ANN, 1: BOB */
	unsigned turn;  /* in which order they came to wait, and then to be offered */
	struct channel *ch, *served;
};

static struct {
	struct service *s;
	struct walk_entry entries[WALK_MAX];
	enum service_state state;
	unsigned turns;
	uint64_t random;
} walk;

static unsigned walk_choose(unsigned below)
{
	return (unsigned)random_below(&walk.random, below);
}

static bool walk_has_line(const struct walk_entry *e)
{
	return (e->client == HAS || e->client == LEFT) && e->server != AHEAD;
}

/* Lines of one client, or of all. */
static unsigned walk_lines(unsigned owner)
{
	unsigned n = 0;

	for (unsigned i = 0; i < WALK_MAX; i++)
		n += walk_has_line(&walk.entries[i]) &&
		     (owner == 2 || walk.entries[i].owner == owner);
	return n;
}

static unsigned walk_taken(unsigned owner)
{
	unsigned n = 0;

	for (unsigned i = 0; i < WALK_MAX; i++)
		n += walk.entries[i].owner == owner && walk.entries[i].client != NONE &&
		     walk.entries[i].client != LEFT;
	return n;
}

/* The first in turn of those that are this on both sides, or NULL. */
static struct walk_entry *walk_first(enum walk_client client, enum walk_server server,
				     unsigned owner)
{
	struct walk_entry *first = NULL;

	for (unsigned i = 0; i < WALK_MAX; i++) {
		struct walk_entry *e = &walk.entries[i];

		if (e->client == client && e->server == server && e->owner == owner &&
		    (!first || e->turn < first->turn))
			first = e;
	}
	return first;
}

static struct walk_entry *walk_sooner(struct walk_entry *a, struct walk_entry *b)
{
	return !a || (b && b->turn < a->turn) ? b : a;
}

/* Those that wait are served in turn, but for a client that has its share. */
static void walk_serve(void)
{
	while (walk.state == SERVICE_LISTENS && walk_lines(2) < TEST_LINES) {
		struct walk_entry *e = NULL;

		for (unsigned owner = 0; owner < 2; owner++)
			if (walk_lines(owner) < TEST_EACH)
				e = walk_sooner(e, walk_first(WAITS, AHEAD, owner));
		if (!e)
			return;
		e->client = HAS;
		e->server = OFFERED;
		e->turn = ++walk.turns;
	}
}

/* Both have let go: there is nothing. */
static void walk_settle(void)
{
	for (unsigned i = 0; i < WALK_MAX; i++)
		if (walk.entries[i].client == LEFT && walk.entries[i].server == OVER)
			walk.entries[i] = (struct walk_entry){0};
	walk_serve();
}

static struct walk_entry *walk_new(void)
{
	for (unsigned i = 0; i < WALK_MAX; i++)
		if (walk.entries[i].client == NONE)
			return &walk.entries[i];
	fail_msg("more connections than there can be");
	return NULL;
}

static void walk_connect(unsigned owner)
{
	struct channel *ch;
	struct walk_entry *e;

	test_component = ANN + owner;
	errno = 0;
	ch = service_connect_begin("desk");
	if (walk.state == SERVICE_CLOSED || walk_taken(owner) == TEST_EACH) {
		assert_null(ch);
		assert_int_equal(errno, walk.state == SERVICE_CLOSED ? ECONNREFUSED : EMFILE);
		return;
	}
	assert_non_null(ch);
	e = walk_new();
	*e = (struct walk_entry){.client = WAITS, .owner = owner, .turn = ++walk.turns, .ch = ch};
	walk_serve();
	assert_int_equal(channel_reason(ch), e->client == HAS ? CHANNEL_OPEN : CHANNEL_CONNECTING);
}

/* The wait is given up, or comes to its end. */
static void walk_connected(struct walk_entry *e)
{
	struct channel *ch;

	test_component = ANN + e->owner;
	ch = service_connect_end(e->ch, e->client == REFUSED ? CHANNEL_CLOSED : CHANNEL_AGAIN);
	assert_ptr_equal(ch, e->client == HAS ? e->ch : NULL);
	if (!ch)
		assert_int_equal(errno, e->client == REFUSED ? ECONNREFUSED : ETIMEDOUT);
	if (!ch)
		*e = (struct walk_entry){0};
}

static void walk_drop(struct walk_entry *e)
{
	assert_int_equal(test_drop(ANN + e->owner, e->ch), CHANNEL_OK);
	if (e->client == HAS)
		e->client = LEFT;
	else
		*e = (struct walk_entry){0};
	walk_settle();
}

static void walk_client(struct walk_entry *e)
{
	if (e->client == NONE || e->client == LEFT)
		return;
	if (e->client == HAS && e->server == SERVED && walk_choose(2))
		assert_passes(e->ch, e->served);
	else if (e->client == HAS || walk_choose(3) == 0)
		walk_drop(e);
	else if (walk_choose(3) == 0)
		walk_connected(e);
}

static void walk_accept(void)
{
	struct walk_entry *e = NULL;
	enum channel_status status;
	struct channel *ch;

	for (unsigned owner = 0; owner < 2; owner++)
		for (enum walk_client c = HAS; c <= LEFT; c++)
			e = walk_sooner(e, walk_first(c, OFFERED, owner));
	test_component = SERVER;
	status = service_accept(walk.s, CHANNEL_NOW, &ch);
	if (!e) {
		assert_int_equal(status,
				 walk.state == SERVICE_LISTENS ? CHANNEL_AGAIN : CHANNEL_CLOSED);
		return;
	}
	assert_int_equal(status, CHANNEL_OK);
	e->server = SERVED;
	e->served = ch;
	if (e->client == HAS)
		assert_passes(e->ch, ch);
	else
		assert_int_equal(test_recv(ch, CHANNEL_NOW), CHANNEL_CLOSED);
}

static void walk_server_drop(struct walk_entry *e)
{
	if (e->server != SERVED)
		return;
	assert_int_equal(test_drop(SERVER, e->served), CHANNEL_OK);
	e->server = OVER;
	if (e->client == HAS)
		assert_int_equal(test_recv(e->ch, CHANNEL_NOW), CHANNEL_CLOSED);
	walk_settle();
}

/* What the server does no more: those that were only offered, or all. */
static void walk_server_leaves(enum service_state state, enum walk_server least)
{
	walk.state = state;
	for (unsigned i = 0; i < WALK_MAX; i++) {
		struct walk_entry *e = &walk.entries[i];

		if (e->server == OFFERED || e->server == least)
			e->server = OVER;
		if (e->client == WAITS && state == SERVICE_CLOSED)
			e->client = REFUSED;
	}
	walk_settle();
}

static void walk_server(void)
{
	switch (walk_choose(3)) {
	case 0:
		test_component = SERVER;
		service_close(walk.s);
		if (walk.state == SERVICE_LISTENS)
			walk_server_leaves(SERVICE_CLOSED, OFFERED);
		break;
	case 1:
		channel_table_end(SERVER, walk_choose(2));
		channel_table_begin(SERVER);
		walk_server_leaves(SERVICE_EXPECTED, SERVED);
		break;
	default:
		break;
	}
	if (walk_choose(2)) {
		assert_ptr_equal(test_listen(SERVER, "desk"), walk.s);
		walk.state = SERVICE_LISTENS;
		walk_serve();
	}
}

static void walk_client_dies(unsigned owner)
{
	channel_table_end(ANN + owner, walk_choose(2));
	channel_table_begin(ANN + owner);
	for (unsigned i = 0; i < WALK_MAX; i++) {
		struct walk_entry *e = &walk.entries[i];

		if (e->owner != owner || e->client == NONE)
			continue;
		if (e->client == HAS || e->client == LEFT)
			e->client = LEFT;
		else
			*e = (struct walk_entry){0};
	}
	walk_settle();
}

static void assert_as_the_model_says(void)
{
	unsigned free = 0;

	for (const struct service_line *line = walk.s->free; line; line = line->next)
		free++;
	assert_int_equal(free, TEST_LINES - walk_lines(2));
	for (unsigned owner = 0; owner < 2; owner++) {
		assert_int_equal(walk.s->clients[owner].lines, walk_lines(owner));
		assert_int_equal(walk.s->clients[owner].taken, walk_taken(owner));
	}
	assert_int_equal(walk.s->state, walk.state);
}

static void a_service_does_what_its_model_does(void **state)
{
	unsigned waited = 0, full = 0;

	(void)state;
	for (unsigned step = 0; step < WALK_STEPS; step++) {
		switch (walk_choose(40)) {
		case 0:
			walk_server();
			break;
		case 1:
			walk_client_dies(walk_choose(2));
			break;
		case 2 ... 12:
			walk_connect(walk_choose(2));
			break;
		case 13 ... 20:
			walk_accept();
			break;
		case 21 ... 28:
			walk_server_drop(&walk.entries[walk_choose(WALK_MAX)]);
			break;
		default:
			walk_client(&walk.entries[walk_choose(WALK_MAX)]);
			break;
		}
		assert_as_the_model_says();
		waited += walk.s->queue != NULL;
		full += walk_lines(2) == TEST_LINES;
	}
	/* It has been everywhere. */
	assert_in_range(waited, WALK_STEPS / 20 + 1, UINT64_MAX);
	assert_in_range(full, WALK_STEPS / 20 + 1, UINT64_MAX);
}

static int walk_setup(void **state)
{
	walk.random = 1;
	if (test_table(state) || test_setup(state))
		return -1;
	walk.s = *state;
	walk.state = SERVICE_LISTENS;
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_service_does_what_its_model_does),
	};

	return cmocka_run_group_tests(tests, walk_setup, NULL);
}
