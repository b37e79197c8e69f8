/* SPDX-License-Identifier: MIT */
/* What the channel is to reach, each a ratio to a peer or a limit of the same run. */
#include <stdio.h>
#include <string.h>

#include "tests/bench/channels/table.h"

static const struct cell *targets_cell(const struct table *t, enum row_name row, size_t len,
				       const char *peer)
{
	static const struct cell none;
	unsigned l = 0, p = 0;

	while (l < TABLE_LENGTHS && table_rows[row].lens[l] != len)
		l++;
	while (t->peers[p] && strcmp(t->peers[p]->name, peer) != 0)
		p++;
	return l < TABLE_LENGTHS && t->peers[p] ? &t->cells[row][l][p] : &none;
}

static const struct cell *targets_ours(const struct table *t, enum row_name row, size_t len)
{
	return targets_cell(t, row, len, t->peers[table_ours(t, row)]->name);
}

static const char *targets_where; /* of a table whose heading is still to be printed, or NULL */

static void targets_print(const char *what, size_t len, double got, bool at_least, double target)
{
	bool met = at_least ? got >= target : got <= target;

	if (got == 0) /* not run */
		return;
	if (targets_where)
		printf("\n%-58s %8s  %8s  %8s  processors %s\n", "Targets", "bytes", "measured",
		       "target", targets_where);
	targets_where = NULL;
	printf("%-58s %8zu  %8.2f  %s %5.2f  %s\n", what, len, got, at_least ? ">=" : "<=", target,
	       met ? "met" : "MISSED");
}

/* Times faster than theirs. */
static double targets_faster(const struct table *t, enum row_name row, size_t len, const char *peer)
{
	const struct cell *ours = targets_ours(t, row, len);
	const struct cell *theirs = targets_cell(t, row, len, peer);

	return ours->ran && theirs->ran ? theirs->ns / ours->ns : 0;
}

static double targets_lesser(double a, double b)
{
	return a < b ? a : b;
}

static void targets_stream(const struct table *t, size_t len, double target)
{
	double got = targets_lesser(targets_faster(t, ROW_STREAM, len, "ck_ring"),
				    targets_faster(t, ROW_STREAM, len, "rte_ring"));

	targets_print("one by one, to the best of ck_ring and rte_ring", len, got, true, target);
}

static void targets_batch(const struct table *t, size_t len, double target)
{
	double got = targets_faster(t, ROW_BATCH, len, "rte_ring zc 32");

	targets_print("batch, to rte_ring zero copy bulk of 32", len, got, true, target);
}

static void targets_limit(const struct table *t)
{
	for (unsigned l = 0; l < TABLE_LENGTHS; l++) {
		size_t len = table_rows[ROW_BATCH].lens[l];

		if (len >= 1024)
			targets_print("batch, to a bare reader chasing a writer", len,
				      targets_faster(t, ROW_BATCH, len, "limit: chase"), true,
				      0.95);
	}
}

/* Ours to theirs, in time. */
static void targets_time(const struct table *t, const char *what, enum row_name row, size_t len,
			 const char *peer, double target)
{
	double faster = targets_faster(t, row, len, peer);

	targets_print(what, len, faster > 0 ? 1 / faster : 0, false, target);
}

/* To the best of the peers that are no limits. */
static void targets_trip(const struct table *t, size_t len)
{
	double best = 0;

	for (unsigned p = TABLE_OURS; t->peers[p]; p++) {
		double faster = targets_faster(t, ROW_POLL, len, t->peers[p]->name);

		if (faster > 0 && !(t->peers[p]->can & PEER_LIMIT))
			best = best > 0 ? targets_lesser(best, faster) : faster;
	}
	targets_print("round trip polling p50, to the fastest peer", len, best > 0 ? 1 / best : 0,
		      false, 1);
}

void table_print_targets(const struct table *t)
{
	targets_where = t->where;
	targets_stream(t, 8, 4);
	targets_stream(t, 64, 2);
	targets_batch(t, 8, 1.5);
	targets_batch(t, 64, 1.5);
	targets_batch(t, 256, 1.1);
	targets_limit(t);
	targets_trip(t, 8);
	targets_trip(t, 64);
	targets_time(t, "round trip polling p50, to a bare bounce of two lines", ROW_POLL, 8,
		     "limit: two lines", 1.15);
	for (unsigned l = 0; l < 2; l++)
		targets_time(t, "call polling p50, to a bare bounce of one line", ROW_CALL,
			     table_rows[ROW_CALL].lens[l], "limit: one line", 1.2);
	targets_print("sparse sender, ns over its own work", 8, targets_ours(t, ROW_SPARSE, 8)->ns,
		      false, 5);
	targets_print("sparse sender, ns over its own work", 64,
		      targets_ours(t, ROW_SPARSE, 64)->ns, false, 25);
	targets_time(t, "wake-up p50, to a bare futex", ROW_WAKE, 8, "limit: futex", 1.05);
}
