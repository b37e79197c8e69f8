/* SPDX-License-Identifier: MIT */
/* Rows as tables: ours in figures, the others in figures and what ours is to them. */
#include "tests/bench/channels/table.h"

#include <stdio.h>

#define TABLE_WORK 400 /* steps; most of a sparse sender's time */
#define TABLE_BURST 1e7
#define TABLE_TRIPS 1.5e7
#define TABLE_SLEEPS 6e7
#define TABLE_WAKES 3e7
#define TABLE_IDLE 2e5 /* longer than any side polls before it sleeps */

#define TABLE_ALL_LENGTHS                                                                          \
	{                                                                                          \
		8, 16, 64, 256, 1024, 4096, 16384, 65536                                           \
	}

const struct row table_rows[ROWS] = {
	[ROW_STREAM] =
		{
			.title = "One way, each message visible at once: million a second",
			.can = PEER_STREAM,
			.turns = 1,
			.kind = {.block = true, .length = TABLE_BURST},
			.lens = TABLE_ALL_LENGTHS,
		},
	[ROW_BATCH] =
		{
			.title = "One way, in place, several visible together: million a second",
			.can = PEER_BATCH,
			.turns = 1,
			.kind = {.block = true, .length = TABLE_BURST},
			.lens = TABLE_ALL_LENGTHS,
		},
	[ROW_POLL] =
		{
			.title = "Round trip, both polling: ns, p50 and p99",
			.can = PEER_POLL,
			.turns = 1,
			.metric = ROW_TIMES,
			.kind = {.trip = true, .length = TABLE_TRIPS},
			.lens = {8, 64},
		},
	[ROW_CALL] =
		{
			.title = "A call, both polling, beside round trips: ns, p50 and p99",
			.can = PEER_CALL | PEER_POLL,
			.turns = 1,
			.ours = PEER_CALL,
			.metric = ROW_TIMES,
			.kind = {.trip = true, .length = TABLE_TRIPS},
			.lens = {8, 48},
		},
	[ROW_BLOCK] =
		{
			.title = "Round trip, both waiting as they wait: ns, p50 and p99",
			.can = PEER_BLOCK,
			.turns = 1,
			.metric = ROW_TIMES,
			.kind = {.trip = true, .block = true, .length = TABLE_SLEEPS},
			.lens = {8, 64},
		},
	[ROW_PARKED] =
		{
			.title = "Round trip after 200 us of silence, the receiver asleep: ns, p50 "
				 "and p99",
			.can = PEER_BLOCK,
			.turns = 1,
			.metric = ROW_TIMES,
			.kind = {.trip = true,
				 .block = true,
				 .idle = TABLE_IDLE,
				 .length = TABLE_SLEEPS},
			.lens = {8},
		},
	[ROW_WAKE] =
		{
			.title = "Wake-up: from before the send to behind the receive, ns, p50 and "
				 "p99",
			.can = PEER_BLOCK,
			.turns = TABLE_TURNS_MAX,
			.metric = ROW_TIMES,
			.kind = {.block = true, .idle = TABLE_IDLE, .length = TABLE_WAKES},
			.lens = {8},
		},
	[ROW_SPARSE] =
		{
			.title = "Sender of a sparse stream, the receiver waiting: ns a message "
				 "over its own work",
			.can = PEER_SPARSE,
			.turns = TABLE_TURNS_MAX,
			.metric = ROW_COST,
			.kind = {.block = true, .work = TABLE_WORK, .length = TABLE_BURST},
			.lens = {8, 64},
		},
};

static double table_figure(const struct row *row, const struct cell *cell)
{
	return row->metric == ROW_RATE ? 1e3 / cell->ns : cell->ns;
}

/* How many times better ours is than theirs. */
static double table_better(const struct cell *ours, const struct cell *theirs)
{
	return theirs->ns / ours->ns;
}

static void table_print_cell(const struct row *row, const struct cell *ours,
			     const struct cell *cell)
{
	char text[40], ratio[20] = "";

	if (!cell->ran) {
		printf(" %16s", "-");
		return;
	}
	if (row->metric == ROW_TIMES)
		snprintf(text, sizeof(text), "%.0f/%.0f", cell->ns, cell->p99);
	else
		snprintf(text, sizeof(text), "%.*f", table_figure(row, cell) < 10 ? 2 : 0,
			 table_figure(row, cell));
	if (cell != ours && ours->ran && ours->ns > 0)
		snprintf(ratio, sizeof(ratio), " (%.*fx)", table_better(ours, cell) < 10 ? 2 : 0,
			 table_better(ours, cell));
	printf(" %*s%-9s", row->metric == ROW_TIMES ? 14 : 7, text, ratio);
}

unsigned table_ours(const struct table *t, enum row_name name)
{
	unsigned can = table_rows[name].ours ? table_rows[name].ours : table_rows[name].can;
	unsigned p = 0;

	while (!(t->peers[p]->can & can))
		p++;
	return p;
}

bool table_has_row(const struct table *t, enum row_name name)
{
	for (unsigned l = 0; l < TABLE_LENGTHS; l++)
		for (unsigned p = 0; p < TABLE_PEERS; p++)
			if (t->cells[name][l][p].ran)
				return true;
	return false;
}

void table_print_row(const struct table *t, enum row_name name)
{
	const struct row *row = &table_rows[name];
	unsigned ours = table_ours(t, name);

	printf("\n%s; processors %s\n%-17s", row->title, t->where, "bytes");
	for (unsigned l = 0; l < TABLE_LENGTHS && row->lens[l]; l++)
		printf(" %*zu%9s", row->metric == ROW_TIMES ? 14 : 7, row->lens[l], "");
	printf("\n");
	for (unsigned p = 0; t->peers[p]; p++) {
		if (!(t->peers[p]->can & row->can))
			continue;
		printf("%-17s", t->peers[p]->name);
		for (unsigned l = 0; l < TABLE_LENGTHS && row->lens[l]; l++)
			table_print_cell(row, &t->cells[name][l][ours], &t->cells[name][l][p]);
		printf("\n");
	}
	fflush(stdout);
}
