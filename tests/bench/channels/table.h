/* SPDX-License-Identifier: MIT */
/* The rows of the bench, what came out of them, and how that is printed. */
#ifndef TESTS_BENCH_CHANNELS_TABLE_H
#define TESTS_BENCH_CHANNELS_TABLE_H

#include "tests/bench/channels/burst.h"

#define TABLE_PEERS 24
#define TABLE_OURS 5 /* the first peers */
#define TABLE_LENGTHS 8
#define TABLE_TURNS_MAX 4

enum row_name {
	ROW_STREAM,
	ROW_BATCH,
	ROW_POLL,
	ROW_CALL,
	ROW_BLOCK,
	ROW_PARKED,
	ROW_WAKE,
	ROW_SPARSE,
	ROWS
};

enum row_metric {
	ROW_RATE,  /* million messages a second, from ns each; more is better */
	ROW_TIMES, /* ns, p50 and p99 */
	ROW_COST,  /* ns */
};

struct row {
	const char *title;
	unsigned can;   /* peers that have one of these */
	unsigned ours;  /* of ours the one that has one of these; 0: of `can` */
	unsigned turns; /* bursts of each peer in a round: more where they differ more */
	enum row_metric metric;
	struct burst_kind kind;
	size_t lens[TABLE_LENGTHS]; /* up to a 0 */
};

struct cell {
	bool ran;
	double ns, p99; /* medians over the bursts */
};

/* What came out while the processors were so far apart. */
struct table {
	const char *where;
	const struct peer *const *peers; /* the first TABLE_OURS are ours; up to a NULL */
	struct cell cells[ROWS][TABLE_LENGTHS][TABLE_PEERS];
};

extern const struct row table_rows[ROWS];

/* Which peer is ours in a row. */
unsigned table_ours(const struct table *t, enum row_name name);

/* Whether there is anything in the row of this table. */
bool table_has_row(const struct table *t, enum row_name name);
void table_print_row(const struct table *t, enum row_name name);

/* The targets, each with what came out. */
void table_print_targets(const struct table *t);

#endif
