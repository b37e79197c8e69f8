/* SPDX-License-Identifier: MIT */
/*
 * Our channel beside its peers and beside what the machine can do.
 *
 * usage: channels [ROUNDS [ROW [PEER]...]]
 *
 * ROW is the number of one row, PEER the beginning of a peer's name (ours is
 * always there). The status is 0 unless something did not run or a byte was wrong.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ipc/bell.h"
#include "tests/bench/channels/table.h"

#define MAIN_ROUNDS 5
#define MAIN_ROUNDS_MAX 99
#define MAIN_SECONDS 170 /* then something hangs */

extern const struct peer peer_channel, peer_channel_batch, peer_mailbox, peer_call, peer_ck,
	peer_rte, peer_rte_bulk, peer_wfcqueue, peer_boost, peer_zmq, peer_nng, peer_iceoryx,
	peer_pipe, peer_unix_stream, peer_unix_seqpacket, peer_mq, peer_chase, peer_bounce_one,
	peer_bounce_two, peer_futex;

static const struct peer *main_peers[TABLE_PEERS] = {
	&peer_channel,    &peer_channel_batch, &peer_mailbox,
	&peer_call,       &peer_rte,           &peer_rte_bulk,
	&peer_ck,         &peer_boost,         &peer_wfcqueue,
	&peer_iceoryx,    &peer_zmq,           &peer_nng,
	&peer_pipe,       &peer_unix_stream,   &peer_unix_seqpacket,
	&peer_mq,         &peer_chase,         &peer_bounce_one,
	&peer_bounce_two, &peer_futex,
};

static struct table main_table = {.peers = main_peers};
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

struct main_samples {
	double ns[MAIN_ROUNDS_MAX], p99[MAIN_ROUNDS_MAX];
};

static double main_figure(const struct row *row, const struct burst_result *r, double work)
{
	switch (row->metric) {
	case ROW_TIMES:
		return r->p50;
	case ROW_COST:
		return r->sender - work;
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

static void main_round(const struct row *row, struct burst_peer *open, struct main_samples *samples,
		       unsigned round)
{
	double work = row->metric == ROW_COST ? burst_work(&row->kind) : 0;

	for (unsigned p = 0; main_peers[p]; p++) {
		struct burst_result r;

		if (!open[p].peer)
			continue;
		r = burst_run(&open[p], &row->kind);
		samples[p].ns[round] = main_figure(row, &r, work);
		samples[p].p99[round] = r.p99;
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

static void main_length(enum row_name name, unsigned l)
{
	const struct row *row = &table_rows[name];
	struct burst_peer open[TABLE_PEERS] = {0};
	static struct main_samples samples[TABLE_PEERS];

	main_open(row, row->lens[l], open);
	for (unsigned round = 0; round < main_rounds; round++)
		main_round(row, open, samples, round);
	for (unsigned p = 0; main_peers[p]; p++) {
		if (!open[p].peer)
			continue;
		if (open[p].bad)
			main_fail(main_peers[p], row->lens[l], "not the bytes that were sent");
		main_table.cells[name][l][p] = (struct cell){
			.ran = !open[p].bad,
			.ns = main_median(samples[p].ns, main_rounds),
			.p99 = main_median(samples[p].p99, main_rounds),
		};
		burst_close(&open[p]);
	}
}

static void main_row(enum row_name name)
{
	for (unsigned l = 0; l < TABLE_LENGTHS && table_rows[name].lens[l]; l++)
		main_length(name, l);
	table_print_row(&main_table, name);
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

	if (rounds < 1 || rounds > MAIN_ROUNDS_MAX || only < 0 || only > ROWS) {
		fprintf(stderr, "usage: channels [ROUNDS [ROW [PEER]...]]\n");
		return 2;
	}
	main_rounds = (unsigned)rounds;
	if (argc > 3)
		main_choose(argv + 3);
	alarm(MAIN_SECONDS);
	burst_begin();
	bell_init();
	for (int name = 0; name < ROWS; name++)
		if (only == ROWS || only == name)
			main_row((enum row_name)name);
	table_print_targets(&main_table);
	return main_failed;
}
