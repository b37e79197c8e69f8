/* SPDX-License-Identifier: MIT */
/*
 * A ledger of 5,000 payments in a database in memory: inserts, sums, updates,
 * deletes, an index, and a transaction that is rolled back. What the database
 * says is printed; its sums are checked against the ledger's own.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sqlite3.h>

#define PAYMENTS 5000
#define CUSTOMERS 40

static sqlite3 *db;

/* The statement, prepared; where it is wrong, nothing else makes sense. */
static sqlite3_stmt *prepare(const char *sql)
{
	sqlite3_stmt *statement;

	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK)
		return statement;
	fprintf(stderr, "%s: %s\n", sql, sqlite3_errmsg(db));
	exit(1);
}

/* The next row; false behind the last one. */
static bool step(sqlite3_stmt *statement)
{
	int status = sqlite3_step(statement);

	if (status == SQLITE_ROW)
		return true;
	if (status == SQLITE_DONE)
		return false;
	fprintf(stderr, "%s: %s\n", sqlite3_sql(statement), sqlite3_errmsg(db));
	exit(1);
}

static void run(const char *sql)
{
	sqlite3_stmt *statement = prepare(sql);

	while (step(statement))
		;
	sqlite3_finalize(statement);
}

/* Run it, print its rows, and how many rows it changed. */
static void show(const char *sql)
{
	sqlite3_stmt *statement = prepare(sql);

	printf("%s\n", sql);
	while (step(statement)) {
		for (int i = 0; i < sqlite3_column_count(statement); i++)
			printf("%s%s", i ? " | " : "    ", sqlite3_column_text(statement, i));
		putchar('\n');
	}
	if (!sqlite3_stmt_readonly(statement))
		printf("    %d rows changed\n", sqlite3_changes(db));
	sqlite3_finalize(statement);
}

static int64_t number(const char *sql)
{
	sqlite3_stmt *statement = prepare(sql);
	int64_t value = step(statement) ? sqlite3_column_int64(statement, 0) : 0;

	sqlite3_finalize(statement);
	return value;
}

/* The same payments every time. */
static unsigned next(unsigned *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

/* Returns the sum of all payments, in cents. */
static int64_t fill(void)
{
	sqlite3_stmt *insert =
		prepare("INSERT INTO payment(customer, cents, note) VALUES (?, ?, ?)");
	unsigned state = 1;
	int64_t sum = 0;

	run("BEGIN");
	for (int i = 0; i < PAYMENTS; i++) {
		int cents = (int)(next(&state) % 100000) - 20000;
		char note[32];

		snprintf(note, sizeof(note), "payment %d", i + 1);
		sqlite3_bind_int(insert, 1, (int)(next(&state) % CUSTOMERS));
		sqlite3_bind_int(insert, 2, cents);
		sqlite3_bind_text(insert, 3, note, -1, SQLITE_TRANSIENT);
		step(insert);
		sqlite3_reset(insert);
		sum += cents;
	}
	run("COMMIT");
	sqlite3_finalize(insert);
	return sum;
}

static bool check(const char *what, int64_t got, int64_t expected)
{
	if (got == expected)
		return true;
	fprintf(stderr, "%s: got %lld, expected %lld\n", what, (long long)got, (long long)expected);
	return false;
}

static bool roll_back(void)
{
	int64_t before = number("SELECT sum(cents) FROM payment");

	run("BEGIN");
	show("UPDATE payment SET cents = cents * 2 WHERE cents > 0");
	show("DELETE FROM payment WHERE id % 2");
	run("ROLLBACK");
	return check("after the rollback", number("SELECT sum(cents) FROM payment"), before);
}

static bool work(void)
{
	int64_t sum;
	bool right;

	run("CREATE TABLE payment(id INTEGER PRIMARY KEY, customer INTEGER, cents INTEGER, note "
	    "TEXT)");
	sum = fill();
	right = check("sum of the payments", number("SELECT sum(cents) FROM payment"), sum);
	show("SELECT count(*), sum(cents), min(cents), max(cents), avg(cents) FROM payment");
	show("EXPLAIN QUERY PLAN SELECT * FROM payment WHERE customer = 7");
	run("CREATE INDEX of_customer ON payment(customer, cents)");
	show("EXPLAIN QUERY PLAN SELECT * FROM payment WHERE customer = 7");
	show("SELECT customer, count(*), sum(cents) / 100.0 FROM payment GROUP BY customer"
	     " ORDER BY sum(cents) DESC LIMIT 5");
	show("UPDATE payment SET note = note || ', a refund' WHERE cents < 0");
	show("SELECT id, note, cents FROM payment WHERE note LIKE '%refund' ORDER BY cents LIMIT "
	     "3");
	show("DELETE FROM payment WHERE customer >= 30");
	right &= roll_back();
	show("SELECT count(*), sum(cents), sum(length(note)) FROM payment");
	show("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10)"
	     " SELECT group_concat(i * i, ' ') FROM n");
	show("SELECT strftime('%Y-%m-%d', '2024-02-28', '+1 day'), round(sqrt(2), 9), 1e308 * 10");
	show("PRAGMA integrity_check");
	return right;
}

int main(void)
{
	bool right;

	printf("SQLite %s\n", sqlite3_libversion());
	if (sqlite3_open(":memory:", &db) != SQLITE_OK) {
		fprintf(stderr, "no database: %s\n", sqlite3_errmsg(db));
		return 1;
	}
	right = work();
	sqlite3_close(db);
	printf("memory still in use: %lld bytes\n", (long long)sqlite3_memory_used());
	return !right;
}
