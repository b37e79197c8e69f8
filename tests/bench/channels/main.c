/* SPDX-License-Identifier: MIT */
/*
 * Our channel beside its peers and beside what the machine can do.
 *
 * How far apart two processors are differs, and on a virtual machine from one second
 * to the next. It is measured before and behind each burst; there is one table for
 * those between processors that share a cache, and one for the others.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ipc/bell.h"
#include "tests/bench/channels/table.h"

#define MAIN_ROUNDS 5
#define MAIN_ROUNDS_MAX 99
#define MAIN_SAMPLES_MAX (MAIN_ROUNDS_MAX * TABLE_TURNS_MAX)
#define MAIN_SECONDS 170 /* then something hangs */
#define MAIN_FAR 250     /* ns; no round trip through a cache that both share takes as long */

extern const struct peer peer_channel, peer_channel_batch, peer_channel_copy, peer_mailbox,
	peer_call, peer_ck, peer_rte, peer_rte_bulk, peer_wfcqueue, peer_boost, peer_zmq, peer_nng,
	peer_iceoryx, peer_pipe, peer_unix_stream, peer_unix_seqpacket, peer_mq, peer_chase,
	peer_bounce_one, peer_bounce_two, peer_futex;

static const struct peer *main_peers[TABLE_PEERS] = {
	&peer_channel, &peer_channel_batch, &peer_channel_copy, &peer_mailbox,
	&peer_call,    &peer_rte,           &peer_rte_bulk,     &peer_ck,
	&peer_boost,   &peer_wfcqueue,      &peer_iceoryx,      &peer_zmq,
	&peer_nng,     &peer_pipe,          &peer_unix_stream,  &peer_unix_seqpacket,
	&peer_mq,      &peer_chase,         &peer_bounce_one,   &peer_bounce_two,
	&peer_futex,
};

enum main_where { MAIN_IS_NEAR, MAIN_IS_FAR, MAIN_PLACES };

static struct table main_tables[MAIN_PLACES] = {
	{.where = "near each other", .peers = main_peers},
	{.where = "far apart", .peers = main_peers},
};
static unsigned main_rounds = MAIN_ROUNDS;
static bool main_failed;

static int main_compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double main_median(double *values, unsigned n)
{
	qsort(values, n, sizeof(values[0]), main_compare);
	return values[n / 2];
}

/* Of one peer in one place. */
struct main_samples {
	unsigned count;
	double ns[MAIN_SAMPLES_MAX], p99[MAIN_SAMPLES_MAX];
};

static struct main_samples main_samples[TABLE_PEERS][MAIN_PLACES];

static enum main_where main_where(void)
{
	return burst_distance() < MAIN_FAR ? MAIN_IS_NEAR : MAIN_IS_FAR;
}

static double main_figure(const struct row *row, const struct burst_result *r)
{
	switch (row->metric) {
	case ROW_TIMES:
	case ROW_COST:
		return r->p50;
	case ROW_RATE:
		break;
	}
	return r->each;
}

static void main_fail(const struct peer *peer, size_t len, const char *what)
{
	fprintf(stderr, "channels: %s, %zu bytes: %s\n", peer->name, len, what);
	main_failed = true;
}

static void main_sample(struct main_samples *s, double ns, double p99)
{
	s->ns[s->count] = ns;
	s->p99[s->count++] = p99;
}

/* A burst during which the processors moved counts nowhere. */
static void main_round(const struct row *row, struct burst_peer *open)
{
	for (unsigned p = 0; main_peers[p]; p++) {
		enum main_where where;
		struct burst_result r;

		if (!open[p].peer)
			continue;
		where = main_where();
		r = burst_run(&open[p], &row->kind);
		if (main_where() == where)
			main_sample(&main_samples[p][where], main_figure(row, &r), r.p99);
	}
}

static void main_open(const struct row *row, size_t len, struct burst_peer *open)
{
	for (unsigned p = 0; main_peers[p]; p++) {
		size_t most = main_peers[p]->most;

		if (!(main_peers[p]->can & row->can) || (most && len > most))
			continue;
		if (!burst_open(&open[p], main_peers[p], len, row->kind.trip)) {
			main_fail(main_peers[p], len, "does not open");
			open[p].peer = NULL;
		}
	}
}

static void main_cell(struct cell *cell, struct main_samples *s)
{
	if (s->count == 0)
		return;
	*cell = (struct cell){
		.ran = true,
		.ns = main_median(s->ns, s->count),
		.p99 = main_median(s->p99, s->count),
	};
}

static void main_length(enum row_name name, unsigned l)
{
	const struct row *row = &table_rows[name];
	struct burst_peer open[TABLE_PEERS] = {0};

	memset(main_samples, 0, sizeof(main_samples));
	main_open(row, row->lens[l], open);
	for (unsigned turn = 0; turn < main_rounds * row->turns; turn++)
		main_round(row, open);
	for (unsigned p = 0; main_peers[p]; p++) {
		if (!open[p].peer)
			continue;
		if (open[p].bad)
			main_fail(main_peers[p], row->lens[l], "not the bytes that were sent");
		for (unsigned w = 0; w < MAIN_PLACES && !open[p].bad; w++)
			main_cell(&main_tables[w].cells[name][l][p], &main_samples[p][w]);
		burst_close(&open[p]);
	}
}

static void main_row(enum row_name name)
{
	for (unsigned l = 0; l < TABLE_LENGTHS && table_rows[name].lens[l]; l++)
		main_length(name, l);
	for (unsigned w = 0; w < MAIN_PLACES; w++)
		if (table_has_row(&main_tables[w], name))
			table_print_row(&main_tables[w], name);
}

static int main_usage(FILE *to, int status)
{
	fprintf(to,
		"usage: build/bench/channels [ROUNDS [ROW [PEER]...]]\n\n"
		"Our channel beside its peers and beside what the machine can do; then the\n"
		"targets, each with what was measured and whether it is met. Medians of so many\n"
		"ROUNDS, %d if not said. Without a ROW all of them. PEER is the beginning of a\n"
		"name; ours always run. The status is 0 unless something did not run or a byte\n"
		"was not the one sent.\n\nROW\n",
		MAIN_ROUNDS);
	for (int name = 0; name < ROWS; name++)
		fprintf(to, "%3d  %s\n", name, table_rows[name].title);
	fprintf(to, "\nPEER\n");
	for (unsigned p = 0; main_peers[p]; p++)
		fprintf(to, "     %s\n", main_peers[p]->name);
	return status;
}

/* Ours, and those that are named. */
static void main_choose(char **names)
{
	unsigned kept = TABLE_OURS;

	for (unsigned p = TABLE_OURS; main_peers[p]; p++)
		for (char **name = names; *name; name++)
			if (strncmp(main_peers[p]->name, *name, strlen(*name)) == 0) {
				main_peers[kept++] = main_peers[p];
				break;
			}
	main_peers[kept] = NULL;
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : MAIN_ROUNDS, only = argc > 2 ? atoi(argv[2]) : ROWS;

	if (argc > 1 && strcmp(argv[1], "--help") == 0)
		return main_usage(stdout, 0);
	if (rounds < 1 || rounds > MAIN_ROUNDS_MAX || only < 0 || only > ROWS)
		return main_usage(stderr, 2);
	main_rounds = (unsigned)rounds;
	if (argc > 3)
		main_choose(argv + 3);
	alarm(MAIN_SECONDS);
	burst_begin();
	bell_init();
	for (int name = 0; name < ROWS; name++)
		if (only == ROWS || only == name)
			main_row((enum row_name)name);
	for (unsigned w = 0; w < MAIN_PLACES; w++)
		table_print_targets(&main_tables[w]);
	return main_failed;
}
